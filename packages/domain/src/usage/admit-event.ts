import { accept, type Decision, refuse } from '../errors.ts';
import type { AccountId } from '../ids.ts';
import { canonicalJson, isRecord, numberFault } from '../json.ts';
import { parseInstant } from '../parse-instant.ts';
import { fieldName, quoted } from '../text.ts';
import { DAY_MS, type Instant, instantOf, msOf } from '../time.ts';
import type { Decimal } from './decimal.ts';
import { type CountedMeter, countedQuantity, findMeter, type MeterKey } from './meters.ts';
import { formatDecimal, magnitudeOf, parseDecimal, UNIT } from './quantity.ts';

/** What an event may carry beside its quantity. */
export type EventAttributes = { readonly [key: string]: string | number | boolean };

/** A usage event as it comes in. */
export type UsageEventInput = {
  readonly meter: string;
  /** Decimal text, at most 9 digits after the point. */
  readonly quantity: string;
  /** ISO 8601 date-time with zone. */
  readonly occurredAt: string;
  readonly idempotencyKey: string;
  readonly attributes?: EventAttributes | undefined;
};

/** A usage event that may be counted. */
export type AdmittedEvent = {
  readonly meter: MeterKey;
  readonly quantity: Decimal;
  /** The quantity in whole 10⁻⁹ units. */
  readonly nanos: bigint;
  /** The same as it is stored and summed: exactly. */
  readonly counted: { readonly meter: CountedMeter; readonly quantity: Decimal };
  readonly occurredAt: Instant;
  readonly idempotencyKey: string;
  readonly attributes: EventAttributes;
};

/** How old and how far ahead of the clock an event may be. */
export type AdmissionWindow = { readonly maxAgeDays: number; readonly maxAheadMs: number };

/** 35 days and 5 minutes (rules/usage 3). */
export const DEFAULT_ADMISSION_WINDOW: AdmissionWindow = { maxAgeDays: 35, maxAheadMs: 5 * 60_000 };

/** Bounds on what an event brings along; the contract names the first two. */
export const EVENT_BOUNDS = {
  idempotencyKey: 200,
  attributes: 20,
  attributeName: 64,
  attributeText: 500,
  reason: 500,
} as const;

const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Whether a usage event may be counted (rules/usage 1). Corrections are adjustments, never negative events. */
export function admitEvent(
  event: UsageEventInput,
  nowMs: number,
  window: AdmissionWindow = DEFAULT_ADMISSION_WINDOW,
): Decision<AdmittedEvent> {
  const admitted = admitFact(event, nowMs, window);
  if (admitted.ok && admitted.value.nanos < 0n) {
    const message = 'A usage event is never negative. Correct earlier usage with an adjustment.';
    return refuse('QUANTITY_INVALID', message, 'quantity');
  }
  return admitted;
}

/** Whether a correction may be counted: an event of its own, of either sign but not 0, with a reason (rules/usage 11). */
export function admitAdjustment(
  event: UsageEventInput & { readonly reason: string },
  nowMs: number,
  window: AdmissionWindow = DEFAULT_ADMISSION_WINDOW,
): Decision<AdmittedEvent & { readonly reason: string }> {
  const admitted = admitFact(event, nowMs, window);
  if (!admitted.ok) return admitted;
  if (admitted.value.nanos === 0n) return refuse('QUANTITY_INVALID', 'An adjustment of 0 changes nothing.', 'quantity');
  const reason = event.reason.normalize('NFC').trim();
  if (reason.length === 0 || reason.length > EVENT_BOUNDS.reason || UNPRINTABLE.test(reason)) {
    const message = `An adjustment has a reason of 1 to ${EVENT_BOUNDS.reason} characters on one line.`;
    return refuse('BAD_REQUEST', message, 'reason');
  }
  return accept({ ...admitted.value, reason });
}

/**
 * The content of an event or adjustment as one text: a repeated idempotency key with the same text is a duplicate, with another text a
 * conflict (rules/usage 1). Other ways to write the same number or instant are the same content, and so is another unit of the meter.
 */
export const eventContent = (account: AccountId, event: AdmittedEvent & { readonly reason?: string }): string =>
  canonicalJson([
    account,
    event.counted.meter,
    event.counted.quantity,
    event.occurredAt,
    event.attributes,
    event.reason ?? null,
  ]);

