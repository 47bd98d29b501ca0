import { css } from 'lit';

/** What a copy is a copy of, and the places in which it differs. */
export const linkStyles = css`
  .copy { display: grid; gap: var(--sam-2); padding: var(--sam-3) var(--sam-4); margin: var(--sam-3) var(--sam-4); border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); background: var(--sam-surface); font-size: var(--sam-fs-13); }
  p, ul { list-style: none; margin: 0; padding: 0; overflow-wrap: anywhere; } .quiet { color: var(--sam-text-2); font-size: var(--sam-fs-12); } li { border-block: var(--sam-hair) solid var(--sam-border); margin-block-start: -1px; display: flex; flex-wrap: wrap; align-items: center; gap: 2px var(--sam-3); padding-block: 6px; } li > span { flex: 1 1 120px; min-inline-size: 0; overflow-wrap: anywhere; white-space: pre-wrap; } .strong { flex-grow: 2; font-weight: var(--sam-fw-medium); } .link { text-decoration: none; min-block-size: 24px; }
  .badge { inline-size: fit-content; padding: 1px 7px; border-radius: var(--sam-r-1); background: var(--sam-accent-soft); color: var(--sam-accent-text); font-size: var(--sam-fs-12); font-weight: var(--sam-fw-medium); } .badge.warn { background: var(--sam-warn-soft); color: var(--sam-warn); }
`;
