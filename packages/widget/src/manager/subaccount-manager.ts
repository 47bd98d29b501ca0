import { createTenantree, fetched, isForeign, NO_ANSWER, type Tenantree } from '@tenantree/client';
import { type AccountId, instantOf } from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { AccountTab } from '../account/tabs.ts';
import { type AccountRef, type AccountSource, SourceRefusal } from '../data/account-source.ts';
import { clientSource } from '../data/client-source.ts';
import { DEFAULT_VIEW, type ScreenView } from '../data/screen-view.ts';
import { emit, type OpenDetail } from '../events.ts';
import { controlStyles } from '../parts/control-styles.ts';
import type { Strings } from '../strings/en.ts';
import { loadTexts } from '../strings/load-texts.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { FEATURES, type Feature } from '../subaccounts/features.ts';
import { type Ended, READ_ONLY, type SamSubaccounts } from '../subaccounts/sam-subaccounts.ts';
import { ELEMENT_TOKENS } from '../tokens/tokens.ts';
import type { AccountRoom } from './account-room.ts';
import { languageAt } from './language.ts';
import type { SubaccountManagerElement } from './public.ts';
import { managerStyles, registerRem } from './subaccount-manager-styles.ts';

/** What happens between our own elements stays among them. */
const stop = (event: Event): void => event.stopPropagation();

/** Where a session stands: none yet, running, given up, or with a server of another protocol. */
type Phase = 'waiting' | 'running' | 'loggedOut' | 'foreign';

/** What stands here when there is no session and will be none. Nothing of it is loaded: a newer server has other files. */
const over = (title: string, text: string): TemplateResult =>
  html`<div class="over" part="state"><h2>${title}</h2><p>${text}</p></div>`;

const parseFeatures = (text: string | null): readonly Feature[] =>
  text === null ? FEATURES : FEATURES.filter((feature) => text.split(/[\s,]+/).includes(feature));

/** Slots that the list fills itself as long as the page puts nothing into them. */
const SLOTS = ['header', 'empty', 'footer'] as const;

/** Parts of the screens that a page may style. */
const PARTS = 'header, card, toolbar, search, button, live, state, menu, table, row, cell, badge, dialog, tab';

/**
 * `<subaccount-manager>`: the subaccounts of an account inside somebody else's page (rules/widget 2). It has a session and texts of its own
 * and composes the screens: the list, and the account that was opened in it. Give it `account`, an id or `ext:` and an external id, and
 * `getToken`; everything else has a default.
 *
 * @tagname subaccount-manager
 * @slot - what stands here until there is a session
 * @slot header - in place of the title
 * @slot empty - in place of what is said where there are no subaccounts
 * @slot footer - below the table
 * @fires sam-ready - the first rows are there
 * @fires sam-open - an account is opened; cancelable: then the page shows it
 * @fires sam-switch - an account is to become the acting one; cancelable
 * @fires sam-change - an account was changed
 * @fires sam-error - something was refused or failed
 * @fires sam-session-expired - a fresh token was refused, too
 */
export class SubaccountManager extends LitElement implements SubaccountManagerElement {
  static override properties: PropertyDeclarations = {
    account: {},
    api: {},
    features: { converter: { fromAttribute: parseFeatures } },
    readOnly: READ_ONLY,
    density: {},
    fit: { reflect: true },
    locale: {},
    theme: { reflect: true },
    brand: {},
    getToken: { attribute: false },
    strings: { attribute: false },
    view: { attribute: false },
    hrefOf: { attribute: false },
    opened: { attribute: false },
    phase: { state: true },
    texts: { state: true },
    shown: { state: true },
    source: { state: true },
    ended: { state: true },
  };
  static override styles = [ELEMENT_TOKENS, controlStyles, managerStyles];

