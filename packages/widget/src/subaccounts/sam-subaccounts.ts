import { NO_ANSWER } from '@tenantree/client';
import type { AccountId, AccountRow } from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import { type AccountRef, type AccountSource, type LiveState, SourceRefusal } from '../data/account-source.ts';
import { DEFAULT_VIEW, type ScreenView } from '../data/screen-view.ts';
import { type ActionDetail, emit, type RenameDetail } from '../events.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LatePart } from '../parts/late-part.ts';
import type { MenuItem } from '../parts/sam-menu.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import type { SamTree } from '../tree/sam-tree.ts';
import { bones, countWords, failureNote, isEmpty, note } from './body.ts';
import type { HostAct } from './bulk-acts.ts';
import { type Allowed, allowedFeatures, FEATURES, type Feature } from './features.ts';
import type { ListControls } from './list-controls.ts';
import type { ListStates } from './list-states.ts';
import { subaccountsStyles } from './subaccounts-styles.ts';
import { toolbar } from './toolbar.ts';
import { TreeSession } from './tree-session.ts';

/** How long rows stand before it is loaded what one can do with them, in milliseconds: whoever acts later needs no server for that. */
const AHEAD_MS = 500;

/** Ctrl or ⌘ with Z, where there is no text whose own it would be. */
const isUndo = ({ key, ctrlKey, metaKey, shiftKey, altKey, target }: KeyboardEvent): boolean =>
  key === 'z' && (ctrlKey || metaKey) && !shiftKey && !altKey && !(target instanceof HTMLInputElement);

/** As an attribute: present, and not `false`. */
export const READ_ONLY = {
  attribute: 'read-only',
  converter: { fromAttribute: (text: string | null) => text !== null && text !== 'false' },
} as const;

const ROW_FEATURES = { switch: false };
const ROW_FEATURES_WITH_SWITCH = { switch: true };

/** A session that is over: since when, and how to begin another one. */
export type Ended = { readonly since: LiveState['since']; readonly reconnect: () => void };

/**
 * The subaccounts of an account: title, toolbar, tree and every state of it (rules/screens 1). Data comes from `source`; how one looks at it is
 * the host's. What happens when the screen is used is loaded when somebody turns to it (list-controls.ts).
 *
 * @slot header - in place of the title
 * @slot empty - in place of what is said where there are no subaccounts
 * @slot footer - below the table
 * @csspart header
 * @csspart card
 * @csspart toolbar
 * @fires sam-ready - the first rows are there
 * @fires sam-open - an account is to be shown in detail; cancelable
 * @fires sam-switch - an account is to become the acting one; cancelable
 * @fires sam-action - something else is to be done with an account; cancelable
 * @fires sam-change - an account was changed
 * @fires sam-error - something was refused or failed
 * @fires sam-view - one looks at the subaccounts in another way
 * @fires sam-density - rows are to be of another height
 */
export class SamSubaccounts extends LitElement {
  static override properties: PropertyDeclarations = {
    source: { attribute: false },
    account: {},
    texts: { attribute: false },
    features: { attribute: false },
    view: { attribute: false },
    hrefOf: { attribute: false },
    hostActs: { attribute: false },
    opened: { attribute: false },
    readOnly: READ_ONLY,
    ended: { attribute: false },
    density: {},
    fit: { reflect: true },
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
  /** What pages of the host do with all that is selected, beside what is offered by itself. */
  declare hostActs: readonly HostAct[];
  /** The account that the host shows in detail: its row is marked. */
  declare opened: AccountId | null;
  /** Nothing can be changed. */
  declare readOnly: boolean;
  /** The session of whoever looks is over: what is shown stays, is not live, and can't be changed. */
  declare ended: Ended | null;
  declare density: 'comfortable' | 'compact';
  /** `fill` takes the height of the host; otherwise the table grows up to `--sam-max-block-size`. */
  declare fit: 'content' | 'fill';
  session: TreeSession | null = null;
  readonly #controls = new LatePart(
    () => import('./list-controls.ts'),
    'ListControls',
    ({ ListControls }) => new ListControls(this),
    () => this.requestUpdate(),
  );

  constructor() {
    super();
    this.source = null;
    this.account = '';
    this.texts = defaultTexts();
    this.features = FEATURES;
    this.view = DEFAULT_VIEW;
    this.hrefOf = null;
    this.hostActs = [];
    this.opened = null;
    this.readOnly = false;
    this.ended = null;
    this.density = 'comfortable';
    this.fit = 'content';
  }

