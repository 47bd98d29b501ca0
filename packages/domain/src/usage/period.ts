import { type Instant, instantOf } from '../time.ts';

/** A billing period: one calendar month in UTC. It contains its start and not its end. */
export type BillingPeriod = {
  /** `YYYY-MM` */
  readonly key: string;
  readonly start: Instant;
  readonly end: Instant;
};

const monthOf = (year: number, month: number): BillingPeriod => ({
  key: `${String(year).padStart(4, '0')}-${String(month + 1).padStart(2, '0')}`,
  start: instantOf(Date.UTC(year, month, 1)),
  end: instantOf(Date.UTC(year, month + 1, 1)),
});

/** The billing period that an instant falls in. */
export const billingPeriodOf = (instant: Instant): BillingPeriod =>
  monthOf(Number(instant.slice(0, 4)), Number(instant.slice(5, 7)) - 1);

const FORM = /^([12]\d{3})-(0[1-9]|1[0-2])$/;

/** Reads a billing period from `YYYY-MM`, years 1000–2999; null for anything else. */
export function parseBillingPeriod(text: string): BillingPeriod | null {
  const match = FORM.exec(text);
  return match ? monthOf(Number(match[1]), Number(match[2]) - 1) : null;
}
