import { css } from 'lit';

/**
 * What the screen shows only once it is used, and in place of rows. A style sheet beside subaccounts-styles.ts because the first file has
 * no room for it (rules/widget 3): it comes with what does it (list-controls.ts).
 */
export const listInUseStyles = css`
  .state { display: grid; grid-template-columns: minmax(0, 1fr); justify-items: center; gap: var(--sam-2); padding: var(--sam-12) var(--sam-6); text-align: center; color: var(--sam-text-2); }
  .state h2 { margin: 0; font-family: inherit; font-weight: var(--sam-fw-strong); font-size: var(--sam-fs-16); line-height: 1.3; color: var(--sam-text); overflow-wrap: anywhere; }
  .state p { margin: 0; max-inline-size: min(46ch, 100%); overflow-wrap: anywhere; } .state .acts { display: flex; gap: var(--sam-2); flex-wrap: wrap; justify-content: center; margin-block-start: var(--sam-3); } .state .sign { color: var(--sam-text-3); margin-block-end: var(--sam-1); }
  @container sam (inline-size < calc(520em / 14)) { .state { padding: var(--sam-8) var(--sam-4); } }
  .search:focus-within kbd { display: none; }
  .clear { inline-size: 24px; block-size: 24px; color: var(--sam-text-2); } .clear:hover { background: var(--sam-hover); }
  .busy .icon { animation: breathe 1s infinite alternate; }
  .found { color: var(--sam-text-2); font-size: var(--sam-fs-13); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .chip { min-block-size: 28px; border-color: var(--sam-accent-text); border-radius: var(--sam-r-full); background: var(--sam-accent-soft); color: var(--sam-accent-text); }
  .selection { display: flex; flex-wrap: wrap; align-items: center; gap: var(--sam-2) var(--sam-3); padding: var(--sam-2) var(--sam-3); border-block-end: var(--sam-hair) solid var(--sam-border); background: var(--sam-accent-soft); font-size: var(--sam-fs-13); } .selection label { display: inline-flex; align-items: center; gap: 6px; min-block-size: 28px; cursor: pointer; } .selection input { margin: 0; inline-size: 16px; block-size: 16px; accent-color: var(--sam-accent); } .selection .space { flex: 1; } .selection .chip { background: var(--sam-surface); }
  .looks { display: flex; align-items: center; gap: var(--sam-2); padding-inline: var(--sam-3); font-size: var(--sam-fs-13); }
  .look-tabs { display: flex; align-self: stretch; overflow-x: auto; min-inline-size: 0; }
  .tab { all: unset; position: relative; display: flex; align-items: center; gap: 6px; padding-inline: var(--sam-2); color: var(--sam-text-2); font-weight: var(--sam-fw-medium); white-space: nowrap; cursor: pointer; }
  .tab:hover { color: var(--sam-text); } .tab:focus-visible { outline: 2px solid var(--sam-focus); outline-offset: -2px; }
  .tab[aria-pressed='true'] { color: var(--sam-text); box-shadow: inset 0 -2px var(--sam-accent); } .tab bdi { max-inline-size: 18em; overflow: hidden; text-overflow: ellipsis; }
  .changed { inline-size: 7px; block-size: 7px; border-radius: 50%; background: var(--sam-accent); }
  .changed-acts { display: flex; flex: none; gap: var(--sam-2); white-space: nowrap; }
  .looks .button { min-block-size: 28px; } .plain { border-color: #0000; background: none; padding-inline: 4px; }
  .switcher { display: flex; flex: none; } .switcher .button:first-child { border-start-end-radius: 0; border-end-end-radius: 0; } .switcher .button:last-child { border-start-start-radius: 0; border-end-start-radius: 0; margin-inline-start: -1px; } .switcher [aria-pressed='true'] { background: var(--sam-accent-soft); color: var(--sam-accent-text); }
  .kept { display: flex; flex-wrap: wrap; align-items: center; gap: var(--sam-2); padding: var(--sam-2) var(--sam-3); border-block-end: var(--sam-hair) solid var(--sam-border); font-size: var(--sam-fs-13); }
  .pair { display: inline-flex; max-inline-size: 100%; } .pair bdi { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .pair .chip + .chip { margin-inline-start: -1px; border-start-start-radius: 0; border-end-start-radius: 0; } .pair .chip:not(:last-child) { border-start-end-radius: 0; border-end-end-radius: 0; }
  @container sam (inline-size < calc(760em / 14)) { .looks { flex-wrap: wrap; padding-block: 6px; } .look-tabs { flex: 1 0 100%; min-block-size: 32px; } .looks .columns { display: none; } }
  @media (forced-colors: active) { .tab[aria-pressed='true'] { border-block-end: 2px solid Highlight; } .changed { background: Highlight; } }
  .live:hover { border-color: var(--sam-border-strong); }
  .is-offline { border: 2px solid var(--sam-text-3); }
  .is-paused { border-color: var(--sam-text-2); border-width: 0 3px; border-radius: 0; }
  .way { display: flex; align-items: center; gap: var(--sam-2); padding: 6px var(--sam-3); border-block-end: var(--sam-hair) solid var(--sam-border); color: var(--sam-text-2); font-size: var(--sam-fs-13); }
  .way b { font-weight: var(--sam-fw-strong); color: var(--sam-text); min-inline-size: 0; } .way b bdi { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .way .icon:dir(rtl) { transform: scaleX(-1); }
  .way .button { min-block-size: 28px; padding-inline: var(--sam-2); }
  @container sam (inline-size < calc(520em / 14)) { .found { display: none; } }
`;
