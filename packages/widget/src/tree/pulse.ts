import type { Slot } from './row-slot.ts';

/** A row pulses at most this often, in milliseconds. */
const REST_MS = 1_000;
/** When more rows than this change within a second, none pulses: then everything moves, and dots would only be noise. */
const MOST_ROWS = 12;
const FADE_MS = 600;

/**
 * Shows the dots that fade beside numbers that just changed (rules/screens 2, live cell).
 *
 * @param rows all that are in sight
 * @param changed those among them that changed
 * @param now monotonic milliseconds
 */
export function pulse(rows: readonly Slot[], changed: readonly Slot[], now: number): void {
  const rested = changed.filter(({ changedAt }) => now - changedAt >= REST_MS);
  for (const slot of rested) slot.changedAt = now;
  // A row that changes all the time is counted once it has rested: within two such times.
  const moving = rows.filter(({ changedAt }) => now - changedAt < 2 * REST_MS);
  if (moving.length <= MOST_ROWS) for (const slot of rested) fade(slot.part('.pulse'));
}

/**
 * Animates the opacity alone, which the compositor does by itself. In steps: whenever a frame is made meanwhile, for whatever reason,
 * the browser computes the style of what fades anew, unless nothing changed since the frame before. At rest a dot is hidden: a
 * transparent one would be a layer.
 */
function fade(dot: HTMLElement): void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  dot.style.visibility = 'visible';
  const fading = dot.animate([{ opacity: 1 }, { opacity: 0 }], { duration: FADE_MS, easing: 'steps(10)' });
  fading.addEventListener('finish', () => dot.style.removeProperty('visibility'));
}
