import type { Tenantree } from '@tenantree/client';
import type { CapsPreview, CapsResult, ShownCaps } from '@tenantree/contract';
import type { AccountId, ExplainedStanding, PermissionKey, SomeLevels } from '@tenantree/domain';
import type { AccountName, PresetsSource } from '../data/account-source.ts';
import { call } from '../data/call.ts';

/** Most accounts that one call changes. */
const AT_ONCE = 500;
/** Most accounts that are read at once. */
const PAGE = 200;
/** So many accounts are offered to compare with; more are found by their names. */
const COMPARED = 50;

/** What permissions are compared with: an account, or a preset. */
export type Other = { readonly name: string; readonly levels: SomeLevels };

/** Where the screen of permissions gets caps from and sends changes to. Every promise rejects with a `SourceRefusal`. */
export type PermissionsSource = PresetsSource & {
  readonly get: (account: AccountId, signal?: AbortSignal) => Promise<ShownCaps>;
  /** Why the account's own people have a level: all that leaves less, and who set it when; null: nothing is told. */
  readonly why: (account: AccountId, permission: PermissionKey) => Promise<ExplainedStanding | null>;
  readonly preview: (account: AccountId, levels: SomeLevels) => Promise<CapsPreview>;
  /** @param preview what was shown, where something was: it is saved only while that is so still */
  readonly set: (
    account: AccountId,
    levels: SomeLevels,
    seen: { readonly version: number; readonly preview: string | null },
  ) => Promise<{ readonly version: number; readonly changes: CapsPreview['changes'] }>;
  /** The subaccounts of an account, by name; with something typed, those at any depth whose name matches it. */
  readonly beside: (parent: AccountId, query: string, signal?: AbortSignal) => Promise<readonly AccountName[]>;
  /** All accounts below an account for which something is undecided. */
  readonly unreviewed: (account: AccountId) => Promise<readonly AccountName[]>;
  readonly review: (
    account: AccountId,
    accounts: readonly AccountId[],
    levels: SomeLevels,
  ) => Promise<readonly CapsResult[]>;
};

/** Any number of accounts, as many at a time as one call takes. */
async function inParts<T>(
  accounts: readonly AccountId[],
  act: (accounts: AccountId[]) => Promise<{ readonly results: readonly T[] }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let at = 0; at < accounts.length; at += AT_ONCE)
    all.push(...(await act(accounts.slice(at, at + AT_ONCE))).results);
  return all;
}

/** Permissions from a Tenantree server. */
export function permissionsFrom({ trpc }: Pick<Tenantree, 'trpc'>): PermissionsSource {
  const { permissions, presets, accounts } = trpc;
  return {
    get: (account, signal) => call(permissions.get.query, { account }, signal),
    why: async (account, permission) => {
      const { explanations } = await call(permissions.explain.query, { account, permission, role: 'owner' });
      return explanations[0]?.standings[0] ?? null;
    },
    preview: (account, levels) => call(permissions.preview.query, { account, levels }),
    set: (account, levels, { version, preview }) =>
      call(permissions.set.mutate, {
        account,
        levels,
        expectedVersion: version,
        ...(preview !== null && { preview }),
      }),
    beside: async (account, query, signal) => {
      if (query === '') return (await call(accounts.list.query, { account, limit: COMPARED }, signal)).rows;
      const { rows, matches } = await call(accounts.search.query, { account, query, limit: COMPARED }, signal);
      return rows.filter(({ id }) => matches.includes(id));
    },
    presets: async (account) => (await call(presets.list.query, { account })).presets,
    savePreset: (account, wish) => call(presets.save.mutate, { account, ...wish }),
    removePreset: async (account, preset) => void (await call(presets.remove.mutate, { account, preset })),
    setDefault: async (account, preset) => void (await call(presets.setDefault.mutate, { account, preset })),
    previewPreset: (account, { accounts: all, ...order }) =>
      inParts(all, (part) => call(permissions.previewPreset.query, { account, ...order, accounts: part })),
    applyPreset: (account, { accounts: all, ...order }) =>
      inParts(all, (part) => call(permissions.applyPreset.mutate, { account, ...order, accounts: part })),
    unreviewed: async (account) => {
      const found: AccountName[] = [];
      let cursor: string | null = null;
      do {
        const asked = { account, caps: 'unreviewed' as const, limit: PAGE, ...(cursor !== null && { cursor }) };
        const page: Awaited<ReturnType<typeof accounts.search.query>> = await call(accounts.search.query, asked);
        found.push(...page.rows.filter(({ id }) => page.matches.includes(id)));
        cursor = page.nextCursor;
      } while (cursor !== null);
      return found;
    },
    review: (account, all, levels) =>
      inParts(all, (part) => call(permissions.review.mutate, { account, accounts: part, levels })),
  };
}
