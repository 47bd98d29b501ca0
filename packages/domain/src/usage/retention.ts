/** Longest billing period. */
const PERIOD_DAYS = 31;

/**
 * Fewest days for which usage events may be kept (rules/usage 15): a period that closes still finds all of its events, and an idempotency
 * key is known until its event, recorded at the last moment, could not be recorded again.
 *
 * @param usageMaxAgeDays for how long usage may be late
 * @param graceHours between the end of a period and its closing
 */
export const leastRetentionDays = (usageMaxAgeDays: number, graceHours: number): number =>
  usageMaxAgeDays + Math.max(PERIOD_DAYS + Math.ceil(graceHours / 24), usageMaxAgeDays);
