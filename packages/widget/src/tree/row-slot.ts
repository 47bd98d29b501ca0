import type { AccountRow } from '@tenantree/domain';
import type { Line } from './lines.ts';
import { type CellName, cloneRow } from './row-template.ts';

/** A row element of the pool, with the nodes that are written to while it shows one line after the other. */
export type Slot = {
  readonly el: HTMLElement;
  line: Line | null;
  /** Index of the line among the visible ones. */
  index: number;
  /** What was painted last, so that only differences are written. */
  row: AccountRow | null;
  look: string;
  level: number;
  /** Whether its facts are said in a line under the name. */
  brief: boolean;
  /** Where it stands among the rows, in pixels. */
  top: number;
  /** Milliseconds (monotonic) of the last pulse. */
  pulsedAt: number;
  readonly nodes: SlotNodes;
  readonly attributes: Map<string, string | null>;
};

type SlotNodes = {
  readonly select: HTMLInputElement;
  readonly name: HTMLElement;
  readonly avatar: HTMLElement;
  readonly initials: Text;
  readonly label: HTMLAnchorElement;
  readonly before: Text;
  readonly match: HTMLElement;
  readonly matched: Text;
  readonly after: Text;
  readonly children: Text;
  readonly depth: Text;
  readonly state: Text;
  readonly factMinutes: Text;
  readonly factRest: Text;
  readonly plan: Text;
  readonly members: Text;
  readonly agents: Text;
  readonly total: Text;
  readonly own: Text;
  readonly pulse: HTMLElement;
  /** What moves in by the level of the row. */
  readonly indented: readonly HTMLElement[];
  readonly transfer: Text;
  readonly switchTo: HTMLElement;
  readonly switchWords: Text;
  readonly menu: HTMLElement;
  readonly special: HTMLElement;
  readonly specialWords: Text;
  readonly specialAct: HTMLElement;
  readonly specialLabel: Text;
};

const isElement = (node: Element | null): node is HTMLElement => node instanceof HTMLElement;

/** Makes a row for the pool. */
export function createSlot(): Slot {
  const el = cloneRow();
  const find = (selector: string): HTMLElement => {
    const found = el.querySelector(selector);
    if (!isElement(found)) throw new TypeError(`the row template has no ${selector}`);
    return found;
  };
  const text = (selector: string): Text => find(selector).appendChild(document.createTextNode(''));
  const select = find('input');
  const label = find('.label');
  if (!(select instanceof HTMLInputElement && label instanceof HTMLAnchorElement)) {
    throw new TypeError('the row template has other elements than it should');
  }
  const name = find('bdi');
  const match = document.createElement('mark');
  const before = name.appendChild(document.createTextNode(''));
  const matched = match.appendChild(document.createTextNode(''));
  const after = name.appendChild(document.createTextNode(''));
  const nodes: SlotNodes = {
    select,
    name,
    avatar: find('.avatar'),
    initials: text('.avatar'),
    label,
    before,
    match,
    matched,
    after,
    children: text('.children'),
    depth: text('.depth'),
    state: text('.state .words'),
    factMinutes: text('.fact-minutes'),
    factRest: text('.fact-rest'),
    plan: text('.plan'),
    members: text('.members'),
    agents: text('.agents'),
    total: text('.total'),
    own: text('.own'),
    pulse: find('.pulse'),
    indented: [...el.querySelectorAll('.indent, .plan, .facts, .special')].filter(isElement),
    transfer: text('.transfer .words'),
    switchTo: find('.switch button'),
    switchWords: text('.switch .words'),
    menu: find('.actions button'),
    special: find('.special'),
    specialWords: text('.special-words'),
    specialAct: find('.special button'),
    specialLabel: text('.special button'),
  };
  return {
    el,
    line: null,
    index: -1,
    row: null,
    look: '',
    level: -1,
    brief: false,
    top: -1,
    pulsedAt: 0,
    nodes,
    attributes: new Map(),
  };
}

/** Sets an attribute of the row, null to take it away, unless it is like that already. */
export function put(slot: Slot, name: string, value: string | null): void {
  if (slot.attributes.get(name) === value) return;
  slot.attributes.set(name, value);
  if (value === null) slot.el.removeAttribute(name);
  else slot.el.setAttribute(name, value);
}

/** Writes a text node unless it says that already. */
export function say(node: Text, text: string): void {
  if (node.data !== text) node.data = text;
}

/** What takes the focus in a cell: its only control, or the cell itself. */
export function focusableIn(slot: Slot, cell: CellName): HTMLElement {
  const found = slot.el.querySelector(`[data-cell="${cell}"]`);
  const control = found?.querySelector('a[href], button:not([hidden]), input');
  if (control instanceof HTMLElement) return control;
  return found instanceof HTMLElement ? found : slot.el;
}
