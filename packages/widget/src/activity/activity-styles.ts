import { css } from 'lit';

/** What was done: what is chosen from, and the table. */
export const activityStyles = css`
  .bar { display: flex; flex-wrap: wrap; align-items: center; gap: var(--sam-2); padding: var(--sam-3) var(--sam-4); border-block-end: var(--sam-hair) solid var(--sam-border); }
  .scopes { display: inline-flex; } .scopes .button:first-child { border-start-end-radius: 0; border-end-end-radius: 0; } .scopes .button + .button { border-start-start-radius: 0; border-end-start-radius: 0; border-inline-start: 0; } .scopes [aria-pressed='true'] { background: var(--sam-accent-soft); color: var(--sam-accent-text); }
  @media (forced-colors: active) { [aria-pressed='true'] { forced-color-adjust: none; background: Highlight; color: HighlightText; } }
  .export { margin-inline-start: auto; } .further { padding: var(--sam-3) var(--sam-4); border-block-start: var(--sam-hair) solid var(--sam-border); }
`;
