import type { RowId } from '@tenantree/domain';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { refusalFrom, type SourceRefusal } from '../data/account-source.ts';
import { absent } from '../parts/absent.ts';
import { AccountPart } from '../parts/account-part.ts';
import { define } from '../parts/define.ts';
import { Dialogs } from '../parts/dialogs.ts';
import { errorLine } from '../parts/error-line.ts';
import { LatePart } from '../parts/late-part.ts';
import { Loading } from '../parts/loading.ts';
import { SamConfirm } from '../parts/sam-confirm.ts';
import { SamTable } from '../parts/sam-table.ts';
import { type Way, wayTo } from '../parts/way.ts';
import { type Document, isObject, isSame, type Value, valueAt } from './document.ts';
import { type Choices, choicesOf } from './product-choices.ts';
import { drawClashes } from './product-clashes.ts';
import { draftKey, draftsOf } from './product-drafts.ts';
import { ProductEditing } from './product-editing.ts';
import { controlId, drawFields, type Form } from './product-form.ts';
import { FIRST_PLACE, type ProductPlace } from './product-place.ts';
import type { Product, ProductAt, ProductsSource, ProductVersion, ShownKind } from './products-source.ts';
import { type Past, pastTable } from './products-table.ts';
import { fieldsOf, initial, schemaOf } from './schema.ts';

/** The tab that has the versions. */
const VERSIONS = 'versions';
/** The title of an earlier one. */
const PAST = 'past';
/** The tab that has the copies below. */
const COPIES = 'copies';

/** What is shown: another one begins anew. */
type Asked = { readonly source: ProductsSource; readonly kind: ShownKind; readonly product: RowId };

/** A screen that shows one product of an account: its parts as tabs, drawn from the schema of its kind, and its versions. */
export abstract class ProductPart extends AccountPart<ProductsSource> {
  static override properties = {
    ...AccountPart.properties,
    place: { attribute: false },
    hrefOf: { attribute: false },
    kinds: { state: true },
    refusal: { state: true },
    told: { state: true },
    busy: { state: true },
    versions: { state: true },
    past: { state: true },
  };

