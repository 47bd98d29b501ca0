import type { AccountId, AccountRow } from '@tenantree/domain';
import { hueOf, initialsOf } from '../format/initials.ts';
import type { Texts } from '../strings/texts.ts';
import type { Account, AccountLine, Line, TailLine } from './lines.ts';
import { put, type Slot, say } from './row-slot.ts';
import type { TreeStore } from './tree-store.ts';
import { PAGE_ROWS } from './tree-view.ts';

/** What a row needs to know to be painted. */
export type RowContext = {
  readonly store: TreeStore;
  readonly texts: Texts;
  /** Address of an account's page; null where there is none. */
  readonly hrefOf: ((id: AccountId) => string) | null;
  readonly features: RowFeatures;
  /** The account that is shown in detail elsewhere. */
  readonly opened: AccountId | null;
  /** Levels that open in place; deeper ones are entered (ux.md 2.6). */
  readonly levels: number;
  /** Whether the layout says minutes, members and agents in a line under the name. */
  readonly brief: boolean;
};

/** What rows offer beside opening. */
export type RowFeatures = { readonly select: boolean; readonly switch: boolean; readonly actions: boolean };

/** Deeper than this, rows are no longer indented by a full step and say their level (ux.md 2.3). */
const FULL_STEPS = 6;

const SUSPENDED_AS = {
  no_new_work: 'suspendedNoNewWork',
  read_only: 'suspendedReadOnly',
  full_stop: 'suspendedFullStop',
} as const;

/** Makes a row show a line. Writes only what differs from what it shows. */
export function paintRow(slot: Slot, line: Line, index: number, context: RowContext): void {
  const renewed = slot.line !== line;
  slot.line = line;
  slot.index = index;
  put(slot, 'aria-rowindex', String(index + 2));
  put(slot, 'aria-level', String(line.level + 1));
  put(slot, 'data-kind', line.kind);
  if (line.kind === 'account') paintAccountRow(slot, line, context, renewed);
  else paintTailRow(slot, line, context);
}

function paintAccountRow(slot: Slot, line: AccountLine, context: RowContext, renewed: boolean): void {
  const { account, home } = line;
  const { store } = context;
  const selected = store.selection.has(account.id);
  const setSize =
    home.kind === 'listed' ? Math.max(home.total, home.lines.length) : home.cursor ? -1 : home.lines.length;
  put(slot, 'aria-posinset', String(line.place + 1));
  put(slot, 'aria-setsize', String(setSize));
  put(slot, 'aria-expanded', expandedState(line, context));
  put(slot, 'aria-selected', String(selected));
  put(slot, 'aria-current', account.id === context.opened ? 'true' : null);
  put(slot, 'aria-busy', null);
  put(slot, 'data-entered', line.level >= context.levels - 1 && store.view.canOpen(line) ? '' : null);
  const found = store.query === null ? '' : store.view.matches.has(account.id) ? 'match' : 'way';
  put(slot, 'data-found', found === '' ? null : found);
  slot.nodes.select.checked = selected;
  const above = suspendedAbove(line);
  const look = `${found}${store.query ?? ''}${above?.id ?? ''}${context.brief}`;
  if (renewed || slot.row !== account.row || slot.look !== look) {
    slot.row = account.row;
    slot.look = look;
    paintFacts(slot, line, above, found === 'match' ? store.query : null, context);
  }
  paintMinutes(slot, account, context.texts);
}

/** Rows that are entered instead of opened have nothing to expand in place. */
function expandedState(line: AccountLine, { store, levels }: RowContext): string | null {
  if (!store.view.canOpen(line) || line.level >= levels - 1) return null;
  return String(line.open);
}

function suspendedAbove(line: AccountLine): AccountRow | null {
  for (let owner = line.home.owner; owner !== null; owner = owner.home.owner) {
    if (owner.account.row.status === 'suspended') return owner.account.row;
  }
  return null;
}

