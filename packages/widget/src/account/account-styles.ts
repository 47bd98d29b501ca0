import { css } from 'lit';

/** One account: its head, its tabs, and the overview in one column or two, as wide as it stands. */
export const accountStyles = css`
  :host { container: sam-account / inline-size; min-block-size: 0; }
  .head { position: sticky; inset-block-start: 0; z-index: 1; display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--sam-2); padding: var(--sam-3) var(--sam-5) 0; border-block-end: var(--sam-hair) solid var(--sam-border); background: var(--sam-surface); }
  .head.bare { padding-block-end: var(--sam-4); }
  .top, .title, .acts { display: flex; align-items: center; gap: var(--sam-2); min-inline-size: 0; }
  .path { flex: 1; margin: 0; min-inline-size: 0; color: var(--sam-text-3); font-size: var(--sam-fs-12); overflow-wrap: anywhere; }
  .x { inline-size: 32px; block-size: 32px; margin-inline-end: calc(-1 * var(--sam-2)); color: var(--sam-text-2); } .x:hover { background: var(--sam-hover); }
  .avatar { flex: none; inline-size: 28px; border-radius: 6px; font-size: 12px; font-weight: var(--sam-fw-strong); line-height: 28px; text-align: center; background: light-dark(oklch(.9 .05 var(--hue)), oklch(.32 .06 var(--hue))); color: light-dark(oklch(.35 .09 var(--hue)), oklch(.88 .07 var(--hue))); }
  h1, h2 { margin: 0; font-family: inherit; font-weight: var(--sam-fw-strong); font-size: var(--sam-fs-20); line-height: 1.2; overflow-wrap: anywhere; } .title :is(h1, h2) { outline: 0; }
  h3, .section h2 { margin: 0; font-weight: var(--sam-fw-strong); font-size: var(--sam-fs-16); line-height: 1.3; }
  .restricted { margin: 0; inline-size: fit-content; padding: 1px 7px; border-radius: var(--sam-r-1); background: var(--sam-warn-soft); color: var(--sam-warn); font-size: var(--sam-fs-12); font-weight: var(--sam-fw-medium); }
  .acts { padding-block: var(--sam-1) var(--sam-2); } .acts .more { inline-size: var(--sam-control); padding: 0; }
  nav { display: flex; gap: var(--sam-5); overflow-x: auto; } nav > * { flex: none; min-block-size: 40px; display: inline-flex; align-items: center; border-radius: 0; border-block-end: 2px solid #0000; color: var(--sam-text-2); font-size: var(--sam-fs-13); font-weight: var(--sam-fw-medium); text-decoration: none; outline-offset: -2px; }
  .unsaved { inline-size: 6px; block-size: 6px; margin-inline-start: 6px; border-radius: 50%; background: var(--sam-accent); }
  nav > [aria-current] { border-color: var(--sam-accent); color: var(--sam-text); } nav > :hover { color: var(--sam-text); }
  .content { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--sam-4); align-items: start; padding: var(--sam-4) var(--sam-5) var(--sam-5); background: var(--sam-canvas); min-block-size: 200px; }
  .column { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--sam-4); }
  .section { display: flex; align-items: center; justify-content: space-between; padding: var(--sam-3) var(--sam-4); border-block-end: var(--sam-hair) solid var(--sam-border); } .section .link { font-size: var(--sam-fs-13); font-weight: var(--sam-fw-medium); } .card > .in { padding: var(--sam-2) var(--sam-4); }
  .tiles { display: grid; grid-template-columns: 1fr 1fr; margin: 0; } .tiles > div { padding: var(--sam-3) var(--sam-4); border-block-start: var(--sam-hair) solid var(--sam-border); border-inline-start: var(--sam-hair) solid var(--sam-border); margin: -1px 0 0 0; } .tiles > div:nth-child(odd) { border-inline-start: 0; }
  dt { color: var(--sam-text-2); font-size: var(--sam-fs-12); } dd { margin: 0; } .tiles strong { display: block; font-size: var(--sam-fs-20); font-weight: var(--sam-fw-strong); line-height: 1.25; font-variant-numeric: var(--sam-num); } .tiles small { color: var(--sam-text-3); font-size: var(--sam-fs-12); }
  .dot { display: inline-block; inline-size: 6px; block-size: 6px; margin-inline-end: 6px; border-radius: 50%; background: var(--sam-live); vertical-align: middle; }
  .usage { min-block-size: 346px; }
  .facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); align-items: baseline; gap: var(--sam-2) var(--sam-5); margin: 0; padding: var(--sam-4); font-size: var(--sam-fs-13); } .facts dd { overflow-wrap: anywhere; }
  code { font: var(--sam-fs-12) var(--sam-font-mono); } .facts .link { font-size: var(--sam-fs-12); min-block-size: 24px; margin-inline-start: var(--sam-2); }
  ul { list-style: none; margin: 0; padding: 0; } li { display: flex; align-items: center; gap: var(--sam-2); padding-block: var(--sam-2); font-size: var(--sam-fs-13); } li > span { flex: 1; } li .icon { color: var(--sam-warn); } li small { display: block; color: var(--sam-text-3); font-size: var(--sam-fs-12); } li .link { font-weight: var(--sam-fw-medium); text-decoration: none; min-block-size: 24px; }
  @media (forced-colors: active) { nav > :not([aria-current]) { border-color: Canvas; } }
  @container sam-account (inline-size >= calc(480em / 14)) { .tiles { grid-template-columns: repeat(4, 1fr); } .tiles > div, .tiles > div:nth-child(odd) { border-inline-start: var(--sam-hair) solid var(--sam-border); margin-inline-start: -1px; } }
  @container sam-account (inline-size >= calc(720em / 14)) { .content.two { grid-template-columns: minmax(0, 5fr) minmax(0, 3fr); } }
  @container sam-account (inline-size < calc(520em / 14)) { .head { padding-inline: var(--sam-3); } .content { padding-inline: var(--sam-3); } }
`;
