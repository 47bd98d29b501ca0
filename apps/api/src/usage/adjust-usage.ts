import { recordUsageIn } from '@tenantree/db';
import { type AccountId, admitAdjustment, DEFAULT_ADMISSION_WINDOW, type UsageEventInput } from '@tenantree/domain';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { note } from '../hall/note.ts';
import { granted, refuseWith } from '../hall/refused.ts';

/** Corrects recorded usage by an adjustment event of its own, with a reason (product.md 5.1). @throws Refused */
export async function adjustUsage(
  hall: Hall,
  caller: Caller,
  account: { readonly id: AccountId; readonly root: AccountId; readonly name: string },
  input: UsageEventInput & { readonly reason: string },
): Promise<{ status: 'accepted' | 'duplicate' }> {
  const window = { ...DEFAULT_ADMISSION_WINDOW, maxAgeDays: hall.settings.usageMaxAgeDays };
  const event = granted(admitAdjustment(input, hall.clock.nowMs(), window));
  const now = nowOf(hall);
  const record = {
    root: account.root,
    account: account.id,
    key: event.idempotencyKey,
    quantity: event.counted.quantity,
    occurredAt: event.occurredAt,
    attributes: event.attributes,
  };
  const outcome = await hall.db.withTenant(account.id, async (trx) => {
    const options = { meter: event.counted.meter, adjustment: { reason: event.reason }, now };
    const [outcome = 'conflict'] = await recordUsageIn(trx, [record], options);
    if (outcome === 'accepted') {
      const details = { meter: event.meter, account: account.name, quantity: event.quantity, reason: event.reason };
      await note(hall, caller, trx, now, account.id, { action: 'usage.adjusted', details }, account);
    }
    return outcome;
  });
  if (outcome === 'conflict') {
    refuseWith('EVENT_CONFLICT', 'This idempotency key was used for an event with other content.', 'idempotencyKey');
  }
  hall.usageRecorded();
  return { status: outcome };
}
