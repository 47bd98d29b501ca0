import { css } from 'lit';

/** The screen around the tree: title, toolbar, states. */
export const subaccountsStyles = css`
  :host { display: block !important; }
  :host([hidden]) { display: none !important; }
  .screen { container: sam / inline-size; display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); block-size: 100%; min-block-size: 0; }
  .top { display: flex; align-items: end; gap: var(--sam-4); margin-block-end: var(--sam-4); }
  h1 { margin: 0; outline: 0; font-family: inherit; font-weight: var(--sam-fw-strong); font-size: var(--sam-fs-26); line-height: var(--sam-lh-tight); letter-spacing: -.01em; color: var(--sam-text); }
  .count { margin: 2px 0 0; min-block-size: 1.43em; color: var(--sam-text-2); font-size: var(--sam-fs-14); font-variant-numeric: var(--sam-num); }
  .card { display: flex; flex-direction: column; min-block-size: 0; border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); background: var(--sam-surface); overflow: clip; }
  :host([fit='fill']) { block-size: 100%; }
  .bar { display: flex; align-items: center; gap: var(--sam-2); padding: 10px var(--sam-3); border-block-end: var(--sam-hair) solid var(--sam-border); }
  .bar .space { flex: 1; }
  .search { inline-size: 260px; flex: 0 1 260px; }
  .search input::-webkit-search-cancel-button { display: none; }
  .search kbd { font: var(--sam-fs-12) var(--sam-font-mono); border: var(--sam-hair) solid var(--sam-border); border-radius: 4px; padding-inline: 5px; color: var(--sam-text-3); }
  .search:focus-within kbd { display: none; }
  .clear { all: unset; display: grid; place-items: center; inline-size: 24px; block-size: 24px; border-radius: var(--sam-r-1); color: var(--sam-text-2); cursor: pointer; } .clear:hover { background: var(--sam-hover); } .clear:focus-visible { outline: 2px solid var(--sam-focus); }
  .busy .icon { animation: breathe 1s infinite alternate; }
  .chip { display: inline-flex; align-items: center; gap: 6px; min-block-size: 28px; padding-inline: 10px; border: var(--sam-hair) solid var(--sam-accent-text); border-radius: var(--sam-r-full); background: var(--sam-accent-soft); color: var(--sam-accent-text); font-family: inherit; font-weight: var(--sam-fw-medium); font-size: var(--sam-fs-13); line-height: 1.2; white-space: nowrap; cursor: pointer; appearance: none; }
  .chip:focus-visible { outline: 2px solid var(--sam-focus); outline-offset: 2px; }
  .chip.warn { border-color: var(--sam-warn); background: var(--sam-warn-soft); color: var(--sam-warn); }
  .found { color: var(--sam-text-2); font-size: var(--sam-fs-13); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-variant-numeric: var(--sam-num); }
  .live { gap: 7px; padding-inline: var(--sam-2); border-color: transparent; background: none; font-weight: var(--sam-fw); color: var(--sam-text-2); }
  .live:hover { border-color: var(--sam-border-strong); }
  .dot { inline-size: 8px; block-size: 8px; border-radius: 50%; flex: none; }
  .dot.is-live { background: var(--sam-live); animation: breathe 2s infinite alternate ease-in-out; }
  .dot.is-catching-up, .dot.is-connecting { border: 2px solid var(--sam-live); background: linear-gradient(90deg, var(--sam-live) 50%, transparent 50%); }
  .dot.is-offline { border: 2px solid var(--sam-text-3); }
  .dot.is-paused { inline-size: 8px; border-radius: 0; border-inline: 3px solid var(--sam-text-2); }
  @keyframes breathe { from { opacity: 1; } to { opacity: .55; } }
  @media (forced-colors: active) { .dot { forced-color-adjust: none; } }
  @media (prefers-reduced-motion: reduce) { .dot.is-live, .busy .icon { animation: none; } }
  .note { display: flex; align-items: center; gap: var(--sam-3); padding: var(--sam-2) var(--sam-3); border-block-end: var(--sam-hair) solid var(--sam-border); background: var(--sam-warn-soft); color: var(--sam-warn); font-size: var(--sam-fs-13); }
  .note .link { color: inherit; }
  .way { display: flex; align-items: center; gap: var(--sam-2); padding: 6px var(--sam-3); border-block-end: var(--sam-hair) solid var(--sam-border); color: var(--sam-text-2); font-size: var(--sam-fs-13); min-inline-size: 0; }
  .way b { font-weight: var(--sam-fw-strong); color: var(--sam-text); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .way .icon:dir(rtl) { transform: scaleX(-1); }
  .way .button { min-block-size: 28px; padding-inline: var(--sam-2); }
  sam-tree { flex: 1; min-block-size: 0; }
  .bones { padding: 0 var(--sam-3); animation: appear 1ms 150ms backwards; }
  .bones div { display: flex; align-items: center; gap: var(--sam-3); block-size: var(--sam-row); border-block-end: var(--sam-hair) solid var(--sam-border); }
  .bones div:nth-of-type(2n) { --wide: 4; } .bones div:nth-of-type(3n) { --wide: 6; }
  .bones div::before { content: ''; inline-size: 22px; block-size: 22px; border-radius: 5px; background: var(--sam-sunken); } .bones div::after { content: ''; inline-size: min(50%, calc(120px + var(--wide, 2) * 24px)); block-size: 10px; border-radius: var(--sam-r-1); background: var(--sam-sunken); }
  @keyframes appear { from { opacity: 0; } }
  .wide-only { display: contents; }
  @container sam (inline-size < 900px) { .search { flex: 1 1 160px; } .bar .space { display: none; } .search kbd { display: none; } }
  @container sam (inline-size < 760px) { .filter, .live .words, .views .words { display: none; } .live, .views { padding-inline: 0; inline-size: var(--sam-control); } }
  @container sam (inline-size < 520px) {
    .wide-only { display: none; } .bar { padding: var(--sam-2); gap: 6px; }
    .create .words { display: none; } .create { padding-inline: 0; inline-size: var(--sam-control); }
    h1 { font-size: var(--sam-fs-20); } .top { margin-block-end: var(--sam-3); } .found { display: none; }
  }
`;
