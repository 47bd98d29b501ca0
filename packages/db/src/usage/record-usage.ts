import type { AccountId, CountedMeter, Decimal, Instant } from '@tenantree/domain';
import { CompiledQuery } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';

/** One event, checked and with its account resolved, ready to be stored. Its key has no control characters. */
export type EventToRecord = {
  /** Main account of the tree that `account` stands in. */
  readonly root: AccountId;
  readonly account: AccountId;
  readonly key: string;
  /** Of the meter that it is counted as. */
  readonly quantity: Decimal;
  readonly occurredAt: Instant;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** What was admitted for it, by the caller's key: it is over when the event is counted. */
  readonly grant?: string;
};

/** What all events of one call have in common. */
export type RecordOptions = {
  readonly meter: CountedMeter;
  /** Adjustments may be negative and say why. */
  readonly adjustment?: { readonly reason: string };
  readonly now: Instant;
  /** Keys of months in which nothing was recorded since then are free again: the present less the days for which usage may be late. */
  readonly keysSince: Instant;
};

/** What became of an event: recorded, recorded over a limit, known already with the same content, or its key is taken by other content. */
export type EventOutcome = 'accepted' | 'over' | 'duplicate' | 'conflict';

/** What is known of an event that is asked about: its key with the same content, with other content, or null: not its key. */
export type KnownEvent = Exclude<EventOutcome, 'accepted' | 'over'> | null;

type Row = { repeats: string | null };

const SEPARATOR = '\u001f';

// Hot path: one statement, one round trip, one commit for a whole batch (rules/usage 16; figures in docs/benchmarks.md). The driver
// prepares it once per connection. Ids, decimals and instants need no quoting inside a PostgreSQL array, so the arrays are written directly.
const RECORD = {
  name: 'record_usage',
  text: 'SELECT * FROM public.record_usage($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)',
};

const arrayOf = (values: readonly (string | number)[]): string => `{${values.join(',')}}`;

type Kind = Pick<RecordOptions, 'meter' | 'adjustment'>;

const kindOf = ({ meter, adjustment }: Kind): (string | null)[] => [
  meter,
  adjustment ? 'adjustment' : 'usage',
  adjustment?.reason ?? null,
];

const contentOf = (events: readonly EventToRecord[]): string[] => [
  arrayOf(events.map((event) => event.account)),
  events.map((event) => event.key).join(SEPARATOR),
  arrayOf(events.map((event) => event.quantity)),
  arrayOf(events.map((event) => event.occurredAt)),
  events.map((event) => JSON.stringify(event.attributes)).join(SEPARATOR),
];

const parametersOf = (events: readonly EventToRecord[], options: RecordOptions): (string | null)[] => [
  ...kindOf(options),
  options.now,
  options.keysSince,
  arrayOf([...new Set(events.map((event) => event.root))]),
  ...contentOf(events),
  arrayOf(repeatsWithin(events)),
  events.some(({ grant }) => grant !== undefined) ? events.map(({ grant = '' }) => grant).join(SEPARATOR) : null,
];

/** Positions, from 1, of the events whose account and key stand earlier in the list, too. */
function repeatsWithin(events: readonly EventToRecord[]): number[] {
  // Mostly each key is one account's only, and joining it with the account for all of them costs more than the rest of this.
  const firstAccounts = new Map<string, AccountId>();
  const others = new Set<string>();
  const repeats: number[] = [];
  events.forEach(({ account, key }, index) => {
    const first = firstAccounts.get(key);
    if (first === undefined) firstAccounts.set(key, account);
    else if (first === account || others.size === others.add(account + key).size) repeats.push(index + 1);
  });
  return repeats;
}

/**
 * Stores a batch of events in a transaction of its own: when this resolves, everything is committed, and every reader of totals sees it.
 * The accounts must have been checked against the caller's reach before. What is stored is to be counted next (`countTree`).
 *
 * Events of the current month are stored beside each other; a batch with others in it waits for its turn and is looked for in all months
 * whose keys are kept. Send events of different months in batches of their own.
 *
 * @returns one outcome per event, in order
 * @throws the driver's error when nothing was stored (a deadlock with another writer can be tried again)
 */
export async function recordUsage(
  db: Database,
  events: readonly EventToRecord[],
  options: RecordOptions,
): Promise<EventOutcome[]> {
  const { rows } = await db.pool.query<Row>({ ...RECORD, values: parametersOf(events, options) });
  return readOutcomes(events.length, rows[0]!);
}

/** The same inside a running transaction: for what must be committed together with something else. */
export async function recordUsageIn(
  trx: TenantTransaction,
  events: readonly EventToRecord[],
  options: RecordOptions,
): Promise<EventOutcome[]> {
  const { rows } = await trx.executeQuery<Row>(CompiledQuery.raw(RECORD.text, parametersOf(events, options)));
  return readOutcomes(events.length, rows[0]!);
}

/**
 * Which of these events are known, whatever their age, without recording any: a repeat has the instant of its first try, and is known as
 * long as the events of that month are kept. The accounts must have been checked against the caller's reach before.
 *
 * @returns one answer per event, in order
 */
export async function findRepeats(db: Database, events: readonly EventToRecord[], kind: Kind): Promise<KnownEvent[]> {
  const { rows } = await db.pool.query<Row>({
    name: 'find_repeats',
    text: 'SELECT public.find_repeats($1, $2, $3, $4, $5, $6, $7, $8) AS repeats',
    values: [...kindOf(kind), ...contentOf(events)],
  });
  return readAnswers<KnownEvent>(events.length, null, rows[0]!);
}

const readOutcomes = (count: number, row: Row): EventOutcome[] => readAnswers<EventOutcome>(count, 'accepted', row);

/** What is said of single events, the last word of each; of all others, the usual. */
function readAnswers<Answer>(count: number, usual: Answer, { repeats }: Row): Answer[] {
  const answers = new Array<Answer>(count).fill(usual);
  for (const part of repeats?.split(',') ?? []) {
    const [index, answer] = part.split(':') as [string, Answer];
    answers[Number(index) - 1] = answer;
  }
  return answers;
}
