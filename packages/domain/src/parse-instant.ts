import { type Instant, instantOf, type LocalDate } from './time.ts';

const ZONED = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Reads an ISO 8601 date-time that names its zone, with `T` and `Z` in either case, as RFC 3339 has it; null for anything else
 * (rules/server 5: dates without zone are refused), also for days that don't exist and for what is outside the years 1–9999 in UTC
 * (the calendar of the database has no year 0).
 */
export function parseInstant(text: string): Instant | null {
  if (!ZONED.test(text)) return null;
  const ms = Date.parse(text.toUpperCase());
  if (Number.isNaN(ms)) return null;
  const instant = instantOf(ms);
  if (instant.length !== INSTANT_LENGTH || instant < FIRST) return null;
  const day = text.slice(0, 10);
  return instant.startsWith(day) || isDay(day) ? instant : null;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Reads a calendar day, `2026-11-23`, of the years 1–9999; null for anything else, also for days that don't exist. */
export const parseLocalDate = (text: string): LocalDate | null =>
  DAY.test(text) && text >= FIRST.slice(0, 10) && isDay(text) ? (text as LocalDate) : null;

const FIRST = '0001-01-01T00:00:00.000Z';
const INSTANT_LENGTH = FIRST.length;

/** Whether a date exists: `Date.parse` takes 30 February for 2 March. */
function isDay(day: string): boolean {
  const midnightMs = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(midnightMs) && instantOf(midnightMs).startsWith(day);
}
