import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { emit } from '../events.ts';
import { icon } from '../icons/icon.ts';
import { PLUS, SEARCH } from '../icons/list-icons.ts';
import { absent } from '../parts/absent.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { errorLine } from '../parts/error-line.ts';
import { formStyles } from '../parts/form-styles.ts';
import { followLive, Loading } from '../parts/loading.ts';
import { partsTexts } from '../parts/parts-texts.ts';
import { saveAll } from '../parts/save-file.ts';
import { selectField } from '../parts/select-field.ts';
import { wayTo } from '../parts/way.ts';
import { isOtherLanguage } from '../strings/texts.ts';
import { draftKey, draftsOf } from './product-drafts.ts';
import { ProductPart } from './product-part.ts';
import { FIRST_PLACE, type ProductPlace } from './product-place.ts';
import type { KindKey, ProductRow, ProductsSource, ShownKind } from './products-source.ts';
import { productsStyles } from './products-styles.ts';
import { type Past, pastTable, productsTable } from './products-table.ts';
import { productsTexts } from './products-texts.ts';

/** So many products are shown at first, and further ones at a time. */
const PAGE = 50;
/** Most that are asked for at once. */
const MOST = 500;
/** How long after the last key it is searched for what was typed (ms). */
const TYPING_MS = 250;

type Page = Awaited<ReturnType<ProductsSource['list']>>;
/** What is listed: another one begins anew. */
type Listed = { readonly source: ProductsSource; readonly kind: ShownKind; readonly search: string };

/** People and conversations are many of the same name: of those the newest stand first. */
const queryOf = ({ kind, search }: Listed) =>
  ({ search: search.trim(), order: kind.names === 'any' ? 'newest' : 'name' }) as const;

/**
 * What an account owns: its kinds of products, a list of each, and one of them in detail (rules/screens 25). Everything is drawn from the
 * registry that the server sends.
 *
 * @fires sam-place - another place is wanted; a host that keeps it gives it back
 */
export class SamProducts extends ProductPart {
  static override properties = {
    ...ProductPart.properties,
    page: { state: true },
    deleted: { state: true },
  };
  static override styles = [controlStyles, formStyles, cardStyles, productsStyles];

  declare protected page: Page | null;
  /** What was deleted of the kind, in place of the list. */
  declare protected deleted: Awaited<ReturnType<ProductsSource['deleted']>> | null;
  #listed: Listed | null = null;
  #typing: ReturnType<typeof setTimeout> | undefined;
  #isArriving = false;

