import { css, unsafeCSS } from 'lit';
import { TOKENS } from '../tokens/tokens.ts';

/** The tokens for a shadow root of a page that isn't ours. */
export const tokenSheet = unsafeCSS(TOKENS);

/**
 * The element in somebody else's page: it takes over font, direction, language and colour scheme, and nothing that would break it.
 * Sizes follow what the reader set in the browser, not what the page made of \`html\`.
 */
export const managerStyles = css`
  :host { contain: layout style; font-size: medium !important; --sam-rem: 1em; }
  :host(:not([theme='system'])) { color-scheme: inherit; }
  :host([theme='light']) { color-scheme: light !important; }
  :host([theme='dark']) { color-scheme: dark !important; }
  :host([theme='system']) { color-scheme: light dark !important; }
  /* A scheme of its own may not be the page's: it brings its ground, on which title and slots are legible. */
  :host(:is([theme='light'], [theme='dark'], [theme='system'])) .root { padding: var(--sam-4); border-radius: var(--sam-r-3); background: var(--sam-canvas); }
  .root { color: var(--sam-text); font-size: var(--sam-fs-14); font-style: normal; font-variant: normal; font-variant-numeric: var(--sam-num); font-weight: var(--sam-fw); line-height: var(--sam-lh); letter-spacing: normal; word-spacing: normal; text-align: start; text-indent: 0; text-shadow: none; text-transform: none; white-space: normal; hyphens: manual; cursor: auto; visibility: visible; -webkit-text-fill-color: currentcolor; }
  :host([fit='fill']) .root { block-size: 100%; }
  .over { padding: 48px 24px; border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); background: var(--sam-surface); text-align: center; color: var(--sam-text-2); }
  .over h2 { margin: 0; font-family: inherit; font-weight: var(--sam-fw-strong); font-size: var(--sam-fs-16); color: var(--sam-text); } .over p { margin: var(--sam-2) 0 0; }
  /* As wide as the list would be where the page asks: what measures itself answers nothing (subaccounts-styles.ts). */
  :host::before { content: '. .'; display: block; block-size: 0; overflow: hidden; visibility: hidden; white-space: normal; word-spacing: 66em; }
  .rooms { container: rooms / inline-size; position: relative; display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr); block-size: 100%; }
  .rooms > * { grid-area: 1 / 1; min-block-size: 0; }
  /* In place of the list, which keeps its size and so its scroll position; beside it where there is room. */
  sam-account { z-index: 3; border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); background: var(--sam-surface); overflow: auto; }
  .open > sam-subaccounts { visibility: hidden; }
  @container rooms (inline-size >= calc(1080em / 14)) {
    .open > sam-subaccounts { visibility: visible; }
    .rooms > sam-account { position: absolute; inset-block: 0; inset-inline-end: 0; inline-size: 480px; min-block-size: min(560px, 85vb); box-shadow: var(--sam-pop); }
  }
`;

let registered = false;

/** Makes \`--sam-rem\` a length, so that it is measured once, at the host, and not anew in every element below. */
export function registerRem(): void {
  if (registered) return;
  registered = true;
  try {
    CSS.registerProperty({ name: '--sam-rem', syntax: '<length>', inherits: true, initialValue: '16px' });
  } catch {
    // another copy of the widget on this page was first
  }
}
