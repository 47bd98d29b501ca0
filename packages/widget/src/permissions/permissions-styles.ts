import { css } from 'lit';

/** Levels, wherever the screen of permissions shows them. */
export const levelStyles = css`
  .level { flex: none; } .at { display: inline-flex; align-items: center; gap: 5px; } del.at { color: var(--sam-text-3); } ins { text-decoration: none; font-weight: var(--sam-fw-strong); color: var(--sam-warn); }
  .turn > [aria-hidden='true'] { display: inline-block; } .turn:dir(rtl) > [aria-hidden='true'] { scale: -1 1; }
  td input { margin: 0; accent-color: var(--sam-accent); }
  .turn { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 6px; }
  table { inline-size: 100%; border-collapse: collapse; font-size: var(--sam-fs-13); } th { text-align: start; font-weight: var(--sam-fw-medium); color: var(--sam-text-2); font-size: var(--sam-fs-12); } th { overflow-wrap: normal; } td, th { padding: 5px var(--sam-2) 5px 0; border-block-end: var(--sam-hair) solid var(--sam-border); vertical-align: top; }
  .warn { padding: var(--sam-3); border-radius: var(--sam-r-2); background: var(--sam-warn-soft); color: var(--sam-warn); } td label { display: flex; align-items: center; gap: 6px; cursor: pointer; }
  tbody th { color: var(--sam-text); font-size: var(--sam-fs-13); }
`;

