/** The server's router, as far as types go: every procedure with what it takes and what it answers. */
export type { AppRouter } from '@tenantree/api';

/** A frame of a subscription, with the id after which it is resumed. */
export type Frame<Data> = { readonly id: string; readonly data: Data };
