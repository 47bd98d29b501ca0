import type { AccountId, AccountRow } from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { emit, type RowChoice } from '../events.ts';
import { icon } from '../icons/icon.ts';
import { ARROW_DOWN, ARROW_UP } from '../icons/list-icons.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LatePart } from '../parts/late-part.ts';
import type { MenuItem } from '../parts/sam-menu.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import type { AccountLine, Line } from './lines.ts';
import type { RefusedName } from './name-editor.ts';
import type { Column, Columns, RowFeatures } from './paint-row.ts';
import type { TreeInteraction } from './tree-interaction.ts';
import { TreePainter } from './tree-painter.ts';
import type { TreeStore } from './tree-store.ts';
import { treeStyles } from './tree-styles.ts';

const COLUMNS = [
  { cell: 'select', label: 'columnSelect' },
  { cell: 'name', label: 'columnName' },
  { cell: 'minutes number', label: 'columnMinutes' },
  { cell: 'plan', label: 'columnPlan' },
  { cell: 'status', label: 'columnStatus' },
  { cell: 'caps', label: 'columnPermissions' },
  { cell: 'members number', label: 'columnMembers' },
  { cell: 'agents number', label: 'columnAgents' },
  { cell: 'switch', label: 'columnSwitch' },
  { cell: 'actions', label: 'columnActions' },
] as const;
/** Columns whose title needn't be seen. */
const UNSEEN = ['select', 'switch', 'actions'];

/** Keys that may mean something to the table, those with a modifier behind `^`. Esc and those of the browser are left alone until it is known what they mean. */
const KEYS = /^(.|Arrow.+|Page.+|\^?(Home|End|Enter)|F2|F10|ContextMenu|\^[as])$/iu;

/** Whether a key or a click is nobody's but the table's. */
function isForTable(event: KeyboardEvent | MouseEvent, target: Element): boolean {
  const withModifier = event.ctrlKey || event.metaKey;
  if (event instanceof MouseEvent)
    return (
      target.closest('.row, .column') !== null && !(target.closest('a[href]') && (withModifier || event.button !== 0))
    );
  if (event.altKey || target.closest('.editing')) return false;
  const presses = event.key === 'Enter' || event.key === ' ';
  if (presses && target.matches('button, input, a[href]')) return false;
  return KEYS.test(`${withModifier ? '^' : ''}${event.key}`);
}

