import type { Texts } from '../strings/texts.ts';
import type { Account } from './lines.ts';
import { put, type Slot } from './row-slot.ts';

/** What rows show as used of a maximum, in percent. */
const shown = new WeakMap<Slot, number | null>();

/** Percent of a maximum from which on it is told by colour, too. */
const [NEAR, FULL] = [80, 100];

/** Whole percents of a maximum that are used. */
const percentOf = (total: string, max: string): number =>
  Number(max) === 0 ? FULL : Math.floor((100 * Number(total)) / Number(max));

/**
 * Draws how much of its own maximum an account used, as a bar below its minutes.
 *
 * @returns the same in words, which say more than how much of it is the account's own; null where it has no maximum
 */
export function paintLimit(slot: Slot, { minutes, row }: Account, { say, numbers }: Texts): string | null {
  const percent = minutes && row.minutesMax !== null ? percentOf(minutes.total, row.minutesMax) : null;
  if (percent !== (shown.get(slot) ?? null)) {
    shown.set(slot, percent);
    const cell = slot.part('.minutes');
    put(cell, { 'data-limit': percent === null ? null : percent >= FULL ? 'full' : percent >= NEAR ? 'near' : 'calm' });
    cell.style.backgroundSize = percent === null ? '' : `${Math.min(100, percent)}% 3px, 100% 3px`;
  }
  return percent === null ? null : say('ofLimit', { percent, max: numbers.whole(Number(row.minutesMax)) });
}
