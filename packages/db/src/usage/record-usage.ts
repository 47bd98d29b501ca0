import { type AccountId, billingPeriodOf, type Decimal, type Instant } from '@tenantree/domain';
import { CompiledQuery } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';

/** One event, checked and with its account resolved, ready to be stored. Its key has no control characters. */
export type EventToRecord = {
  /** Main account of the tree that `account` stands in. */
  readonly root: AccountId;
  readonly account: AccountId;
  readonly key: string;
  readonly quantity: Decimal;
  readonly occurredAt: Instant;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
};

/** What all events of one call have in common. */
export type RecordOptions = {
  readonly meter: string;
  /** Adjustments may be negative and say why. */
  readonly adjustment?: { readonly reason: string };
  readonly now: Instant;
};

/** What became of an event: counted, known already with the same content, or its key is taken by other content. */
export type EventOutcome = 'accepted' | 'duplicate' | 'conflict';

/** New totals of an account in the current billing period, and where the account stands now. */
export type TotalChange = {
  readonly account: AccountId;
  readonly path: readonly AccountId[];
  readonly own: Decimal;
  readonly total: Decimal;
};

/** All that one flush changed in one tree. `version` was handed out in commit order. */
export type TreeChange = {
  readonly root: AccountId;
  /** Start of the billing period that `changes` are of: the present one when the events were stored. */
  readonly period: Instant;
  readonly version: number;
  readonly changes: readonly TotalChange[];
  /** False when an account changed that is not on the present path of any event: viewers have to read the state after `version` again. */
  readonly complete: boolean;
};

export type RecordedUsage = { readonly outcomes: EventOutcome[]; readonly trees: TreeChange[] };

type Row = { uncounted: string | null; changes: string | null; paths: string | null; versions: string | null };

const SEPARATOR = '\u001f';

// Hot path: one statement, one round trip, one commit for a whole batch (performance.md 2; figures in docs/benchmarks.md). The driver
// prepares it once per connection. Ids, decimals and instants need no quoting inside a PostgreSQL array, so the arrays are written directly.
const RECORD = { name: 'record_usage', text: 'SELECT * FROM record_usage($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)' };

const arrayOf = (values: readonly string[]): string => `{${values.join(',')}}`;

const parametersOf = (events: readonly EventToRecord[], options: RecordOptions): (string | null)[] => [
  options.meter,
  options.adjustment ? 'adjustment' : 'usage',
  options.adjustment?.reason ?? null,
  options.now,
  arrayOf([...new Set(events.map((event) => event.root))]),
  arrayOf(events.map((event) => event.account)),
  events.map((event) => event.key).join(SEPARATOR),
  arrayOf(events.map((event) => event.quantity)),
  arrayOf(events.map((event) => event.occurredAt)),
  events.map((event) => JSON.stringify(event.attributes)).join(SEPARATOR),
];

/**
 * Stores a batch of events in a transaction of its own and counts each new one into its account and the ancestors of its time.
 * When this resolves, everything is committed. The accounts must have been checked against the caller's reach before.
 *
 * @throws the driver's error when nothing was stored (a deadlock with another writer can be tried again)
 */
export async function recordUsage(
  db: Database,
  events: readonly EventToRecord[],
  options: RecordOptions,
): Promise<RecordedUsage> {
  const { rows } = await db.pool.query<Row>({ ...RECORD, values: parametersOf(events, options) });
  return readRecorded(events.length, rows[0]!, options.now);
}

/** The same inside a running transaction: for what must be committed together with something else. */
export async function recordUsageIn(
  trx: TenantTransaction,
  events: readonly EventToRecord[],
  options: RecordOptions,
): Promise<RecordedUsage> {
  const { rows } = await trx.executeQuery<Row>(CompiledQuery.raw(RECORD.text, parametersOf(events, options)));
  return readRecorded(events.length, rows[0]!, options.now);
}

const readRecorded = (count: number, row: Row, now: Instant): RecordedUsage => ({
  outcomes: readOutcomes(count, row.uncounted),
  trees: readTrees(row, billingPeriodOf(now).start),
});

const parts = (text: string | null): string[] => (text === null ? [] : text.split(','));

function readOutcomes(count: number, uncounted: string | null): EventOutcome[] {
  const outcomes = new Array<EventOutcome>(count).fill('accepted');
  for (const part of parts(uncounted)) {
    const [index, outcome] = part.split(':');
    outcomes[Number(index) - 1] = outcome as EventOutcome;
  }
  return outcomes;
}

function readTrees(row: Row, period: Instant): TreeChange[] {
  const places = new Map<string, AccountId[]>();
  for (const part of parts(row.paths)) {
    const path = part.split(' ') as AccountId[];
    // From the account upward, until an ancestor is known already: then all above it are, too.
    for (let level = path.length - 1; level >= 0 && !places.has(path[level]!); level--)
      places.set(path[level]!, path.slice(0, level + 1));
  }
  const trees = new Map<string, { version: number; changes: TotalChange[]; complete: boolean }>();
  for (const part of parts(row.versions)) {
    const [root, version] = part.split(' ');
    trees.set(root!, { version: Number(version), changes: [], complete: true });
  }
  for (const part of parts(row.changes)) {
    const [account, own, total] = part.split(' ');
    const path = places.get(account!);
    if (path)
      trees
        .get(path[0]!)!
        .changes.push({ account: account as AccountId, path, own: own as Decimal, total: total as Decimal });
    else for (const tree of trees.values()) tree.complete = false;
  }
  return [...trees].map(([root, tree]) => ({ root: root as AccountId, period, ...tree }));
}
