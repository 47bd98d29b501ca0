import type { Client } from 'pg';
import {
  beginTreeChange,
  type Database,
  listChildren,
  moveSubtree,
  readAccountState,
  readAccountsState,
  readEntrances,
  readLiveVersion,
  readMembers,
  readSuspensionReach,
  readUsageState,
  searchSubtree,
  subtreeHeight,
} from '../../../packages/db/src/index.ts';
import { CREATOR, PLACES } from '../../../packages/db/test/tree-before.ts';
import type { BuildBefore, OpenedBefore } from './build-before.ts';

type AccountId = Parameters<typeof beginTreeChange>[1];
type AccountSort = Parameters<typeof listChildren>[1]['sort'];
type Instant = Parameters<typeof moveSubtree>[4];
type UserId = Parameters<typeof readEntrances>[1];

/** What is asked of a database of N accounts, in the words of one build. */
export type Operations = Readonly<Record<OperationName, () => Promise<unknown>>>;

export const OPERATIONS = {
  searchSmall: { what: 'search in a subtree of 80 accounts', growth: 1.5, faster: 100 },
  searchCommon: { what: 'search at the root: a common word', growth: 2, faster: 100 },
  searchPrefix: { what: '… the beginning of many names', growth: 2, faster: 100 },
  searchFew: { what: '… few matches', growth: 2, faster: 100 },
  searchNone: { what: '… none', growth: 2, faster: 100 },
  preview: { what: 'preview of a suspension with 80 below', growth: 1.5 },
  move: { what: 'move of a subtree of 10 000', growth: 1.3, repeats: 3 },
  resumeUsage: { what: 'live resume, nothing changed: usage', growth: 1.3, faster: 500 },
  resumeAccounts: { what: '… accounts', growth: 1.3 },
  firstFrame: { what: 'first live frame of 50 shown (before: of all)', growth: 1.3, faster: 500, repeats: 3 },
  byMinutes: { what: 'children by minutes (a tenth of all are siblings)', growth: 1.3 },
  byMembers: { what: '… by members', growth: 1.3 },
  byName: { what: '… by name', growth: 1.3 },
  entrances: { what: '`session.me` of who created all', growth: 1.3 },
  leafMembers: { what: 'members of a leaf whose owner owns all', growth: 1.3 },
} as const satisfies Record<string, Operation>;
export type OperationName = keyof typeof OPERATIONS;

/** @property growth most per ten times the accounts; @property faster least against the build before, at the largest size */
export type Operation = {
  readonly what: string;
  readonly growth: number;
  readonly faster?: number;
  readonly repeats?: number;
};

/** Names of accounts by their number in the tree. */
export type Ids = Readonly<Record<keyof typeof PLACES, string>>;

export async function idsOf(client: Client): Promise<Ids> {
  const entries = Object.entries(PLACES);
  const { rows } = await client.query<{ id: string }>(
    'SELECT id_of(i) AS id FROM unnest($1::bigint[]) WITH ORDINALITY u(i, o) ORDER BY o',
    [entries.map(([, number]) => number)],
  );
  return Object.fromEntries(entries.map(([name], index) => [name, rows[index]?.id])) as unknown as Ids;
}

/** The first 50 accounts that a page shows. */
export async function shownOf(client: Client, parent: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    'SELECT id FROM accounts WHERE parent_id = $1 ORDER BY name_key, id LIMIT 50',
    [parent],
  );
  return rows.map(({ id }) => id);
}

const now = (): string => new Date().toISOString();
const startOfMonth = (): string => `${now().slice(0, 7)}-01T00:00:00.000Z`;
const PAGE = { statuses: ['active', 'suspended'], after: null, limit: 50, visibility: 'with_minutes' } as const;
const SNAPSHOT = { snapshot: true };
const SEARCHES = { common: 'dental', prefix: 'nordic', few: 'xanthippe', none: 'qwrzpf' } as const;

