import { type AccountId, COLUMN_WIDTHS, type ListColumn, type ShownColumn } from '@tenantree/domain';
import { html, render, type TemplateResult } from 'lit';
import type { AppliedBlueprint } from '../data/account-source.ts';
import type { Strings } from '../strings/en.ts';
import type { Texts } from '../strings/texts.ts';
import type { Account } from './lines.ts';
import type { Column, Columns, RowContext } from './paint-row.ts';
import { put, type Slot } from './row-slot.ts';
import type { TreeStore } from './tree-store.ts';

/** What there is to a column: how its cells are called, what its head says, and how wide it is, as tree-styles.ts has it: 14 px are 1 em. */
type Kind = { readonly classes: string; readonly label: keyof Strings; readonly width: string };

export const COLUMN_KINDS: Readonly<Record<ListColumn, Kind>> = {
  minutes: { classes: 'minutes number', label: 'columnMinutes', width: '10em' },
  plan: { classes: 'plan', label: 'columnPlan', width: '12.5em' },
  status: { classes: 'status', label: 'columnStatus', width: '13.5em' },
  caps: { classes: 'caps', label: 'columnPermissions', width: '8.5em' },
  members: { classes: 'members number', label: 'columnMembers', width: '5.5em' },
  agents: { classes: 'agents number', label: 'columnAgents', width: '5em' },
  path: { classes: 'path', label: 'columnPath', width: '16em' },
  blueprint: { classes: 'blueprint', label: 'createBlueprint', width: '18em' },
  created: { classes: 'created number', label: 'sortCreated', width: '8em' },
  id: { classes: 'id', label: 'columnId', width: '22em' },
};

/** Columns that are shown until somebody chooses others. */
export const USUAL_COLUMNS: readonly ShownColumn[] = [
  { column: 'minutes' },
  { column: 'plan' },
  { column: 'status' },
  { column: 'caps' },
  { column: 'members' },
  { column: 'agents' },
];
const FIRST: readonly Column[] = [
  { cell: 'select', label: 'columnSelect' },
  { cell: 'name', label: 'columnName' },
];
const LAST: readonly Column[] = [
  { cell: 'switch', label: 'columnSwitch' },
  { cell: 'actions', label: 'columnActions' },
];

/** From this width on columns stand beside each other; what is narrower has an arrangement of its own. */
const BESIDE = 'sam-tree (inline-size >= calc(760em / 14))';

/** Which columns are shown: those that were chosen, or the usual ones; in a flat list with the way to each account. */
export const columnsShown = (
  chosen: readonly ShownColumn[] | undefined,
  layout: 'tree' | 'flat',
): readonly ShownColumn[] => chosen ?? (layout === 'flat' ? [{ column: 'path' }, ...USUAL_COLUMNS] : USUAL_COLUMNS);

/** The names from below the acting account down to the parent of an account. */
export function wayTo(store: TreeStore, account: Account): string {
  const names: string[] = [];
  for (let id = account.row.parentId; id !== null && id !== store.accountId; ) {
    const row = store.account(id)?.row;
    if (!row) break;
    names.unshift(row.name);
    id = row.parentId;
  }
  return names.join(' › ');
}

/** A width that a column can have, in CSS pixels. */
export const widthWithin = (width: number): number =>
  Math.round(Math.min(COLUMN_WIDTHS.most, Math.max(COLUMN_WIDTHS.least, width)));

/** What is known to have set an account up; undefined: nothing is known of it. */
type AppliedTo = (account: AccountId) => readonly AppliedBlueprint[] | undefined;

/** Which blueprint set an account up, in which version, and how it stands to that, or how far it is. */
const appliedCell = ({ blueprint, version, state, drift }: AppliedBlueprint, { say }: Texts): TemplateResult =>
  html`<bdi>${blueprint?.name ?? say('blueprintAbove')} v${version}</bdi> <span class="drift">${say(state === 'set_up' ? `drift_${drift}` : state)}</span> `;

/** Texts of cells that stand in rows only where somebody wants them. */
const WRITTEN: Readonly<Partial<Record<ListColumn, (account: Account, context: RowContext) => string>>> = {
  path: (account, { store }) => wayTo(store, account),
  created: ({ row }, { texts }) => texts.numbers.day(row.createdAt),
  id: ({ id }) => id,
};

/**
 * Columns in the order, of the widths and as many as somebody chose. Selection and name stay in sight at one end, and what is done with a row at
 * the other, when all of them are wider than the table.
 */
export class ArrangedColumns implements Columns {
  readonly head: readonly Column[];
  /** To be adopted by whatever has the table in its shadow root. */
  readonly sheet = new CSSStyleSheet();
  readonly #shown: readonly ListColumn[];
  readonly #arranged = new WeakMap<Slot, string>();
  readonly #appliedTo: AppliedTo;

  /** @param isChosen whether somebody chose them: then none gives way to a narrow table @param appliedTo what is known to have set an account up */
  constructor(columns: readonly ShownColumn[], isChosen: boolean, appliedTo: AppliedTo) {
    this.#appliedTo = appliedTo;
    this.#shown = columns.map(({ column }) => column);
    const kinds = columns.map(({ column }) => COLUMN_KINDS[column]);
    this.head = [...FIRST, ...kinds.map(({ classes, label }) => ({ cell: classes, label })), ...LAST];
    this.sheet.replaceSync(isChosen ? chosenRules(columns) : usualRules(columns));
  }

