import { html, render } from 'lit';
import { icon } from '../icons/icons.ts';

let template: DocumentFragment | undefined;

/** Names of the cells in the order of their columns; the order in which arrow keys walk through them. */
export const CELLS = [
  'select',
  'name',
  'facts',
  'plan',
  'members',
  'agents',
  'minutes',
  'transfer',
  'switch',
  'actions',
] as const;
export type CellName = (typeof CELLS)[number];

/** A fresh row for the pool. Everything that can appear in a row is in it; attributes of the row decide what shows. */
export function cloneRow(): HTMLElement {
  template ??= make();
  const row = document.importNode(template, true).firstElementChild;
  if (!(row instanceof HTMLElement)) throw new TypeError('the row template has no row');
  return row;
}

function make(): DocumentFragment {
  const fragment = document.createDocumentFragment();
  render(
    html`<div class="row" role="row" part="row" tabindex="-1">
      <div class="cell select" role="gridcell" data-cell="select"><input type="checkbox" tabindex="-1" data-act="select" part="checkbox" /></div>
      <div class="cell name" role="rowheader" part="cell" data-cell="name" tabindex="-1">
        <span class="indent"></span><span class="toggle" data-act="toggle"></span
        ><span class="avatar" aria-hidden="true"></span
        ><a class="label" data-act="open" tabindex="-1"><bdi dir="auto"></bdi></a
        ><span class="children"></span><span class="depth"></span
        ><span class="state"><span class="glyph suspended">${icon('suspended', 14)}</span><span class="glyph closed">${icon('closed', 14)}</span
        ><bdi class="words"></bdi></span>
      </div>
      <div class="cell facts" role="gridcell" part="cell" data-cell="facts" tabindex="-1"><bdi class="fact-minutes"></bdi><bdi class="fact-rest"></bdi></div>
      <div class="cell plan" role="gridcell" part="cell" data-cell="plan" tabindex="-1"></div>
      <div class="cell number members" role="gridcell" part="cell" data-cell="members" tabindex="-1"></div>
      <div class="cell number agents" role="gridcell" part="cell" data-cell="agents" tabindex="-1"></div>
      <div class="cell number minutes" role="gridcell" part="cell" data-cell="minutes" tabindex="-1"><span class="pulse"></span><span class="total"></span><bdi class="own"></bdi></div>
      <div class="cell transfer" role="gridcell" part="cell" data-cell="transfer" tabindex="-1"><span class="badge" part="badge"><span class="glyph parent wallet"></span><span class="glyph direct">${icon('arrowOut', 14)}</span><span class="words"></span></span></div>
      <div class="cell switch" role="gridcell" data-cell="switch"><button class="quiet" type="button" tabindex="-1" data-act="switch" part="button"><span class="enter"></span><span class="words"></span></button></div>
      <div class="cell actions" role="gridcell" data-cell="actions"><button class="quiet" type="button" tabindex="-1" data-act="menu" aria-haspopup="menu"><span class="dots"></span></button></div>
      <div class="cell special" role="gridcell" data-cell="special" tabindex="-1"><span class="special-words"></span><button class="quiet" type="button" tabindex="-1" data-act="more"></button></div>
    </div>`,
    fragment,
  );
  return fragment;
}
