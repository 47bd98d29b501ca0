export type { AppRouter, Frame } from './app-router.ts';
export { createTenantree, type Tenantree } from './create-tenantree.ts';
export { createLinks, type Links, type TenantreeOptions } from './links.ts';
export type { Live, LiveKind, LiveState } from './live-state.ts';
export { type CallRefusal, NO_ANSWER, otherAnswer, refusalOf } from './refusal-of.ts';
