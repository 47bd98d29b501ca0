import { css } from 'lit';

/**
 * How rows look once somebody is there: pointed at, opened, selected, searched for, edited. A style sheet beside tree-styles.ts because
 * the first file has no room for it (rules/widget 3): it comes with what is done then.
 */
export const treeInUseStyles = css`
  .row[data-fresh] { background: var(--sam-accent-soft); }
  .row:hover { background: var(--sam-hover); }
  .row:is([aria-selected='true'], [aria-current]) { background: var(--sam-selected); }
  .row:hover .select input, .row:focus-within .select input, .row[aria-selected='true'] .select input, .selecting .select input { appearance: auto; }
  .row .toggle:hover { background-color: var(--sam-sunken); color: var(--sam-text); }
  .row .minutes[data-limit] { --used: var(--sam-accent); flex-basis: calc(10em - var(--sam-4)); margin-inline-end: var(--sam-4); padding: 0 0 5px; background: linear-gradient(var(--used) 0 0) 0 100% no-repeat, linear-gradient(var(--sam-border) 0 0) 0 100% no-repeat; } .minutes[data-limit]:dir(rtl) { background-position: 100% 100%; }
  .row .minutes[data-limit='near'] { --used: light-dark(#b86e00, #e0a23c); } .row .minutes[data-limit='full'] { --used: var(--sam-danger); } .minutes:not([data-limit='calm'])[data-limit] .own { color: var(--sam-warn); }
  @container sam-tree (inline-size < calc(520em / 14)) { .row .minutes[data-limit] { margin-inline-end: var(--sam-2); } }
  .label, .select input { cursor: pointer; }
  .label:hover { text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 3px; }
  mark { background: var(--sam-accent-soft); color: var(--sam-accent-text); }
  .row[data-found='way'] .label { color: var(--sam-text-3); font-weight: var(--sam-fw); }
  .depth { border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-1); padding-inline: 4px; font-size: var(--sam-fs-11); }
  .row[data-editing] .name :is(.label, .children) { display: none; }
  .row:is(:hover, :focus-within, [aria-selected='true']) .quiet { border-color: var(--sam-border-strong); background: var(--sam-surface); color: var(--sam-text); }
  .row:not(:hover, :focus-within) .actions .quiet { border-color: #0000; background: none; }
  .row .quiet:hover { background: var(--sam-sunken); }
  .row[data-kind='failure'] .special-words { color: var(--sam-danger); }
  .row[data-kind='skeleton'] .special-words { font-size: 0; inline-size: min(180px, 50%); block-size: 10px; border-radius: var(--sam-r-1); background: var(--sam-sunken); animation: appear 1ms 150ms backwards; }
  .row[data-kind='skeleton'] { pointer-events: none; }
  @keyframes appear { from { opacity: 0; } }
  :host([stale]) .total { text-decoration: underline dotted; text-underline-offset: 3px; }
  .pins { position: sticky; inset-block-start: calc(34em / 14); z-index: 1; block-size: 0; }
  .pins .row { inset-block-start: calc(var(--pin) * var(--row)); }
  .pins .row:last-child { border-color: var(--sam-border-strong); }
  /* The edge by which a column is drawn wider. */
  .head .cell:not(.select, .name, .switch, .actions) { position: relative; } .head .cell:not(.select, .name, .switch, .actions)::after { content: ''; position: absolute; inset-block: 0; inset-inline-end: 0; inline-size: 9px; cursor: col-resize; touch-action: none; }
  .head .cell:hover::after { border-inline-end: 2px solid var(--sam-border-strong); }
  .column:hover { color: var(--sam-text); }
  @container sam-tree (inline-size < calc(760em / 14)) { .pins { inset-block-start: 0; } .row[data-editing] :is(.plan, .facts, .status) { visibility: hidden; } }
  @media (forced-colors: active) { .row:is([aria-selected='true'], [aria-current]) { border-inline: 4px solid Highlight; } }
`;
