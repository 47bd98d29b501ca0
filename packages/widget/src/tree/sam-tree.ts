import type { AccountId, AccountRow } from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { SortKey } from '../data/account-source.ts';
import { icon } from '../icons/icons.ts';
import type { MenuItem } from '../parts/sam-menu.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import type { AccountLine, Line } from './lines.ts';
import type { RefusedName } from './name-editor.ts';
import type { RowFeatures } from './paint-row.ts';
import { rowGlyphs } from './row-glyphs.ts';
import { TreeHands } from './tree-hands.ts';
import { TreePainter } from './tree-painter.ts';
import type { TreeStore } from './tree-store.ts';
import { treeStyles } from './tree-styles.ts';

const COLUMNS = [
  { cell: 'select', label: 'columnSelect', sort: null },
  { cell: 'name', label: 'columnName', sort: 'name' },
  { cell: 'plan', label: 'columnPlan', sort: null },
  { cell: 'members number', label: 'columnMembers', sort: 'members' },
  { cell: 'agents number', label: 'columnAgents', sort: 'agents' },
  { cell: 'minutes number', label: 'columnMinutes', sort: 'minutes' },
  { cell: 'transfer', label: 'columnTransfer', sort: null },
  { cell: 'switch', label: 'columnSwitch', sort: null },
  { cell: 'actions', label: 'columnActions', sort: null },
] as const;

/**
 * The tree table of accounts (ux.md 2.3, 2.8): a treegrid over a {@link TreeStore} that keeps a handful of rows in the document
 * and writes live minutes once a frame. What people want leaves as `sam-open`, `sam-switch`, `sam-action`, `sam-rename`,
 * `sam-select`; it changes nothing by itself but what is open, sorted, selected and focused.
 */
export class SamTree extends LitElement {
  static override properties = {
    store: { attribute: false },
    texts: { attribute: false },
    features: { attribute: false },
    hrefOf: { attribute: false },
    opened: { attribute: false },
    menuOf: { attribute: false },
    label: {},
    density: { reflect: true },
  };
  static override styles = [treeStyles, rowGlyphs];

  declare store: TreeStore | null;
  declare texts: Texts;
  declare features: RowFeatures;
  /** Address of an account's page, for middle-click and new tabs; without it names are plain text. */
  declare hrefOf: ((id: AccountId) => string) | null;
  /** The account that is shown in detail elsewhere: its row is marked. */
  declare opened: AccountId | null;
  /** Entries of an account's menu; their ids are actions of `sam-action`, or `open` and `switch`. */
  declare menuOf: (account: AccountRow) => readonly MenuItem[] | Promise<readonly MenuItem[]>;
  /** Name of the table for assistive technology. */
  declare label: string;
  declare density: 'comfortable' | 'compact';
  readonly #painter = new TreePainter(this);
  readonly #hands = new TreeHands(this, this.#painter);
  #stopListening: (() => void) | null = null;

  constructor() {
    super();
    this.store = null;
    this.texts = defaultTexts();
    this.features = { select: true, switch: true, actions: true };
    this.hrefOf = null;
    this.opened = null;
    this.menuOf = () => [];
    this.label = '';
    this.density = 'comfortable';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) {
      this.#listen();
      this.#painter.connect();
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopListening?.();
    this.#stopListening = null;
    this.#painter.disconnect();
  }

  protected override firstUpdated(): void {
    this.#painter.attach(this.renderRoot);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('store')) this.#listen();
    if (changed.has('texts') || changed.has('features') || changed.has('hrefOf') || changed.has('store'))
      this.#painter.restart();
    else this.#painter.renew();
  }

  protected override render(): TemplateResult {
    const { features, store } = this;
    const selecting = (store?.selection.size ?? 0) > 0;
    return html`<div class=${selecting ? 'frame selecting' : 'frame'} data-features=${features.select ? '' : 'no-select'}>
      <div class="scroller" part="table" role="treegrid" aria-multiselectable="true" aria-label=${this.label}
        @scroll=${() => this.#painter.scroll()} @pointerover=${() => this.#hands.prepare()} @focusin=${(event: FocusEvent) => this.#hands.focus(event)}
        @keydown=${this.#take} @click=${this.#take} @auxclick=${this.#take}>
        <div class="head" role="row" aria-rowindex="1">${COLUMNS.map(({ cell, label, sort }) => this.#column(cell, label, sort))}</div>
        <div class="pins" aria-hidden="true"></div>
        <div class="pad" role="presentation"><div class="window" role="rowgroup"></div></div>
        <div class="probe" aria-hidden="true"></div>
      </div>
      <div class="hidden" role="status"></div>
      <sam-menu></sam-menu>
    </div>`;
  }

  /** Moves the focus into the table, to where it was. */
  override focus(): void {
    this.#painter.focusCurrent();
  }

  /** Says something to assistive technology without moving the focus. */
  announce(text: string): void {
    const status = this.renderRoot.querySelector('[role="status"]');
    if (status) status.textContent = text;
  }

  /** Brings a line into sight and makes it the current one. */
  goTo(line: Line): void {
    this.#painter.goTo(line);
  }

  /** Shows for a moment that a line is new. */
  mark(line: AccountLine): void {
    this.#painter.mark(line);
  }

  /** Opens the menu of a line at its button, or at the row where the layout has no button. */
  openMenu(line: AccountLine): Promise<void> {
    return this.#hands.do(({ menu }) => menu.open(line));
  }

  /** Lets a name be edited in its row; `refused` is what was typed before, with the reason why it can't be. */
  editName(line: AccountLine, refused: RefusedName | null = null): Promise<void> {
    return this.#hands.do(({ names }) => names.open(line, refused));
  }

  /** Sorts by a column, the other way round when it is the one already. */
  sortBy(sort: SortKey): void {
    const { store } = this;
    if (store === null) return;
    const { order } = store;
    const first = sort === 'name' || sort === 'created' ? 'asc' : 'desc';
    const direction = order.sort !== sort ? first : order.direction === 'asc' ? 'desc' : 'asc';
    store.sortBy({ sort, direction });
    const column = COLUMNS.find((other) => other.sort === sort);
    const { say } = this.texts;
    if (column)
      this.announce(say(direction === 'asc' ? 'sortedAscending' : 'sortedDescending', { column: say(column.label) }));
    this.requestUpdate();
  }

  #column(cell: string, label: (typeof COLUMNS)[number]['label'], sort: SortKey | null): TemplateResult {
    const order = this.store?.order;
    const sorted = sort !== null && order?.sort === sort ? order.direction : null;
    const words = this.texts.say(label);
    const unseen = cell === 'select' || cell === 'switch' || cell === 'actions';
    return html`<div class="cell ${cell}" role="columnheader" aria-sort=${sorted ? `${sorted}ending` : nothing}>${
      sort === null
        ? html`<span class=${unseen ? 'hidden' : ''}>${words}</span>`
        : html`<button class="column" type="button" tabindex="-1" @click=${() => this.sortBy(sort)}>${words}${sorted ? icon(sorted === 'asc' ? 'sortUp' : 'sortDown', 12) : nothing}</button>`
    }</div>`;
  }

  #take(event: KeyboardEvent | MouseEvent): void {
    this.#hands.take(event);
  }

  #listen(): void {
    this.#stopListening?.();
    this.#stopListening = this.store?.listen(this.#painter) ?? null;
  }
}
