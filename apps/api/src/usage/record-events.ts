import type { EventResult } from '@tenantree/contract';
import { type EventOutcome, type EventToRecord, findFormer, type KnownAccount } from '@tenantree/db';
import {
  type AccountId,
  type AdmittedEvent,
  accept,
  accountNotFound,
  admitEvent,
  type CountedMeter,
  DEFAULT_ADMISSION_WINDOW,
  type Decision,
  ERROR_CODES,
  type Instant,
  parseAccountRef,
  type Refusal,
  readUsageEvent,
  refuse,
  type SentEvent,
  usageSuspended,
} from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';
import { lookUp } from '../hall/resolve-all.ts';

type Admitted = AdmittedEvent & {
  /** Main account of the tree in which its account stands. */
  readonly root: AccountId;
  readonly account: AccountId;
  readonly index: number;
  readonly grant?: string | undefined;
};

/** An event that is too old to be counted now, unless it was counted already. */
type TooOld = { readonly event: Admitted; readonly refusal: Refusal };

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
 * @throws Refused UNAVAILABLE when too much waits to be stored, or the driver's error when nothing of the batch could be stored
 */
export async function recordEvents(hall: Hall, acting: Acting, entries: readonly unknown[]): Promise<EventResult[]> {
  const results = new Array<EventResult>(entries.length);
  const events = readAll(entries, results);
  const named = events.map(({ account }) => account ?? acting.id);
  const find = await hall.db.withTenant(acting.id, (trx) => lookUp(trx, named), { snapshot: true });
  const admitted: Admitted[] = [];
  const old: TooOld[] = [];
  const former: Readable[] = [];
  for (const { index, ...sent } of events) {
    const account = find(sent.account ?? acting.id);
    if (!account.ok) {
      former.push({ index, ...sent });
      continue;
    }
    const event = admitFor(account, sent, acting, hall);
    const ageless =
      event.ok || event.refusal.code !== 'EVENT_TOO_OLD' ? null : admitEvent(sent, hall.clock.nowMs(), AGELESS);
    if (event.ok) admitted.push({ ...event.value, root: acting.root, index });
    else if (ageless?.ok)
      old.push({
        event: { ...ageless.value, root: acting.root, account: account.value.id, index },
        refusal: event.refusal,
      });
    else results[index] = refused(event.refusal);
  }
  const late = await admitFormer(hall, acting, former, results);
  await Promise.all([answerOld(hall, old, results), record(hall, [...admitted, ...late], results)]);
  // What limits there are now where such an account stands is not told to who was above it.
  for (const { index } of late) if (results[index]?.status === 'accepted') results[index] = { status: 'accepted' };
  return results;
}

/**
 * Usage of accounts that have left: who was above one when it was used still delivers it (rules/usage 18). Whatever else stands in the way says
 * no more than that there is no such account.
 */
async function admitFormer(
  hall: Hall,
  acting: Acting,
  events: readonly Readable[],
  results: EventResult[],
): Promise<Admitted[]> {
  const named = events.flatMap(({ index, ...sent }) => {
    const ref = parseAccountRef(sent.account ?? acting.id);
    const event = admitFor(accept({ id: acting.id, closedAt: null }), sent, acting, hall);
    results[index] = refused(accountNotFound(sent.account ?? acting.id).refusal);
    return ref.ok && event.ok ? [{ ref: ref.value, at: event.value.occurredAt, event: { ...event.value, index } }] : [];
  });
  if (named.length === 0) return [];
  const found = await hall.db.withTenant(acting.id, (trx) => findFormer(trx, named), { snapshot: true });
  return named.flatMap(({ event }, n) => {
    const account = found[n];
    return account ? [{ ...event, account: account.id, root: account.root }] : [];
  });
}

const AGELESS = { ...DEFAULT_ADMISSION_WINDOW, maxAgeDays: Number.POSITIVE_INFINITY };

async function record({ usageDoor }: Hall, admitted: readonly Admitted[], results: EventResult[]): Promise<void> {
  await Promise.all(
    [...byMeter(admitted)].map(async ([meter, events]) => {
      const outcomes = await usageDoor.record(meter, events.map(toRecord));
      for (const [i, outcome] of outcomes.entries()) results[events[i]!.index] = resultOf(outcome);
    }),
  );
}

/** A late retry of what was counted is a duplicate, however old it is by now (rules/usage 3). */
async function answerOld({ usage }: Hall, old: readonly TooOld[], results: EventResult[]): Promise<void> {
  const refusals = new Map(old.map(({ event, refusal }) => [event.index, refusal]));
  for (const [meter, events] of byMeter(old.map(({ event }) => event))) {
    const known = await usage.findRepeats(events.map(toRecord), { meter });
    for (const [i, answer] of known.entries()) {
      const { index } = events[i]!;
      results[index] = answer === null ? refused(refusals.get(index)!) : resultOf(answer);
    }
  }
}

/** Whether an event may be counted, and for which account: the one that was found by its name. */
function admitFor(
  found: Decision<KnownAccount>,
  sent: SentEvent,
  { name, heldSince }: Acting,
  { settings, clock }: Hall,
): Decision<Omit<Admitted, 'index' | 'root'>> {
  if (!found.ok) return found;
  const { id, closedAt } = found.value;
  const event = admitEvent(sent, clock.nowMs(), { ...DEFAULT_ADMISSION_WINDOW, maxAgeDays: settings.usageMaxAgeDays });
  if (!event.ok) return event;
  const { occurredAt } = event.value;
  if (closedAt !== null && occurredAt > closedAt)
    return refuse('ACCOUNT_CLOSED', 'This account was closed before.', 'account');
  if (heldSince !== null && occurredAt >= heldSince) return refuse('USAGE_SUSPENDED', usageSuspended(name));
  return accept({ ...event.value, account: id, grant: sent.grant });
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

const resultOf = (outcome: EventOutcome): EventResult => {
  if (outcome === 'over') return { status: 'accepted', overLimit: true };
  return outcome === 'conflict'
    ? {
        status: 'conflict',
        code: 'EVENT_CONFLICT',
        message: 'This idempotency key was used for an event with other content.',
        field: 'idempotencyKey',
        retryable: false,
      }
    : { status: outcome };
};

const toRecord = (event: Admitted): EventToRecord => ({
  root: event.root,
  account: event.account,
  key: event.idempotencyKey,
  quantity: event.counted.quantity,
  occurredAt: event.occurredAt,
  attributes: event.attributes,
  ...(event.grant !== undefined && { grant: event.grant }),
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
