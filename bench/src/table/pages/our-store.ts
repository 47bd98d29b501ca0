import { TreeStore } from '../../../../packages/widget/src/tree/tree-store.ts';
import type { Row, Tree } from './model.ts';

type Page = Parameters<TreeStore['receive']>[1];
type AccountRow = Page['rows'][number];
type AccountId = AccountRow['id'];
type Decimal = NonNullable<AccountRow['minutes']>['total'];
type Period = Page['period'];

const PERIOD = '2026-11-01T00:00:00.000Z' as Period;
const CREATED = '2026-10-01T00:00:00.000Z' as AccountRow['createdAt'];
const HOME = '018bcfe5-6800-7000-8000-ffffffffffff' as AccountId;

const accountId = (row: Row): AccountId => row.id as AccountId;
const minutesOf = (row: Row): Decimal => String(row.minutes) as Decimal;

function accountRow(row: Row): AccountRow {
  return {
    id: accountId(row),
    parentId: row.parent === null ? HOME : accountId(row.parent),
    externalId: null,
    name: row.name,
    depth: row.depth + 1,
    status: 'active',
    suspension: null,
    protected: false,
    billingMode: row.plan === 'Direct' ? 'direct' : 'parent',
    transferUntil: null,
    children: row.children.length,
    subaccounts: row.children.length,
    members: { own: row.members, total: row.members },
    agents: { own: row.agents, total: row.agents },
    minutes: { own: '0' as Decimal, total: minutesOf(row) },
    caps: { restricted: 0, unreviewed: 0 },
    minutesMax: null,
    createdAt: CREATED,
    closedAt: null,
  };
}

/** The element's real store, with a server that has all rows in memory and answers at once, and its live frames. */
export type OurStore = {
  readonly store: TreeStore;
  /** Loads all rows, open. */
  openAll(): void;
  tick(rows: readonly Row[]): void;
  toggle(row: Row): void;
};

export function ourStore({ roots, all }: Tree): OurStore {
  const childrenOf = new Map<AccountId, readonly Row[]>([[HOME, roots]]);
  for (const row of all) if (row.children.length > 0) childrenOf.set(accountId(row), row.children);
  let version = 1;
  const store = new TreeStore(HOME, (want) => {
    const children = childrenOf.get(want.branch.accountId) ?? [];
    const page = {
      rows: children.map(accountRow),
      nextCursor: null,
      total: children.length,
      treeVersion: version,
      resumeId: String(version),
      period: PERIOD,
    };
    store.receive(want, page);
  });
  return {
    store,
    openAll() {
      store.change((view) => {
        view.root.deep = true;
      });
      store.load(roots.length);
    },
    tick(ticked) {
      version += 1;
      store.takeUsage({
        version,
        period: PERIOD,
        minutes: ticked.map((row) => [accountId(row), '0' as Decimal, minutesOf(row)] as const),
      });
    },
    toggle(row) {
      store.change((view) => {
        const line = view.lines.get(accountId(row));
        if (line === undefined) return;
        if (row.expanded) view.open(line);
        else view.close(line);
      });
    },
  };
}
