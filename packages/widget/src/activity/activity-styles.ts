import { css } from 'lit';

/** What was done, one line each. */
export const activityStyles = css`
  ol { list-style: none; margin: 0; padding: 0; }
  li { display: grid; grid-template-columns: 22px minmax(0, 1fr) auto; gap: var(--sam-2); align-items: start; padding-block: var(--sam-2); font-size: var(--sam-fs-13); }
  li + li { border-block-start: var(--sam-hair) solid var(--sam-border); }
  .avatar { inline-size: 22px; border-radius: 50%; font-size: 10px; font-weight: var(--sam-fw-strong); line-height: 22px; text-align: center; background: light-dark(oklch(.9 .05 var(--hue)), oklch(.32 .06 var(--hue))); color: light-dark(oklch(.35 .09 var(--hue)), oklch(.88 .07 var(--hue))); }
  strong { font-weight: var(--sam-fw-medium); } .means { color: var(--sam-text-3); } time { color: var(--sam-text-3); font-size: var(--sam-fs-12); white-space: nowrap; }
  p { margin: 0; color: var(--sam-text-2); font-size: var(--sam-fs-13); } .said { overflow-wrap: anywhere; }
`;
