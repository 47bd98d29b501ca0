import { createTenantree, isForeign, type Tenantree } from '@tenantree/client';
import { instantOf } from '@tenantree/domain';
import { html, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { LiveState } from '../data/account-source.ts';
import { clientSource } from '../data/client-source.ts';
import { fetched } from '../parts/late-part.ts';
import { FEATURES, type Feature } from '../screens/features.ts';
import { SamSubaccounts } from '../screens/sam-subaccounts.ts';
import { note } from '../screens/subaccounts-body.ts';
import type { Strings } from '../strings/en.ts';
import { loadTexts } from '../strings/load-texts.ts';
import { emit } from '../tree/tree-events.ts';
import { frameStyles, registerRem, tokenSheet } from './frame-styles.ts';
import { keepKeys } from './keep-keys.ts';
import { languageAt } from './language.ts';
import type { SubaccountManagerElement } from './public.ts';

/** What happens between our own elements stays among them. */
const stop = (event: Event): void => event.stopPropagation();

/** Where a session stands: none yet, running, over, given up, or with a server of another protocol. */
type Phase = 'waiting' | 'running' | 'expired' | 'loggedOut' | 'foreign';

/** What stands here when there is no session and will be none. Nothing of it is loaded: a newer server has other files. */
const ended = (title: string, text: string): TemplateResult =>
  html`<div class="card ended" part="state"><h2>${title}</h2><p>${text}</p></div>`;

const parseFeatures = (text: string | null): readonly Feature[] =>
  text === null ? FEATURES : FEATURES.filter((feature) => text.split(/[\s,]+/).includes(feature));

/** `<subaccount-manager>`: the screen, with a session and texts of its own. What pages see of it: {@link SubaccountManagerElement}. */
export class SubaccountManager extends SamSubaccounts implements SubaccountManagerElement {
  static override properties: PropertyDeclarations = {
    // the element's own business, not the page's
    source: { state: true },
    texts: { state: true },
    api: {},
    features: { converter: { fromAttribute: parseFeatures } },
    locale: {},
    theme: { reflect: true },
    brand: {},
    router: {},
    getToken: { attribute: false },
    strings: { attribute: false },
    phase: { state: true },
  };
  static override styles = [tokenSheet, ...SamSubaccounts.styles, frameStyles];

  /** Base address of the API; that of the script when left out. */
  declare api: string;
  /** BCP 47; that of the page at this place when left out. */
  declare locale: string;
  /** `light`, `dark` or `system`; the page's scheme when left out. */
  declare theme: string;
  /** One colour from which all accents are made; present but empty: from `--sam-accent` of the element. */
  declare brand: string | null | undefined;
  /** `none`: addresses are the host's business. */
  declare router: 'none';
  /** Hands out a short-lived embed token; called again whenever a new one is needed. Kept in memory only. */
  declare getToken: (() => Promise<string>) | null;
  /** Single texts to replace. */
  declare strings: Partial<Strings>;
  declare protected phase: Phase;
  #client: Tenantree | null = null;
  #expiredAt: LiveState | null = null;
  #ended = new AbortController();

  constructor() {
    super();
    this.api = new URL(import.meta.url).origin;
    this.locale = '';
    this.theme = '';
    this.router = 'none';
    this.getToken = null;
    this.strings = {};
    this.phase = 'waiting';
    keepKeys(this);
  }

  override connectedCallback(): void {
    registerRem();
    super.connectedCallback();
    if (this.hasUpdated) this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
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

  protected override get access(): 'full' | 'readOnly' {
    return this.phase === 'expired' ? 'readOnly' : super.access;
  }

  /** Whatever the line does: without a session nothing is live. */
  override get live(): LiveState | null {
    return this.#expiredAt ?? super.live;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('locale') || changed.has('strings')) void this.#loadTexts();
    if (changed.has('api') || changed.has('account') || changed.has('getToken')) this.reconnect();
    super.willUpdate(changed);
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    // Without its part, our own colours stay.
    if (changed.has('brand'))
      fetched(() => import('./brand.ts')).then(
        ({ paintBrand }) => paintBrand(this),
        () => undefined,
      );
  }

  protected override render(): TemplateResult {
    return html`<div class="root" @sam-action=${stop} @sam-select=${stop} @sam-rename=${stop}>${this.#content()}</div>`;
  }

  protected override note(): TemplateResult | null {
    const { say } = this.texts;
    if (this.phase !== 'expired') return super.note();
    return note('alert', say('sessionEnded'), say('reconnect'), () => this.reconnect());
  }

  #content(): TemplateResult {
    const { say } = this.texts;
    switch (this.phase) {
      // Until there is a session, what the page put here stays to be read.
      case 'waiting':
        return html`<slot></slot>`;
      case 'loggedOut':
        return ended(say('loggedOut'), '');
      case 'foreign':
        return ended(say('versionTitle'), say('versionText'));
      default:
        return super.render();
    }
  }

  #start(): void {
    const { account, getToken, api } = this;
    if (!this.isConnected || account === '' || getToken === null) return;
    this.#ended = new AbortController();
    const { signal } = this.#ended;
    this.#client = createTenantree({
      url: api,
      getToken,
      // A screen says at once what failed, and has a button for trying again.
      retries: 0,
      onSessionExpired: () => {
        if (signal.aborted) return;
        this.phase = 'expired';
        this.#expiredAt = { kind: 'offline', since: instantOf(Date.now()) };
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
    this.#expiredAt = null;
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