  declare place: ProductPlace;
  /** Address of a place; without it ways are buttons. */
  declare hrefOf: ((place: ProductPlace) => string) | null;
  /** Those that one may see; null: not known yet. */
  declare protected kinds: readonly ShownKind[] | null;
  /** Why what was wanted can't be had; what is shown stays. */
  declare protected refusal: SourceRefusal | null;
  /** How often something changed: another number is a reason to look. */
  declare protected told: number;
  declare protected busy: boolean;
  /** Null: not asked for. */
  declare protected versions: readonly ProductVersion[] | null;
  /** An earlier version that is looked at. */
  declare protected past: Product | null;
  #asked: Asked | null = null;
  /** Of what kind one is being made. */
  #made: ShownKind | null = null;
  #editing = new ProductEditing(new Map(), '', {});
  #choices: Choices | null = null;
  readonly #copies = new LatePart(
    () => import('../copies/sam-copies.ts'),
    'SamCopies',
    ({ SamCopies }) => define('sam-copies', SamCopies),
    () => this.requestUpdate(),
  );
  readonly #dialogs = new Dialogs(() => this.renderRoot.querySelector('.products') ?? this.renderRoot);

  readonly #origin = new LatePart(
    () => import('../imports/sam-link.ts'),
    'SamLink',
    ({ SamLink }) => (define('sam-link', SamLink), true),
    () => this.requestUpdate(),
  );
  readonly #loading = new Loading<Asked, Product>(this, {
    wanted: () => this.#asked && this.account && { source: this.#asked, account: this.account.id, version: this.told },
    ask: ({ source: { source, kind, product }, account }, signal) =>
      source.get({ account, kind: kind.kind, product }, null, signal),
    show: (product) => this.#take(product),
    fail: (refusal) => {
      if (!this.#editing.shown || !refusal.retryable) this.refusal = refusal;
      if (!this.#editing.draft) this.#leaveGone();
    },
    forget: () => this.#forget(),
  });

  constructor() {
    super();
    define('sam-confirm', SamConfirm);
    define('sam-table', SamTable);
    this.place = FIRST_PLACE;
    this.hrefOf = null;
    this.kinds = null;
    this.told = 0;
    this.#forget();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('beforeunload', this.#hold);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('beforeunload', this.#hold);
  }

  /** Turns to another place. */
  protected abstract go(change: Partial<ProductPlace>, how?: 'push' | 'replace'): Promise<void>;

  /** The kind that is shown: the wanted one, as far as one may see it. */
  protected get kind(): ShownKind | null {
    return this.kinds?.find(({ kind }) => kind === this.place.kind) ?? this.kinds?.[0] ?? null;
  }

  protected wayOf(at: Partial<ProductPlace>): Way {
    const place = { ...FIRST_PLACE, kind: this.kind?.kind ?? null, ...at };
    return { href: this.hrefOf?.(place) ?? null, act: () => void this.go(place) };
  }

  /** Whether it may be left: nothing was changed, or what was is to be given up. */
  protected async mayLeave(): Promise<boolean> {
    if (!this.#editing.draft) return true;
    const { texts } = this;
    const { say } = texts;
    let answer = false;
    const act = (): void => {
      answer = true;
      this.#discard();
    };
    const question = {
      title: say('productLeaveTitle'),
      text: '',
      submit: say('productDiscard'),
      cancel: say('productStay'),
    };
    await this.#dialogs.open(Object.assign(new SamConfirm(), { texts, question, tone: 'danger', act }));
    return answer;
  }

  protected override willUpdate(_: PropertyValues<this>): void {
    const { source, kind } = this;
    const { product } = this.place;
    const was = this.#asked;
    const isOne = source && kind && product !== null && product !== 'new';
    if (!isOne) this.#asked = null;
    else if (was?.source !== source || was.kind !== kind || was.product !== product)
      this.#asked = { source, kind, product };
    if (product === 'new' && this.#made !== kind) this.#forget();
    this.#made = product === 'new' ? kind : null;
    if (this.#editing.shown && !this.versions && this.#tab() === VERSIONS)
      void this.attempt(() => this.#loadVersions());
  }

  /** Gives something the focus, and opens what it stands in. @returns whether it is there */
  #focusOn(id: string): boolean {
    const found = this.renderRoot.querySelector<HTMLElement>(`[id="${CSS.escape(id)}"]`);
    found?.closest('details')?.setAttribute('open', '');
    found?.focus();
    return found !== null;
  }

  protected shownProduct(kind: ShownKind): TemplateResult {
    const { refusal, texts } = this;
    const { shown, draft, document } = this.#editing;
    const { say } = texts;
    const isNew = this.place.product === 'new';
    const back = html`<div class="bar">${wayTo(this.wayOf({}), `‹ ${kind.plural}`, 'link')}</div>`;
    if (!shown && !isNew)
      return html`<div class="card" part="card">${back}${absent(refusal, texts, () => void this.#loading.begin(), 'productMissing')}</div>`;
    const tab = this.#tab();
    return html`<div><div class="card" part="card">${back}
        <div class="bar"><div class="title" role="heading" aria-level=${this.level} tabindex="-1"><bdi>${document['name'] || kind.label}</bdi></div>
          ${shown && this.#mayDelete(kind) ? html`<button class="button" type="button" part="button" @click=${() => this.#askDelete(shown)}>${say('productDelete')}</button>` : nothing}</div>
        ${shown ? this.#facts(shown) : nothing}${shown?.link ? this.#copy(kind, shown) : nothing}
        <nav class="tabs" aria-label=${kind.label}>${this.#tabs().map(([one, title]) => this.#tabWay(one, title))}</nav>
        ${this.#noted(kind)}
        ${tab === VERSIONS ? this.#shownVersions(kind) : tab === COPIES && shown ? this.#shownCopies(kind, shown) : this.#form(kind, tab)}</div>
      ${draft || refusal || isNew ? this.#saveBar() : nothing}</div>`;
  }

  #forget(): void {
    const { source, account, kind } = this;
    const key = account && kind ? draftKey(account.id, kind.kind, this.place.product ?? '') : '';
    this.#editing = new ProductEditing(source ? draftsOf(source) : new Map(), key, this.#begun());
    this.refusal = null;
    this.versions = null;
    this.past = null;
    this.busy = false;
    this.#choices = null;
  }

  /** A new one, with what its fields begin with in the parts that one may read. */
  #begun(): Document {
    const { kind, account } = this;
    const document = kind ? initial(schemaOf(kind)) : {};
    const rows = kind?.rows.parts ?? {};
    const isHidden = (name: string): boolean => rows[name] !== undefined && account?.levels[rows[name]] === 'none';
    const entries = isObject(document) ? Object.entries(document) : [];
    return Object.fromEntries(entries.filter(([name]) => !isHidden(name)));
  }

  #take(product: Product): void {
    // It may have been restored.
    if (!this.#editing.shown) this.refusal = null;
    if (this.#editing.shown?.version !== product.version) this.versions = null;
    this.#editing.take(product);
    this.requestUpdate();
  }

  readonly #discard = (): void => {
    this.#editing.discard();
    if (!this.#leaveGone()) this.refusal = null;
    this.requestUpdate();
  };

  /** What somebody else deleted is not there either where nothing is typed on top of it. @returns whether it is gone */
  #leaveGone(): boolean {
    const { refusal } = this;
    const isGone = refusal?.code === 'NOT_FOUND' && refusal.field === 'product' && this.#editing.shown !== null;
    if (isGone) this.#editing.shown = null;
    return isGone;
  }

  readonly #change = (place: string, value: Value): void => {
    this.#editing.change(place, value);
    this.requestUpdate();
  };

  /** The tabs: the parts that one may see, or all in one, and the versions. */
  #tabs(): readonly (readonly [tab: string, title: string])[] {
    const { kind } = this;
    const { say } = this.texts;
    const { shown, document } = this.#editing;
    const parts = kind?.rows.parts;
    const fields = kind ? fieldsOf(schemaOf(kind)).filter(([name]) => parts?.[name] && name in document) : [];
    return [
      ...(parts
        ? fields.map(([name, { title = name }]) => [name, title] as const)
        : [['', kind?.label ?? ''] as const]),
      ...(shown ? [[VERSIONS, say('productVersions')] as const] : []),
      ...(shown && this.#hasCopies() ? [[COPIES, say('productCopies')] as const] : []),
    ];
  }

  /** Whether accounts below may have copies of it. */
  #hasCopies(): boolean {
    const { source, account, kind } = this;
    return kind?.fromParent === 'copy' && source?.copies !== null && (account?.subaccounts ?? 0) > 0;
  }

  #tab(): string {
    const tabs = this.#tabs();
    return (tabs.find(([tab]) => tab === this.place.part) ?? tabs[0])?.[0] ?? '';
  }

  #tabWay(tab: string, title: string): TemplateResult {
    const { product } = this.place;
    const { kept, document } = this.#editing;
    const at = tab && `/${tab}`;
    const isUnsaved = tab !== VERSIONS && tab !== COPIES && !isSame(valueAt(kept, at), valueAt(document, at));
    const label = isUnsaved ? `${title}, ${this.texts.say('productUnsaved')}` : undefined;
    const way = this.wayOf({ product, part: tab || null });
    return wayTo(way, isUnsaved ? `${title} ●` : title, 'tab', { label, current: tab === this.#tab() });
  }

  /** What it is a copy of, once its part is there. */
  #copy(kind: ShownKind, product: Product): TemplateResult | typeof nothing {
    if (!this.#origin.part) {
      this.#origin.prepare();
      return nothing;
    }
    const editing = this.#editing;
    const changed = (next: Product): void => {
      if (this.#editing === editing) this.#take(next);
    };
    return html`<sam-link exportparts="button, dialog" .source=${this.source} .account=${this.account?.id ?? null} .kind=${kind} .product=${product} .texts=${this.texts} .access=${this.access} .changed=${changed}></sam-link>`;
  }

  /** What is known of it beside what it holds. */
  #facts({ version: n, savedAt, savedBy: { name }, usedBy }: Product): TemplateResult {
    const { say, numbers } = this.texts;
    const way = ({ kind, id: product, name: words }: Product['usedBy'][number], k: number): TemplateResult =>
      html`${k > 0 ? ', ' : ` · ${say('productUsedBy')} `}${wayTo(this.wayOf({ kind, product }), html`<bdi>${words}</bdi>`, 'link')}`;
    return html`<p class="facts">${say('productFacts', { n, date: numbers.day(savedAt), name })}${usedBy.map(way)}</p>`;
  }

  /** What happened to it meanwhile, and both sides of what two changed. */
  #noted(kind: ShownKind): TemplateResult | typeof nothing {
    const { texts } = this;
    const { meanwhile, clashes } = this.#editing;
    if (!meanwhile) return nothing;
    const decide = (stays: ReadonlySet<unknown>): void => {
      this.#editing.decide(stays);
      this.requestUpdate();
    };
    const isClash = clashes.length > 0;
    const words = texts.say('productMeanwhile', { name: meanwhile.savedBy.name, n: meanwhile.version });
    return html`<div class="note" role="status">${words} ${isClash ? texts.say('productClash') : nothing}</div>${isClash ? drawClashes(schemaOf(kind), clashes, texts, decide) : nothing}`;
  }

  /** Whether a part may be changed; `''`: what is in none. */
  protected mayWrite(part: string): boolean {
    const { kind, account, access } = this;
    const { shown } = this.#editing;
    const row = kind?.rows.parts?.[part] ?? kind?.rows.write;
    const level = shown ? (shown.levels[part] ?? shown.levels['']) : row && account?.levels[row];
    return access === 'full' && level === 'full' && kind?.rows.write !== null;
  }

  #form(kind: ShownKind, tab: string): TemplateResult {
    const schema = schemaOf(kind);
    const { document } = this.#editing;
    const form = this.#drawn();
    const names = Object.keys(schema.properties ?? {}).filter((name) => name !== 'name');
    const [part, place] = tab === '' ? [schema, ''] : [schema.properties?.[tab] ?? {}, `/${tab}`];
    const mayWrite = this.mayWrite(tab);
    return html`<form class="form" @submit=${this.#submit}><fieldset ?disabled=${!this.mayWrite('')}>${drawFields(schema, { name: document['name'] ?? '' }, '', form, names)}</fieldset>
      ${mayWrite ? nothing : html`<span class="hint">${this.texts.say('productReadOnly')}</span>`}
      <fieldset ?disabled=${!mayWrite}>${drawFields(part, valueAt(document, place), place, form, tab === '' ? ['name'] : [])}</fieldset></form>`;
  }

  /** What forms are drawn with. */
  #drawn(refs = this.#editing.shown?.refs ?? []): Form {
    const { texts, source, account } = this;
    const { faults, kept } = this.#editing;
    const kinds = this.kinds ?? [];
    if (source && account) this.#choices ??= choicesOf(source, account.id, kinds, () => this.requestUpdate());
    const choices = this.#choices ?? (() => []);
    const nameOf = (key: string, id: string): string => {
      const ref = refs.find((one) => one.id === id);
      if (ref && ref.state !== 'there') return texts.say(ref.state === 'missing' ? 'productMissing' : 'productHidden');
      return choices(key).find((one) => one.id === id)?.name ?? ref?.name ?? id;
    };
    return {
      texts,
      kept,
      faults,
      nameOf,
      change: this.#change,
      focus: (id) => void this.updateComplete.then(() => this.#focusOn(id)),
      choices,
      open: (key, id) => {
        const kind = kinds.find((one) => one.kind === key)?.kind;
        if (!kind) return nothing;
        const label = `${texts.say('open')}: ${nameOf(key, id)}`;
        return wayTo(this.wayOf({ kind, product: id as RowId }), texts.say('open'), 'link', { label });
      },
    };
  }

  /** What was refused, giving up and saving. */
  #saveBar(): TemplateResult {
    const { refusal, busy, texts } = this;
    const { say } = texts;
    const { draft, clashes } = this.#editing;
    return html`<div class="save">
      ${refusal ? errorLine(refusal.message) : nothing}
      <span>${draft ? say('productUnsaved') : nothing}</span>
      ${draft ? html`<button class="button" type="button" part="button" ?disabled=${busy} @click=${this.#discard}>${say('productDiscard')}</button>` : nothing}
      <button class="button primary" type="button" part="button" ?disabled=${busy || clashes.length > 0} @click=${this.#press}>${say(this.place.product === 'new' ? 'productCreate' : 'productSave')}</button></div>`;
  }

  /** Half a date reads as empty: what stands there must not be taken for nothing, and the browser says so first. */
  readonly #press = (): void => {
    const form = this.renderRoot.querySelector<HTMLFormElement>('.form');
    if (form) form.requestSubmit();
    else void this.#save();
  };

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    void this.#save();
  };

  #at(): ProductAt | null {
    const { account, kind } = this;
    const { product } = this.place;
    return account && kind && product !== null && product !== 'new'
      ? { account: account.id, kind: kind.kind, product }
      : null;
  }

  async #save(): Promise<void> {
    const { source, account, kind, busy } = this;
    const editing = this.#editing;
    const { draft, document, clashes } = editing;
    const at = this.#at();
    if (!source || !account || !kind || busy || clashes.length > 0 || (at && !draft)) return;
    this.busy = true;
    this.refusal = null;
    editing.refused([]);
    try {
      if (at && draft) {
        const sent = editing.sent(kind.rows.parts ? 'parts' : 'whole');
        editing.saved(await source.save(at, draft.base.version, sent), document);
        this.versions = null;
      } else {
        const product = await source.create(account.id, kind.kind, document);
        editing.discard();
        if (this.#editing === editing) await this.go({ product }, 'replace');
      }
    } catch (error) {
      // What was typed is kept where it was typed: whoever comes back to it saves it then.
      if (this.#editing === editing) await this.#refuse(refusalFrom(error));
    }
    this.busy = false;
  }

  async #refuse(refusal: SourceRefusal): Promise<void> {
    // What is there now comes beside what was typed.
    if (refusal.code === 'VERSION_CONFLICT') return this.#loading.again();
    const { field, message, faults } = refusal;
    const own = field?.includes('/') ? [{ at: field.slice(field.indexOf('/')), message }] : [];
    this.#editing.refused(faults.length > 0 ? faults : own);
    const [first] = this.#editing.faults.keys();
    if (first !== undefined) await this.#show(first);
    this.refusal = refusal;
  }

  /** Goes to what stands at a place: its tab, opened down to it, with the focus. */
  async #show(place: string): Promise<void> {
    const names = place.split('/');
    const part = names[1] ?? '';
    if (part !== this.#tab() && this.#tabs().some(([tab]) => tab === part)) await this.go({ part }, 'replace');
    await this.updateComplete;
    // What has no control of its own has one around it.
    while (names.length > 1 && !this.#focusOn(controlId(names.join('/')))) names.pop();
  }

  async #loadVersions(): Promise<void> {
    const at = this.#at();
    const editing = this.#editing;
    this.versions = [];
    if (!this.source || !at) return;
    const versions = await this.source.versions(at);
    // Unless something else is shown by now.
    if (this.#editing === editing) this.versions = versions;
  }

  #shownVersions(kind: ShownKind): TemplateResult {
    const { past } = this;
    const { say } = this.texts;
    const rows = (this.versions ?? []).map(({ version: n, name, savedAt: at, savedBy: by, state }): Past => {
      const look = { label: say('open'), act: () => void this.attempt(() => this.#look(n)) };
      const restore = { label: say('productRestore'), act: () => void this.attempt(() => this.#restore(n)) };
      const acts = state === 'past' ? [look, ...(this.mayWrite('') ? [restore] : [])] : [];
      return { key: String(n), name, aside: say('productVersion', { n }), at, by, acts };
    });
    return html`<sam-table exportparts="button" .table=${pastTable(rows, say('productSaved'), this.texts)}></sam-table>${past ? this.#shownPast(kind, past) : nothing}`;
  }

  async #look(version: number): Promise<void> {
    const at = this.#at();
    const editing = this.#editing;
    if (!this.source || !at) return;
    const past = await this.source.get(at, version);
    if (this.#editing !== editing) return;
    this.past = past;
    await this.updateComplete;
    this.#focusOn(PAST);
  }

  /** All of an earlier version that one may read, as it was: nothing in it can be changed. */
  #shownPast(kind: ShownKind, { document, refs, version: n, name }: Product): TemplateResult {
    const schema = schemaOf(kind);
    const hidden = Object.keys(schema.properties ?? {}).filter((one) => !(one in document));
    return html`<div class="bar"><div class="title" role="heading" aria-level=${this.level + 1} id=${PAST} tabindex="-1"><bdi>${name}</bdi>, ${this.texts.say('productVersion', { n })}</div></div>
      <form class="form" aria-labelledby=${PAST}><fieldset disabled>${drawFields(schema, document, '', { ...this.#drawn(refs), kept: document, faults: new Map() }, hidden)}</fieldset></form>`;
  }

  /** Who runs which version, once that is loaded. */
  #shownCopies({ kind }: ShownKind, { id, version }: Product): TemplateResult {
    const { source, account, texts, access } = this;
    if (this.#copies.part === null) {
      this.#copies.load().catch((error: unknown) => {
        this.refusal = refusalFrom(error);
      });
      return absent(null, texts, () => undefined);
    }
    const product = { kind, id, version };
    return html`<sam-copies exportparts="button, card, dialog" .source=${source?.copies ?? null} .account=${account} .texts=${texts} .access=${access} .product=${product} .mayWrite=${this.mayWrite('')} level=${this.level + 1}></sam-copies>`;
  }

  async #restore(version: number): Promise<void> {
    const editing = this.#editing;
    const { shown } = editing;
    const at = this.#at();
    if (!this.source || !at || !shown || !(await this.mayLeave())) return;
    const product = await this.source.restore(at, version, shown.version);
    if (this.#editing !== editing) return;
    this.#take(product);
    this.past = null;
  }

  #mayDelete({ rows, deleteRight }: ShownKind): boolean {
    // Whether their role has the right, the server says.
    return this.access === 'full' && (rows.write === null ? deleteRight !== undefined : this.mayWrite(''));
  }

  #askDelete({ name }: Product): void {
    const { texts, source, kind } = this;
    const { say } = texts;
    const at = this.#at();
    if (!source || !at) return;
    const act = async (): Promise<void> => {
      await source.remove(at);
      this.#discard();
      void this.go({ product: null, part: null });
    };
    const text = say(kind?.rows.write === null ? 'productDeleteForGood' : 'productDeleteText');
    const question = { title: say('productDeleteTitle', { name }), text, submit: say('productDelete') };
    void this.#dialogs.open(Object.assign(new SamConfirm(), { texts, question, tone: 'danger', act }));
  }

  /** Does something beside what is shown, which stays as it is where that is refused. */
  protected async attempt(act: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    const editing = this.#editing;
    this.busy = true;
    this.refusal = null;
    try {
      await act();
    } catch (error) {
      if (this.#editing === editing) this.refusal = refusalFrom(error);
    }
    this.busy = false;
  }

  readonly #hold = (event: Event): void => {
    if (this.#editing.draft) event.preventDefault();
  };
}