  /** What can be done here. */
  get allowed(): ReadonlySet<Allowed> {
    const access = this.readOnly || this.ended ? 'readOnly' : 'full';
    return allowedFeatures(this.features, access, this.session?.detail ?? null);
  }

  /** The table, once there is one. */
  get tree(): SamTree | null {
    // Before it ever stood in a document there is no root.
    return this.shadowRoot?.querySelector<SamTree>('sam-tree') ?? null;
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
    if (this.session?.store) void this.session.refresh();
    else this.restart();
  }

  /** What can be done with an account below the acting one: entries for its row, and for a host that shows the account elsewhere. */
  readonly menuOf = async (account: AccountRow): Promise<readonly MenuItem[]> =>
    (await this.#loadControls()).accounts.menuOf(account);

  /** Does one of these entries, with its dialog and its message. */
  async perform(id: string, account: AccountRow): Promise<void> {
    (await this.#loadControls()).perform(id, account);
  }

  /** Renames an account, with a message that has Undo; @returns why it was refused */
  async renameAccount(account: AccountRow, name: string): Promise<SourceRefusal | null> {
    return (await this.#loadControls()).accounts.renameElsewhere({ account, name });
  }

  /** Tells the host what failed. */
  report({ code, message, retryable }: SourceRefusal): void {
    emit(this, 'sam-error', { code, message, retryable });
  }

  /** Takes back what was done last, as long as its message is on screen. */
  undo(): void {
    this.#do(({ accounts }) => accounts.undo());
  }

  /** Asks for a new account below the acting one, or below the only one selected. */
  create(): void {
    this.#do((controls) => controls.create(null));
  }

  /** The only account that is selected; null where none is, or several are. */
  get onlySelected(): AccountRow | null {
    const [id, ...others] = this.session?.store?.selection ?? [];
    return id === undefined || others.length > 0 ? null : (this.session?.store?.account(id)?.row ?? null);
  }

  /** Moves the focus to the row of an account; to where it was in the table when there is none. */
  async focusRow(account: AccountId): Promise<void> {
    const line = this.session?.store?.view.lines.get(account);
    if (line) await this.tree?.goTo(line);
    this.tree?.focus();
  }

  /** Moves the focus to the search field. */
  focusSearch(): void {
    this.renderRoot.querySelector<HTMLInputElement>('.search input')?.focus();
  }

  /** Starts with the account from the beginning. */
  restart(): void {
    this.#end();
    if (this.source === null || this.account === '') return;
    this.session = new TreeSession(this.source, this.account, this.view, {
      ready: () => this.#ready(),
      refused: (refusal) => this.report(refusal),
      changed: () => this.requestUpdate(),
      missing: () => void this.#tellMissing(),
      ticked: () => this.#controls.part?.checkOrder(),
    });
    void this.session.start();
    this.requestUpdate();
  }

  /** Whether what is shown is live, and since when. */
  get live(): LiveState | null {
    return this.ended ? { kind: 'offline', since: this.ended.since } : (this.source?.state.get() ?? null);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.#controls.part?.completeTexts();
    if (changed.has('source') || changed.has('account')) this.restart();
    else if (changed.has('view') && this.session) this.#do((controls) => controls.follow());
  }

  protected override updated(_changed: PropertyValues<this>): void {
    this.#controls.part?.tellView();
  }

  protected override render(): TemplateResult {
    const { texts, session } = this;
    const controls = this.#controls.part;
    return html`<div class="screen" @keydown=${this.#press} @focusin=${this.#prepare} @pointerover=${this.#prepare}>
      <slot name="header"><div class="top" part="header"><div>
        <h1 tabindex="-1">${texts.say('title')}</h1><p class="count"><bdi>${countWords(session, texts)}</bdi></p></div></div></slot>
      <div class="card" part="card" @sam-action=${this.#act} @sam-rename=${this.#rename} @sam-select=${() => this.requestUpdate()} @sam-missing=${this.#missing}>
        <div class="looks">${controls?.looks.strip()}</div>
        ${toolbar(this, this.live, controls, this.#use)}
        ${this.#note()}
        ${controls?.bars.below()}
        ${this.#body()}
      </div>
      <div class="hidden" role="status">${controls?.bars.found()}</div>
      <slot name="footer"></slot>
      <sam-menu class="view-menu" part="menu"></sam-menu><sam-menu class="look-menu" part="menu"></sam-menu>
      <sam-toast></sam-toast>
    </div>`;
  }

  /** What is the matter with the rows that are shown. */
  #note(): TemplateResult | null {
    const { session, texts, ended } = this;
    const { say } = texts;
    if (ended) return note('alert', say('sessionEnded'), say('reconnect'), ended.reconnect);
    if (!session?.store || !session.stale) return null;
    return failureNote(session.stale.refusal, session.stale.since, texts, () => this.refresh());
  }

  #body(): TemplateResult {
    const { texts, session } = this;
    const store = session?.store;
    const retry = (): void => this.restart();
    if (session?.refusal)
      return this.#states()?.refused(session.refusal, retry) ?? failureNote(session.refusal, null, texts, retry);
    if (!store) return bones(texts);
    return html`${isEmpty(store) ? this.#states()?.empty(store, this.#use) : nothing}
      <sam-tree exportparts="table, row, cell, badge, button, menu" ?hidden=${store.view.visible.length === 0}
        ?stale=${this.live?.kind === 'offline'}
        .store=${store} .texts=${texts} .hrefOf=${this.hrefOf} .opened=${this.opened} .features=${this.allowed.has('switch') ? ROW_FEATURES_WITH_SWITCH : ROW_FEATURES} .menuOf=${this.menuOf}
        density=${this.density} fit=${this.fit} label=${texts.say('title')}></sam-tree>`;
  }

  /** What stands in place of rows, once it is there; where it can't be had now, it is tried again with the next change. */
  #states(): ListStates | null {
    const { part } = this.#controls;
    if (!part) this.#controls.load().catch(() => undefined);
    return part?.states ?? null;
  }

