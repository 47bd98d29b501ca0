import type { AccountId, AccountRow } from '@tenantree/domain';
import { adoptStyles, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { AccountRef, AccountSource, SourceRefusal } from '../data/account-source.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { fetched, LatePart } from '../parts/late-part.ts';
import type { MenuItem } from '../parts/sam-menu.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import type { RowFeatures } from '../tree/paint-row.ts';
import type { SamTree } from '../tree/sam-tree.ts';
import { emit } from '../tree/tree-events.ts';
import { DEFAULT_STATUS } from '../tree/tree-store.ts';
import { allowedFeatures, FEATURES, type Feature } from './features.ts';
import { DEFAULT_VIEW, isSameView, type ScreenView } from './screen-view.ts';
import { bones, countWords, foundWords, isEmpty, refusedNote, staleNote, wayBar } from './subaccounts-body.ts';
import { SubaccountsCommands } from './subaccounts-commands.ts';
import { subaccountsStyles } from './subaccounts-styles.ts';
import { toolbar } from './subaccounts-toolbar.ts';
import { TreeSession } from './tree-session.ts';

/** How often an order is looked at while numbers change, in milliseconds. */
const ORDER_CHECK_MS = 500;

/**
 * The subaccounts of an account: title, toolbar, tree and every state of it (ux.md 2.3). Data comes from `source`; intents leave
 * as cancelable `sam-open`, `sam-switch` and `sam-action`; what was changed as `sam-change`, what failed as `sam-error`, and how
 * one looks at it now as `sam-view`.
 */
export class SamSubaccounts extends LitElement {
  static override properties = {
    source: { attribute: false },
    account: {},
    texts: { attribute: false },
    features: { attribute: false },
    view: { attribute: false },
    hrefOf: { attribute: false },
    readOnly: { type: Boolean, attribute: 'read-only' },
    density: { reflect: true },
    fit: { reflect: true },
    heading: {},
  };
  static override styles = [controlStyles, subaccountsStyles];

  /** Where accounts come from. Another source, or another account, starts anew. */
  declare source: AccountSource | null;
  /** The acting account: its subaccounts are shown. */
  declare account: AccountRef | '';
  declare texts: Texts;
  /** What is offered; the server decides what is allowed. */
  declare features: readonly Feature[];
  /** What is searched for, the order and the statuses shown; a host that keeps them gives them back here. */
  declare view: ScreenView;
  /** Address of an account's page; without it names aren't links. */
  declare hrefOf: ((id: AccountId) => string) | null;
  declare readOnly: boolean;
  declare density: 'comfortable' | 'compact';
  /** `fill` takes the height of the host; otherwise the table grows up to `--sam-max-block-size`. */
  declare fit: 'content' | 'fill';
  /** Title instead of the catalogue's; an empty one leaves it out. */
  declare heading: string | null;
  session: TreeSession | null = null;
  readonly #commands = new SubaccountsCommands(this);
  readonly #states = new LatePart(() => fetched(() => import('./screen-states.ts')));
  #stops: (() => void)[] = [];
  #orderCheck: ReturnType<typeof setTimeout> | undefined;
  #order: 'current' | 'outdated' = 'current';
  #shown = DEFAULT_VIEW;
  #allowed: ReadonlySet<Feature> = new Set();
  #rowFeatures: RowFeatures = { select: true, switch: true, actions: true };

  constructor() {
    super();
    this.source = null;
    this.account = '';
    this.texts = defaultTexts();
    this.features = FEATURES;
    this.view = DEFAULT_VIEW;
    this.hrefOf = null;
    this.readOnly = false;
    this.density = 'comfortable';
    this.fit = 'content';
    this.heading = null;
  }

  /** What can be done here. */
  get allowed(): ReadonlySet<Feature> {
    return this.#allowed;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.restart();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end();
  }

  /** Loads what is shown again; it stays on screen until the answers come. */
  refresh(): void {
    if (this.session?.store) this.session.store.refresh();
    else this.restart();
  }

  /** The table, once there is one. */
  get tree(): SamTree | null {
    return this.renderRoot.querySelector<SamTree>('sam-tree');
  }

  /** What can be done with an account below the acting one: entries for a host that shows the account elsewhere. */
  menuOf(account: AccountRow): Promise<readonly MenuItem[]> {
    return this.#commands.menuOf(account);
  }

  /** Does one of these entries, with its dialog and its message. */
  perform(id: string, account: AccountRow): Promise<void> {
    return this.#commands.perform(id, account);
  }

  /** Renames an account, with a message that has Undo; @returns why it was refused */
  async renameAccount(account: AccountRow, name: string): Promise<SourceRefusal | null> {
    return (await this.#commands.work()).accounts.renameElsewhere({ account, name });
  }

  /** Tells the host what failed. */
  report({ code, message, retryable }: SourceRefusal): void {
    emit(this, 'sam-error', { code, message, retryable });
  }

  /** Shows the tree again as it was before a search. */
  clearSearch(): void {
    if (this.#commands.query !== '') this.#commands.search('');
  }

  /** Moves the focus to the search field. */
  focusSearch(): void {
    this.renderRoot.querySelector<HTMLInputElement>('.search input')?.focus();
  }

  /** Starts with the account from the beginning. */
  restart(): void {
    this.#end();
    if (this.source === null || this.account === '') return;
    const { source } = this;
    this.session = new TreeSession(source, this.account, this.view, () => this.#sessionChanged());
    this.#commands.query = this.view.query;
    this.#shown = this.view;
    this.#stops.push(source.state.subscribe(() => this.#liveChanged()));
    void this.session.start();
    this.requestUpdate();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('source') || changed.has('account')) this.restart();
    else if (changed.has('view')) this.#follow();
    if (this.#order === 'outdated' && !this.session?.store?.view.isOutOfOrder()) this.#order = 'current';
    this.#allowed = allowedFeatures(this.features, this.readOnly ? 'readOnly' : 'full', this.session?.detail ?? null);
    const switches = this.#allowed.has('switch');
    if (this.#rowFeatures.switch !== switches) this.#rowFeatures = { ...this.#rowFeatures, switch: switches };
  }

  protected override updated(): void {
    const store = this.session?.store;
    if (!store || this.session?.searching) return;
    const view = { query: this.#commands.query.trim(), order: store.order, status: store.status };
    if (isSameView(view, this.#shown)) return;
    this.#shown = view;
    emit(this, 'sam-view', view);
  }

  protected override render(): TemplateResult {
    const { texts, session } = this;
    const commands = this.#commands;
    const store = session?.store ?? null;
    const found = foundWords(store, texts);
    return html`<div class="screen" @keydown=${commands.press} @focusin=${commands.prepare} @pointerover=${commands.prepare}>
      ${this.#top()}
      <div class="card" part="card" @sam-action=${commands.act} @sam-rename=${commands.rename} @sam-select=${() => this.requestUpdate()} @sam-sort=${() => this.requestUpdate()} @sam-missing=${commands.missing}>
        ${toolbar({
          texts,
          state: store === null ? 'waiting' : session?.searching ? 'searching' : 'ready',
          query: commands.query,
          found,
          selected: store?.selection.size ?? 0,
          order: this.#order,
          live: this.source?.state.get() ?? null,
          status: store?.status ?? DEFAULT_STATUS,
          updates: store?.paused ? 'paused' : 'running',
          create: this.#allowed.has('create') ? 'offered' : 'hidden',
          on: commands.toolbar,
        })}
        ${session && store ? staleNote(session, texts, () => this.refresh()) : nothing}
        ${store ? wayBar(store, texts, () => commands.leave()) : nothing}
        ${this.#body()}
      </div>
      <div class="hidden" role="status">${found}</div>
      <slot name="footer"></slot>
      <sam-menu class="view-menu" part="menu" label=${texts.say('viewLabel')}></sam-menu>
      <sam-toast></sam-toast>
    </div>`;
  }

  #top(): TemplateResult {
    if (this.heading === '') return html`<div></div>`;
    return html`<slot name="header"><div class="top" part="header"><div>
      <h1 tabindex="-1">${this.heading ?? this.texts.say('title')}</h1><p class="count"><bdi>${countWords(this.session, this.texts)}</bdi></p></div></div></slot>`;
  }

  #body(): TemplateResult {
    const { texts, session } = this;
    const commands = this.#commands;
    const store = session?.store ?? null;
    if (session?.refusal) {
      const { refusal, detail } = session;
      const retry = (): void => this.restart();
      const states = this.#statesNow();
      return states
        ? states.refusedState(refusal, detail?.name ?? '', texts, retry)
        : refusedNote(refusal, texts, retry);
    }
    if (store === null) return bones(texts);
    const create = this.#allowed.has('create') ? () => commands.toolbar.create() : null;
    const offers = { clearSearch: () => commands.toolbar.search(''), create };
    return html`${isEmpty(store) ? this.#statesNow()?.emptyState(store, texts, offers) : nothing}
      <sam-tree exportparts="table, row, cell, badge, button, menu" ?hidden=${store.view.visible.length === 0}
        ?stale=${this.source?.state.get().kind === 'offline'}
        .store=${store} .texts=${texts} .hrefOf=${this.hrefOf} .features=${this.#rowFeatures} .menuOf=${commands.menuOf}
        density=${this.density} fit=${this.fit} label=${texts.say('title')}></sam-tree>`;
  }

  /** What stands in place of rows, once it is there. */
  #statesNow(): typeof import('./screen-states.ts') | null {
    const { part } = this.#states;
    if (part === null) this.#loadStates().catch(() => undefined);
    return part;
  }

  async #loadStates(): Promise<void> {
    const { stateStyles } = await this.#states.load();
    if (this.shadowRoot) adoptStyles(this.shadowRoot, [...SamSubaccounts.styles, stateStyles]);
    this.requestUpdate();
  }

  /** Shows what the host wants to see; a host that only gives back what it was told changes nothing. */
  #follow(): void {
    const before = this.#shown;
    if (isSameView(this.view, before)) return;
    this.#shown = this.view;
    this.#commands.show(this.view, before);
  }

  #sessionChanged(): void {
    const store = this.session?.store;
    if (store && this.#stops.length < 2) {
      const heard = { changed: () => this.#treeChanged(), ticked: () => this.#checkOrder() };
      this.#stops.push(store.listen(heard), this.#commands.ahead());
      emit(this, 'sam-ready', { account: this.session?.row });
    }
    if (this.session?.refusal) this.report(this.session.refusal);
    this.requestUpdate();
  }

  /** Back on line: what could not be loaded is tried again by itself. */
  #liveChanged(): void {
    if (this.source?.state.get().kind === 'live' && this.session?.stale?.refusal.retryable) this.refresh();
    this.requestUpdate();
  }

  #treeChanged(): void {
    this.#checkOrder();
    this.requestUpdate();
  }

  #checkOrder(): void {
    this.#orderCheck ??= setTimeout(() => {
      this.#orderCheck = undefined;
      const order = this.session?.store?.view.isOutOfOrder() ? 'outdated' : 'current';
      if (order === this.#order) return;
      this.#order = order;
      this.requestUpdate();
    }, ORDER_CHECK_MS);
  }

  #end(): void {
    this.session?.stop();
    this.session = null;
    for (const stop of this.#stops) stop();
    this.#stops = [];
    clearTimeout(this.#orderCheck);
    this.#orderCheck = undefined;
    this.#order = 'current';
  }
}
