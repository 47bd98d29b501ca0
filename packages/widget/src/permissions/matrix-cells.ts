import {
  HIGHEST,
  type Level,
  PERMISSION_CATEGORIES,
  type PermissionCategory,
  type PermissionKey,
} from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { CHEVRON_DOWN, LOCK } from '../icons/icons.ts';
import type { Texts } from '../strings/texts.ts';
import { level, turn } from './level.ts';
import { isAbove, isChanged, type MatrixRow } from './matrix.ts';
import { groupOf, nameOf } from './names.ts';
import type { Other } from './permissions-source.ts';

/** What the cells of the matrix show beside its rows, and what happens when they are used. */
export type Cells = {
  readonly texts: Texts;
  /** What the account is called whose permissions these are. */
  readonly name: string;
  /** Whether levels can be chosen. */
  readonly use: 'choose' | 'look';
  /** The row that Tab leads to, as far as it is shown. */
  readonly current: PermissionKey;
  readonly other: Other | null;
  /** What stands below a row: why it is as it is; null where nobody asked. */
  readonly reason: (key: PermissionKey) => TemplateResult | null;
  /** The level that a permission has in effect with what is chosen. */
  readonly levelOf: (key: PermissionKey) => Level;
  readonly pick: (key: PermissionKey, level: Level) => void;
  readonly why: (key: PermissionKey) => void;
  readonly setAll: (rows: readonly MatrixRow[], level: Level) => void;
};

/** Names as one enumerates them; of those above whoever looks, which all are called the same, one. */
export const listed = (names: readonly string[], { locale }: Texts): string =>
  new Intl.ListFormat(locale, { type: 'conjunction' }).format(new Set(names));

/** The head of the matrix, and its rows under their groups. */
export function matrixCells(rows: readonly MatrixRow[], cells: Cells): TemplateResult {
  const { say } = cells.texts;
  const head = (area: string, words: string): TemplateResult =>
    html`<span role="columnheader" data-area=${area}>${words}</span>`;
  const current = rows.some(({ key }) => key === cells.current) ? cells.current : rows[0]?.key;
  return html`<div class="heads" role="row">${head('name', say('permColumn'))}${head('set', say('permColumnSet', { name: cells.name }))}${head('effect', say('permColumnEffect'))}${head('by', say('permColumnBy'))}${html`<span role="columnheader" data-area="why"><span class="hidden">${say('why')}</span></span>`}</div>
    ${PERMISSION_CATEGORIES.map((category) => {
      const group = rows.filter(({ permission }) => permission.category === category);
      return group.length === 0
        ? nothing
        : html`<div role="rowgroup" aria-label=${groupOf(category, cells.texts)}>${groupHead(category, group, cells)}${group.map((one) => row(one, one.key === current, cells))}</div>`;
    })}`;
}

function groupHead(category: PermissionCategory, rows: readonly MatrixRow[], cells: Cells): TemplateResult {
  const { say } = cells.texts;
  const name = groupOf(category, cells.texts);
  const counts = new Map<Level, number>();
  for (const { after } of rows) counts.set(after, (counts.get(after) ?? 0) + 1);
  const sum = (['full', 'limited', 'read', 'none'] as const)
    .flatMap((one) => (counts.has(one) ? [`${counts.get(one)} ${say(`level_${one}`).toLowerCase()}`] : []))
    .join(' · ');
  const levels = [...new Set(rows.flatMap(({ permission }) => permission.levels))];
  const choose = ({ target }: Event): void => {
    if (!(target instanceof HTMLSelectElement)) return;
    const wanted = levels.find((one) => one === target.value);
    target.value = '';
    if (wanted) cells.setAll(rows, wanted);
  };
  return html`<div class="group" role="row"><span role="rowheader">${name}</span><span class="sum" role="gridcell"><bdi>${sum}</bdi></span>${
    cells.use === 'choose'
      ? html`<span role="gridcell"><span class="field"><select aria-label=${say('permSetAllOf', { group: name })} @change=${choose}><option value="">${say('permSetAll')}</option>${levels.map((one) => html`<option value=${one}>${say(`level_${one}`)}</option>`)}</select>${icon(CHEVRON_DOWN)}</span></span>`
      : nothing
  }</div>`;
}

function row(one: MatrixRow, isCurrent: boolean, cells: Cells): TemplateResult {
  const { texts, other } = cells;
  const { say } = texts;
  const { key, permission, after, before, controls, chosen } = one;
  const label = nameOf(permission, texts);
  const reason = cells.reason(key);
  const there = other?.levels[key];
  const kept = chosen ?? 'none';
  return html`<div class="line ${permission.controller === null ? '' : 'sub'} ${one.off ? 'off' : ''}" role="row" data-key=${key}>
    <span role="rowheader" data-area="name"><span class="name">${label}</span>${controls > 0 ? html`<span class="aside">${say('permControls', { n: controls })}</span>` : nothing}${isChanged(one) ? html`<span class="mark">${say('permChanged')}</span>` : nothing}</span>
    <span role="gridcell" data-area="set">${stops(one, isCurrent, cells)}</span>
    <span role="gridcell" data-area="effect"><span class="turn">${isChanged(one) || before !== after ? turn(before, after, texts) : turn(kept, after, texts)}</span>${there === undefined ? nothing : html`<span class="aside">${say('permOther', { level: say(`level_${there}`) })}</span>`}</span>
    <span role="gridcell" data-area="by">${decidedBy(one, cells)}</span>
    <span role="gridcell" data-area="why"><button class="link why" type="button" tabindex=${isCurrent ? 0 : -1} aria-expanded=${String(reason !== null)} aria-label=${say('permWhyOf', { permission: label, level: say(`level_${after}`) })} @click=${() => cells.why(key)}>${say('permWhy')}</button></span>
  </div>${reason}`;
}

function stops(
  { key, permission, chosen, stored, ceiling }: MatrixRow,
  isCurrent: boolean,
  cells: Cells,
): TemplateResult {
  const { texts } = cells;
  const { levels } = permission;
  const at = Math.max(0, chosen === null ? 0 : levels.indexOf(chosen));
  return html`<span class="stops" role="radiogroup" aria-label=${nameOf(permission, texts)}>${levels.map((one, k) => {
    const over = isAbove(one, ceiling);
    // What is stored above the bound may be gone back to: it is kept.
    const isOff = cells.use === 'look' || (over && one !== stored);
    return html`<button type="button" role="radio" class=${over ? 'over' : ''} data-level=${one} aria-checked=${String(one === chosen)} aria-disabled=${isOff ? 'true' : nothing}
      tabindex=${isCurrent && k === at ? 0 : -1} @click=${() => cells.pick(key, one)}>${level(one, texts)}${over ? icon(LOCK, 12) : nothing}</button>`;
  })}</span>`;
}

function decidedBy({ chosen, ceiling, ceilingBy, off, after, key }: MatrixRow, cells: Cells): string {
  const { texts, name } = cells;
  const { say } = texts;
  if (off) {
    const level = say(`level_${cells.levelOf(off.key)}`).toLowerCase();
    return say('permOff', { name: nameOf(off, texts), level });
  }
  if (chosen === null) return say('notReviewed');
  if (after === ceiling && ceilingBy.length > 0)
    return say('permHeld', { names: listed([...ceilingBy, ...(chosen === after ? [name] : [])], texts) });
  return chosen === HIGHEST[key] ? '' : say('permHere');
}
