import { css } from 'lit';

/** What all our elements have in common: text, buttons, fields, focus. */
export const controlStyles = css`
  :host { display: block !important; box-sizing: border-box; min-inline-size: 0; font-family: var(--sam-font); font-weight: var(--sam-fw); font-size: var(--sam-fs-14); line-height: var(--sam-lh); color: var(--sam-text); font-variant-numeric: var(--sam-num); text-align: start; letter-spacing: normal; }
  :host([fit='fill']) { block-size: 100%; }
  [hidden], :host([hidden]) { display: none !important; }
  * { box-sizing: border-box; }
  :focus-visible { outline: 2px solid var(--sam-focus); outline-offset: 2px; }
  .icon { display: block; flex: none; }
  button { appearance: none; display: inline-flex; align-items: center; justify-content: center; gap: 6px; margin: 0; padding: 0; border: 0; border-radius: var(--sam-r-2); background: none; color: inherit; font: inherit; white-space: nowrap; cursor: pointer; }
  .button { min-block-size: var(--sam-control); padding-inline: 10px; border: var(--sam-hair) solid var(--sam-border-strong); background: var(--sam-surface); color: var(--sam-text); font-weight: var(--sam-fw-medium); font-size: var(--sam-fs-13); line-height: 1.2; }
  @media (prefers-reduced-motion: no-preference) { .button { transition: background 80ms; } }
  .button.primary { background: var(--sam-accent); border-color: var(--sam-accent); color: var(--sam-on-accent); }
  .button:disabled { opacity: .55; cursor: default; }
  .link { color: var(--sam-accent-text); text-decoration: underline; text-underline-offset: 3px; }
  .field { display: flex; align-items: center; gap: var(--sam-2); min-block-size: var(--sam-control); padding-inline: var(--sam-2); border: var(--sam-hair) solid var(--sam-border-strong); border-radius: var(--sam-r-2); background: var(--sam-surface); color: var(--sam-text-3); }
  .field:focus-within { outline: 2px solid var(--sam-focus); outline-offset: -1px; }
  .field input { all: unset; flex: 1; min-inline-size: 0; color: var(--sam-text); }
  .field ::placeholder { color: var(--sam-text-3); opacity: 1; }
  .note { display: flex; align-items: center; gap: var(--sam-3); padding: var(--sam-2) var(--sam-3); border-block-end: var(--sam-hair) solid var(--sam-border); background: var(--sam-warn-soft); color: var(--sam-warn); font-size: var(--sam-fs-13); }
  .note .link { color: inherit; }
  .hint { color: var(--sam-text-3); font-size: var(--sam-fs-12); }
  .hidden { position: absolute; inline-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;
