import { css } from 'lit';

/** The screen around the tree: title, toolbar, what it says while there are no rows. */
export const subaccountsStyles = css`
  /* As wide as all columns where the page asks how wide it would be, and as narrow as one word where it asks how narrow it can be: the
     screen itself, a container, answers nothing. */
  :host::before { content: '. .'; display: block; block-size: 0; overflow: hidden; visibility: hidden; white-space: normal; word-spacing: 66em; }
  .screen { container: sam / inline-size; display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); block-size: 100%; }
  .top { margin-block-end: var(--sam-4); }
  h1, h2 { margin: 0; font-weight: var(--sam-fw-strong); font-size: clamp(1.25 * var(--sam-rem), 5cqi, 1.625 * var(--sam-rem)); line-height: 1.2; letter-spacing: -.01em; }
  .top h1 { outline: 0; }
  .count { margin: 2px 0 0; min-block-size: 1lh; color: var(--sam-text-2); }
  .card { display: flex; flex-direction: column; min-block-size: 0; border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); background: var(--sam-surface); overflow: clip; }
  .bar { display: flex; align-items: center; gap: var(--sam-2); padding: 10px var(--sam-3); border-block-end: var(--sam-hair) solid var(--sam-border); }
  .space { flex: 1; }
  .search { flex: 0 1 260px; min-inline-size: 0; }
  .search input::-webkit-search-cancel-button { display: none; }
  kbd { border: var(--sam-hair) solid var(--sam-border); border-radius: 4px; padding-inline: 5px; font-size: var(--sam-fs-12); color: var(--sam-text-3); }
  .live { padding-inline: var(--sam-2); border-color: #0000; background: none; font-weight: var(--sam-fw); color: var(--sam-text-2); }
  .dot { inline-size: 8px; block-size: 8px; border: 2px solid var(--sam-live); border-inline-start-width: 4px; border-radius: 50%; }
  .is-live { border-width: 4px; animation: breathe 2s infinite alternate; }
  @keyframes breathe { to { opacity: .55; } }
  @media (prefers-reduced-motion: reduce) { .dot, .busy .icon { animation: none; } }
  sam-tree { flex: 1; min-block-size: 0; }
  .bones { animation: appear 1ms 150ms backwards; }
  .bones div { display: flex; align-items: center; padding-inline: var(--sam-3); block-size: var(--sam-row); border-block-end: var(--sam-hair) solid var(--sam-border); }
  .bones div::before { content: ''; inline-size: min(180px, 50%); block-size: 10px; border-radius: var(--sam-r-1); background: var(--sam-sunken); }
  @keyframes appear { from { opacity: 0; } }
  @container sam (inline-size < calc(760em / 14)) { .search { flex: 1; } kbd, .space, .filter, .live .words, .views .words { display: none; } }
  @container sam (inline-size < calc(520em / 14)) { .live, .create .words { display: none; } }

  /* In place of rows, and once the screen is used. */
  .state { display: grid; grid-template-columns: minmax(0, 1fr); justify-items: center; gap: var(--sam-2); padding: var(--sam-12) var(--sam-6); text-align: center; color: var(--sam-text-2); }
  .state h2 { margin: 0; font-family: inherit; font-weight: var(--sam-fw-strong); font-size: var(--sam-fs-16); line-height: 1.3; color: var(--sam-text); overflow-wrap: anywhere; }
  .state p { margin: 0; max-inline-size: min(46ch, 100%); overflow-wrap: anywhere; } .state .acts { display: flex; gap: var(--sam-2); flex-wrap: wrap; justify-content: center; margin-block-start: var(--sam-3); } .state .sign { color: var(--sam-text-3); margin-block-end: var(--sam-1); }
  @container sam (inline-size < calc(520em / 14)) { .state { padding: var(--sam-8) var(--sam-4); } }
  .search:focus-within kbd { display: none; }
  .clear { inline-size: 24px; block-size: 24px; color: var(--sam-text-2); } .clear:hover { background: var(--sam-hover); }
  .busy .icon { animation: breathe 1s infinite alternate; }
  .found { color: var(--sam-text-2); font-size: var(--sam-fs-13); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .chip { min-block-size: 28px; border-color: var(--sam-accent-text); border-radius: var(--sam-r-full); background: var(--sam-accent-soft); color: var(--sam-accent-text); }
  .live:hover { border-color: var(--sam-border-strong); }
  .is-offline { border: 2px solid var(--sam-text-3); }
  .is-paused { border-color: var(--sam-text-2); border-width: 0 3px; border-radius: 0; }
  .way { display: flex; align-items: center; gap: var(--sam-2); padding: 6px var(--sam-3); border-block-end: var(--sam-hair) solid var(--sam-border); color: var(--sam-text-2); font-size: var(--sam-fs-13); }
  .way b { font-weight: var(--sam-fw-strong); color: var(--sam-text); min-inline-size: 0; } .way b bdi { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .way .icon:dir(rtl) { transform: scaleX(-1); }
  .way .button { min-block-size: 28px; padding-inline: var(--sam-2); }
  @container sam (inline-size < calc(520em / 14)) { .found { display: none; } }
`;