/** The matrix, as wide as it stands: in columns, with what decides below what is in effect, or one below the other. */
export const permissionsStyles = css`
  :host { container: sam-permissions / inline-size; }
  .card { overflow: visible; } .tools { display: flex; flex-wrap: wrap; align-items: center; gap: var(--sam-2) var(--sam-3); padding: var(--sam-3) var(--sam-4); border-block-end: var(--sam-hair) solid var(--sam-border); font-size: var(--sam-fs-13); }
  .tools .button { max-inline-size: 100%; white-space: normal; overflow-wrap: anywhere; }
  .tools .search { flex: 1 1 180px; max-inline-size: 280px; } .check { display: inline-flex; align-items: center; gap: var(--sam-2); min-block-size: 28px; cursor: pointer; } .check input { margin: 0; inline-size: 16px; block-size: 16px; accent-color: var(--sam-accent); }
  .both { padding: var(--sam-3) var(--sam-4); border-block-end: var(--sam-hair) solid var(--sam-border); } .both .warn { margin: 0; }
  .space { flex: 1; } .note.new { border: 0; }
  .line, .heads { display: grid; grid-template: 'name set effect why' 1fr 'name set by why' auto / minmax(0, 1fr) 232px minmax(150px, 190px) 56px; gap: 0 var(--sam-3); align-items: center; padding-inline: var(--sam-4); border-block-end: var(--sam-hair) solid var(--sam-border); font-size: var(--sam-fs-13); }
  .line { min-block-size: 38px; padding-block: 3px; } .line:last-child { border-block-end: 0; } .line:focus-within, .line:hover { background: var(--sam-hover); }
  .heads { min-block-size: 30px; color: var(--sam-text-2); font-size: var(--sam-fs-12); font-weight: var(--sam-fw-medium); } .heads [data-area='by'] { display: none; }
  [data-area='name'] { grid-area: name; overflow-wrap: anywhere; } [data-area='set'] { grid-area: set; } [data-area='effect'] { grid-area: effect; } [data-area='by'] { grid-area: by; } [data-area='why'] { grid-area: why; justify-self: end; }
  .line [data-area='by'] { color: var(--sam-text-2); font-size: var(--sam-fs-12); } .line .why { min-block-size: 24px; min-inline-size: 24px; font-weight: var(--sam-fw-medium); text-decoration: none; }
  .name, .aside, .mark { display: inline-block; } .name { font-weight: var(--sam-fw-medium); } .sub .name { padding-inline-start: var(--sam-5); font-weight: var(--sam-fw); } .aside { margin-inline-start: 6px; color: var(--sam-text-3); font-size: var(--sam-fs-12); font-weight: var(--sam-fw); } .mark { margin-inline-start: 6px; padding: 1px 6px; border-radius: var(--sam-r-1); background: var(--sam-accent-soft); color: var(--sam-accent-text); font-size: var(--sam-fs-12); }
  .group { display: flex; align-items: center; gap: var(--sam-3); min-block-size: 34px; padding-inline: var(--sam-4); border-block-end: var(--sam-hair) solid var(--sam-border); background: var(--sam-sunken); font-size: var(--sam-fs-13); font-weight: var(--sam-fw-strong); } .group .sum { flex: 1; color: var(--sam-text-2); font-size: var(--sam-fs-12); font-weight: var(--sam-fw); } .group .field { min-block-size: 26px; font-size: var(--sam-fs-12); font-weight: var(--sam-fw); }
  .stops { display: grid; grid-template-columns: repeat(3, 1fr); border: var(--sam-hair) solid var(--sam-border-strong); border-radius: var(--sam-r-2); background: var(--sam-surface); overflow: clip; }
  .stops button { gap: 5px; min-block-size: 28px; border-radius: 0; border-inline-start: var(--sam-hair) solid var(--sam-border); color: var(--sam-text-2); font-size: var(--sam-fs-12); outline-offset: -2px; } .stops button:first-child { border-inline-start: 0; } .stops [data-level='full'] { grid-column: 3; }
  /* Where a row knows no middle or no highest level, its place is blank. */
  .stops [data-level='read']:last-child, .stops [data-level='none']:has(+ [data-level='full']) { border-inline-end: var(--sam-hair) solid var(--sam-border); }
  .stops [aria-checked='true'] { background: var(--sam-accent-soft); color: var(--sam-accent-text); font-weight: var(--sam-fw-strong); }
  .stops .over { background: repeating-linear-gradient(135deg, transparent 0 4px, var(--sam-border) 4px 5px); } .stops .over[aria-checked='true'] { background-color: var(--sam-accent-soft); }
  .off .stops { border-style: dashed; } .off .stops [aria-checked='true'] { background: none; color: var(--sam-text-2); outline: 1px dashed var(--sam-text-3); outline-offset: -3px; } .off .stops :focus-visible { outline: 2px solid var(--sam-focus); }
  .reason { padding: var(--sam-2) var(--sam-4) var(--sam-3); border-block-end: var(--sam-hair) solid var(--sam-border); background: var(--sam-canvas); font-size: var(--sam-fs-13); } .reason ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 2px; } .reason li { display: grid; grid-template-columns: 16px minmax(0, 1fr) auto; gap: var(--sam-2); align-items: center; padding: 3px var(--sam-2); border-radius: var(--sam-r-1); } .reason small { display: block; color: var(--sam-text-2); font-size: var(--sam-fs-12); } .reason li.holds { background: var(--sam-warn-soft); color: var(--sam-warn); font-weight: var(--sam-fw-medium); } .reason li.holds .link { color: inherit; } .reason li.holds small { color: inherit; font-weight: var(--sam-fw); } .reason p { margin: 0 0 var(--sam-2); color: var(--sam-text-2); } .reason ul + p { margin: var(--sam-2) 0 0; }
  .end { position: sticky; inset-block-end: 0; z-index: 1; display: flex; align-items: center; gap: var(--sam-2); margin-block-start: var(--sam-3); padding: var(--sam-2) var(--sam-4); border: var(--sam-hair) solid var(--sam-border-strong); border-radius: var(--sam-r-2); background: var(--sam-raised); } .end span { flex: 1; color: var(--sam-text-2); font-size: var(--sam-fs-13); } .end strong { margin-inline-end: 6px; color: var(--sam-text); font-weight: var(--sam-fw-strong); }
  /* Messages stand above what is to be saved. */
  sam-toast { --sam-toast-end: 76px; }
  .lead { margin: 0; padding: var(--sam-3) var(--sam-4) 0; color: var(--sam-text-2); font-size: var(--sam-fs-13); } .last { padding-block-end: var(--sam-3); border-block-start: var(--sam-hair) solid var(--sam-border); }
  @media (forced-colors: active) { .line .stops [aria-checked='true'] { forced-color-adjust: none; background: Highlight; color: HighlightText; } }
  @media (pointer: coarse) { .stops button { min-block-size: 44px; } .line .why { min-block-size: 44px; } }
  @container sam-permissions (inline-size >= calc(860em / 14)) { .line, .heads { grid-template: 'name set effect by why' auto / minmax(0, 1.3fr) 232px minmax(120px, 160px) minmax(0, 1fr) 56px; } .heads [data-area='by'] { display: block; } }
  @container sam-permissions (inline-size < calc(700em / 14)) {
    .heads { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
    .line { grid-template: 'name effect why' auto 'by by by' auto 'set set set' auto / minmax(0, 1fr) auto auto; row-gap: 4px; padding: var(--sam-2) var(--sam-3); } .group, .tools, .reason { padding-inline: var(--sam-3); } .stops button { min-block-size: 32px; }
  }
`;
