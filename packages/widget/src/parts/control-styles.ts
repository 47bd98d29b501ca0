import { css } from 'lit';

/** Buttons, fields and texts as all screens have them. What only forms have comes with those (form-styles.ts). */
export const controlStyles = css`
  :host { box-sizing: border-box; font-family: var(--sam-font); font-weight: var(--sam-fw); font-size: var(--sam-fs-14); line-height: var(--sam-lh); color: var(--sam-text); text-align: start; letter-spacing: normal; }
  *, ::before, ::after { box-sizing: border-box; }
  [hidden] { display: none !important; }
  .icon { display: block; flex: none; }
  .button { appearance: none; display: inline-flex; align-items: center; justify-content: center; gap: 6px; min-block-size: var(--sam-control); margin: 0; padding-inline: 10px; border: var(--sam-hair) solid var(--sam-border-strong); border-radius: var(--sam-r-2); background: var(--sam-surface); color: var(--sam-text); font-family: inherit; font-weight: var(--sam-fw-medium); font-size: var(--sam-fs-13); line-height: 1.2; white-space: nowrap; cursor: pointer; transition: background var(--sam-t-1) var(--sam-ease); }
  .button:hover { background: var(--sam-hover); }
  .button:active { background: var(--sam-sunken); }
  .button:focus-visible, .field:focus-within, .link:focus-visible { outline: 2px solid var(--sam-focus); outline-offset: 2px; }
  .button.primary { background: var(--sam-accent); border-color: var(--sam-accent); color: var(--sam-on-accent); }
  .button.primary:hover { background: var(--sam-accent-hover); border-color: var(--sam-accent-hover); }
  .button:disabled { opacity: .55; cursor: default; }
  .link { all: unset; color: var(--sam-accent-text); text-decoration: underline; text-underline-offset: 3px; cursor: pointer; border-radius: 2px; }
  .field { display: flex; align-items: center; gap: var(--sam-2); min-block-size: var(--sam-control); padding-inline: var(--sam-2); border: var(--sam-hair) solid var(--sam-border-strong); border-radius: var(--sam-r-2); background: var(--sam-surface); color: var(--sam-text-3); }
  .field:focus-within { outline-offset: -1px; }
  .field input { all: unset; box-sizing: border-box; flex: 1; min-inline-size: 0; color: var(--sam-text); font-family: inherit; font-weight: var(--sam-fw); font-size: var(--sam-fs-14); line-height: 1.43; text-align: start; }
  .field ::placeholder { color: var(--sam-text-3); opacity: 1; }
  .hint { color: var(--sam-text-3); font-size: var(--sam-fs-12); }
  .hidden { position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  @media (forced-colors: active) { .button, .field { border-color: ButtonText; } .button.primary { forced-color-adjust: none; background: ButtonText; color: ButtonFace; } }
`;
