import { refusalOf, type Tenantree } from '@tenantree/client';
import type { CapsPreview, ShownCaps } from '@tenantree/contract';
import type { AccountId, ExplainedStanding, PermissionKey, RowId, SomeLevels } from '@tenantree/domain';
import { type AccountName, type PresetsSource, SourceRefusal } from '../data/account-source.ts';
import { call } from '../data/call.ts';
import { ENDED } from '../data/jobs.ts';

/** Most accounts that one call changes. */
const AT_ONCE = 500;
/** Most accounts that are read at once. */
const PAGE = 200;
/** So many accounts are offered to compare with; more are found by their names. */
const COMPARED = 50;

/** What permissions are compared with: an account, or a preset. */
export type Other = { readonly name: string; readonly levels: SomeLevels };

/** So many accounts were decided; `undo` makes all of it undecided again. */
export type Reviewed = { readonly done: number; readonly undo: () => Promise<void> };

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
  /** Takes back what was changed last, where that made this version. */
  readonly undo: (account: AccountId, version: number) => Promise<void>;
  /** The subaccounts of an account, by name; with something typed, those at any depth whose name matches it. */
  readonly beside: (parent: AccountId, query: string, signal?: AbortSignal) => Promise<readonly AccountName[]>;
  /** All accounts below an account for which something is undecided. */
  readonly unreviewed: (account: AccountId) => Promise<readonly AccountName[]>;
  /** Decides what is undecided, as jobs; resolves when they have ended. */
  readonly review: (account: AccountId, accounts: readonly AccountId[], levels: SomeLevels) => Promise<Reviewed>;
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

/** Waits for a job; @returns how much of it was done */
const ended = (jobs: Tenantree['trpc']['jobs'], account: AccountId, job: RowId): Promise<number> =>
  new Promise((resolve, reject) => {
    const watch = jobs.live.subscribe(
      { account, job },
      {
        onData: ({ data: { state, done } }) => {
          if (!ENDED.has(state)) return;
          watch.unsubscribe();
          resolve(done);
        },
        onError: (error) => reject(new SourceRefusal(refusalOf(error))),
      },
    );
  });

/** Decides for all of these accounts, as many at a time as one job takes. */
async function review(
  { permissions, jobs }: Pick<Tenantree['trpc'], 'permissions' | 'jobs'>,
  account: AccountId,
  all: readonly AccountId[],
  levels: SomeLevels,
): Promise<Reviewed> {
  const ran: RowId[] = [];
  let done = 0;
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const asked = { account, accounts: all.slice(at, at + AT_ONCE), levels };
    const { job } = await call(permissions.reviewMany.mutate, asked);
    done += await ended(jobs, account, job);
    ran.push(job);
  }
  const undo = async (): Promise<void> => {
    for (const job of ran) await ended(jobs, account, (await call(jobs.undo.mutate, { account, job })).job);
  };
  return { done, undo };
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
    undo: async (account, version) => void (await call(permissions.undo.mutate, { account, expectedVersion: version })),
    beside: async (account, query, signal) => {
      if (query === '') return (await call(accounts.list.query, { account, limit: COMPARED }, signal)).rows;
      const { rows, matches } = await call(accounts.search.query, { account, query, limit: COMPARED }, signal);
      return rows.filter(({ id }) => matches.includes(id));
    },
    presets: async (account) => (await call(presets.list.query, { account })).presets,
    takers: async (account, preset) => (await call(presets.takers.query, { account, preset })).versions,
    savePreset: (account, wish) => call(presets.save.mutate, { account, ...wish }),
    removePreset: async (account, preset) => void (await call(presets.remove.mutate, { account, preset })),
    restorePreset: async (account, preset) => void (await call(presets.restore.mutate, { account, preset })),
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
    review: (account, all, levels) => review(trpc, account, all, levels),
  };
}
