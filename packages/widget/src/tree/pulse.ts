import type { Slot } from './row-slot.ts';

/** A row pulses at most this often, in milliseconds. */
const ROW_REST_MS = 1_000;
/** When more rows than this change within a second, none pulses: then everything moves, and dots would only be noise. */
const MOST_ROWS = 12;
const FADE_MS = 600;

/** The dot that fades beside a number that just changed (ux.md 2.3, live cell). */
export class Pulse {
  #second = 0;
  #rows = new Set<Slot>();
  #crowded = false;
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)');

  /** @param now monotonic milliseconds */
  beat(slot: Slot, now: number): void {
    if (now - this.#second >= 1_000) {
      this.#crowded = this.#rows.size > MOST_ROWS;
      this.#rows.clear();
      this.#second = now;
    }
    this.#rows.add(slot);
    if (this.#crowded || this.#rows.size > MOST_ROWS || now - slot.pulsedAt < ROW_REST_MS || this.#calm.matches) return;
    slot.pulsedAt = now;
    fade(slot.nodes.pulse);
  }
}

/**
 * Animates the opacity alone, which the compositor does by itself. In steps: whenever a frame is made meanwhile, for whatever reason,
 * the browser computes the style of what fades anew, unless nothing changed since the frame before. At rest a dot is hidden: a
 * transparent one would be a layer.
 */
function fade(dot: HTMLElement): void {
  dot.style.visibility = 'visible';
  const fading = dot.animate([{ opacity: 1 }, { opacity: 0 }], { duration: FADE_MS, easing: 'steps(10)' });
  fading.addEventListener('finish', () => dot.style.removeProperty('visibility'));
}
