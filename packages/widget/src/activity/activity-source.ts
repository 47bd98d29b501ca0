import type { Tenantree } from '@tenantree/client';
import type { AuditLogEntry } from '@tenantree/contract';
import type { AccountId, AuditKind } from '@tenantree/domain';
import { call } from '../data/call.ts';

export type { AuditLogEntry as Entry } from '@tenantree/contract';

/** Which entries are shown. */
export type ActivityFilter = {
  readonly scope: 'own' | 'nested';
  readonly kind: AuditKind | null;
  /** The person, key or embedded screen's key that did it. */
  readonly by: string | null;
};

/** All of an account's own log. */
export const EVERYTHING: ActivityFilter = { scope: 'own', kind: null, by: null };

/** Which page of them: 1 to 200 entries from a cursor on; null: the newest. */
type Page = { readonly limit: number; readonly cursor: string | null };

/** Where the list of what was done gets it from. Every promise rejects with a `SourceRefusal`. */
export type ActivitySource = {
  /** Entries of an account's log, newest first. */
  readonly list: (
    account: AccountId,
    filter: ActivityFilter,
    page: Page,
    signal?: AbortSignal,
  ) => Promise<{ readonly rows: readonly AuditLogEntry[]; readonly nextCursor: string | null }>;
  /** The same as CSV, file by file. */
  readonly export: (
    account: AccountId,
    filter: ActivityFilter,
    cursor: string | null,
  ) => Promise<{ readonly filename: string; readonly csv: string; readonly nextCursor: string | null }>;
  /** Who is in the account. */
  readonly people: (account: AccountId, signal?: AbortSignal) => Promise<readonly { id: string; name: string }[]>;
};

const asked = (account: AccountId, { scope, kind, by }: ActivityFilter, cursor: string | null) => ({
  account,
  scope,
  ...(kind && { kind }),
  ...(by && { actor: by }),
  ...(cursor && { cursor }),
});

/** Activity from a Tenantree server. */
export function activityFrom({ trpc: { audit, members } }: Pick<Tenantree, 'trpc'>): ActivitySource {
  return {
    list: (account, filter, { limit, cursor }, signal) =>
      call(audit.list.query, { ...asked(account, filter, cursor), limit }, signal),
    export: (account, filter, cursor) => call(audit.export.query, asked(account, filter, cursor)),
    people: async (account, signal) =>
      (await call(members.list.query, { account }, signal)).members.map(({ userId: id, name }) => ({ id, name })),
  };
}
