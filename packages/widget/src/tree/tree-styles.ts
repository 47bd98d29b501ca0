import { css } from 'lit';

// Parts of the glyphs, written into every rule: as custom properties they would be parsed anew for every row that comes into sight.
const STROKE = css`#0000 calc(50% - 1px), currentColor calc(50% - .55px) calc(50% + .55px), #0000 calc(50% + 1px)`;
const FALL = css`linear-gradient(to top right, ${STROKE})`;
const RISE = css`linear-gradient(to bottom right, ${STROKE})`;
const LINE = css`linear-gradient(currentColor, currentColor)`;

/** The table: frame, head, rows. Widths and arrangements follow the container and the size of the text (rules/screens 14): 14 px are 1 em. */
export const treeStyles = css`
  :host([density='compact']) { --sam-row: var(--sam-row-compact); }
  .frame { container: sam-tree / inline-size; block-size: 100%; }
  .scroller { --row: var(--sam-row); overflow: hidden auto; overflow-anchor: none; contain: layout paint style; block-size: 100%; max-block-size: var(--sam-max-block-size, min(720px, 85vb)); background: var(--sam-surface); }
  :host([fit='fill']) .scroller { max-block-size: none; }
  .head, .row { display: flex; align-items: center; padding-inline: var(--sam-2) var(--sam-3); border-block-end: var(--sam-hair) solid var(--sam-border); background: var(--sam-surface); }
  .head { position: sticky; inset-block-start: 0; z-index: 2; block-size: calc(34em / 14); font-weight: var(--sam-fw-medium); color: var(--sam-text-2); }
  .head .cell > * { font-size: var(--sam-fs-12); }
  .head span { display: block; }
  /* Above the names, not above what opens them. */
  .head .name { padding-inline-start: 60px; }
  .pad { position: relative; margin-block-end: -1px; }
  .window { position: absolute; inset: 0; contain: size layout style; }
  /* Measured: as high as a row, as wide as the layout is (tree-frame.ts). */
  .probe { position: absolute; inset-block-start: 0; visibility: hidden; inline-size: 4px; block-size: var(--row); }
  .row { position: absolute; inset-inline: 0; block-size: var(--row); contain: strict; }
  .row:focus-visible, .cell:focus-visible { outline-offset: -2px; }

  /* Flex where all cells stand in one line: a grid takes half as long again to lay a row out, with every number that changes. */
  .cell { min-inline-size: 0; white-space: nowrap; }
  .name { flex: 1 0 12em; } .minutes { flex: 0 0 10em; } .plan { flex: 0 0 12.5em; } .status { flex: 0 0 13.5em; } .status, .caps { font-size: var(--sam-fs-12); } .caps { flex: 0 0 8.5em; color: var(--sam-text-2); } .members { flex: 0 0 5.5em; } .agents { flex: 0 0 5em; }
  .select { flex: 0 0 28px; } .switch { flex: 0 0 8em; } .actions { flex: 0 0 36px; }
  .facts, .special, .caps { display: none; }

  .select { display: grid; place-items: center; }
  .select, .name { align-self: stretch; }
  .select input { inline-size: 16px; block-size: 16px; margin: 0; accent-color: var(--sam-accent); appearance: none; }

  .name { display: flex; align-items: center; gap: var(--sam-2); padding-inline-end: var(--sam-3); font-weight: var(--sam-fw-medium); }
  .indent { align-self: stretch; flex: none; margin-inline-end: calc(-1 * var(--sam-2)); inline-size: calc(var(--level, 0) * var(--sam-indent)); background: repeating-linear-gradient(to right, #0000 0 11px, var(--sam-border) 11px 12px, #0000 12px var(--sam-indent)); }
  .toggle { flex: none; inline-size: 24px; block-size: 24px; margin-inline-end: -2px; border-radius: var(--sam-r-1); color: var(--sam-text-2); cursor: pointer; }
  .row:not([aria-expanded], [data-entered]) .toggle { visibility: hidden; }
  .avatar { flex: none; inline-size: 22px; border-radius: 5px; font-size: 10px; font-weight: var(--sam-fw-strong); line-height: 22px; text-align: center; background: light-dark(oklch(.9 .05 var(--hue)), oklch(.32 .06 var(--hue))); color: light-dark(oklch(.35 .09 var(--hue)), oklch(.88 .07 var(--hue))); }
  .label { min-inline-size: 3ch; color: inherit; text-decoration: none; }
  /* Cut at its own end, whichever way the page is written. */
  .label bdi { display: block; overflow: clip; text-overflow: ellipsis; }
  .children, .depth { flex: none; font-size: var(--sam-fs-12); font-weight: var(--sam-fw); color: var(--sam-text-3); }
  .children:empty, .depth:empty { display: none; }
  .row .status { display: flex; gap: 6px; padding-inline-end: var(--sam-2); line-height: 1.2; color: var(--sam-text-2); }
  .text { min-inline-size: 0; max-block-size: 2lh; overflow: hidden; overflow-wrap: anywhere; white-space: normal; }
  .more { display: block; font-size: var(--sam-fs-11); color: var(--sam-text-3); }
  .row[data-state='suspended'] .status { color: var(--sam-warn); }
  .row:is([data-state='closed'], [data-state='above']) :is(.label, .plan, .number, .facts, .status) { color: var(--sam-text-3); }
  .row:not([data-state]) .status > *, .row[data-billing='parent'] .plan .icon { display: none; }

  .plan { color: var(--sam-text-2); font-size: var(--sam-fs-13); }
  .row .plan, .row .caps { white-space: normal; line-height: 1.2; }
  .number { text-align: end; padding-inline-end: var(--sam-4); }
  .row .minutes { line-height: 1.15; }
  .own { display: block; text-align: right; font-size: var(--sam-fs-11); color: var(--sam-text-3); } .minutes:dir(rtl) .own { text-align: left; }
  .own:empty, :host([density='compact']) .own { display: none; }
  .pulse { display: inline-block; margin-inline-end: var(--sam-2); vertical-align: middle; border: 3px solid var(--sam-live); border-radius: 50%; visibility: hidden; }
  .badge { display: flex; align-items: center; gap: 6px; inline-size: fit-content; }
  .row:is([data-billing='direct'], [data-billing='transfer']) .badge { padding: 2px var(--sam-2); border-radius: var(--sam-r-full); background: var(--sam-ok-soft); color: var(--sam-ok); font-size: var(--sam-fs-12); font-weight: var(--sam-fw-medium); }
  .row[data-billing='transfer'] .badge { background: var(--sam-warn-soft); color: var(--sam-warn); }

  .quiet { min-inline-size: 28px; block-size: 28px; padding-inline: var(--sam-2); border: var(--sam-hair) solid #0000; font-size: var(--sam-fs-13); font-weight: var(--sam-fw-medium); color: var(--sam-accent-text); outline-offset: 1px; }
  .actions .quiet { padding-inline: 0; color: var(--sam-text-2); }

  .row:not([data-kind='account']) > * { display: none; }
  .row:not([data-kind='account']) .special { display: flex; align-items: center; gap: var(--sam-3); flex: 1; padding-inline-start: calc(var(--level, 0) * var(--sam-indent) + 82px); font-size: var(--sam-fs-13); color: var(--sam-text-2); }
  .column { gap: 4px; min-block-size: 24px; }
  .head .number .column { flex-direction: row-reverse; }

  /* What has no column of its own stands under the status. */
  @container sam-tree (inline-size >= calc(1160em / 14)) { .caps { display: block; } .row[data-state='restricted'] .status > * { display: none; } }
  @container sam-tree (inline-size < calc(1080em / 14)) {
    .probe { inline-size: 3px; }
    .plan { flex-basis: 10em; } .switch { flex-basis: 40px; } .switch .quiet { padding-inline: 0; } .switch .words { display: none; }
  }
  @container sam-tree (inline-size < 64em) {
    .members, .agents { display: none; }
  }
  @container sam-tree (inline-size < calc(760em / 14)) {
    .scroller { --row: max(calc(52em / 14), var(--sam-row)); }
    .probe { inline-size: 2px; }
    .head, .row:not([data-state]) .status, .row[data-state] .plan { display: none; }
    .row { display: grid; grid-template: 1fr 1fr / 28px minmax(0, 1fr) 10em 36px 32px; }
    .cell { grid-row: 1 / 3; inline-size: auto; }
    .name { grid-column: 2; }
    .row .special { grid-column: 1 / -1; }
    /* Above the second line, which would take the clicks on its lower half. */
    .toggle { position: relative; z-index: 1; }
    .label, .children, .depth { translate: 0 calc(-.5625 * var(--sam-rem)); }
    .row :is(.plan, .facts, .status) { grid-area: 2 / 2; align-self: start; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; padding-inline-start: calc(var(--level, 0) * var(--sam-indent) + 44px + var(--sam-rem)); font-size: var(--sam-fs-12); }
    .plan, .facts { color: var(--sam-text-3); }
    .facts bdi { display: block; inline-size: fit-content; max-inline-size: 100%; overflow: hidden; text-overflow: ellipsis; }
    .row .badge { padding-block: 0; }
    .row .text { white-space: nowrap; text-overflow: ellipsis; }
    .more { display: inline; font-size: inherit; } .more:not(:empty)::before { content: ' · '; }
  }
  @container sam-tree (inline-size < calc(520em / 14)) {
    .scroller { --row: max(calc(56em / 14), var(--sam-row)); --sam-indent: 12px; }
    .probe { inline-size: 1px; }
    .row { grid-template-columns: minmax(0, 1fr) auto 32px; padding-inline: var(--sam-1) var(--sam-2); }
    .select, .plan, .switch { display: none; }
    .name, .row :is(.facts, .status) { grid-column: 1; }
    .row:not([data-state]) .facts { display: block; }
    .row .minutes { padding-inline-end: var(--sam-2); font-size: var(--sam-fs-13); }
    .row .special { margin-inline-start: -28px; }
  }
  @container sam-tree (inline-size < calc(360em / 14)) {
    .scroller { --row: max(calc(44em / 14), var(--sam-row)); }
    .probe { inline-size: 0; }
    .row { grid-template-columns: minmax(0, 1fr) 24px minmax(92px, auto) 32px; padding-inline: var(--sam-3) var(--sam-1); }
    .row .status { grid-area: 1 / 2 / 3; align-self: center; padding: 0; }
    .minutes { grid-column: 3; } .actions { grid-column: 4; }
    .row:not([data-state]) .facts, .own, .status .text, .avatar, .indent { display: none; }
    .label, .children, .depth { translate: 0; }
    .toggle { order: 9; margin-inline: auto -6px; color: var(--sam-text-3); }
  }
  @media (pointer: coarse) { .select input { appearance: auto; } .switch .quiet { border-color: var(--sam-border-strong); } }
  @media (forced-colors: active) { :focus-visible { outline-color: Highlight; } }
  @media (forced-colors: active), (prefers-contrast: more) { .avatar { border: 1px solid; } .row { border-color: var(--sam-border-strong); } }

  /* Glyphs that every row shows, drawn with gradients and borders. They look like those of icons.ts, but an svg is a layout, a clip and a
     transform of its own: the four of each row were a quarter of what a frame of scrolling costs. */
  .toggle { background: ${FALL} 10px 7px / 5px 5px no-repeat, ${RISE} 10px 12px / 5px 5px no-repeat; }
  .toggle:dir(rtl), .indent:dir(rtl) { scale: -1 1; }
  .row[aria-expanded='true'] .toggle { background: ${FALL} 7px 10px / 5px 5px no-repeat, ${RISE} 12px 10px / 5px 5px no-repeat; }
  .enter { flex: none; inline-size: 14px; block-size: 14px; background: ${LINE} 1px 6.4px / 8px 1.25px no-repeat, ${FALL} 5.6px 3.5px / 3.5px 3.5px no-repeat, ${RISE} 5.6px 7px / 3.5px 3.5px no-repeat, ${LINE} 8.5px 1px / 3.8px 1.25px no-repeat, ${LINE} 12px 1.6px / 1.25px 10.8px no-repeat, ${LINE} 8.5px 11.75px / 3.8px 1.25px no-repeat; }
  .enter:dir(rtl) { transform: scaleX(-1); }
  .dots { inline-size: 15px; block-size: 5px; background: radial-gradient(circle, currentColor 1.1px, #0000 1.6px) 0 0 / 5px 5px repeat-x; }
  /* Forced colours take gradients away. */
  @media (forced-colors: active) { .toggle, .enter, .dots { forced-color-adjust: none; color: CanvasText; } }
`;
