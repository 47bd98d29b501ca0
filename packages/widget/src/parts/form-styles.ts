import { css } from 'lit';

/** What dialogs and fields for names have beyond the controls of all screens. */
export const formStyles = css`
  .button[aria-disabled='true'] { opacity: .55; cursor: default; }
  .button.danger { background: var(--sam-danger); border-color: var(--sam-danger); color: var(--sam-on-danger); }
  .field textarea, .field select { all: unset; box-sizing: border-box; flex: 1; min-inline-size: 0; color: var(--sam-text); font-family: inherit; font-weight: var(--sam-fw); font-size: var(--sam-fs-14); line-height: 1.43; text-align: start; }
  .field textarea { padding-block: 6px; white-space: pre-wrap; overflow-wrap: anywhere; min-block-size: 3.4em; }
  .field.invalid { border-color: var(--sam-danger); }
  .error { display: flex; gap: 6px; align-items: start; color: var(--sam-danger); font-size: var(--sam-fs-13); }
  .error .icon { margin-block-start: 2px; }
`;
