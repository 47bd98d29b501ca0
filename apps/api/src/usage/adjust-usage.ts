import type { EventOutcome, EventToRecord } from '@tenantree/db';
import {
  type AccountId,
  type AdmissionWindow,
  admitAdjustment,
  DEFAULT_ADMISSION_WINDOW,
  type UsageEventInput,
} from '@tenantree/domain';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { recordedNow } from './usage-door.ts';

/** Corrects recorded usage by an adjustment event of its own, with a reason (rules/usage 11). @throws Refused */
export async function adjustUsage(
  hall: Hall,
  caller: Caller,
  account: Adjusted,
  input: UsageEventInput & { readonly reason: string },
): Promise<{ status: 'accepted' | 'duplicate' }> {
  const outcome = await recordAdjustment(hall, caller, account, input);
  if (outcome === 'conflict') {
    refuseWith('EVENT_CONFLICT', 'This idempotency key was used for an event with other content.', 'idempotencyKey');
  }
  hall.usageDoor.recorded();
  return { status: outcome };
}

type Adjusted = { readonly id: AccountId; readonly root: AccountId; readonly name: string };

async function recordAdjustment(
  hall: Hall,
  caller: Caller,
  account: Adjusted,
  input: UsageEventInput & { readonly reason: string },
): Promise<Exclude<EventOutcome, 'over'>> {
  const nowMs = hall.clock.nowMs();
  const admitted = admitAdjustment(input, nowMs, window(hall.settings.usageMaxAgeDays));
  // A late retry of what was counted is a duplicate, however old it is by now (rules/usage 3).
  const isTooOld = !admitted.ok && admitted.refusal.code === 'EVENT_TOO_OLD';
  const event = granted(isTooOld ? admitAdjustment(input, nowMs, window(Number.POSITIVE_INFINITY)) : admitted);
  const fact: EventToRecord = {
    root: account.root,
    account: account.id,
    key: event.idempotencyKey,
    quantity: event.counted.quantity,
    occurredAt: event.occurredAt,
    attributes: event.attributes,
  };
  const kind = { meter: event.counted.meter, adjustment: { reason: event.reason } };
  if (isTooOld) {
    const [known] = await hall.usage.findRepeats([fact], kind);
    return known ?? granted(admitted);
  }
  return hall.change(caller, { root: account.root, acting: account.id }, async ({ trx, happened }) => {
    const [appended = 'conflict'] = await hall.usage.append([fact], { ...kind, ...recordedNow(hall) }, trx);
    // A correction is over no limit.
    const outcome = appended === 'over' ? 'accepted' : appended;
    if (outcome === 'accepted') {
      const details = { meter: event.meter, account: account.name, quantity: event.quantity, reason: event.reason };
      happened('usage.adjusted', account.id, details, { id: account.id, name: account.name });
    }
    return outcome;
  });
}

const window = (maxAgeDays: number): AdmissionWindow => ({ ...DEFAULT_ADMISSION_WINDOW, maxAgeDays });
