import { css } from 'lit';

/** Billing of an account: its state, handing it over, and the checklist of who takes it over. */
export const billingStyles = css`
  :host { container: sam-billing / inline-size; }
  .billing { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--sam-4); }
  .section { display: flex; flex-wrap: wrap; align-items: center; gap: var(--sam-2) var(--sam-4); padding: var(--sam-3) var(--sam-4); border-block-end: var(--sam-hair) solid var(--sam-border); } .section > .title { flex: 1; } .with-steps > .title { flex: none; }
  .title { font-family: inherit; font-weight: var(--sam-fw-strong); font-size: var(--sam-fs-16); line-height: 1.3; overflow-wrap: anywhere; } .title:focus { outline: 0; }
  .in { padding: var(--sam-3) var(--sam-4); overflow-wrap: anywhere; } .in p { margin: 0; } .in p + p { margin-block-start: var(--sam-2); } .in + .in { border-block-start: var(--sam-hair) solid var(--sam-border); }
  .badge { display: inline-flex; align-items: center; gap: 6px; padding: 2px 8px; border-radius: var(--sam-r-1); background: var(--sam-sunken); color: var(--sam-text-2); font-size: var(--sam-fs-12); font-weight: var(--sam-fw-medium); } .badge.warn { background: var(--sam-warn-soft); color: var(--sam-warn); } .badge.ok { background: var(--sam-ok-soft); color: var(--sam-ok); }
  .state-line { display: flex; flex-wrap: wrap; align-items: center; gap: var(--sam-2) var(--sam-3); }
  .facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: var(--sam-1) var(--sam-5); margin: 0; font-size: var(--sam-fs-13); } dt { color: var(--sam-text-2); } dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: var(--sam-num); } dd small { display: block; color: var(--sam-text-3); font-size: var(--sam-fs-12); } .card > .facts { padding: var(--sam-3) var(--sam-4); border-block-start: var(--sam-hair) solid var(--sam-border); }
  .steps { display: grid; gap: var(--sam-1); flex: 1; margin: 0; padding: 0; list-style: none; color: var(--sam-text-2); font-size: var(--sam-fs-13); } .steps li { display: flex; align-items: center; gap: var(--sam-2); } .steps [aria-current] { color: var(--sam-text); font-weight: var(--sam-fw-strong); }
  .mark { flex: none; display: grid; place-items: center; inline-size: 20px; block-size: 20px; border: 1px solid var(--sam-border-strong); border-radius: 50%; font-size: var(--sam-fs-12); font-weight: var(--sam-fw-strong); line-height: 1; } [aria-current] > .mark { background: var(--sam-accent); border-color: var(--sam-accent); color: var(--sam-on-accent); } .over > .mark { background: var(--sam-ok-soft); border-color: var(--sam-ok); color: var(--sam-ok); } .now > .mark { border: 2px solid var(--sam-accent); }
  .foot { display: flex; flex-wrap: wrap; align-items: center; gap: var(--sam-2); padding: var(--sam-3) var(--sam-4); border-block-start: var(--sam-hair) solid var(--sam-border); background: var(--sam-canvas); font-size: var(--sam-fs-13); color: var(--sam-text-2); } .foot > span { flex: 1 1 16em; }
  .acts { display: flex; flex-wrap: wrap; gap: var(--sam-2); align-items: center; }
  ul { margin: 0; padding: 0; list-style: none; }
  .points li { display: flex; gap: var(--sam-2); padding-block: 4px; font-size: var(--sam-fs-13); overflow-wrap: anywhere; } .points .icon { margin-block-start: 2px; color: var(--sam-ok); } .changes .icon { color: var(--sam-accent-text); }
  .left { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px var(--sam-2); } .left strong { font-size: calc(1.625 * var(--sam-rem)); font-weight: var(--sam-fw-strong); line-height: 1.2; font-variant-numeric: var(--sam-num); }
  .bar { block-size: 8px; margin-block: var(--sam-2); border-radius: 4px; overflow: hidden; background: var(--sam-sunken); box-shadow: inset 0 0 0 1px var(--sam-border); } .bar > div { block-size: 100%; background: light-dark(#b86e00, #e0a23c); }
  .checklist > li { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 2px var(--sam-3); align-items: center; padding: var(--sam-3) var(--sam-4); } .checklist > li + li { border-block-start: var(--sam-hair) solid var(--sam-border); } .checklist > li > :is(small, .note, form, .offers) { grid-column: 2 / -1; } .checklist small { color: var(--sam-text-3); font-size: var(--sam-fs-12); overflow-wrap: anywhere; } .checklist .now > strong { font-weight: var(--sam-fw-strong); } .checklist strong { font-weight: var(--sam-fw-medium); }
  .note { border: 0; border-radius: var(--sam-r-2); } .note.in { margin: 0; }
  .ended { display: flex; align-items: center; gap: var(--sam-2); }
  sam-table { display: block; }
  @container sam-billing (inline-size >= calc(720em / 14)) { .steps { grid-auto-flow: column; grid-auto-columns: auto; justify-content: space-between; } }
  @media (forced-colors: active) { .badge, .bar { border: 1px solid CanvasText; } .bar > div { forced-color-adjust: none; background: CanvasText; } }
`;
