import { css } from 'lit';

/** What forms, dialogs and lists have beyond the controls of a screen that nobody touched. */
export const formStyles = css`
  .button:hover { background: var(--sam-hover); }
  .button:active { background: var(--sam-sunken); }
  .button.primary:hover { background: var(--sam-accent-hover); border-color: var(--sam-accent-hover); }
  .button[aria-disabled='true'] { opacity: .55; cursor: default; }
  .button.danger { background: var(--sam-danger); border-color: var(--sam-danger); color: var(--sam-on-danger); }
  .row { display: grid; gap: 6px; min-inline-size: 0; } .row > label, .row > .label, legend { padding: 0; font-weight: var(--sam-fw-medium); font-size: var(--sam-fs-13); }
  .field textarea, .field select { all: unset; box-sizing: border-box; flex: 1; min-inline-size: 0; color: var(--sam-text); }
  .field textarea { padding-block: 6px; white-space: pre-wrap; overflow-wrap: anywhere; min-block-size: 3.4em; }
  .field select { padding-inline-end: calc(16px + var(--sam-2)); margin-inline-end: calc(-16px - var(--sam-2)); cursor: pointer; } .field select + .icon { pointer-events: none; } option { background: var(--sam-raised); color: var(--sam-text); }
  .field.invalid { border-color: var(--sam-danger); }
  .error { display: flex; gap: 6px; align-items: start; color: var(--sam-danger); font-size: var(--sam-fs-13); }
  .error .icon { margin-block-start: 2px; }
`;
