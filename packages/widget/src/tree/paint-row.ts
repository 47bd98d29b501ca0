import { type AccountId, type AccountRow, ZERO_DECIMAL } from '@tenantree/domain';
import { hueOf, initialsOf } from '../format/initials.ts';
import { ARROW_OUT, CLOCK, CLOSED, LOCK, PAUSED } from '../icons/list-icons.ts';
import type { Strings } from '../strings/en.ts';
import type { Texts } from '../strings/texts.ts';
import type { Account, AccountLine, Branch, Line, TailLine } from './lines.ts';
import { put, type Slot } from './row-slot.ts';
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
  /** Levels that open in place; deeper ones are entered (rules/screens 14). */
  readonly levels: number;
  /** Whether the layout says members and agents in a line under the name. */
  readonly brief: boolean;
  /** Where in a name the text stands that was searched for; left out before anybody could have searched. */
  readonly find: ((name: string, query: string) => readonly [at: number, end: number] | null) | undefined;
  /** Draws how much of its maximum an account used, and says it; null: it says nothing, or not yet. */
  readonly limit: (slot: Slot, account: Account, texts: Texts) => string | null;
  /** Whether a head says what numbers are. */
  readonly headed: boolean;
  /** Columns as somebody arranged them; null: as they are. */
  readonly columns: Columns | null;
};

/** How columns are arranged, once somebody did (arranged-columns.ts). */
export type Columns = {
  readonly head: readonly Column[];
  /** Arranges the cells of a row, and writes those that only stand in arranged ones. */
  readonly paint: (slot: Slot, account: Account, context: RowContext) => void;
};

/** A column: the classes of its cells, and what its head says. */
export type Column = { readonly cell: string; readonly label: keyof Strings };

/** What rows offer beside opening. */
export type RowFeatures = { readonly switch: boolean };

/** Deeper than this, rows are no longer indented by a full step and say their level (rules/screens 10). */
const FULL_STEPS = 6;
const DEEPER_STEP = 0.6;
const HOUR_MS = 3_600_000;

const KINDS = { no_new_work: 'noNewWork', read_only: 'readOnly', full_stop: 'fullStop' } as const;

/** What is drawn before the words of a status. */
const GLYPHS = { suspended: PAUSED, above: PAUSED, planned: CLOCK, closed: CLOSED, restricted: LOCK };

const flag = (isSet: boolean): '' | null => (isSet ? '' : null);

/** Makes a row show a line. Writes only what differs from what it shows. */
export function paintRow(slot: Slot, line: Line, context: RowContext): void {
  const { store, levels } = context;
  const { view } = store;
  const own = line.kind === 'account' ? line : null;
  const account = own && own.account;
  const opens = own !== null && view.canOpen(own);
  // Rows that are entered instead of opened have nothing to expand in place.
  const enters = line.level >= levels - 1;
  slot.line = line;
  slot.account = account;
  put(slot.el, {
    'aria-rowindex': view.visible.indexOf(line) + 2,
    'aria-level': line.level + 1,
    'aria-posinset': own && own.place + 1,
    'aria-setsize': own && siblings(line.home),
    'aria-expanded': opens && !enters ? own.open : null,
    'aria-selected': account && store.selection.has(account.id),
    'aria-current': (account !== null && account.id === context.opened) || null,
    'aria-busy': line.kind === 'skeleton' || null,
    'data-kind': line.kind,
    'data-entered': flag(opens && enters),
    'data-found': account && view.sought ? (view.matches.has(account.id) ? 'match' : 'way') : null,
    'data-fresh': flag(own?.fresh ?? false),
  });
  indent(slot, line.level);
  if (line.kind === 'account') paintAccount(slot, line, context);
  else paintTail(slot, line, context);
}

const siblings = ({ kind, total, lines, cursor }: Branch): number =>
  kind !== 'matched' ? Math.max(total, lines.length) : cursor ? -1 : lines.length;

/** Set where it is used, not on the row: a row's own custom properties would make the style of all it contains its own, too. */
function indent(slot: Slot, level: number): void {
  if (slot.level === level) return;
  slot.level = level;
  for (const part of ['.indent', '.plan', '.facts', '.status', '.special']) {
    const { style } = slot.part(part);
    style.setProperty('--level', String(Math.min(level, FULL_STEPS + (level - FULL_STEPS) * DEEPER_STEP)));
  }
}

