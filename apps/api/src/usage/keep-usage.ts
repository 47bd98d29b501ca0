import { DAY_MS, instantOf } from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';

/**
 * Makes room for the usage of the months to come, and forgets the events of months that are over for longer than they are kept, with their
 * idempotency keys; totals and series by quarters of an hour stay. Every server does, at its own pace: what is there or gone already is left.
 *
 * @returns how many months were forgotten here
 */
export function keepUsage({ usage, clock, settings }: Hall): Promise<number> {
  const nowMs = clock.nowMs();
  const days = settings.usageRetentionDays;
  return usage.keepMonths({
    now: instantOf(nowMs),
    eventsSince: days === null ? null : instantOf(nowMs - days * DAY_MS),
  });
}