  readonly #loadingKinds = new Loading<ProductsSource, readonly ShownKind[]>(this, {
    wanted: () => (this.source && this.account ? { source: this.source, account: this.account.id } : null),
    ask: ({ source }, signal) => source.kinds(this.texts.locale, signal),
    show: (kinds) => {
      this.kinds = kinds.filter(({ rows }) => this.account?.levels[rows.read] !== 'none');
    },
    fail: (refusal) => {
      this.failure = refusal;
    },
    forget: () => {
      this.kinds = null;
      this.failure = null;
      this.#listed = null;
    },
  });
  readonly #loadingList = new Loading<Listed, Page>(this, {
    wanted: () =>
      this.#listed && this.account && { source: this.#listed, account: this.account.id, version: this.told },
    ask: ({ source, account }, signal) => {
      const limit = Math.min(MOST, Math.max(PAGE, this.page?.rows.length ?? 0));
      return source.source.list(account, source.kind.kind, { ...queryOf(source), cursor: null, limit }, signal);
    },
    show: (page) => {
      this.page = page;
    },
    follow: (_, { source: { source, kind }, account }, signal) => {
      let last = -1;
      followLive<{ readonly version: number }>((reader) => source.follow(account, kind.kind, reader), signal, {
        onFrame: ({ version }) => {
          // The first one tells how it is, which is what was read.
          if (last >= 0 && version !== last) this.told += 1;
          last = version;
        },
        // What may not be seen any more says so when it is read.
        onRefused: () => undefined,
      });
    },
    fail: (refusal) => {
      this.failure = refusal;
    },
    forget: () => {
      this.page = null;
      this.deleted = null;
      this.failure = null;
    },
  });

  constructor() {
    super();
    this.page = null;
    this.deleted = null;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete({ ...partsTexts, ...productsTexts });
    if (isOtherLanguage(changed, this.texts)) void this.#loadingKinds.again();
    if (changed.has('source') || (changed.has('account') && changed.get('account')?.id !== this.account?.id))
      this.kinds = null;
    super.willUpdate(changed);
    this.#list();
  }

  protected override updated(): void {
    if (!this.#isArriving) return;
    const title = this.renderRoot.querySelector<HTMLElement>('.title[tabindex]');
    if (!title) return;
    this.#isArriving = false;
    title.focus({ preventScroll: true });
  }

  protected override render(): TemplateResult {
    const { kinds, kind, texts } = this;
    if (!kinds || !kind)
      return kinds
        ? html`<div class="card"><div class="state">${texts.say('productsNone')}</div></div>`
        : this.absent(() => void this.#loadingKinds.begin());
    const choose = (key: string): void => void this.go({ ...FIRST_PLACE, kind: key as KindKey });
    const options = kinds.map((one) => ({ value: one.kind as string, label: one.plural }));
    return html`<div class="products">
      <nav class="kinds" aria-label=${texts.say('productKinds')}>${kinds.map((one) => wayTo(this.wayOf({ kind: one.kind }), one.plural, 'kind', { current: one === kind }))}</nav>
      <div class="choose">${selectField({ label: texts.say('productKinds'), options, chosen: kind.kind, choose })}</div>
      ${this.place.product === null ? this.#shownList(kind) : this.shownProduct(kind)}</div>`;
  }

  protected async go(change: Partial<ProductPlace>, how: 'push' | 'replace' = 'push'): Promise<void> {
    const kind = this.kind?.kind ?? null;
    const place = { ...this.place, kind, ...change };
    const isOther = place.kind !== kind || place.product !== this.place.product;
    if (isOther && how === 'push' && !(await this.mayLeave())) return;
    this.#isArriving = isOther;
    // What one did oneself is seen also while nothing is told live.
    if (isOther) this.told += 1;
    this.refusal = null;
    if (emit(this, 'sam-place', { place, how })) this.place = place;
  }

  /** What is to be listed now. While one product is shown its list stays as it was, and hears of changes. */
  #list(): void {
    const { source, kind } = this;
    const { search, product } = this.place;
    const was = this.#listed;
    if (!source || !kind) this.#listed = null;
    else if (was?.kind !== kind || was.source !== source || (product === null && was.search !== search))
      this.#listed = { source, kind, search };
  }

  #shownList(kind: ShownKind): TemplateResult {
    const { page, texts, refusal, deleted } = this;
    const make = (): void => void this.go({ product: 'new', part: null });
    const rows = page ? this.#rows(kind, page) : absent(this.failure, texts, () => void this.#loadingList.begin());
    return html`<div class="card" part="card"><div class="bar">
        <div class="title" role="heading" aria-level=${this.level} tabindex="-1">${kind.plural}</div>
        ${this.mayWrite('') ? html`<button class="button primary" type="button" part="button" @click=${make}>${icon(PLUS)}${texts.say('productsNew')}</button>` : nothing}</div>
      ${refusal ? html`<div class="bar">${errorLine(refusal.message)}</div>` : nothing}
      ${this.#bar(kind)}${deleted ? this.#deleted(kind, deleted) : rows}</div>`;
  }

  #bar(kind: ShownKind): TemplateResult {
    const { say } = this.texts;
    const words = say('productsSearch', { kind: kind.plural });
    return html`<div class="bar"><div class="field grow">${icon(SEARCH, 14)}<input type="search" aria-label=${words} placeholder=${words} maxlength="200" .value=${this.place.search} @input=${this.#type} /></div>
      <button class="button" type="button" part="button" ?disabled=${this.busy} @click=${() => void this.attempt(() => this.#export(kind))}>${say('productsExport')}</button>
      ${kind.rows.write === null ? nothing : html`<button class="button" type="button" part="button" aria-pressed=${String(this.deleted !== null)} @click=${() => void this.attempt(() => this.#turnDeleted(kind))}>${say('productsDeleted')}</button>`}</div>`;
  }

  readonly #type = ({ target }: Event): void => {
    clearTimeout(this.#typing);
    const search = (target as HTMLInputElement).value;
    this.#typing = setTimeout(() => {
      if (this.isConnected) void this.go({ search }, 'replace');
    }, TYPING_MS);
  };

  #rows(kind: ShownKind, page: Page): TemplateResult {
    const { texts, source, account } = this;
    const { say } = texts;
    const none = this.place.search !== '' ? 'productsMissed' : this.mayWrite('') ? 'productsFirst' : 'productsEmpty';
    if (page.rows.length === 0) return html`<div class="state">${say(none)}</div>`;
    const drafts = source && draftsOf(source);
    const table = productsTable(kind, page.rows, texts, {
      wayOf: ({ id: product }) => this.wayOf({ product }),
      isUnsaved: ({ id }) => account !== null && drafts?.has(draftKey(account.id, kind.kind, id)) === true,
    });
    return html`<sam-table exportparts="button" .table=${table}></sam-table>
      ${page.nextCursor === null ? nothing : html`<div class="bar"><button class="button" type="button" part="button" @click=${() => void this.attempt(() => this.#more(page))}>${say('productsMore')}</button></div>`}`;
  }

  async #more(page: Page): Promise<void> {
    const listed = this.#listed;
    if (!listed || !this.account) return;
    const query = { ...queryOf(listed), cursor: page.nextCursor, limit: PAGE };
    const next = await listed.source.list(this.account.id, listed.kind.kind, query);
    // Unless it was read anew meanwhile.
    if (this.page === page) this.page = { ...next, rows: [...page.rows, ...next.rows] };
  }

  async #turnDeleted({ kind }: ShownKind): Promise<void> {
    const { source, account, deleted } = this;
    if (source && account) this.deleted = deleted ? null : await source.deleted(account.id, kind);
  }

  #deleted(kind: ShownKind, rows: NonNullable<SamProducts['deleted']>): TemplateResult {
    const { texts, source, account } = this;
    const { say } = texts;
    const restore = async (product: ProductRow['id'], version: number): Promise<void> => {
      if (!source || !account) return;
      await source.restore({ account: account.id, kind: kind.kind, product }, version, version);
      this.deleted = null;
      await this.go({ product });
    };
    const past = rows.map(({ id, name, version, deletedAt: at, deletedBy: by }): Past => {
      const act = (): void => void this.attempt(() => restore(id, version));
      return { key: id, name, at, by, acts: this.mayWrite('') ? [{ label: say('productRestore'), act }] : [] };
    });
    return past.length === 0
      ? html`<div class="state">${say('productsNone')}</div>`
      : html`<sam-table exportparts="button" .table=${pastTable(past, say('productDeletedAt'), texts)}></sam-table>`;
  }

  async #export({ kind }: ShownKind): Promise<void> {
    const { source, account, place } = this;
    if (source && account) await saveAll((cursor) => source.export(account.id, kind, place.search, cursor));
  }
}
