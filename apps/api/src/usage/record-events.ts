import { type EventToRecord, resolveInSubtree } from '@tenantree/db';
import {
  type AccountId,
  type AdmittedEvent,
  accountNotFound,
  admitEvent,
  type CountedMeter,
  ERROR_CODES,
  type ErrorCode,
  type Instant,
  parseAccountRef,
  type Refusal,
  readUsageEvent,
  type SentEvent,
  usageSuspended,
} from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';
import type { UsageWriter } from '../hall/usage-writer.ts';

/** What became of one event of a batch (product.md 5.1). */
export type EventResult =
  | { readonly status: 'accepted' | 'duplicate' }
  | {
      readonly status: 'conflict' | 'refused';
      readonly code: ErrorCode;
      readonly message: string;
      readonly field?: string;
      /** Whether the same event can be taken later: keep it then, and send it again. */
      readonly retryable: boolean;
    };

type Admitted = AdmittedEvent & { readonly account: AccountId; readonly index: number };

/** The account as which usage is recorded. */
type Acting = {
  readonly id: AccountId;
  readonly root: AccountId;
  readonly name: string;
  /** Usage since then is not taken while a suspension lasts; null: all is. */
  readonly heldSince: Instant | null;
};

/**
 * Records a batch of usage events as seen from an account: each event may name any account of its subtree. One bad event
 * never loses the others; when this resolves, everything accepted is committed and counted.
 *
 * @throws WriterFullError, or the driver's error when nothing of the batch could be stored
 */
export async function recordEvents(
  hall: Hall,
  writer: UsageWriter,
  acting: Acting,
  entries: readonly unknown[],
): Promise<EventResult[]> {
  const results = new Array<EventResult>(entries.length);
  const events = readAll(entries, results);
  const resolve = await accountsOf(hall, acting.id, events);
  const admitted: Admitted[] = [];
  const { heldSince } = acting;
  const window = { maxAgeDays: hall.settings.usageMaxAgeDays, maxAheadMs: 5 * 60_000 };
  for (const { index, ...input } of events) {
    const account = resolve(input.account);
    if ('code' in account) {
      results[index] = refused(account);
      continue;
    }
    const event = admitEvent(input, hall.clock.nowMs(), window);
    if (!event.ok) results[index] = refused(event.refusal);
    else if (account.closedAt !== null && event.value.occurredAt > account.closedAt) {
      results[index] = refused({
        code: 'ACCOUNT_CLOSED',
        message: 'This account was closed before.',
        field: 'account',
      });
    } else if (heldSince !== null && event.value.occurredAt >= heldSince) {
      results[index] = refused({ code: 'USAGE_SUSPENDED', message: usageSuspended(acting.name) });
    } else admitted.push({ ...event.value, account: account.id, index });
  }
  await Promise.all(
    [...byMeter(admitted)].map(async ([meter, events]) => {
      const outcomes = await writer.record(
        meter,
        events.map((event) => toRecord(acting.root, event)),
      );
      for (const [i, outcome] of outcomes.entries()) results[events[i]!.index] = resultOf(outcome);
    }),
  );
  return results;
}

type Readable = SentEvent & { readonly index: number };

/** Those entries that can be read as usage events; the results of all others are written. */
function readAll(entries: readonly unknown[], results: EventResult[]): Readable[] {
  const readable: Readable[] = [];
  for (const [index, entry] of entries.entries()) {
    const event = readUsageEvent(entry);
    if (event.ok) readable.push({ ...event.value, index });
    else results[index] = refused(event.refusal);
  }
  return readable;
}

/** An event that was refused, as its result. */
export const refused = ({ code, message, field }: Refusal): EventResult => ({
  status: 'refused',
  code,
  message,
  retryable: ERROR_CODES[code].retryable,
  ...(field === undefined ? {} : { field }),
});

const resultOf = (outcome: 'accepted' | 'duplicate' | 'conflict'): EventResult =>
  outcome === 'conflict'
    ? {
        status: 'conflict',
        code: 'EVENT_CONFLICT',
        message: 'This idempotency key was used for an event with other content.',
        field: 'idempotencyKey',
        retryable: false,
      }
    : { status: outcome };

const toRecord = (root: AccountId, event: Admitted): EventToRecord => ({
  root,
  account: event.account,
  key: event.idempotencyKey,
  quantity: event.counted.quantity,
  occurredAt: event.occurredAt,
  attributes: event.attributes,
});

function byMeter(events: readonly Admitted[]): Map<CountedMeter, Admitted[]> {
  const groups = new Map<CountedMeter, Admitted[]>();
  for (const event of events) {
    const { meter } = event.counted;
    const group = groups.get(meter);
    if (group) group.push(event);
    else groups.set(meter, [event]);
  }
  return groups;
}

type Resolved = { readonly id: AccountId; readonly closedAt: string | null };

/** Looks all accounts of a batch up at once. What is not in the subtree does not exist (product.md 2.5). */
async function accountsOf(
  hall: Hall,
  acting: AccountId,
  events: readonly SentEvent[],
): Promise<(asked: string | undefined) => Resolved | Refusal> {
  const refs = new Map(
    [...new Set(events.map(({ account }) => account ?? acting))].map((asked) => [asked, parseAccountRef(asked)]),
  );
  const ids: string[] = [];
  const externalIds: string[] = [];
  for (const ref of refs.values()) {
    if (!ref.ok) continue;
    if (ref.value.kind === 'id') ids.push(ref.value.id);
    else externalIds.push(ref.value.externalId);
  }
  const found = await hall.db.withTenant(acting, (trx) => resolveInSubtree(trx, ids, externalIds));
  return (asked = acting) => {
    const ref = refs.get(asked)!;
    if (!ref.ok) return ref.refusal;
    const account =
      ref.value.kind === 'id' ? found.byId.get(ref.value.id) : found.byExternalId.get(ref.value.externalId);
    return account ?? accountNotFound(asked).refusal;
  };
}