/** The operations as the build before did them. */
export function before(build: BuildBefore, open: OpenedBefore, ids: Ids): Operations {
  let at: 'here' | 'there' = 'here';
  const search = (within: string, text: string) => () =>
    open.withTenant(ids.root, (trx) => build.searchSubtree(trx, { ...PAGE, within, text, textKey: text, now: now() }));
  const list = (sort: string) => () =>
    open.withTenant(
      ids.root,
      (trx) => build.listChildren(trx, { ...PAGE, parent: ids.flat, sort, direction: 'desc', now: now() }),
      { snapshot: true },
    );
  return {
    searchSmall: search(ids.small, SEARCHES.common),
    searchCommon: search(ids.root, SEARCHES.common),
    searchPrefix: search(ids.root, SEARCHES.prefix),
    searchFew: search(ids.root, SEARCHES.few),
    searchNone: search(ids.root, SEARCHES.none),
    preview: () => open.withTenant(ids.root, (trx) => build.readSuspensionReach(trx, ids.small)),
    move: () =>
      open.withTenant(ids.root, async (trx) => {
        at = at === 'here' ? 'there' : 'here';
        const version = await build.beginTreeChange(trx, ids.root);
        await build.subtreeHeight(trx, await build.readAccountState(trx, ids.moved));
        await build.moveSubtree(trx, ids.moved, ids[at], version, now());
      }),
    resumeUsage: () => build.readUsageState(open, { subtree: ids.root, since: 1_000_000_000, period: startOfMonth() }),
    resumeAccounts: () => build.readAccountsState(open, { subtree: ids.root, since: 1_000_000_000, now: now() }),
    firstFrame: () => build.readUsageState(open, { subtree: ids.root, since: -1, period: startOfMonth() }),
    byMinutes: list('minutes'),
    byMembers: list('members'),
    byName: list('name'),
    entrances: () => build.readEntrances(open, CREATOR, 50),
    leafMembers: () => open.withTenant(ids.leaf, (trx) => build.readMembers(trx, ids.leaf)),
  };
}

/** The operations as they are done now. */
export function present(open: Database, ids: Ids, shown: readonly string[]): Operations {
  let at: 'here' | 'there' = 'here';
  const [root, flat, small, moved, leaf] = [ids.root, ids.flat, ids.small, ids.moved, ids.leaf] as AccountId[] as [
    AccountId,
    AccountId,
    AccountId,
    AccountId,
    AccountId,
  ];
  const moment = () => now() as Instant;
  const search = (within: AccountId, text: string) => () =>
    open.withTenant(
      root,
      (trx) => searchSubtree(trx, { ...PAGE, within, text, textKey: text, now: moment() }),
      SNAPSHOT,
    );
  const list = (sort: AccountSort) => () =>
    open.withTenant(
      root,
      (trx) => listChildren(trx, { ...PAGE, parent: flat, sort, direction: 'desc', now: moment() }),
      SNAPSHOT,
    );
  const versionOf = (): Promise<number> => (version ??= readLiveVersion(open, root));
  let version: Promise<number> | null = null;
  return {
    searchSmall: search(small, SEARCHES.common),
    searchCommon: search(root, SEARCHES.common),
    searchPrefix: search(root, SEARCHES.prefix),
    searchFew: search(root, SEARCHES.few),
    searchNone: search(root, SEARCHES.none),
    preview: () => open.withTenant(root, (trx) => readSuspensionReach(trx, small), SNAPSHOT),
    move: async () => {
      at = at === 'here' ? 'there' : 'here';
      await open.withTenant(root, async (trx) => {
        const next = await beginTreeChange(trx, root);
        const state = await readAccountState(trx, moved);
        if (state) await subtreeHeight(trx, state);
        await moveSubtree(trx, moved, ids[at] as AccountId, next, moment());
      });
      version = null;
    },
    resumeUsage: async () =>
      readUsageState(open, { subtree: root, since: await versionOf(), period: startOfMonth() as Instant }),
    resumeAccounts: async () => readAccountsState(open, { subtree: root, since: await versionOf(), now: moment() }),
    firstFrame: () =>
      readUsageState(open, { subtree: root, since: 0, period: startOfMonth() as Instant, only: shown as AccountId[] }),
    byMinutes: list('minutes'),
    byMembers: list('members'),
    byName: list('name'),
    entrances: () => readEntrances(open, CREATOR as UserId, 50),
    leafMembers: () => open.withTenant(leaf, (trx) => readMembers(trx, leaf), SNAPSHOT),
  };
}
