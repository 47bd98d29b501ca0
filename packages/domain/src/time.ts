import type { Brand } from './ids.ts';

/** A UTC instant as ISO 8601 text with milliseconds and `Z`: `2026-11-23T22:57:00.000Z`. Sorts as text. */
export type Instant = Brand<string, 'Instant'>;

/** Where time comes from: the system, or in tests what they set. */
export type Clock = { readonly nowMs: () => number };

/** A day, in milliseconds. */
export const DAY_MS = 86_400_000;

/** The instant of UTC milliseconds since 1970. */
export const instantOf = (ms: number): Instant => new Date(ms).toISOString() as Instant;

/** UTC milliseconds since 1970 of an instant. */
export const msOf = (instant: Instant): number => Date.parse(instant);

/** A calendar day without a time zone, `2026-11-23`. Which instants it has depends on the zone. */
export type LocalDate = Brand<string, 'LocalDate'>;
