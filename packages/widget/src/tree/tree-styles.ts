import { css } from 'lit';

/** The table: frame, head, rows. Widths and arrangements follow the container (ux.md 2.6). */
export const treeStyles = css`
  :host { display: block !important; min-inline-size: 0; }
  :host([hidden]) { display: none !important; }
  .frame { container: sam-tree / inline-size; block-size: 100%; font-family: var(--sam-font); font-weight: var(--sam-fw); font-size: var(--sam-fs-14); line-height: var(--sam-lh); color: var(--sam-text); text-align: start; letter-spacing: normal; }
  .scroller { position: relative; overflow: hidden auto; overflow-anchor: none; contain: layout paint style; max-block-size: var(--sam-max-block-size, min(720px, 85vb)); background: var(--sam-surface); outline: none; scrollbar-width: thin; scrollbar-color: var(--sam-border-strong) transparent; }
  :host([fit='fill']) .scroller { max-block-size: none; block-size: 100%; }
  .head, .row { display: flex; align-items: center; box-sizing: border-box; padding-inline: var(--sam-2) var(--sam-3); }
  .head { position: sticky; inset-block-start: 0; z-index: var(--sam-z-sticky); block-size: 34px; background: var(--sam-surface); border-block-end: var(--sam-hair) solid var(--sam-border); font-size: var(--sam-fs-12); font-weight: var(--sam-fw-medium); color: var(--sam-text-2); }
  .pins { position: sticky; inset-block-start: 34px; z-index: 1; block-size: 0; }
  .pins .row { inset-block-start: calc(var(--pin) * var(--row)); background: var(--sam-surface); }
  .pins .row:last-child { border-block-end-color: var(--sam-border-strong); }
  .pins .row[hidden] { display: none; }
  .pad { position: relative; margin-block-end: -1px; }
  .window { position: absolute; inset: 0; contain: size layout style; }
  .frame { --row: var(--sam-row); }
  :host([density='compact']) .frame { --row: var(--sam-row-compact); }
  .probe { position: absolute; inset-block-start: 0; visibility: hidden; inline-size: 0; block-size: var(--row); }
  .row { position: absolute; inset-inline: 0; block-size: var(--row); contain: strict; border-block-end: var(--sam-hair) solid var(--sam-border); background: var(--sam-surface); outline: none; }
  .row:hover { background: var(--sam-hover); }
  .row:is([aria-selected='true'], [aria-current]) { background: var(--sam-selected); }
  .row[data-fresh] { background: var(--sam-accent-soft); }
  .row:focus-visible, .cell:focus-visible { outline: 2px solid var(--sam-focus); outline-offset: -2px; border-radius: var(--sam-r-1); }

  /* Flex where all cells stand in one line: a grid takes half as long again to lay a row out, with every number that changes. */
  .cell { flex: none; box-sizing: border-box; min-inline-size: 0; white-space: nowrap; }
  .select { inline-size: 28px; } .name { flex: 1 0 200px; } .plan { inline-size: 132px; } .members { inline-size: 76px; } .agents { inline-size: 72px; }
  .minutes { inline-size: 140px; } .transfer { inline-size: 196px; } .switch { inline-size: 112px; } .actions { inline-size: 36px; }
  .facts, .special { display: none; }

  .select { overflow: visible; display: grid; place-items: center; min-block-size: var(--sam-target); }
  .select input { inline-size: 16px; block-size: 16px; margin: 0; border: 0; accent-color: var(--sam-accent); appearance: none; cursor: pointer; }
  .row:hover .select input, .row:focus-within .select input, .row[aria-selected='true'] .select input, .selecting .select input, .select input:focus-visible { appearance: auto; }
  .select input:focus-visible { outline: 2px solid var(--sam-focus); outline-offset: 2px; }
  .frame[data-features~='no-select'] .select input { display: none; }

  .name { display: flex; align-items: center; align-self: stretch; gap: var(--sam-2); padding-inline-end: var(--sam-3); font-weight: var(--sam-fw-medium); cursor: default; }
  .indent { flex: none; align-self: stretch; margin-inline-end: calc(-1 * var(--sam-2)); inline-size: calc(var(--level, 0) * var(--sam-indent) + var(--deeper, 0) * 12px); background: repeating-linear-gradient(to right, transparent 0 11px, var(--sam-border) 11px 12px, transparent 12px var(--sam-indent)); }
  .indent:dir(rtl) { background: repeating-linear-gradient(to left, transparent 0 11px, var(--sam-border) 11px 12px, transparent 12px var(--sam-indent)); }
  .toggle { flex: none; inline-size: 24px; block-size: 24px; margin-inline-end: -2px; border-radius: var(--sam-r-1); color: var(--sam-text-2); cursor: pointer; visibility: hidden; }
  .row .cell .toggle:hover { background-color: var(--sam-sunken); color: var(--sam-text); }
  .row[aria-expanded] .toggle, .row[data-entered] .toggle { visibility: visible; }
  .avatar { flex: none; inline-size: 22px; block-size: 22px; border-radius: 5px; font-size: 10px; font-weight: var(--sam-fw-strong); line-height: 22px; text-align: center; background: light-dark(oklch(.9 .05 var(--hue)), oklch(.32 .06 var(--hue))); color: light-dark(oklch(.35 .09 var(--hue)), oklch(.88 .07 var(--hue))); }
  .label { min-inline-size: 3ch; overflow: clip; text-overflow: ellipsis; color: inherit; text-decoration: none; cursor: pointer; border-radius: 2px; }
  .label:hover { text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 3px; }
  .label:focus-visible { outline: 2px solid var(--sam-focus); outline-offset: 0; }
  mark { background: var(--sam-accent-soft); color: var(--sam-accent-text); border-radius: 2px; }
  .row[data-found='way'] .label { color: var(--sam-text-3); font-weight: var(--sam-fw); }
  .row[data-editing] .name :is(.label, .children, .state) { display: none; }
  .children, .depth { flex: none; font-size: var(--sam-fs-12); font-weight: var(--sam-fw); color: var(--sam-text-3); font-variant-numeric: var(--sam-num); }
  .depth:not(:empty) { border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-1); padding-inline: 4px; font-size: var(--sam-fs-11); }
  .children:empty, .depth:empty { display: none; }
  .state { box-sizing: border-box; display: none; flex: 0 1000 auto; min-inline-size: 28px; align-items: center; gap: 5px; padding: 1px var(--sam-2); border-radius: var(--sam-r-full); font-size: var(--sam-fs-12); font-weight: var(--sam-fw-medium); }
  .state .words { overflow: hidden; text-overflow: ellipsis; }
  .glyph { display: none; flex: none; } .glyph .icon { display: block; }
  .row[data-state] .state { display: inline-flex; }
  .row[data-state='suspended'] .state { background: var(--sam-warn-soft); color: var(--sam-warn); }
  .row[data-state='closed'] .state { background: var(--sam-sunken); color: var(--sam-text-2); }
  .row:is([data-state='above'], [data-state='planned']) .state { padding-inline: 0; color: var(--sam-text-3); font-weight: var(--sam-fw); }
  .row:is([data-state='suspended'], [data-state='above'], [data-state='planned']) .glyph.suspended, .row[data-state='closed'] .glyph.closed { display: block; }
  .row:is([data-state='closed'], [data-state='above']) :is(.label, .plan, .number, .facts) { color: var(--sam-text-3); }
  .row[data-state='closed'] .avatar { filter: grayscale(1); }

  .plan { color: var(--sam-text-2); }
  .row .plan, .transfer .words { white-space: normal; line-height: 1.2; }
  .number { text-align: end; font-variant-numeric: var(--sam-num); padding-inline-end: var(--sam-4); }
  .row .minutes { line-height: 1.15; }
  .own { display: block; text-align: right; font-size: var(--sam-fs-11); color: var(--sam-text-3); } .minutes:dir(rtl) .own { text-align: left; } .own:empty { display: none; }
  :host([density='compact']) .own { display: none; }
  :host([stale]) :is(.total, .fact-minutes) { text-decoration: underline dotted; text-underline-offset: 3px; }
  .pulse { display: inline-block; inline-size: 6px; block-size: 6px; margin-inline-end: var(--sam-2); vertical-align: middle; border-radius: 50%; background: var(--sam-live); visibility: hidden; }
  .transfer { display: flex; font-size: var(--sam-fs-12); color: var(--sam-text-2); }
  .row[data-billing='parent'] .glyph.parent, .row[data-billing='direct'] .glyph.direct { display: block; }
  .badge { box-sizing: border-box; display: inline-flex; align-items: center; gap: 6px; min-inline-size: 0; }
  .row[data-billing='direct'] .badge { padding: 2px var(--sam-2); border-radius: var(--sam-r-full); background: var(--sam-ok-soft); color: var(--sam-ok); font-weight: var(--sam-fw-medium); }

  .switch, .actions { overflow: visible; }
  .quiet { appearance: none; margin: 0; padding: 0; background: none; font: inherit; box-sizing: border-box; display: inline-flex; align-items: center; justify-content: center; gap: 6px; min-inline-size: 28px; block-size: 28px; padding-inline: var(--sam-2); border: var(--sam-hair) solid transparent; border-radius: var(--sam-r-2); font-size: var(--sam-fs-13); font-weight: var(--sam-fw-medium); color: var(--sam-accent-text); white-space: nowrap; cursor: pointer; }
  .quiet[hidden] { display: none; }
  .quiet:focus-visible { outline: 2px solid var(--sam-focus); outline-offset: 1px; }
  .row:is(:hover, :focus-within, [aria-selected='true']) .quiet { border-color: var(--sam-border-strong); background: var(--sam-surface); color: var(--sam-text); }
  .row .quiet:hover { background: var(--sam-sunken); }
  .actions .quiet { padding-inline: 0; color: var(--sam-text-2); }
  .row:not(:hover, :focus-within) .actions .quiet { border-color: transparent; background: none; }

  .row:not([data-kind='account']) :is(.cell, .toggle, .avatar, .label, .state, .children) { display: none; }
  .row:not([data-kind='account']) .special { display: flex; align-items: center; gap: var(--sam-3); flex: 1; padding-inline-start: calc(var(--level, 0) * var(--sam-indent) + var(--deeper, 0) * 12px + 82px); font-size: var(--sam-fs-13); color: var(--sam-text-2); }
  .row[data-kind='failure'] .special-words { color: var(--sam-danger); }
  .row[data-kind='skeleton'] .special-words { font-size: 0; inline-size: min(180px, 50%); block-size: 10px; border-radius: var(--sam-r-1); background: var(--sam-sunken); animation: appear 1ms 150ms backwards; }
  .row[data-kind='skeleton'] { pointer-events: none; }
  @keyframes appear { from { opacity: 0; } }
  .column { all: unset; display: inline-flex; align-items: center; gap: 4px; cursor: pointer; white-space: nowrap; border-radius: 2px; min-block-size: 24px; }
  .column:hover { color: var(--sam-text); } .column:focus-visible { outline: 2px solid var(--sam-focus); outline-offset: 2px; }
  .head .number .column { flex-direction: row-reverse; }
  .head .switch > *, .head .actions > *, .head .select > * { display: block; }
  .hidden { position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

  @container sam-tree (inline-size < 1080px) {
    .name { flex-basis: 180px; } .plan { inline-size: 116px; } .members { inline-size: 72px; } .agents { inline-size: 64px; } .minutes { inline-size: 124px; } .transfer { inline-size: 172px; } .switch { inline-size: 40px; }
    .switch .quiet { padding-inline: 0; } .switch .words { display: none; } .number { padding-inline-end: var(--sam-3); }
  }
  @container sam-tree (inline-size < 900px) {
    .plan { inline-size: 108px; } .members { inline-size: 68px; } .agents { inline-size: 60px; } .minutes { inline-size: 112px; } .transfer, .actions { inline-size: 32px; } .switch { inline-size: 36px; }
    .transfer .words, .row[data-billing='parent'] .badge { display: none; } .head .transfer { visibility: hidden; } .row[data-billing='direct'] .badge { padding-inline: 5px; }
  }
  @container sam-tree (inline-size < 760px) {
    .frame .scroller { --row: max(52px, var(--sam-row)); }
    .head { display: none; } .pins { inset-block-start: 0; }
    .row { display: grid; grid-template: 'select name minutes transfer switch actions' 1fr 'select name minutes transfer switch actions' 1fr / 28px minmax(0, 1fr) 116px 28px 36px 32px; }
    .cell { inline-size: auto; }
    .select { grid-area: select; } .name { grid-area: name; } .minutes { grid-area: minutes; } .transfer { grid-area: transfer; } .switch { grid-area: switch; } .actions { grid-area: actions; }
    .row .special { grid-column: 2 / -1; grid-row: 1; margin-inline-start: -28px; }
    .members, .agents { display: none; }
    .row[data-editing] :is(.plan, .facts) { visibility: hidden; }
    /* Above the second line, which would take the clicks on its lower half. */
    .toggle { position: relative; z-index: 1; }
    .row[data-kind='account'] :is(.label, .children, .depth, .state) { translate: 0 -9px; }
    .row[data-kind='account'] .plan { display: block; grid-row: 2; grid-column: 2; align-self: start; font-size: var(--sam-fs-12); line-height: 1.4; color: var(--sam-text-3); padding-inline-start: calc(var(--level, 0) * var(--sam-indent) + var(--deeper, 0) * 12px + 60px); }
  }
  @container sam-tree (inline-size < 520px) {
    .frame .scroller { --row: max(56px, var(--sam-row)); --sam-indent: 12px; }
    .row { grid-template: 'name transfer actions' 1fr 'name transfer actions' 1fr / minmax(0, 1fr) auto 32px; padding-inline: var(--sam-1) var(--sam-2); }
    .select, .row[data-kind='account'] .plan, .row .minutes, .switch { display: none; }
    .row[data-kind='account'] .facts { display: block; grid-row: 2; grid-column: 1; align-self: start; font-size: var(--sam-fs-12); line-height: 1.4; color: var(--sam-text-3); font-variant-numeric: var(--sam-num); padding-inline-start: calc(var(--level, 0) * var(--sam-indent) + var(--deeper, 0) * 12px + 60px); }
    .row .special { grid-column: 1 / -1; }
    .state { padding-inline: 6px; } .state .words { display: none; }
  }
  @container sam-tree (inline-size < 360px) {
    .frame .scroller { --row: max(44px, var(--sam-row)); }
    .row { grid-template: 'name minutes actions' 1fr / minmax(0, 1fr) minmax(72px, auto) 32px; padding-inline: var(--sam-3) var(--sam-1); }
    .row[data-kind='account'] .facts { display: none; } .row[data-kind='account'] .minutes { display: block; padding-inline-end: var(--sam-1); font-size: var(--sam-fs-13); }
    .own, .transfer, .avatar, .indent { display: none; }
    .row[data-kind='account'] :is(.label, .children, .depth, .state) { translate: 0 0; }
    .row .toggle { order: 9; margin-inline: auto -6px; color: var(--sam-text-3); }
  }
  @media (pointer: coarse) { .select input { appearance: auto; } .row .switch .quiet { border-color: var(--sam-border-strong); } }
  @media (forced-colors: active) {
    .row:is([aria-selected='true'], [aria-current]) { border-inline: 4px solid Highlight; } .avatar, .state { border: 1px solid CanvasText; } .pulse { background: CanvasText; }
    .row:focus-visible, .cell:focus-visible { outline-color: Highlight; }
  }
  @media (prefers-contrast: more) { .state { border: 1px solid currentColor; background: none; } .row { border-color: var(--sam-border-strong); } }
`;
