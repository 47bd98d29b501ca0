// What others install (scripts/pack/client.ts).
export type { AccountId, AccountRow, ErrorCode, Instant, Level } from '@tenantree/domain';
export type { AppRouter, Frame } from './app-router.ts';
export { createTenantree, type Tenantree } from './create-tenantree.ts';
export { isForeign } from './handshake.ts';
export { createLinks, type Links, type TenantreeOptions } from './links.ts';
export type { Live, LiveKind, LiveState } from './live-state.ts';
export { type PagedQuery, type PageOf, pages } from './pages.ts';
export { type CallRefusal, type ClientCode, refusalOf } from './refusal-of.ts';
