import { css } from 'lit';

/** The screen around the tree: title, toolbar, what it says while there are no rows. */
export const subaccountsStyles = css`
  /* As wide as all columns where the page asks how wide it would be, and as narrow as one word where it asks how narrow it can be: the
     screen itself, a container, answers nothing. */
  :host::before { content: '. .'; display: block; block-size: 0; overflow: hidden; visibility: hidden; white-space: normal; word-spacing: 66em; }
  .screen { container: sam / inline-size; display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); block-size: 100%; }
  .top { margin-block-end: var(--sam-4); }
  h1, h2 { margin: 0; outline: 0; font-weight: var(--sam-fw-strong); font-size: clamp(1.25 * var(--sam-rem), 5cqi, 1.625 * var(--sam-rem)); line-height: 1.2; }
  .count { margin: 2px 0 0; min-block-size: 1lh; color: var(--sam-text-2); }
  .card { display: flex; flex-direction: column; min-block-size: 0; border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); background: var(--sam-surface); overflow: clip; }
  .looks { min-block-size: 41px; border-block-end: var(--sam-hair) solid var(--sam-border); }
  .bar { display: flex; align-items: center; gap: var(--sam-2); padding: 10px var(--sam-3); border-block-end: var(--sam-hair) solid var(--sam-border); }
  .space { flex: 1; }
  .search { flex: 0 1 260px; min-inline-size: 0; }
  .search input::-webkit-search-cancel-button { display: none; }
  kbd { border: var(--sam-hair) solid var(--sam-border); border-radius: 4px; padding-inline: 4px; font-size: var(--sam-fs-12); color: var(--sam-text-3); }
  .live { padding-inline: var(--sam-2); border-color: #0000; background: none; font-weight: var(--sam-fw); color: var(--sam-text-2); }
  .dot { inline-size: 8px; block-size: 8px; border: 2px solid var(--sam-live); border-inline-start-width: 4px; border-radius: 50%; }
  .is-live { border-width: 4px; animation: breathe 2s infinite alternate; }
  @keyframes breathe { to { opacity: .5; } }
  @media (prefers-reduced-motion: reduce) { .dot, .busy .icon { animation: none; } }
  sam-tree { flex: 1; min-block-size: 0; }
  .bones { animation: appear 1ms 150ms backwards; }
  .bones div { display: flex; align-items: center; padding-inline: var(--sam-3); block-size: var(--sam-row); border-block-end: var(--sam-hair) solid var(--sam-border); }
  .bones div::before { content: ''; inline-size: min(180px, 50%); block-size: 10px; border-radius: var(--sam-r-1); background: var(--sam-sunken); }
  @keyframes appear { from { opacity: 0; } }
  @container sam (inline-size < calc(760em / 14)) { .looks { min-block-size: 81px; } .search { flex: 1; } kbd, .space, .filter, .live .words, .views .words { display: none; } }
  @container sam (inline-size < calc(520em / 14)) { .live, .create .words { display: none; } }
`;
