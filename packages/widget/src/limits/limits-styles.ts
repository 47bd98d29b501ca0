import { css } from 'lit';

/** The limits of an account: a row for each kind with its bar, and its form in place. */
export const limitsStyles = css`
  :host { container: sam-limits / inline-size; }
  .limits { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--sam-4); }
  .section { display: grid; gap: 2px; padding: var(--sam-3) var(--sam-4); border-block-end: var(--sam-hair) solid var(--sam-border); } .title { font-family: inherit; font-weight: var(--sam-fw-strong); font-size: var(--sam-fs-16); line-height: 1.3; }
  ul { list-style: none; margin: 0; padding: 0; } .limit { padding: var(--sam-3) var(--sam-4); } .limit + .limit { border-block-start: var(--sam-hair) solid var(--sam-border); }
  .line { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: var(--sam-1) var(--sam-3); align-items: center; }
  .line > strong { font-weight: var(--sam-fw-medium); } .line small { color: var(--sam-text-3); font-size: var(--sam-fs-12); font-weight: var(--sam-fw); }
  .line .button { grid-area: 1 / 2; min-block-size: 28px; }
  .number { display: flex; align-items: center; gap: 6px; font-size: var(--sam-fs-13); font-variant-numeric: var(--sam-num); } .near { color: var(--sam-warn); } .full { color: var(--sam-danger); }
  .track { position: relative; grid-column: 1 / -1; display: flex; block-size: 8px; border-radius: 4px; overflow: hidden; background: var(--sam-sunken); box-shadow: inset 0 0 0 1px var(--sam-border); }
  .track > * { flex: none; background: var(--fill); } .track .below { opacity: .62; } .track .held { background: repeating-linear-gradient(135deg, var(--fill) 0 2px, #0000 2px 5px); }
  .track { --fill: var(--sam-accent); } .track.near { --fill: light-dark(#b86e00, #e0a23c); } .track.full { --fill: var(--sam-danger); }
  .facts { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 2px var(--sam-4); margin: 0; color: var(--sam-text-2); font-size: var(--sam-fs-12); font-variant-numeric: var(--sam-num); }
  .key::before { content: ''; display: inline-block; inline-size: 8px; block-size: 8px; margin-inline-end: 5px; border-radius: 2px; background: var(--sam-accent); } .key.below::before { opacity: .62; } .key.held::before { background: repeating-linear-gradient(135deg, var(--sam-accent) 0 2px, #0000 2px 4px); } .key.free::before { background: var(--sam-sunken); box-shadow: inset 0 0 0 1px var(--sam-border-strong); }
  .track i { position: absolute; inset-block: 0; inline-size: 2px; background: var(--sam-text); } .key.end::before { inline-size: 2px; background: var(--sam-text); }
  .bounds { inline-size: 100%; max-inline-size: 44em; margin-block-start: var(--sam-2); border-collapse: collapse; font-size: var(--sam-fs-12); font-variant-numeric: var(--sam-num); } .bounds th, .bounds td { padding: 3px 6px; border-block-start: var(--sam-hair) solid var(--sam-border); text-align: end; font-weight: inherit; overflow-wrap: anywhere; } .bounds th:first-child { text-align: start; } .bounds thead { color: var(--sam-text-2); }
  .decides { padding: 0 6px; border-radius: var(--sam-r-1); background: var(--sam-warn-soft); color: var(--sam-warn); font-weight: var(--sam-fw-medium); overflow-wrap: anywhere; }
  form { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--sam-4); margin-block-start: var(--sam-3); padding: var(--sam-4); border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); background: var(--sam-canvas); }
  form.bare { margin: 0; border: 0; border-radius: 0; background: none; }
  form .row { grid-template-columns: minmax(0, 1fr); }
  fieldset { display: grid; gap: var(--sam-2); margin: 0; padding: 0; border: 0; min-inline-size: 0; } legend { margin-block-end: 6px; } .choice { display: flex; flex-wrap: wrap; align-items: center; gap: var(--sam-2); font-size: var(--sam-fs-13); } .choice label { display: inline-flex; align-items: center; gap: var(--sam-2); min-block-size: 28px; } .choice input[type='radio'] { margin: 0; inline-size: 16px; block-size: 16px; accent-color: var(--sam-accent); } .choice .field { inline-size: 9em; }
  .two { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--sam-4); align-items: start; }
  .foreseen { padding: var(--sam-3); border-radius: var(--sam-r-2); background: var(--sam-surface); border: var(--sam-hair) solid var(--sam-border); font-size: var(--sam-fs-13); } .foreseen p { margin: 0; } .foreseen p + p { margin-block-start: 4px; color: var(--sam-warn); }
  .conflict { display: grid; gap: var(--sam-2); padding: var(--sam-3); border-radius: var(--sam-r-2); background: var(--sam-warn-soft); color: var(--sam-warn); font-size: var(--sam-fs-13); } .conflict dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px var(--sam-3); margin: 0; color: var(--sam-text); } .conflict dd { margin: 0; }
  .acts { display: flex; flex-wrap: wrap; gap: var(--sam-2); align-items: center; }
  .defaults { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--sam-3); } .defaults > div { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--sam-2); align-items: center; font-size: var(--sam-fs-13); }
  .begin { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 4px var(--sam-4); margin: 0; padding: var(--sam-3) var(--sam-4); font-size: var(--sam-fs-13); } .begin dd { margin: 0; text-align: end; font-variant-numeric: var(--sam-num); } .begin dt { color: var(--sam-text-2); } .in { padding: 0 var(--sam-4) var(--sam-3); }
  .result { margin: 0; padding: 0 var(--sam-4) var(--sam-3); } sam-table { border-block-start: var(--sam-hair) solid var(--sam-border); }
  @container sam-limits (inline-size >= calc(520em / 14)) { .two { grid-template-columns: 1fr 1fr; } .defaults > div { grid-template-columns: minmax(0, 1fr) 9em 15em; } .try { grid-template-columns: 14em 10em auto; align-items: end; justify-content: start; } }
  @container sam-limits (inline-size >= calc(680em / 14)) { .line { grid-template-columns: 15em minmax(0, 1fr) max-content auto; } .line .track { grid-area: 1 / 2; } .line .number { grid-area: 1 / 3; } .line .button { grid-area: 1 / 4; } }
  @media (forced-colors: active) { .track { border: 1px solid CanvasText; } .track > *, .key::before { forced-color-adjust: none; --fill: CanvasText; background-color: CanvasText; } .track .held, .key.held::before { background-color: #0000; } .decides, .foreseen, .conflict { border: 1px solid CanvasText; } }
`;
