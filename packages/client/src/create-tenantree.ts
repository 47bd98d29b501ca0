import { createTRPCClient, type TRPCClient } from '@trpc/client';
import type { AppRouter } from './app-router.ts';
import { createLinks, type TenantreeOptions } from './links.ts';
import type { Live } from './live-state.ts';

/** A connection to a Tenantree server. */
export type Tenantree = {
  /** Every procedure of the server, typed: `trpc.accounts.list.query({ account })`. */
  readonly trpc: TRPCClient<AppRouter>;
  /** Whether what subscriptions show is current. */
  readonly live: Live;
  /** Ends all subscriptions and the connection. */
  readonly close: () => void;
};

/**
 * Makes the client. Nothing is sent before the first call.
 *
 * Calls travel over HTTP, those of one moment together. Subscriptions share one WebSocket that reconnects by itself and resumes after
 * the last event it saw; where WebSockets are blocked it changes to event streams. Errors: see {@link refusalOf}.
 */
export function createTenantree(options: TenantreeOptions): Tenantree {
  const { links, live, close } = createLinks(options);
  return { trpc: createTRPCClient<AppRouter>({ links }), live, close };
}
