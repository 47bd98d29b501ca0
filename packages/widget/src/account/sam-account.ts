import { NO_ANSWER } from '@tenantree/client';
import type { Limit } from '@tenantree/contract';
import type { AccountId, UsageFrame } from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { Visit } from '../activity/activity-source.ts';
import { SamActivity } from '../activity/sam-activity.ts';
import { type AccountDetail, SourceRefusal } from '../data/account-source.ts';
import { emit, type SamEvents } from '../events.ts';
import { hueOf, initialsOf } from '../format/initials.ts';
import { icon } from '../icons/icon.ts';
import { CLOSE, ENTER, MORE } from '../icons/icons.ts';
import type { MembersViewer } from '../members/sam-members.ts';
import { absent } from '../parts/absent.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { formStyles } from '../parts/form-styles.ts';
import { LatePart } from '../parts/late-part.ts';
import { Loading } from '../parts/loading.ts';
import { partsTexts } from '../parts/parts-texts.ts';
import { type MenuItem, SamMenu } from '../parts/sam-menu.ts';
import { NameDone, SamRename } from '../parts/sam-rename.ts';
import { draftsOf } from '../permissions/drafts.ts';
import type { ProductPlace } from '../products/product-place.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { treeTexts } from '../tree/tree-texts.ts';
import type { AccountActing, AccountDetailSource } from './account-source.ts';
import { accountStyles } from './account-styles.ts';
import { accountTexts } from './account-texts.ts';
import { type Minutes, overview, restrictionWords } from './overview.ts';
import { type AccountTab, TABS } from './tabs.ts';

/** What the head has a button of its own for, or what only makes sense in the table. */
const ELSEWHERE: ReadonlySet<string> = new Set(['open', 'switch', 'openBranch', 'copyId', 'permissions', 'import']);

/** Latest that it is asked again because time passed, in milliseconds. */
const LONGEST_MS = 3_600_000;

/** A tab whose element is loaded when it is turned to. The overview shows the latest activity, too. */
type LateTab = Exclude<AccountTab, 'overview' | 'activity'>;

/** A name that is being edited: the draft, and why it was refused. */
type Editing = { readonly draft: string; readonly why: string };

/**
 * One account in detail (rules/screens 20): where it stands, what can be done with it, and its tabs.
 *
 * @fires sam-close - it is to be closed
 * @fires sam-tab - another tab is wanted; a host that keeps it gives it back
 * @fires sam-switch - the account is to become the acting one
 * @fires sam-show - another account is wanted in its place
 */
export class SamAccount extends LitElement {
  static override properties = {
    source: { attribute: false },
    account: {},
    tab: {},
    texts: { attribute: false },
    acting: { attribute: false },
    viewer: { attribute: false },
    hrefOf: { attribute: false },
    features: { attribute: false },
    access: {},
    heading: {},
    detail: { state: true },
    failure: { state: true },
    minutes: { state: true },
    entries: { state: true },
    editing: { state: true },
    copied: { state: true },
    missing: { state: true },
    visits: { state: true },
    limits: { state: true },
    place: { state: true },
  };
  static override styles = [controlStyles, formStyles, cardStyles, accountStyles];

