import { html, render } from 'lit';
import { icon } from '../icons/icon.ts';
import { ARROW_OUT, PAUSED } from '../icons/list-icons.ts';
import type { Account, Line } from './lines.ts';

let template: HTMLElement | undefined;

/** Everything that can appear in a row is in it; attributes of the row decide what shows. */
function makeTemplate(): HTMLElement {
  const fragment = document.createDocumentFragment();
  render(
    html`<div class="row" role="row" part="row" tabindex="-1">
      <div class="cell select" role="gridcell"><input type="checkbox" tabindex="-1" part="checkbox" /></div>
      <div class="cell name" role="rowheader" part="cell" tabindex="-1">
        <span class="indent"></span><span class="toggle"></span
        ><span class="avatar" aria-hidden="true"></span
        ><a class="label" tabindex="-1"><bdi dir="auto"></bdi></a
        ><span class="children"></span><span class="depth"></span>
      </div>
      <div class="cell facts" role="gridcell" part="cell" tabindex="-1"><bdi></bdi></div>
      <div class="cell minutes number" role="gridcell" part="cell" tabindex="-1"><span class="pulse"></span><bdi class="total"></bdi><bdi class="own"></bdi></div>
      <div class="cell plan" role="gridcell" part="cell" tabindex="-1"><span class="badge" part="badge">${icon(ARROW_OUT, 14)}<span class="words"></span></span></div>
      <div class="cell status" role="gridcell" part="cell" tabindex="-1">${icon(PAUSED, 14)}<span class="text" dir="auto"><span class="words"></span><span class="more"></span></span></div>
      <div class="cell caps" role="gridcell" part="cell" tabindex="-1"><span class="words"></span><span class="more"></span></div>
      <div class="cell members number" role="gridcell" part="cell" tabindex="-1"></div>
      <div class="cell agents number" role="gridcell" part="cell" tabindex="-1"></div>
      <div class="cell switch" role="gridcell"><button class="quiet" type="button" tabindex="-1" part="button"><span class="enter"></span><span class="words"></span></button></div>
      <div class="cell actions" role="gridcell"><button class="quiet" type="button" tabindex="-1" aria-haspopup="menu"><span class="dots"></span></button></div>
      <div class="cell special" role="gridcell" tabindex="-1"><span class="special-words"></span><button class="quiet" type="button" tabindex="-1"></button></div>
    </div>`,
    fragment,
  );
  return within(fragment, '.row');
}

/** A row element, which shows one line after the other. */
export class Slot {
  readonly el = document.importNode((template ??= makeTemplate()), true);
  line: Line | null = null;
  /** Whose row it is; null for lines without an account. */
  account: Account | null = null;
  /** Levels that it is indented by. */
  level = -1;
  /** Where it stands among the rows, in pixels. */
  top = -1;
  /** Milliseconds (monotonic) of the last change that counted for its pulse. */
  changedAt = Number.NEGATIVE_INFINITY;
  readonly #parts = new Map<string, HTMLElement>();

  /** An element of the row. */
  part(selector: string): HTMLElement {
    const part = this.#parts.get(selector) ?? within(this.el, selector);
    this.#parts.set(selector, part);
    return part;
  }

  /** Writes the text of an element unless it says that already; @returns whether it said something else */
  say(selector: string, text: string): boolean {
    const part = this.part(selector);
    const node = part.firstChild ?? part.appendChild(document.createTextNode(''));
    if (node.nodeValue === text) return false;
    node.nodeValue = text;
    return true;
  }

  /** What takes the focus in a cell: its only control, or the cell itself. */
  focusable(cell: string): HTMLElement {
    const found = this.part(`.cell.${cell}`);
    return found.querySelector<HTMLElement>('a[href], button:not([hidden]), input') ?? found;
  }
}

/** Sets attributes that aren't like that already; null takes one away. */
export function put(el: Element, attributes: Readonly<Record<string, string | number | boolean | null>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) el.removeAttribute(name);
    else if (el.getAttribute(name) !== String(value)) el.setAttribute(name, String(value));
  }
}

/** An element that has to be there. */
export function within(root: ParentNode, selector: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(selector);
  if (!found) throw new TypeError(selector);
  return found;
}
