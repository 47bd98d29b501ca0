import type { Tenantree } from '@tenantree/client';
import type { AccountId, Instant } from '@tenantree/domain';
import { call } from '../data/call.ts';

/** Something that was done, as the log tells it. */
export type Entry = {
  readonly id: string;
  readonly at: Instant;
  /** What was done, in words that follow the name of who did it. */
  readonly sentence: string;
  readonly actor: {
    readonly kind: 'person' | 'key' | 'embed' | 'system';
    readonly id: string | null;
    readonly name: string;
    /** The account that they came from. */
    readonly via: { readonly name: string } | null;
  };
};

/** Where the list of what was done gets it from. Every promise rejects with a `SourceRefusal`. */
export type ActivitySource = {
  /** The newest entries of an account's own log. @param most 1–200 */
  readonly latest: (account: AccountId, most: number, signal?: AbortSignal) => Promise<readonly Entry[]>;
};

/** Activity from a Tenantree server. */
export function activityFrom({ trpc: { audit } }: Pick<Tenantree, 'trpc'>): ActivitySource {
  return {
    latest: async (account, limit, signal) =>
      (await call(audit.list.query, { account, scope: 'own', limit }, signal)).rows,
  };
}