/**
 * The tree table of accounts (rules/screens 1, 15): a treegrid over a {@link TreeStore} that keeps a handful of rows in the document
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
    columns: { attribute: false },
    label: {},
    density: { reflect: true },
  };
  static override styles = [controlStyles, treeStyles];

  declare store: TreeStore | null;
  declare texts: Texts;
  declare features: RowFeatures;
  /** Address of an account's page, for middle-click and new tabs; without it names are plain text. */
  declare hrefOf: ((id: AccountId) => string) | null;
  /** The account that is shown in detail elsewhere: its row is marked. */
  declare opened: AccountId | null;
  /** Entries of an account's menu; their ids are actions of `sam-action`, or `open` and `switch`. */
  declare menuOf: (account: AccountRow) => readonly MenuItem<RowChoice>[] | Promise<readonly MenuItem<RowChoice>[]>;
  /** Columns as somebody arranged them. */
  declare columns: Columns | null;
  /** Name of the table for assistive technology. */
  declare label: string;
  declare density: 'comfortable' | 'compact';
  #painter: TreePainter | null = null;
  /** What people do in the table. Loaded when they come near; what is pressed before it is there is pressed again then. */
  #interaction: LatePart<TreeInteraction, typeof import('./tree-interaction.ts')> | null = null;
  #stopListening: (() => void) | null = null;

  constructor() {
    super();
    this.store = null;
    this.texts = defaultTexts();
    this.features = { switch: true };
    this.hrefOf = null;
    this.opened = null;
    this.menuOf = () => [];
    this.columns = null;
    this.label = '';
    this.density = 'comfortable';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (!this.#painter) return;
    this.#listen();
    this.#painter.frame.connect();
    this.#painter.renew();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopListening?.();
    this.#painter?.disconnect();
  }

  protected override firstUpdated(): void {
    const painter = new TreePainter(this, this.renderRoot);
    painter.frame.connect();
    this.#painter = painter;
    this.#interaction = new LatePart(
      () => import('./tree-interaction.ts'),
      'TreeInteraction',
      ({ TreeInteraction }) => new TreeInteraction(this, painter),
      () => painter.scroll(),
    );
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('store')) this.#listen();
    this.#painter?.renew();
  }

  protected override render(): TemplateResult {
    const { store } = this;
    const selecting = (store?.selection.size ?? 0) > 0;
    return html`<div class=${selecting ? 'frame selecting' : 'frame'}>
      <div class="scroller" part="table" role="treegrid" aria-multiselectable="true" aria-label=${this.label}
        @scroll=${this.#scroll} @pointerover=${this.prepare} @focusin=${this.#follow}
        @keydown=${this.#take} @click=${this.#take} @auxclick=${this.#take}>
        <div class="head" role="row" aria-rowindex="1">${(this.columns?.head ?? COLUMNS).map(({ cell, label }) => this.#column(cell, label))}</div>
        <div class="pins" aria-hidden="true"></div>
        <div class="pad" role="presentation"><div class="window" role="rowgroup"></div></div>
        <div class="probe" aria-hidden="true"></div>
      </div>
      <div class="hidden" role="status"></div>
      <sam-menu></sam-menu>
    </div>`;
  }

  /** Levels that open in place in the present layout; before there is one, a single level. */
  get levels(): number {
    return this.#painter?.frame.levels ?? 1;
  }

  /** Where the columns begin, in CSS pixels from the left of the window: whatever a host lays over the table can end there. */
  columnStarts(): readonly number[] {
    const isRtl = this.matches(':dir(rtl)');
    const heads = [...this.renderRoot.querySelectorAll('.head .cell')].filter((head) => head.checkVisibility());
    return heads.map((head) => head.getBoundingClientRect()).map(({ left, right }) => (isRtl ? right : left));
  }

  /** Loads what is done in the table, and how it looks then. */
  prepare(): void {
    this.#interaction?.prepare();
  }

  /** Moves the focus into the table, to where it was. */
  override focus(): void {
    this.#painter?.focusCurrent();
  }

  /** Brings a line into sight and makes it the current one. */
  async goTo(line: Line): Promise<void> {
    await this.#do(({ intents }) => intents.goTo(line));
  }

  /** Lets a name be edited in its row; `refused` is what was typed before, with the reason why it can't be. */
  async editName(line: AccountLine, refused: RefusedName | null = null): Promise<void> {
    await this.#do(({ names }) => names.open(line, refused));
  }

  #column(cell: string, label: Column['label']): TemplateResult {
    const order = this.store?.order;
    // One can sort by names and numbers.
    const [name, kind] = cell.split(' ');
    const sortable = name === 'name' || kind === 'number';
    const direction = order && order.sort === name ? order.direction : null;
    const words = this.texts.say(label);
    return html`<div class="cell ${cell}" role="columnheader" aria-sort=${direction ? `${direction}ending` : nothing}>${
      sortable
        ? html`<button class="column" type="button" tabindex="-1">${words}${direction ? icon(direction === 'asc' ? ARROW_UP : ARROW_DOWN, 12) : nothing}</button>`
        : html`<span class=${UNSEEN.includes(cell) ? 'hidden' : ''}>${words}</span>`
    }</div>`;
  }

  #scroll(): void {
    this.#painter?.scroll();
    this.prepare();
  }

  /** The focus arrived in a row or one of its cells. */
  #follow({ target }: FocusEvent): void {
    this.prepare();
    if (!(target instanceof Element) || target.closest('.editing')) return;
    const slot = this.#painter?.slotOf(target.closest('.row'));
    if (slot?.line)
      this.#painter?.follow(slot.line, (slot.account && target.closest('.cell')?.classList.item(1)) ?? null);
  }

  #take(event: KeyboardEvent | MouseEvent): void {
    const { target } = event;
    const interaction = this.#interaction?.part;
    if (interaction) interaction.take(event);
    else if (!event.defaultPrevented && target instanceof Element && isForTable(event, target)) {
      event.preventDefault();
      event.stopPropagation();
      this.#repeat(event, target);
    }
  }

  #repeat(event: KeyboardEvent | MouseEvent, target: Element): void {
    const again =
      event instanceof MouseEvent ? new MouseEvent(event.type, event) : new KeyboardEvent(event.type, event);
    const slot = this.#painter?.slotOf(target.closest('.row'));
    const line = slot?.line;
    // A row that shows another account by then is not what was meant.
    void this.#do(() => {
      if (slot?.line === line) target.dispatchEvent(again);
    });
  }

  /** Does something once it is known how; says so when that can't be had. */
  async #do(act: (interaction: TreeInteraction) => void | Promise<void>): Promise<void> {
    try {
      await this.#interaction?.load();
    } catch {
      emit(this, 'sam-missing', {});
    }
    if (this.#interaction?.part) await act(this.#interaction.part);
  }

  #listen(): void {
    this.#stopListening?.();
    this.#stopListening = (this.#painter && this.store?.listen(this.#painter)) ?? null;
  }
}