function admitFact(event: UsageEventInput, nowMs: number, window: AdmissionWindow): Decision<AdmittedEvent> {
  const meter = findMeter(event.meter);
  if (!meter) return refuse('METER_UNKNOWN', `There is no meter ${quoted(event.meter)}.`, 'meter');
  const nanos = parseDecimal(event.quantity);
  if (nanos === null) {
    const message = 'A quantity is decimal text with at most 9 digits after the point, for example “12.5”.';
    return refuse('QUANTITY_INVALID', message, 'quantity');
  }
  if (magnitudeOf(nanos) > meter.most * UNIT) {
    const message = `One event of ${meter.key} is at most ${meter.most} ${meter.unit}s. Look at its unit, or record it in parts.`;
    return refuse('QUANTITY_INVALID', message, 'quantity');
  }
  const occurredAt = admitInstant(event.occurredAt, nowMs, window);
  if (!occurredAt.ok) return occurredAt;
  const { idempotencyKey: key, attributes = {} } = event;
  if (key.length === 0 || key.length > EVENT_BOUNDS.idempotencyKey || UNPRINTABLE.test(key)) {
    const message = `An idempotency key has 1 to ${EVENT_BOUNDS.idempotencyKey} printable characters.`;
    return refuse('BAD_REQUEST', message, 'idempotencyKey');
  }
  const fault = attributeFault(attributes);
  if (fault) return fault;
  return accept({
    meter: meter.key,
    quantity: formatDecimal(nanos),
    nanos,
    counted: { meter: meter.counted.as, quantity: countedQuantity(meter, nanos) },
    occurredAt: occurredAt.value,
    idempotencyKey: key,
    attributes,
  });
}

function admitInstant(text: string, nowMs: number, window: AdmissionWindow): Decision<Instant> {
  const instant = parseInstant(text);
  if (instant === null) {
    return refuse('BAD_REQUEST', 'occurredAt is an ISO 8601 date and time with its zone.', 'occurredAt');
  }
  const ms = msOf(instant);
  if (ms > nowMs + window.maxAheadMs) {
    const latest = instantOf(nowMs + window.maxAheadMs);
    return refuse(
      'EVENT_IN_FUTURE',
      `This event is ahead of the clock; the latest accepted now is ${latest}.`,
      'occurredAt',
    );
  }
  if (ms < nowMs - window.maxAgeDays * DAY_MS) {
    const message = `This event is older than ${window.maxAgeDays} days. Record it as an adjustment of a later day.`;
    return refuse('EVENT_TOO_OLD', message, 'occurredAt');
  }
  return accept(instant);
}

/** Whether a value is plain values by name, as the attributes of an event are. */
export const isEventAttributes = (value: unknown): value is EventAttributes =>
  isRecord(value) && Object.values(value).every((item) => ['string', 'number', 'boolean'].includes(typeof item));

function attributeFault(attributes: EventAttributes): Decision<never> | null {
  const entries = Object.entries(attributes);
  if (entries.length > EVENT_BOUNDS.attributes) {
    return refuse('BAD_REQUEST', `An event has at most ${EVENT_BOUNDS.attributes} attributes.`, 'attributes');
  }
  for (const [name, value] of entries) {
    const why = isAttributeName(name)
      ? valueFault(value)
      : `needs a name of 1 to ${EVENT_BOUNDS.attributeName} printable characters`;
    if (why !== null)
      return refuse('BAD_REQUEST', `The attribute ${quoted(fieldName(name))} ${why}.`, `attributes.${fieldName(name)}`);
  }
  return null;
}

const isAttributeName = (name: string): boolean =>
  name.length > 0 && name.length <= EVENT_BOUNDS.attributeName && !UNPRINTABLE.test(name) && name !== '__proto__';

function valueFault(value: string | number | boolean): string | null {
  if (typeof value === 'number') return numberFault(value);
  const isTooMuch = typeof value === 'string' && (value.length > EVENT_BOUNDS.attributeText || UNPRINTABLE.test(value));
  return isTooMuch ? `has at most ${EVENT_BOUNDS.attributeText} printable characters` : null;
}