function paintAccount(slot: Slot, line: AccountLine, context: RowContext): void {
  const { store, texts, features, hrefOf, brief } = context;
  const { say, numbers } = texts;
  const { row, id } = line.account;
  const { name, members, agents, children, status } = row;
  const billing = billingOf(row, texts);
  const caps = capsOf(line.account, texts);
  const { state, words, more } = statusOf(line.account, caps, context);
  const said = {
    '.avatar': initialsOf(name),
    '.children': children > 0 ? numbers.whole(children) : '',
    '.depth': line.level >= FULL_STEPS ? say('level', { n: line.level + 1 }) : '',
    '.plan .words': billing.words,
    '.status .words': words,
    '.status .more': more,
    '.caps .words': caps.words,
    '.caps .more': caps.more,
    '.members': numbers.whole(members.total),
    '.agents': numbers.whole(agents.total),
    '.switch .words': say('switchTo'),
    '.facts bdi': brief
      ? `${say('factMembers', { n: members.total })} · ${say('factAgents', { n: agents.total })}`
      : '',
  };
  for (const [part, text] of Object.entries(said)) slot.say(part, text);
  paintName(slot, name, (store.view.matches.has(id) && context.find?.(name, store.view.sought?.query ?? '')) || null);
  slot.part('.avatar').style.setProperty('--hue', String(hueOf(id)));
  // Without a label a row is called by all that is in it, and that has the name four times: once for each thing to do with it.
  put(slot.el, {
    'data-state': state,
    'data-billing': billing.state,
    'aria-label': [...new Set([name, words, more, caps.words, caps.more])].filter(Boolean).join(', '),
  });
  if (state) put(slot.part('.status path'), { d: GLYPHS[state] });
  put(slot.part('.plan path'), { d: billing.state === 'transfer' ? CLOCK : ARROW_OUT });
  put(slot.part('.label'), { href: hrefOf && hrefOf(id) });
  put(slot.part('input'), { 'aria-label': say('selectName', { name }) });
  Object.assign(slot.part('input'), { checked: store.selection.has(id) });
  put(slot.part('.switch button'), {
    'aria-label': say('switchToName', { name }),
    hidden: flag(!features.switch || status === 'closed'),
  });
  put(slot.part('.actions button'), { 'aria-label': say('actionsForName', { name }) });
  paintMinutes(slot, line.account, context);
  context.columns?.paint(slot, line.account, context);
}

/** Who pays, in words: a transfer that is under way stands in place of it, with how long it still may last (rules/transfer 2). */
function billingOf(
  { billingMode, transferUntil }: AccountRow,
  { say }: Texts,
): { readonly state: string; readonly words: string } {
  if (transferUntil === null)
    return { state: billingMode, words: say(billingMode === 'direct' ? 'independent' : 'planParent') };
  const hours = Math.max(0, Math.floor((Date.parse(transferUntil) - Date.now()) / HOUR_MS));
  const time = hours < 24 ? say('hoursLeft', { n: hours }) : say('daysLeft', { n: Math.floor(hours / 24) });
  return { state: 'transfer', words: say('inTransfer', { time }) };
}

/** Writes the name, with the part that was searched for marked. */
function paintName(slot: Slot, name: string, found: readonly [at: number, end: number] | null): void {
  const label = slot.part('.label bdi');
  if (label.firstElementChild) label.replaceChildren();
  if (found === null) {
    slot.say('.label bdi', name);
    return;
  }
  const [at, end] = found;
  const mark = document.createElement('mark');
  mark.textContent = name.slice(at, end);
  label.replaceChildren(name.slice(0, at), mark, name.slice(end));
}

/** What is the matter with an account: in a word for the style sheet, and for people in words and what stands below them. */
type Status = Said & { readonly state: keyof typeof GLYPHS | null };
type Said = { readonly words: string; readonly more: string };

/** How much less than there is an account is left, and what of that nobody decided yet. */
function capsOf({ row: { caps } }: Account, { say }: Texts): Said {
  return {
    words: caps?.restricted ? say('restricted', { n: caps.restricted }) : '',
    more: caps?.unreviewed ? say('unreviewed', { n: caps.unreviewed }) : '',
  };
}

function statusOf(account: Account, caps: Said, { store, texts: { say, numbers } }: RowContext): Status {
  const { status, suspension } = account.row;
  if (status === 'closed') return { state: 'closed', words: say('closed'), more: '' };
  if (suspension) {
    const { kind, from, until } = suspension;
    const more = say(KINDS[kind]) + (until ? ` · ${say('until', { date: numbers.day(until) })}` : '');
    if (status === 'suspended') return { state: 'suspended', words: say('suspended'), more };
    if (from) return { state: 'planned', words: say('suspendsOn', { date: numbers.day(from) }), more };
  }
  const above = store.suspendedAbove(account);
  if (above === null) return { state: caps.words ? 'restricted' : null, ...caps };
  const { name } = above;
  const words = name === null ? say('suspendedAboveUnnamed') : say('suspendedAbove', { name });
  return { state: 'above', words, more: '' };
}

/**
 * Writes the minutes: the one thing that changes many times a second.
 *
 * @returns whether what is shown changed
 */
export function paintMinutes(slot: Slot, account: Account, { texts, headed, limit }: RowContext): boolean {
  const { minutes, row } = account;
  const { numbers, say } = texts;
  const amount = minutes ? numbers.minutes(minutes.total) : '–';
  const total = headed ? amount : say('factMinutes', { minutes: amount });
  // All of it, or none, is the account's own: then its share needs no number.
  const isShared = minutes && row.subaccounts > 0 && minutes.own !== minutes.total && minutes.own !== ZERO_DECIMAL;
  const own = isShared ? say('ownMinutes', { minutes: numbers.minutes(minutes.own) }) : '';
  slot.say('.own', limit(slot, account, texts) ?? own);
  return slot.say('.total', total);
}

function paintTail(slot: Slot, { kind, home }: TailLine, { texts: { say } }: RowContext): void {
  const rest = home.kind !== 'matched' ? home.total - home.lines.length : home.total - PAGE_ROWS;
  const act = {
    skeleton: '',
    more: say('showMore', { next: Math.min(PAGE_ROWS, rest), rest }),
    failure: say('retry'),
  }[kind];
  slot.say('.special-words', { skeleton: say('loading'), more: '', failure: say('branchFailed') }[kind]);
  slot.say('.special button', act);
  put(slot.el, { 'data-state': null, 'aria-label': null });
  put(slot.part('.special button'), { hidden: flag(act === '') });
}