  declare source: AccountDetailSource | null;
  /** Which account is shown; another one starts anew. */
  declare account: AccountId | '';
  declare tab: AccountTab;
  declare texts: Texts;
  /** Does what can be done with the account; null: nothing is offered. */
  declare acting: AccountActing | null;
  declare viewer: MembersViewer;
  /** Address of a tab; without it tabs are buttons. */
  declare hrefOf: ((tab: AccountTab) => string) | null;
  /** Whether one can switch to it. */
  declare features: { readonly switch: boolean };
  declare access: 'full' | 'readOnly';
  /** `h1` where the account is the whole page. */
  declare heading: 'h1' | 'h2';
  declare protected detail: AccountDetail | null;
  declare protected failure: SourceRefusal | null;
  /** Null: not known yet, or not to be seen. */
  declare protected minutes: Minutes | null;
  declare protected entries: readonly MenuItem[];
  declare protected editing: Editing | null;
  declare protected copied: 'idle' | 'copied' | 'selected';
  /** The part of a tab could not be loaded. */
  declare protected missing: boolean;
  /** Who came in from above lately. */
  declare protected visits: readonly Visit[];
  /** What is limited in it; none where one may not see it. */
  declare protected limits: readonly Limit[];
  /** Which product is wanted of them. */
  declare protected place: ProductPlace;
  /** The elements of tabs and the chart of the overview, each in a file of its own: most visits turn to few of them. */
  readonly #parts = {
    members: this.#part(
      'sam-members',
      () => import('../members/sam-members.ts'),
      'SamMembers',
      (of) => of.SamMembers,
    ),
    permissions: this.#part(
      'sam-permissions',
      () => import('../permissions/sam-permissions.ts'),
      'SamPermissions',
      (of) => of.SamPermissions,
    ),
    limits: this.#part(
      'sam-limits',
      () => import('../limits/limits.ts'),
      'SamLimits',
      (of) => of.SamLimits,
    ),
    products: this.#part(
      'sam-products',
      () => import('../products/sam-products.ts'),
      'SamProducts',
      (of) => of.SamProducts,
    ),
    import: this.#part(
      'sam-import',
      () => import('../imports/sam-import.ts'),
      'SamImport',
      (of) => of.SamImport,
    ),
    billing: this.#part(
      'sam-billing',
      () => import('../billing/billing.ts'),
      'SamBilling',
      (of) => of.SamBilling,
    ),
    usage: this.#part(
      'sam-usage-days',
      () => import('../usage/sam-usage-days.ts'),
      'SamUsageDays',
      (of) => of.SamUsageDays,
    ),
  } as const;
  readonly #loading = new Loading<AccountDetailSource, AccountDetail>(this, {
    wanted: () => (this.source && this.account !== '' ? { source: this.source, account: this.account } : null),
    ask: ({ source, account }, signal) => source.accounts.get(account, signal),
    show: (detail, signal) => this.#show(detail, signal),
    follow: (detail, { source }, signal) => this.#follow(detail, source, signal),
    fail: (refusal) => {
      // What can't be shown any more isn't.
      if (!refusal.retryable) this.detail = null;
      if (this.detail === null) this.failure = refusal;
    },
    forget: () => this.#forget(),
  });

  constructor() {
    super();
    define('sam-menu', SamMenu);
    define('sam-rename', SamRename);
    define('sam-activity', SamActivity);
    this.source = null;
    this.account = '';
    this.tab = 'overview';
    this.texts = defaultTexts();
    this.acting = null;
    this.viewer = { user: null, role: null };
    this.hrefOf = null;
    this.features = { switch: true };
    this.access = 'full';
    this.heading = 'h2';
    this.#forget();
  }

  /** Loads the account again; what is shown stays until the answer comes. */
  refresh(): Promise<void> {
    return this.#loading.again();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete({ ...partsTexts, ...treeTexts, ...accountTexts });
  }

  protected override updated(changed: PropertyValues): void {
    // Of many tabs the one that is shown may stand beyond the edge.
    if (changed.has('tab') || changed.has('detail'))
      this.renderRoot.querySelector('nav > [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  protected override render(): TemplateResult {
    const { detail, texts } = this;
    const { say } = texts;
    const tabs = this.#tabs();
    return html`<aside aria-label=${say('account')} @keydown=${this.#press}><div class="head ${tabs.length > 1 ? '' : 'bare'}">
        <div class="top"><p class="path">${(detail?.path ?? []).slice(0, -1).map(({ name }, k) => html`${k > 0 ? ' › ' : nothing}<bdi>${name}</bdi>`)}</p>
          <button class="x" type="button" aria-label=${say('accountClose')} @click=${() => emit(this, 'sam-close', {})}>${icon(CLOSE)}</button></div>
        ${detail ? this.#head(detail) : nothing}
        ${detail && tabs.length > 1 ? html`<nav aria-label=${say('accountTabs')}>${tabs.map((tab) => this.#tabLink(tab, detail))}</nav>` : nothing}
      </div>
      ${detail ? this.#shown(detail) : absent(this.failure, texts, () => void this.#loading.begin())}
      <sam-menu part="menu" @sam-choose=${this.#choose}></sam-menu></aside>`;
  }

  #show(detail: AccountDetail, signal: AbortSignal): void {
    this.detail = detail;
    this.failure = null;
    const { changesAt } = detail.effective;
    // A suspension begins or ends by time alone: then the account is another.
    if (changesAt !== null) this.#loading.soon(Math.min(LONGEST_MS, Date.parse(changesAt) - Date.now()));
    void this.#loadMenu(detail, signal);
    void this.#loadVisits(detail, signal);
  }

  async #loadMenu(detail: AccountDetail, signal: AbortSignal): Promise<void> {
    const entries = (await this.acting?.menuOf(detail)) ?? [];
    if (!signal.aborted) this.entries = entries;
  }

  /** Beside all else: without it the overview says nothing of visits. */
  async #loadVisits({ id }: AccountDetail, signal: AbortSignal): Promise<void> {
    if (!this.source || !this.#tabs().includes('activity')) return;
    const visits = await this.source.activity.visits(id, signal).catch(() => []);
    if (!signal.aborted) this.visits = visits;
  }

  #forget(): void {
    this.detail = null;
    this.failure = null;
    this.minutes = null;
    this.entries = [];
    this.editing = null;
    this.copied = 'idle';
    this.missing = false;
    this.visits = [];
    this.limits = [];
    this.place = { kind: null, product: null, part: null, search: '' };
  }

  /** Keeps the account up to date; what opened is where one is now (rules/screens 12). */
  #follow(detail: AccountDetail, { accounts, limits }: AccountDetailSource, signal: AbortSignal): void {
    const take = ({ minutes }: UsageFrame): void => {
      const [row] = minutes;
      this.minutes = row ? { own: row[1], total: row[2] } : (this.minutes ?? { own: '0', total: '0' });
    };
    const path = detail.path.map(({ id }) => id);
    // With all that stand above it: their names are its path, and they can suspend it.
    const watched = { after: detail.resumeId, childrenOf: [detail.id], accounts: path };
    const stops = [
      accounts.subscribeAccounts(path[0] ?? detail.id, watched, {
        onFrame: ({ changed, gone, gap }) => {
          if (gap || changed.length + gone.length > 0) void this.refresh();
        },
        // It went away, or is no longer ours to see: asking for it says which.
        onRefused: () => void this.refresh(),
      }),
    ];
    if (detail.levels['billing.usage'] !== 'none')
      stops.push(
        accounts.subscribeUsage(detail.id, [detail.id], {
          onFrame: take,
          onRefused: () => {
            this.minutes = null;
          },
        }),
      );
    if (this.#tabs().includes('limits'))
      stops.push(
        limits.follow(detail.id, {
          onFrame: (frame) => {
            this.limits = frame.limits;
          },
          onRefused: () => {
            this.limits = [];
          },
        }),
      );
    signal.addEventListener('abort', () => {
      for (const stop of stops) stop();
    });
    void this.#arrive();
  }

  async #arrive(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('.title [tabindex]')?.focus({ preventScroll: true });
  }

  #tabs(): readonly AccountTab[] {
    const { detail } = this;
    if (!detail) return [];
    return (Object.keys(TABS) as readonly AccountTab[]).filter((tab) => {
      const needs = TABS[tab];
      if (needs === null) return true;
      // A main account has nobody above who leaves it less.
      if (tab === 'permissions' && detail.caps === null) return false;
      // What an embedded screen may do has the names of tabs, too.
      const isOffered = detail.features?.some((feature) => feature === tab) ?? true;
      // What comes in comes from above, and is written.
      if (tab === 'import' && (detail.path.length < 2 || this.access !== 'full')) return false;
      if (tab === 'import') return isOffered && needs.some((row) => detail.levels[row] === 'full');
      return isOffered && needs.some((row) => detail.levels[row] !== 'none');
    });
  }

  #tabLink(tab: AccountTab, detail: AccountDetail): TemplateResult {
    const { source } = this;
    const words = this.texts.say(`tab_${tab}`);
    const isUnsaved = tab === 'permissions' && source && draftsOf(source.permissions).has(detail.id);
    const label = isUnsaved ? this.texts.say('tabUnsaved', { tab: words }) : nothing;
    const dot = isUnsaved ? html`<span class="unsaved"></span>` : nothing;
    const current = tab === this.#tab() ? 'page' : nothing;
    const choose = (event: Event): void => {
      if (event instanceof MouseEvent && (event.metaKey || event.ctrlKey) && this.hrefOf) return;
      event.preventDefault();
      this.#turnTo(tab);
    };
    return this.hrefOf
      ? html`<a href=${this.hrefOf(tab)} part="tab" aria-current=${current} aria-label=${label} @click=${choose}>${words}${dot}</a>`
      : html`<button type="button" part="tab" aria-current=${current} aria-label=${label} @click=${choose}>${words}${dot}</button>`;
  }

  #turnTo(tab: AccountTab): void {
    this.missing = false;
    if (emit(this, 'sam-tab', { tab })) this.tab = tab;
  }

  /** The tab that is shown: the wanted one, as far as there is one. */
  #tab(): AccountTab {
    return this.#tabs().find((tab) => tab === this.tab) ?? 'overview';
  }

  #head(detail: AccountDetail): TemplateResult {
    const { texts, editing } = this;
    const { say } = texts;
    const restricted = restrictionWords(detail, texts);
    return html`<div class="title"><span class="avatar" aria-hidden="true" .style=${`--hue:${hueOf(detail.id)}`}>${initialsOf(detail.name)}</span>${
      editing ? this.#renaming(detail, editing) : this.#heading(detail.name)
    }</div>
      ${restricted === '' ? nothing : html`<p class="restricted">${restricted}</p>`}
      <div class="acts">
        ${this.features.switch && detail.status !== 'closed' ? html`<button class="button primary" type="button" part="button" @click=${() => emit(this, 'sam-switch', { account: detail, place: 'here' })}>${icon(ENTER)}${say('switchTo')}</button>` : nothing}
        ${this.acting ? html`<button class="button more" type="button" part="button" aria-haspopup="menu" aria-label=${say('actionsForName', { name: detail.name })} @click=${this.#openMenu}>${icon(MORE)}</button>` : nothing}
      </div>`;
  }

  #heading(name: string): TemplateResult {
    return this.heading === 'h1'
      ? html`<h1 tabindex="-1"><bdi>${name}</bdi></h1>`
      : html`<h2 tabindex="-1"><bdi>${name}</bdi></h2>`;
  }

  #renaming(detail: AccountDetail, editing: Editing): unknown {
    const { name } = detail;
    const label = this.texts.say('renameLabel', { name });
    return keyed(
      editing,
      html`<sam-rename .value=${editing.draft} .was=${name} .error=${editing.why} .label=${label} @sam-done=${(event: Event) => void this.#rename(event, detail)}></sam-rename>`,
    );
  }

  async #rename(event: Event, detail: AccountDetail): Promise<void> {
    const name = event instanceof NameDone ? event.name : null;
    const refusal = name === null ? null : await this.acting?.renameAccount(detail, name);
    const hadFocus = this.shadowRoot?.activeElement instanceof SamRename;
    this.editing = refusal ? { draft: name ?? '', why: refusal.message } : null;
    if (refusal || !hadFocus) return;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('.title [tabindex]')?.focus();
  }

  #part<Module extends object>(
    tag: string,
    fetch: () => Promise<Module>,
    name: keyof Module & string,
    make: (module: Module) => CustomElementConstructor,
  ): Pick<LatePart<unknown>, 'part' | 'load'> {
    return new LatePart(
      fetch,
      name,
      (module) => (define(tag, make(module)), tag),
      () => this.requestUpdate(),
    );
  }

  #shown(detail: AccountDetail): TemplateResult {
    const { source, texts } = this;
    const tab = this.#tab();
    switch (tab) {
      case 'overview':
        return this.#overview(detail);
      case 'activity':
        return html`<div class="content"><sam-activity class="card" exportparts="button" part="card" .source=${source?.activity ?? null} .account=${detail} .texts=${texts}></sam-activity></div>`;
      case 'members':
        return this.#late(
          tab,
          html`<sam-members exportparts="button, card, dialog" .source=${source?.members ?? null} .account=${detail} .viewer=${this.viewer} .texts=${texts} .access=${this.access}></sam-members>`,
        );
      case 'permissions':
        return this.#late(
          tab,
          html`<sam-permissions exportparts="button, card, dialog" .source=${source?.permissions ?? null} .account=${detail} .texts=${texts} .access=${this.access} @sam-draft=${this.#drafted}></sam-permissions>`,
        );
      case 'limits':
        return this.#late(
          tab,
          html`<sam-limits exportparts="button, card" .source=${source?.limits ?? null} .account=${detail} .viewer=${this.viewer} .texts=${texts} .access=${this.access} level=${this.heading === 'h1' ? 2 : 3}></sam-limits>`,
        );
      case 'products':
        return this.#late(
          tab,
          html`<sam-products exportparts="button, card, dialog" .source=${source?.products ?? null} .account=${detail} .texts=${texts} .access=${this.access} .place=${this.place} level=${this.heading === 'h1' ? 2 : 3}></sam-products>`,
        );
      case 'import':
        return this.#late(
          tab,
          html`<sam-import exportparts="button, card, dialog" .source=${source?.imports ?? null} .account=${detail} .texts=${texts} .access=${this.access} .opens=${this.#tabs().includes('products')} level=${this.heading === 'h1' ? 2 : 3} @sam-show=${this.#showProduct}></sam-import>`,
        );
      case 'billing':
        return this.#late(
          tab,
          html`<sam-billing exportparts="badge, button, card, dialog" .source=${source?.billing ?? null} .account=${detail} .texts=${texts} .access=${this.access} level=${this.heading === 'h1' ? 2 : 3}></sam-billing>`,
        );
    }
  }

  /** A tab whose element is loaded late. */
  #late(tab: LateTab, shown: TemplateResult): TemplateResult {
    return html`<div class="content">${this.#once(tab, shown)}</div>`;
  }

  /** What is shown once its part is there. What can't be loaded now is asked for again by hand. */
  #once(part: LateTab | 'usage', shown: TemplateResult): TemplateResult {
    const late = this.#parts[part];
    if (late.part) return shown;
    if (!this.missing)
      late.load().catch(() => {
        this.missing = true;
      });
    const again = (): void => {
      this.missing = false;
    };
    const why = this.missing ? new SourceRefusal(NO_ANSWER) : null;
    return html`<div class="card ${part}">${absent(why, this.texts, again)}</div>`;
  }

  /** What an import brought is shown among the products; of another account, by whoever shows that one. */
  readonly #showProduct = (event: CustomEvent<SamEvents['sam-show']>): void => {
    const { account, tab, product } = event.detail;
    if (!product || account !== this.detail?.id) return;
    event.stopPropagation();
    this.place = { kind: product.kind, product: product.id, part: null, search: '' };
    this.#turnTo(tab);
  };

  readonly #drafted = (event: Event): void => {
    event.stopPropagation();
    this.requestUpdate();
  };

  #overview(detail: AccountDetail): TemplateResult {
    const { source, texts } = this;
    return overview(detail, this.minutes, texts, {
      days: detail.levels['billing.usage'] === 'none' ? nothing : this.#days(detail),
      activity: this.#tabs().includes('activity') ? (source?.activity ?? null) : null,
      visits: this.visits,
      showActivity: () => this.#turnTo('activity'),
      entries: this.entries,
      titles: this.heading === 'h1' ? 'h2' : 'h3',
      copied: this.copied,
      copyId: (event) => void this.#copyId(event),
      perform: (id) => void this.acting?.perform(id, detail),
      limits: this.limits,
      turnTo: (tab) => (this.#tabs().includes(tab) ? () => this.#turnTo(tab) : null),
    });
  }

  #days(detail: AccountDetail): TemplateResult {
    const { source, texts, minutes } = this;
    return this.#once(
      'usage',
      html`<sam-usage-days exportparts="button, card" .source=${source?.usage ?? null} .account=${detail} .texts=${texts} .minutes=${minutes?.total ?? null} level=${this.heading === 'h1' ? 2 : 3}></sam-usage-days>`,
    );
  }

  async #openMenu({ currentTarget: opener }: Event): Promise<void> {
    const menu = this.renderRoot.querySelector<SamMenu>('sam-menu');
    const { detail, acting, texts } = this;
    if (!menu || !detail || !acting || !(opener instanceof HTMLElement)) return;
    this.entries = await acting.menuOf(detail);
    const { say } = texts;
    const items = this.entries.filter(({ id }) => !ELSEWHERE.has(id));
    const none = { id: 'none', label: say('accountNoChanges'), off: say('accountNoChangesWhy') };
    menu.items = items.length > 0 ? items : [none];
    menu.label = say('actionsForName', { name: detail.name });
    await menu.openAt(opener, opener);
  }

  #choose(event: Event): void {
    const { detail } = this;
    const id: unknown = event instanceof CustomEvent ? event.detail.id : null;
    if (!detail || typeof id !== 'string') return;
    if (id === 'rename') this.editing = { draft: detail.name, why: '' };
    else void this.acting?.perform(id, detail);
  }

  /** Copies the id. Where the browser lets no page do so, such as over plain http, it is selected to be copied by hand. */
  async #copyId({ currentTarget: button }: Event): Promise<void> {
    const { detail } = this;
    const shown = button instanceof Element ? button.parentElement?.querySelector('code') : null;
    if (!detail || !shown) return;
    try {
      await navigator.clipboard.writeText(detail.id);
      this.copied = 'copied';
    } catch {
      getSelection()?.selectAllChildren(shown);
      this.copied = 'selected';
    }
  }

  /** Alt and a digit turn to a tab; Esc, where it had no layer to close, closes the account. */
  #press(event: KeyboardEvent): void {
    const tab = event.altKey ? this.#tabs()[Number(event.key) - 1] : undefined;
    if (tab) this.#turnTo(tab);
    else if (event.key === 'Escape' && !event.defaultPrevented) emit(this, 'sam-close', {});
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
