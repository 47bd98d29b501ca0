/** The server's router, as far as types go: every procedure with what it takes and what it answers. */
export type { AppRouter } from '@tenantree/api';
