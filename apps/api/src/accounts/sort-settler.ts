import { type CountedAccounts, type Database, settleSort, type TreeChange } from '@tenantree/db';
import { type AccountId, type Clock, instantOf } from '@tenantree/domain';

/** Brings the order of children by minutes up to what was counted. */
export type SortSettler = {
  /** Usage of a tree was counted and is committed. */
  counted(change: TreeChange): void;
  /** Brings up what was counted by now, and nothing after. */
  close(): Promise<void>;
};

type Options = {
  readonly db: Database;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
};

/** Rows stand in the order of a second ago at most, and bringing that up takes some of it. */
const EVERY_MS = 900;

/**
 * Brings sort rows up to date together for all that was counted in such a time, and not with each count: an account that is busy is written
 * once. What fails is left to the job that looks at all trees.
 */
export function createSortSettler({ db, clock, onError }: Options): SortSettler {
  const behind = new Map<AccountId, { accounts: Set<AccountId>; versions: number[] }>();
  let settling: Promise<void> = Promise.resolve();

  const note = ({ root, accounts, versions }: CountedAccounts): void => {
    const known = behind.get(root) ?? { accounts: new Set(), versions: [] };
    for (const account of accounts) known.accounts.add(account);
    known.versions.push(...versions);
    behind.set(root, known);
  };
  const settleAll = async (): Promise<void> => {
    const counted = [...behind].map(([root, { accounts, versions }]) => ({ root, accounts: [...accounts], versions }));
    behind.clear();
    if (counted.length === 0) return;
    const now = instantOf(clock.nowMs());
    // What could not be brought up is tried again with the next.
    for (const left of await db.onBehalfOf(null, () => settleSort(db, counted, now))) note(left);
  };
  const next = (): Promise<void> => (settling = settling.then(settleAll).catch(onError));

  const timer = setInterval(() => void next(), EVERY_MS);
  timer.unref();

  return {
    counted: ({ root, version, changes, complete }) =>
      note({ root, accounts: changes.map(({ account }) => account), versions: complete ? [version] : [] }),
    close: async () => {
      clearInterval(timer);
      await next();
    },
  };
}
