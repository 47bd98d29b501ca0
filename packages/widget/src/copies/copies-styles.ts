import { css } from 'lit';

/** Copies of a product by version, and its roll-out stage by stage. */
export const copiesStyles = css`
  .block { padding: var(--sam-4); border-block-end: var(--sam-hair) solid var(--sam-border); } .title { font-weight: var(--sam-fw-strong); font-size: var(--sam-fs-16); } .hint, .said { margin: 0; color: var(--sam-text-2); font-size: var(--sam-fs-13); }
  .versions, .stages, .plan { display: grid; gap: var(--sam-2); margin: var(--sam-3) 0 0; padding: 0; list-style: none; font-size: var(--sam-fs-13); } .versions { display: flex; flex-wrap: wrap; } .versions [aria-pressed='true'] { background: var(--sam-accent-soft); color: var(--sam-accent-text); }
  .stages > li, .plan > li { display: flex; flex-wrap: wrap; align-items: center; gap: var(--sam-1) var(--sam-3); } .stages > li > strong { min-inline-size: 5em; } .stages .grow { flex: 1 1 12em; } .stages ul { flex: 1 0 100%; margin: 0; padding-inline-start: 1.2em; color: var(--sam-danger); } progress { inline-size: 100%; block-size: 6px; accent-color: var(--sam-accent); }
  .plan .field { flex: 0 1 15em; } .plan + .hint { margin-block-start: var(--sam-2); } .plan .field.few { flex-basis: 6em; } .plan input { inline-size: 0; flex: 1; min-inline-size: 0; } .acts { display: flex; flex-wrap: wrap; gap: var(--sam-2); margin-block-start: var(--sam-3); }
`;
