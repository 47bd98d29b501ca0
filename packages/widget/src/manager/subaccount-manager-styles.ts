import { css } from 'lit';

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
  .over { padding: var(--sam-12); text-align: center; color: var(--sam-text-2); }
  .over h2 { margin: 0; font: inherit; font-weight: var(--sam-fw-strong); color: var(--sam-text); }
  .rooms { display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr); block-size: 100%; }
  .rooms > * { grid-area: 1 / 1; }
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