  /** The acting account: its subaccounts are shown. */
  declare account: AccountRef | '';
  /** Base address of the API; that of the script when left out. */
  declare api: string;
  /** What is offered; the server decides what is allowed. */
  declare features: readonly Feature[];
  /** Nothing can be changed. */
  declare readOnly: boolean;
  declare density: 'comfortable' | 'compact';
  /** `fill` takes the height of the host; otherwise the table grows up to `--sam-max-block-size`. */
  declare fit: 'content' | 'fill';
  /** BCP 47; that of the page at this place when left out. */
  declare locale: string;
  /** `light`, `dark` or `system`; the page's scheme when left out. */
  declare theme: string;
  /** One colour from which all accents are made; present but empty: from `--sam-accent` of the element. */
  declare brand: string | null | undefined;
  /** Hands out a short-lived embed token; called again whenever a new one is needed. Kept in memory only. Another function begins no other session. */
  declare getToken: (() => Promise<string>) | null;
  /** Single texts to replace. */
  declare strings: Partial<Strings>;
  /** What is searched for, the order and the statuses shown. */
  declare view: ScreenView;
  /** Address of an account's page of the host's; without it names aren't links. */
  declare hrefOf: ((id: AccountId) => string) | null;
  /** The account that the page shows beside the table: its row is marked. */
  declare opened: AccountId | null;
  declare protected phase: Phase;
  declare protected texts: Texts;
  /** The account that is shown in detail here. */
  declare protected shown: AccountId | null;
  declare protected source: AccountSource | null;
  declare protected ended: Ended | null;
  #client: Tenantree | null = null;
  #room: AccountRoom | null = null;
  #session = new AbortController();
  readonly #children = new MutationObserver(() => this.requestUpdate());

  constructor() {
    super();
    this.account = '';
    this.api = new URL(import.meta.url).origin;
    this.features = FEATURES;
    this.readOnly = false;
    this.density = 'comfortable';
    this.fit = 'content';
    this.locale = '';
    this.theme = '';
    this.getToken = null;
    this.strings = {};
    this.view = DEFAULT_VIEW;
    this.hrefOf = null;
    this.opened = null;
    this.phase = 'waiting';
    this.texts = defaultTexts();
    this.shown = null;
    this.source = null;
    this.ended = null;
    this.#keepKeys();
  }

  override connectedCallback(): void {
    registerRem();
    super.connectedCallback();
    this.#children.observe(this, { childList: true });
    if (this.hasUpdated) this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#children.disconnect();
    this.#stop();
  }

  /** Ends the session: connections are closed, the token is forgotten, nothing of the account stays on screen. */
  logout(): void {
    this.#stop();
    this.phase = 'loggedOut';
  }

  /** Begins a session anew, with a new token. */
  reconnect(): void {
    this.#stop();
    this.#start();
  }

  /** Loads what is shown again; it stays on screen until the answers come. */
  refresh(): void {
    this.#list?.refresh();
  }

  /** Moves the focus to the search field. */
  focusSearch(): void {
    this.#list?.focusSearch();
  }

