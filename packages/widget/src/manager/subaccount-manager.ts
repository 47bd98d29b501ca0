import { createTenantree, type Tenantree } from '@tenantree/client';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { AccountRef, AccountSource } from '../data/account-source.ts';
import { clientSource } from '../data/client-source.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { fetched } from '../parts/late-part.ts';
import { FEATURES, type Feature } from '../screens/features.ts';
import type { SamSubaccounts } from '../screens/sam-subaccounts.ts';
import type { Strings } from '../strings/en.ts';
import { loadTexts } from '../strings/load-texts.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { emit } from '../tree/tree-events.ts';
import { frameStyles, registerRem, tokenSheet } from './frame-styles.ts';
import { shakeHands } from './handshake.ts';
import { languageAt } from './language.ts';

const PARTS = 'card, header, toolbar, search, live, table, row, cell, badge, button, dialog, menu, state';
const SLOTS = ['header', 'empty', 'footer'] as const;
/** What happens between our own elements stays among them. */
const stop = (event: Event): void => event.stopPropagation();

/** Where a session stands: none yet, running, over, given up, or with a server of another protocol. */
type Phase = 'waiting' | 'running' | 'expired' | 'loggedOut' | 'foreign';

/** What stands here when there is no session and will be none. Nothing of it is loaded: a newer server has other files. */
const ended = (title: string, text: string): TemplateResult =>
  html`<div class="state" part="state"><h2>${title}</h2><p>${text}</p></div>`;

const parseFeatures = (text: string | null): readonly Feature[] => {
  const wanted = new Set((text ?? '').split(/[\s,]+/));
  return text === null ? FEATURES : FEATURES.filter((feature) => wanted.has(feature));
};

/**
 * `<subaccount-manager>`: the subaccounts of an account inside somebody else's page (widget.md 2). Give it `account` and
 * `getToken`; everything else has a default.
 *
 * Events, composed and bubbling: cancelable `sam-switch` and `sam-open` ({account, place}), `sam-ready` ({account}),
 * `sam-change` ({account}), `sam-error` ({code, message, retryable}), `sam-session-expired`.
 */
export class SubaccountManager extends LitElement {
  static override properties = {
    account: {},
    api: {},
    features: { converter: { fromAttribute: parseFeatures } },
    readOnly: { type: Boolean, attribute: 'read-only' },
    density: {},
    fit: { reflect: true },
    locale: {},
    theme: { reflect: true },
    brand: {},
    router: {},
    getToken: { attribute: false },
    strings: { attribute: false },
    phase: { state: true },
    texts: { state: true },
    source: { state: true },
  };
  static override styles = [tokenSheet, controlStyles, frameStyles];

