import { css, unsafeCSS } from 'lit';
import { TOKENS } from '../tokens/tokens.ts';

/** The tokens for a shadow root of a page that isn't ours. */
export const tokenSheet = unsafeCSS(TOKENS);

/**
 * The element in somebody else's page: it takes over font, direction, language and colour scheme, and nothing that would break it.
 * Sizes follow what the reader set in the browser, not what the page made of \`html\`.
 */
export const frameStyles = css`
  :host { display: block !important; contain: layout style; min-inline-size: 0; color-scheme: inherit; font-size: medium !important; --sam-rem: 1em; }
  :host([hidden]) { display: none !important; }
  :host([theme='light']) { color-scheme: light; }
  :host([theme='dark']) { color-scheme: dark; }
  :host([theme='system']) { color-scheme: light dark; }
  .root { font-family: var(--sam-font); font-weight: var(--sam-fw); color: var(--sam-text); font-size: var(--sam-fs-14); line-height: var(--sam-lh); font-style: normal; font-variant: normal; letter-spacing: normal; word-spacing: normal; text-align: start; text-indent: 0; text-shadow: none; text-transform: none; white-space: normal; hyphens: manual; cursor: auto; visibility: visible; -webkit-text-fill-color: currentcolor; }
  :host([fit='fill']), :host([fit='fill']) .root { block-size: 100%; }
  .ended { display: grid; justify-items: center; gap: var(--sam-2); padding: var(--sam-12) var(--sam-6); border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); background: var(--sam-surface); text-align: center; color: var(--sam-text-2); }
  .ended h2 { margin: 0; font-family: inherit; font-weight: var(--sam-fw-strong); font-size: var(--sam-fs-16); line-height: 1.3; color: var(--sam-text); }
  .ended p { margin: 0; max-inline-size: 46ch; }
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