  /** The first rows are there. */
  #ready(): void {
    const { session } = this;
    emit(this, 'sam-ready', { account: session?.row ?? null });
    if (session?.isKept || session?.view.columns) this.#do((controls) => controls.search.find(session.query));
    setTimeout(() => this.#prepare(), AHEAD_MS);
  }

  #prepare(): void {
    this.#controls.prepare();
  }

  /** Shortcuts that belong to the screen. In the table they are the table's, in a field letters. */
  #press(event: KeyboardEvent): void {
    const { key, target } = event;
    if (event.defaultPrevented) return;
    if (key === 'F6') this.#do(({ accounts }) => accounts.toastsFocus());
    else if (isUndo(event)) this.undo();
    else if (!(target instanceof HTMLElement && target.matches('h1, button')) || event.ctrlKey || event.metaKey) return;
    else if (key === '/') this.focusSearch();
    else if (key === 'c') this.#do((controls) => controls.create(null));
    else return;
    event.preventDefault();
  }

  /** Something named is clicked, typed into, or pressed in. */
  #use(event: Event): void {
    const { currentTarget: used } = event;
    // Esc that empties the field means nothing else, however late the field is emptied.
    if (event instanceof KeyboardEvent && event.key === 'Escape' && used instanceof HTMLInputElement && used.value)
      event.preventDefault();
    this.#do((controls) => controls.use(used, event));
  }

  /** Something is wanted from a row; a host may prevent it and do it itself. */
  #act(event: CustomEvent<ActionDetail>): void {
    const { action, account } = event.detail;
    queueMicrotask(() => {
      if (!event.defaultPrevented) this.#do((controls) => controls.act(action, account));
    });
  }

  #rename({ detail }: CustomEvent<RenameDetail>): void {
    this.#do(({ accounts }) => void accounts.rename(detail));
  }

  /** Does something once it is known how. */
  #do(act: (controls: ListControls) => void): void {
    const { part } = this.#controls;
    if (part) act(part);
    else this.#loadControls().then(act, () => undefined);
  }

  async #loadControls(): Promise<ListControls> {
    try {
      return await this.#controls.load();
    } catch (cause) {
      void this.#tellMissing();
      throw cause;
    }
  }

  #missing(event: Event): void {
    event.stopPropagation();
    void this.#tellMissing();
  }

  /** Says that a part of the page could not be loaded: where the server answers it is a newer one, and has other parts. */
  async #tellMissing(): Promise<void> {
    const { session } = this;
    const isNewer = await session?.source.get(session.account, session.signal).then(
      () => true,
      () => false,
    );
    const message = this.texts.say('versionText');
    session?.report(new SourceRefusal(isNewer ? { code: 'INTERNAL', message } : NO_ANSWER));
  }

  #end(): void {
    this.session?.stop();
    this.session = null;
  }
}