function paintFacts(
  slot: Slot,
  line: AccountLine,
  above: AccountRow | null,
  query: string | null,
  context: RowContext,
): void {
  const { nodes } = slot;
  const { texts, features, hrefOf } = context;
  const { say: text, numbers } = texts;
  const { row } = line.account;
  const { name } = row;
  indent(slot, line.level);
  nodes.avatar.style.setProperty('--hue', String(hueOf(row.id)));
  say(nodes.initials, initialsOf(name));
  paintName(slot, name, query);
  if (hrefOf) nodes.label.setAttribute('href', hrefOf(row.id));
  else nodes.label.removeAttribute('href');
  say(nodes.children, row.children > 0 ? numbers.whole(row.children) : '');
  say(nodes.depth, line.level >= FULL_STEPS ? text('level', { n: line.level + 1 }) : '');
  const state = stateOf(row, above, texts);
  put(slot, 'data-state', state.kind);
  // Without it a row is called by all that is in it, and that has the name four times: once for each thing to do with it.
  put(slot, 'aria-label', name + (state.words && `, ${state.words}`));
  say(nodes.state, state.words);
  say(nodes.plan, text(row.billingMode === 'parent' ? 'planParent' : 'planDirect'));
  say(nodes.members, numbers.whole(row.members.total));
  say(nodes.agents, numbers.whole(row.agents.total));
  put(slot, 'data-billing', row.billingMode);
  say(nodes.transfer, text(row.billingMode === 'parent' ? 'paidByParent' : 'independent'));
  slot.brief = context.brief;
  if (context.brief) {
    const facts = [text('factMembers', { n: row.members.total }), text('factAgents', { n: row.agents.total })];
    say(nodes.factRest, facts.map((fact) => ` · ${fact}`).join(''));
    say(nodes.factMinutes, text('factMinutes', { minutes: nodes.total.data }));
  }
  nodes.select.setAttribute('aria-label', text('selectName', { name }));
  nodes.switchTo.hidden = !features.switch || row.status === 'closed';
  nodes.switchTo.setAttribute('aria-label', text('switchToName', { name }));
  say(nodes.switchWords, text('switchTo'));
  nodes.menu.hidden = !features.actions;
  nodes.menu.setAttribute('aria-label', text('actionsForName', { name }));
}

/** Set where it is used, not on the row: a row's own custom properties would make the style of all it contains its own, too. */
function indent(slot: Slot, level: number): void {
  if (slot.level === level) return;
  slot.level = level;
  for (const { style } of slot.nodes.indented) {
    style.setProperty('--level', String(Math.min(level, FULL_STEPS)));
    style.setProperty('--deeper', String(Math.max(0, level - FULL_STEPS)));
  }
}

/** Writes the name, with the part that was searched for marked. */
function paintName({ nodes }: Slot, name: string, query: string | null): void {
  const at = query === null ? -1 : name.toLowerCase().indexOf(query.toLowerCase());
  if (query === null || at < 0) {
    nodes.match.remove();
    say(nodes.before, name);
    say(nodes.after, '');
    return;
  }
  say(nodes.before, name.slice(0, at));
  say(nodes.matched, name.slice(at, at + query.length));
  say(nodes.after, name.slice(at + query.length));
  if (nodes.match.parentNode === null) nodes.name.insertBefore(nodes.match, nodes.after);
}

function stateOf(
  row: AccountRow,
  above: AccountRow | null,
  { say: text, numbers }: Texts,
): { kind: string | null; words: string } {
  if (row.status === 'closed') return { kind: 'closed', words: text('closed') };
  if (row.status === 'suspended') {
    return { kind: 'suspended', words: text(row.suspension ? SUSPENDED_AS[row.suspension.kind] : 'suspended') };
  }
  if (row.suspension?.from)
    return { kind: 'planned', words: text('suspendsOn', { date: numbers.date(row.suspension.from) }) };
  if (above) return { kind: 'above', words: text('suspendedAbove', { name: above.name }) };
  return { kind: null, words: '' };
}

/** All of it, or none, is the account's own: then its share needs no number. */
const isPlain = ({ own, total }: { readonly own: string; readonly total: string }): boolean =>
  own === total || own === '0';

/**
 * Writes the minutes: the one thing that changes many times a second.
 *
 * @returns whether what is shown changed
 */
export function paintMinutes({ nodes, brief }: Slot, account: Account, { numbers, say: text }: Texts): boolean {
  const { minutes, row } = account;
  const total = minutes === null ? '–' : numbers.minutes(minutes.total);
  if (nodes.total.data === total && minutes === null) return false;
  const own = minutes === null || row.subaccounts === 0 || isPlain(minutes) ? '' : numbers.minutes(minutes.own);
  say(nodes.own, own === '' ? '' : text('ownMinutes', { minutes: own }));
  if (nodes.total.data === total) return false;
  nodes.total.data = total;
  if (brief) say(nodes.factMinutes, text('factMinutes', { minutes: total }));
  return true;
}

function paintTailRow(slot: Slot, line: TailLine, { texts }: RowContext): void {
  const { nodes } = slot;
  const { home } = line;
  const { say: text } = texts;
  for (const name of ['data-found', 'data-state', 'data-entered']) put(slot, name, null);
  for (const name of ['label', 'current', 'posinset', 'setsize', 'expanded', 'selected'])
    put(slot, `aria-${name}`, null);
  put(slot, 'aria-busy', line.kind === 'skeleton' ? 'true' : null);
  slot.row = null;
  indent(slot, line.level);
  const rest = home.kind === 'listed' ? home.total - home.lines.length : home.total - PAGE_ROWS;
  const words = { skeleton: text('loading'), more: '', failure: text('branchFailed') }[line.kind];
  const act = {
    skeleton: '',
    more: text('showMore', { next: Math.min(PAGE_ROWS, rest), rest }),
    failure: text('retry'),
  }[line.kind];
  say(nodes.specialWords, words);
  say(nodes.specialLabel, act);
  nodes.specialAct.hidden = act === '';
}