  paint(slot: Slot, account: Account, context: RowContext): void {
    const order = this.#shown.join();
    if (this.#arranged.get(slot) !== order) {
      arrange(slot, this.#shown);
      this.#arranged.set(slot, order);
    }
    for (const column of this.#shown) {
      const text = WRITTEN[column]?.(account, context);
      if (text !== undefined) slot.say(`.${column}`, text);
      else if (column === 'blueprint')
        render(
          this.#appliedTo(account.id)?.map((one) => appliedCell(one, context.texts)),
          slot.part('.blueprint'),
        );
    }
  }
}

/** Puts cells into their order in the document, which is the one in which they are read and walked through. */
function arrange(slot: Slot, columns: readonly ListColumn[]): void {
  const last = slot.part('.cell.switch');
  for (const column of columns) last.before(slot.el.querySelector(`.cell.${column}`) ?? makeCell(column));
}

function makeCell(column: ListColumn): HTMLElement {
  const cell = document.createElement('div');
  put(cell, {
    class: `cell ${column}`,
    role: 'gridcell',
    part: 'cell',
    tabindex: '-1',
    dir: column === 'blueprint' ? null : 'auto',
  });
  // The classes of columns with numbers have two words, in this order.
  cell.classList.add(...COLUMN_KINDS[column].classes.split(' '));
  return cell;
}

/** Text as it is; it is written so that the build makes it as short as a style sheet's. */
const css = String.raw;

/** Those that aren't shown; where columns stand beside each other. */
function hidden(columns: readonly ShownColumn[]): string {
  const shown = columns.map(({ column }) => column);
  const others = Object.keys(COLUMN_KINDS).filter((one) => !shown.some((column) => column === one));
  return others.map((column) => `.row .cell.${column}`).join() || '.none';
}

const RESTRICTED_AS_STATUS =
  ".row[data-state='restricted'] .status > .text { display: block; } .row[data-state='restricted'] .status > .icon { display: inline; }";
const COMMON = css`.path, .created, .id, .blueprint { display: none; }
  .path, .id, .blueprint, .blueprint bdi { align-items: center; overflow: hidden; text-overflow: ellipsis; color: var(--sam-text-2); font-size: var(--sam-fs-12); padding-inline-end: var(--sam-3); }
  .head :is(.path, .id, .blueprint) { color: inherit; } .id { font-family: var(--sam-font-mono); }
  /* The name gives way, and not what is the matter. */ .drift { flex: none; padding: 1px var(--sam-2); border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-full); }`;

/** The way to an account takes what room is left beside its name: until there is enough for both, what is restricted stands under the status. */
const WAY = css`@container ${BESIDE} { .row[data-kind='account'] .path, .head .path { display: block; flex: 1 1 8em; } }
  @container ${BESIDE} and (inline-size < calc(1340em / 14)) {
    .cell.caps { display: none; } .cell.plan { flex-basis: 10em; } ${RESTRICTED_AS_STATUS}
  }`;

/** The usual columns give way in narrow tables by the rules that they have. */
const usualRules = (columns: readonly ShownColumn[]): string => css`${COMMON}
  @container ${BESIDE} { ${hidden(columns)} { display: none; } }
  ${columns.some(({ column }) => column === 'path') ? WAY : ''}`;

/** Chosen columns are all there, however narrow the table is: it is scrolled, between what stays in sight. */
function chosenRules(columns: readonly ShownColumn[]): string {
  const widths = columns.map(({ column, width }) => (width === undefined ? COLUMN_KINDS[column].width : `${width}px`));
  const each = columns.map(
    ({ column }, k) =>
      css`.row[data-kind='account'] .cell.${column}, .head .cell.${column} { display: ${column === 'status' || column === 'blueprint' ? 'flex' : 'block'}; flex: 0 0 ${widths[k]}; }`,
  );
  const minutes = widths[columns.findIndex(({ column }) => column === 'minutes')] ?? '10em';
  const restricted = columns.some(({ column }) => column === 'caps') ? '' : RESTRICTED_AS_STATUS;
  const all = ['28px', '12em', ...widths, '8em', '36px', 'var(--sam-2)', 'var(--sam-3)'].join(' + ');
  return css`${COMMON}
  @container ${BESIDE} {
    .scroller { overflow-x: auto; scroll-padding-inline: calc(28px + 12em) calc(8em + 36px); }
    .head, .pad, .pins { min-inline-size: calc(${all}); }
    ${hidden(columns)} { display: none; }
    ${each.join('\n')} ${restricted}
    .row[data-kind='account'] .cell.minutes[data-limit] { flex-basis: calc(${minutes} - var(--sam-4)); }
    .select, .name, .switch, .actions { position: sticky; z-index: 1; align-self: stretch; background: inherit; }
    .switch, .actions { display: grid; align-items: center; justify-items: start; }
    .select { inset-inline-start: 0; } .name { inset-inline-start: 28px; } .switch { inset-inline-end: 36px; } .actions { inset-inline-end: 0; }
    .head .select, .head .name, .head .switch, .head .actions { align-items: center; display: flex; }
  }`;
}