  /** Id of the account whose subaccounts are shown, or `ext:` and its external id. */
  declare account: AccountRef | '';
  /** Base address of the API; that of the script when left out. */
  declare api: string;
  /** What is offered, for example `create rename`; the token decides what is allowed. */
  declare features: readonly Feature[];
  declare readOnly: boolean;
  declare density: 'comfortable' | 'compact';
  /** `fill` takes the height of the host. */
  declare fit: 'content' | 'fill';
  /** BCP 47; that of the page at this place when left out. */
  declare locale: string;
  /** `light`, `dark` or `system`; the page's scheme when left out. */
  declare theme: string;
  /** One colour from which all accents are made; present but empty: from `--sam-accent` of the element. */
  declare brand: string | null;
  /** `none`: addresses are the host's business. */
  declare router: 'none';
  /** Hands out a short-lived embed token; called again whenever a new one is needed. Kept in memory only. */
  declare getToken: (() => Promise<string>) | null;
  /** Single texts to replace. */
  declare strings: Partial<Strings>;
  declare protected phase: Phase;
  declare protected texts: Texts;
  declare protected source: AccountSource | null;
  #client: Tenantree | null = null;
  #ended = new AbortController();
  readonly #brandSheet = new CSSStyleSheet();
  #children: MutationObserver | null = null;

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
    this.brand = null;
    this.router = 'none';
    this.getToken = null;
    this.strings = {};
    this.phase = 'waiting';
    this.texts = defaultTexts();
    this.source = null;
  }

  override connectedCallback(): void {
    registerRem();
    super.connectedCallback();
    this.#children = new MutationObserver(() => this.requestUpdate());
    this.#children.observe(this, { childList: true, attributes: true, attributeFilter: ['slot'], subtree: false });
    if (this.hasUpdated) this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#children?.disconnect();
    this.#stop();
  }

  /** Loads what is shown again. */
  refresh(): void {
    this.renderRoot.querySelector<SamSubaccounts>('sam-subaccounts')?.refresh();
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

  protected override createRenderRoot(): HTMLElement | DocumentFragment {
    const root = super.createRenderRoot();
    if (root instanceof ShadowRoot) root.adoptedStyleSheets.push(this.#brandSheet);
    return root;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('locale') || changed.has('strings')) void this.#loadTexts();
    if (changed.has('api') || changed.has('account') || changed.has('getToken')) this.reconnect();
  }

  protected override updated(changed: PropertyValues<this>): void {
    // without its part, our own colours stay
    if (changed.has('brand')) this.#paintBrand().catch(() => undefined);
  }

  protected override render(): TemplateResult {
    return html`<div class="root" @sam-action=${stop} @sam-select=${stop} @sam-sort=${stop} @sam-rename=${stop}>${this.#content()}</div>`;
  }

  #content(): TemplateResult {
    const { texts, phase } = this;
    const { say } = texts;
    // Until there is a session, what the page put here stays to be read.
    if (phase === 'waiting') return html`<slot></slot>`;
    if (phase === 'loggedOut') return ended(say('loggedOut'), '');
    if (phase === 'foreign') return ended(say('versionTitle'), say('versionText'));
    const over = phase === 'expired';
    return html`${over ? html`<div class="note" role="alert"><span>${say('sessionEnded')}</span><button class="button" type="button" @click=${this.reconnect}>${say('reconnect')}</button></div>` : nothing}
      <sam-subaccounts exportparts=${PARTS} .source=${this.source} .account=${this.account} .texts=${texts} .features=${this.features}
        .readOnly=${this.readOnly || over} .density=${this.density} .fit=${this.fit}>
        ${SLOTS.filter((name) => this.querySelector(`:scope > [slot="${name}"]`)).map((name) => html`<slot name=${name} slot=${name}></slot>`)}
      </sam-subaccounts>`;
  }

  #start(): void {
    const { account, getToken, api } = this;
    if (!this.isConnected || account === '' || getToken === null) return;
    this.#ended = new AbortController();
    const { signal } = this.#ended;
    this.#client = createTenantree({
      url: api,
      getToken: () => getToken(),
      onSessionExpired: () => {
        if (signal.aborted) return;
        this.phase = 'expired';
        emit(this, 'sam-session-expired', {});
      },
    });
    this.source = clientSource(this.#client);
    this.phase = 'running';
    void this.#shakeHands(signal);
  }

  #stop(): void {
    this.#ended.abort();
    this.#client?.close();
    this.#client = null;
    this.source = null;
    this.phase = 'waiting';
  }

  async #shakeHands(signal: AbortSignal): Promise<void> {
    const answer = await shakeHands(this.api, signal);
    if (answer === 'understood' || signal.aborted) return;
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

  async #paintBrand(): Promise<void> {
    const { brand } = this;
    if (brand === null) {
      this.#brandSheet.replaceSync('');
      return;
    }
    const { brandSheet } = await fetched(() => import('./brand.ts'));
    const text = brand || getComputedStyle(this).getPropertyValue('--sam-accent');
    if (this.brand === brand) this.#brandSheet.replaceSync(brandSheet(text));
  }
}
