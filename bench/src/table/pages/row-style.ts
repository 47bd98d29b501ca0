import { COLUMNS, formatMinutes, type Row } from './model.ts';

/** The look of rows on the pages that have no component of their own. */
export function addRowStyle(): void {
  const style = document.createElement('style');
  style.textContent = `
    .scroll { height: 100%; overflow: auto; position: relative; contain: strict; overflow-anchor: none }
    .head, .row { display: grid; grid-template-columns: 1fr 140px 80px 80px 120px 190px 100px; align-items: center; height: 40px; border-bottom: 1px solid #e3e6ea; padding: 0 12px }
    .head { position: sticky; top: 0; background: #fff; z-index: 2; font-weight: 600 }
    .name { display: flex; align-items: center; gap: 6px; overflow: hidden; white-space: nowrap }
    .toggle { width: 24px; height: 24px; border: 0; background: none; padding: 0 }
    .number { text-align: right; font-variant-numeric: tabular-nums; padding-right: 12px }
    .badge { display: inline-block; padding: 2px 8px; border-radius: 9px; background: #eef2ff; font-size: 12px; white-space: nowrap }
    .switch { height: 28px; border: 1px solid #cbd5e1; border-radius: 6px; background: #fff }`;
  document.head.append(style);
}

export const headHtml = `<div class="head" role="row">${COLUMNS.map((column) => `<div role="columnheader">${column}</div>`).join('')}</div>`;

export const rowHtml = (row: Row): string => `<div class="row" role="row" aria-level="${row.depth + 1}">
  <div role="gridcell" class="name" style="padding-inline-start:${row.depth * 20}px"><button class="toggle" tabindex="-1">${row.hasChildren() ? '▸' : ''}</button>${row.name}</div>
  <div role="gridcell">${row.plan}</div><div role="gridcell" class="number">${row.members}</div><div role="gridcell" class="number">${row.agents}</div>
  <div role="gridcell" class="number minutes">${formatMinutes(row.minutes)}</div><div role="gridcell"><span class="badge">${row.badge}</span></div>
  <div role="gridcell"><button class="switch" tabindex="-1">Switch to</button></div></div>`;

/** Collects rows and hands them over once per frame, as every page here does. */
export function oncePerFrame(paint: (rows: ReadonlySet<Row>) => void): (rows: readonly Row[]) => void {
  const waiting = new Set<Row>();
  let scheduled = false;
  return (rows) => {
    for (const row of rows) waiting.add(row);
    if (scheduled || waiting.size === 0) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      paint(waiting);
      waiting.clear();
    });
  };
}