  /** Shows an account below the acting one in detail. Where its part can't be had now the list stays, and `sam-error` says so. */
  async open(account: AccountId, tab: AccountTab = 'overview'): Promise<void> {
    const { source } = this;
    const client = this.#client;
    if (!source || !client) return;
    const { signal } = this.#session;
    try {
      const { AccountRoom } = await fetched(() => import('./account-room.ts'), 'AccountRoom');
      if (signal.aborted) return;
      this.#room ??= new AccountRoom(client, source, this.shadowRoot, (shown) => this.#show(shown));
      await this.#room.open(account, tab);
    } catch {
      this.#list?.report(new SourceRefusal(NO_ANSWER));
    }
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('locale') || changed.has('strings')) void this.#loadTexts();
    // Frameworks hand over another function with every rendering: the session goes on, and its next token is that one's.
    if (changed.has('api') || changed.has('account') || (changed.has('getToken') && this.phase === 'waiting'))
      this.reconnect();
  }

  protected override updated(changed: PropertyValues<this>): void {
    // Without its part, our own colours stay.
    if (changed.has('brand'))
      fetched(() => import('./brand.ts'), 'paintBrand').then(
        ({ paintBrand }) => paintBrand(this),
        () => undefined,
      );
  }

  protected override render(): TemplateResult {
    return html`<div class="root" @sam-action=${stop} @sam-select=${stop} @sam-rename=${stop}>${this.#content()}</div>`;
  }

  /** Keys that are pressed here stay here; which of them are the page's all the same is known a moment later (keep-keys.ts). */
  #keepKeys(): void {
    const all = new AbortController();
    for (const type of ['keydown', 'keypress', 'keyup']) this.addEventListener(type, stop, all);
    fetched(() => import('./keep-keys.ts'), 'keepKeys').then(
      ({ keepKeys }) => keepKeys(this, all),
      () => undefined,
    );
  }

  #content(): TemplateResult {
    const { say } = this.texts;
    switch (this.phase) {
      // Until there is a session, what the page put here stays to be read.
      case 'waiting':
        return html`<slot></slot>`;
      case 'loggedOut':
        return over(say('loggedOut'), '');
      case 'foreign':
        return over(say('versionTitle'), say('versionText'));
      default:
        return this.#rooms();
    }
  }

  #rooms(): TemplateResult {
    const { shown, texts, features } = this;
    const access = this.readOnly || this.ended ? 'readOnly' : 'full';
    return html`<div class="rooms ${shown === null ? '' : 'open'}">
      <sam-subaccounts exportparts=${PARTS} .source=${this.source} .account=${this.account} .texts=${texts} .features=${features}
        .readOnly=${this.readOnly} .ended=${this.ended} .density=${this.density} .view=${this.view} .hrefOf=${this.hrefOf} .opened=${this.opened ?? shown}
        fit=${this.fit} @sam-open=${this.#openHere}>${SLOTS.map((name) => this.#slot(name))}</sam-subaccounts>
      ${this.#room?.render({ texts, features, access, parts: PARTS, acting: this.#list }) ?? nothing}
    </div>`;
  }

  /** What the page put into a slot goes to the list; where it put nothing, the list has its own. */
  #slot(name: (typeof SLOTS)[number]): TemplateResult | typeof nothing {
    const isFilled = [...this.children].some(({ slot }) => slot === name);
    return isFilled ? html`<slot name=${name} slot=${name}></slot>` : nothing;
  }

  get #list(): SamSubaccounts | null {
    return this.renderRoot?.querySelector<SamSubaccounts>('sam-subaccounts') ?? null;
  }

  /** An account is shown in detail; or no longer, null: then the focus is back in its row. */
  #show(shown: AccountId | null): void {
    const before = this.shown;
    this.shown = shown;
    this.requestUpdate();
    if (shown === null && before !== null) void this.updateComplete.then(() => this.#list?.focusRow(before));
  }

  /** Somebody opens an account; the page may prevent it and show it itself. */
  #openHere(event: CustomEvent<OpenDetail>): void {
    const { account, place, tab } = event.detail;
    queueMicrotask(() => {
      const isOurs = place === 'here' && this.features.includes('open');
      if (isOurs && !event.defaultPrevented) void this.open(account.id, tab);
    });
  }

  #start(): void {
    const { account, api } = this;
    if (!this.isConnected || account === '' || this.getToken === null) return;
    this.#session = new AbortController();
    const { signal } = this.#session;
    this.#client = createTenantree({
      url: api,
      getToken: () => this.getToken!(),
      // A screen says at once what failed, and has a button for trying again.
      retries: 0,
      onSessionExpired: () => {
        if (signal.aborted) return;
        this.ended = { since: instantOf(Date.now()), reconnect: () => this.reconnect() };
        emit(this, 'sam-session-expired', {});
      },
    });
    this.source = clientSource(this.#client);
    this.phase = 'running';
    void this.#shakeHands(signal);
  }

  #stop(): void {
    this.#session.abort();
    this.#client?.close();
    this.#client = null;
    this.#room = null;
    this.shown = null;
    this.ended = null;
    this.source = null;
    this.phase = 'waiting';
  }

  async #shakeHands(signal: AbortSignal): Promise<void> {
    if (!(await isForeign(this.api, signal)) || signal.aborted) return;
    this.#stop();
    this.phase = 'foreign';
    emit(this, 'sam-error', { code: 'PROTOCOL_MISMATCH', message: this.texts.say('versionTitle'), retryable: false });
  }

  async #loadTexts(): Promise<void> {
    const { strings } = this;
    const locale = this.locale || languageAt(this);
    const texts = await loadTexts(locale, strings);
    if (this.strings === strings) this.texts = texts;
  }
}
