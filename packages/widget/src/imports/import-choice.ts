import type { AccountId, RowId } from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { refusalFrom, type SourceRefusal } from '../data/account-source.ts';
import { icon } from '../icons/icon.ts';
import { CHEVRON_DOWN, MOVES } from '../icons/icons.ts';
import { SEARCH } from '../icons/list-icons.ts';
import { absent } from '../parts/absent.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { errorLine } from '../parts/error-line.ts';
import { formStyles } from '../parts/form-styles.ts';
import { LatePart } from '../parts/late-part.ts';
import { Loading } from '../parts/loading.ts';
import { fieldsOf, schemaOf } from '../products/schema.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import type { Chosen } from './import-draft.ts';
import type {
  AccountDetail,
  CopyLink,
  ImportsSource,
  KindKey,
  Product,
  ProductRow,
  ShownKind,
} from './imports-source.ts';
import { importsStyles } from './imports-styles.ts';

/** So many products of a kind are shown at first, and further ones at a time; copies are looked for among so many. */
const [PAGE, MOST] = [50, 500];
/** How long after the last key it is searched for what was typed (ms). */
const TYPING_MS = 250;

type Page = { readonly rows: readonly ProductRow[]; readonly nextCursor: string | null };
type Asked = { readonly source: ImportsSource; readonly search: string; readonly kinds: readonly ShownKind[] };
/** A copy in the target, and whether an update would make it another. */
type Copy = CopyLink & { readonly isOlder: boolean };
type Listed = { readonly pages: ReadonlyMap<KindKey, Page>; readonly copies: ReadonlyMap<RowId, Copy> };

/** Parts of a kind that somebody may import; null: it has none. What they may not have is not offered. */
function partsFor({ rows: { write, parts } }: ShownKind, { levels }: AccountDetail): readonly string[] | null {
  if (!parts) return null;
  if (write !== null && levels[write] !== 'full') return [];
  return Object.entries(parts).flatMap(([part, row]) => (levels[row] === 'full' ? part : []));
}

/** Whether somebody may import something of a kind. */
export function mayImport(kind: ShownKind, from: AccountDetail): boolean {
  const parts = partsFor(kind, from);
  return parts ? parts.length > 0 : kind.rows.write !== null && from.levels[kind.rows.write] === 'full';
}

/** Products of an account to choose from, with those that the target has copies of. */
export class SamImportChoice extends LitElement {
  static override properties = {
    source: { attribute: false },
    from: { attribute: false },
    target: { attribute: false },
    kinds: { attribute: false },
    chosen: { attribute: false },
    texts: { attribute: false },
    access: {},
    listed: { state: true },
    failure: { state: true },
    refusal: { state: true },
    search: { state: true },
    shown: { state: true },
    unfolded: { state: true },
    opened: { state: true },
    hidesCopies: { state: true },
    told: { state: true },
  };
  static override styles = [controlStyles, formStyles, cardStyles, importsStyles];

  declare source: ImportsSource | null;
  declare from: AccountDetail | null;
  /** Whose copies are shown; null: those of several accounts are not. */
  declare target: AccountId | null;
  declare kinds: readonly ShownKind[];
  declare chosen: ReadonlyMap<RowId, Chosen>;
  declare texts: Texts;
  declare access: 'full' | 'readOnly';
  /** Told what is chosen. */
  choose: (chosen: ReadonlyMap<RowId, Chosen>) => void = () => undefined;
  declare protected listed: Listed | null;
  declare protected failure: SourceRefusal | null;
  declare protected refusal: SourceRefusal | null;
  declare protected search: string;
  /** Kinds to which the list is kept; none: all. */
  declare protected shown: ReadonlySet<KindKey>;
  declare protected unfolded: ReadonlySet<RowId>;
  /** Copies that are opened, with what they are now. */
  declare protected opened: ReadonlyMap<RowId, Product>;
  declare protected hidesCopies: boolean;
  declare protected told: number;
  #asked: Asked | null = null;
  readonly #late = new LatePart(
    () => import('./sam-link.ts'),
    'SamLink',
    ({ SamLink }) => (define('sam-link', SamLink), true),
  );
  #typing: ReturnType<typeof setTimeout> | undefined;
  readonly #loading = new Loading<Asked, Listed>(this, {
    wanted: () => this.#asked && this.from && { source: this.#asked, account: this.from.id, version: this.told },
    ask: (wanted, signal) => this.#ask(wanted.source, wanted.account, signal),
    show: (listed) => {
      this.listed = listed;
      this.failure = null;
    },
    fail: (refusal) => {
      if (!this.listed) this.failure = refusal;
    },
    forget: () => {
      this.failure = null;
    },
  });

  constructor() {
    super();
    this.source = null;
    this.from = null;
    this.target = null;
    this.kinds = [];
    this.chosen = new Map();
    this.texts = defaultTexts();
    this.access = 'full';
    this.listed = null;
    this.failure = null;
    this.refusal = null;
    this.search = '';
    this.shown = new Set();
    this.unfolded = new Set();
    this.opened = new Map();
    this.hidesCopies = false;
    this.told = 0;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { source, search, kinds } = this;
    if (changed.has('from')) this.listed = null;
    const was = this.#asked;
    if (was?.source !== source || was?.search !== search || was.kinds !== kinds)
      this.#asked = source && { source, search, kinds };
  }

  async #ask({ source, search, kinds }: Asked, from: AccountId, signal: AbortSignal): Promise<Listed> {
    const { target } = this;
    const query = { search: search.trim(), order: 'name', cursor: null, limit: PAGE } as const;
    const list = async ({ kind }: ShownKind) => [kind, await source.products.list(from, kind, query, signal)] as const;
    const pages = new Map(await Promise.all(kinds.map(list)));
    return { pages, copies: target === null ? new Map() : await this.#copies(source, from, target, pages, signal) };
  }

  /** Which copies the target has, and which of them an update would change. */
  async #copies(
    { products, links }: ImportsSource,
    from: AccountId,
    target: AccountId,
    pages: Listed['pages'],
    signal?: AbortSignal,
  ): Promise<Listed['copies']> {
    const rows = [...pages.values()].flatMap((page) => page.rows);
    if (rows.length === 0) return new Map();
    const ids = rows.slice(0, MOST).map(({ id }) => id);
    const found = await links(from, target, ids, signal);
    const kinds = new Set(rows.flatMap(({ id, kind }) => (found.some(({ source }) => source === id) ? kind : [])));
    const query = { search: '', order: 'newest', cursor: null, limit: MOST } as const;
    const there = await Promise.all([...kinds].map((kind) => products.list(target, kind, query, signal)));
    const older = new Set(
      there.flatMap((page) => page.rows.flatMap(({ id, link }) => (link?.updateAvailable ? id : []))),
    );
    return new Map(found.map((link) => [link.source, { ...link, isOlder: older.has(link.product) }]));
  }

  protected override render(): TemplateResult {
    const { listed, texts, from } = this;
    const { say } = texts;
    if (!listed || !from)
      return html`<div class="card" part="card">${absent(this.failure, texts, () => void this.#loading.begin())}</div>`;
    const words = say('importSearch', { name: from.name });
    const kinds = this.kinds.filter(({ kind }) => this.shown.size === 0 || this.shown.has(kind));
    const rows = kinds.map((kind) => this.#kind(kind, listed, from));
    const isEmpty = rows.every((one) => one === nothing);
    return html`<div class="card" part="card"><div class="bar">
        <div class="field grow">${icon(SEARCH, 14)}<input type="search" aria-label=${words} placeholder=${words} maxlength="200" .value=${this.search} @input=${this.#type} /></div>
        ${this.target === null ? nothing : html`<label class="check"><input type="checkbox" .checked=${this.hidesCopies} @change=${this.#hide} />${say('importHideCopies')}</label>`}</div>
      <div class="bar chips" role="group" aria-label=${say('importKinds')}>${this.kinds.map((kind) => this.#chip(kind, listed))}</div>
      ${this.refusal ? html`<div class="bar">${errorLine(this.refusal.message)}</div>` : nothing}
      ${isEmpty ? html`<div class="state" role="status">${this.search === '' && this.shown.size === 0 && !this.hidesCopies ? say('importNothingThere', { name: from.name }) : say('importNothingFound')}</div>` : html`<ul class="rows">${rows}</ul>`}</div>`;
  }

  readonly #type = ({ target }: Event): void => {
    clearTimeout(this.#typing);
    const { value } = target as HTMLInputElement;
    this.#typing = setTimeout(() => {
      this.search = value;
    }, TYPING_MS);
  };

  readonly #hide = ({ target }: Event): void => {
    this.hidesCopies = (target as HTMLInputElement).checked;
  };

  /** Keeps the list to a kind, and to others that were chosen so; a kind that has nothing is not offered. */
  #chip({ kind, plural }: ShownKind, { pages }: Listed): TemplateResult | typeof nothing {
    const { rows = [], nextCursor = null } = pages.get(kind) ?? {};
    if (rows.length === 0) return nothing;
    const turn = (): void => {
      this.shown = turned(this.shown, kind);
    };
    const count = `${this.texts.numbers.whole(rows.length)}${nextCursor === null ? '' : '+'}`;
    return html`<button class="button chip" type="button" part="button" aria-pressed=${String(this.shown.has(kind))} @click=${turn}>${plural} ${count}</button>`;
  }

  #kind(kind: ShownKind, { pages, copies }: Listed, from: AccountDetail): unknown {
    const page = pages.get(kind.kind);
    const rows = page?.rows.filter(({ id }) => !this.hidesCopies || !copies.has(id)) ?? [];
    if (!page || rows.length === 0) return nothing;
    const more = (): void => void this.#more(kind, page);
    return html`${rows.map((row) => this.#row(kind, row, copies.get(row.id), from))}${page.nextCursor === null ? nothing : html`<li class="bar"><button class="button" type="button" part="button" @click=${more}>${this.texts.say('importMore')}: ${kind.plural}</button></li>`}`;
  }

  async #more({ kind }: ShownKind, page: Page): Promise<void> {
    const { source, from, target, listed, search } = this;
    if (!source || !from || !listed) return;
    this.refusal = null;
    try {
      const query = { search: search.trim(), order: 'name', cursor: page.nextCursor, limit: PAGE } as const;
      const next = await source.products.list(from.id, kind, query);
      const added = new Map([[kind, next]]);
      const copies = target === null ? [] : await this.#copies(source, from.id, target, added);
      // Unless it was read anew meanwhile.
      if (this.listed === listed)
        this.listed = {
          pages: new Map([...listed.pages, [kind, { ...next, rows: [...page.rows, ...next.rows] }]]),
          copies: new Map([...listed.copies, ...copies]),
        };
    } catch (error) {
      this.refusal = refusalFrom(error);
    }
  }

  #row(kind: ShownKind, row: ProductRow, copy: Copy | undefined, from: AccountDetail): TemplateResult {
    const { texts, chosen, unfolded, target } = this;
    const { say } = texts;
    const { id, name, version } = row;
    const isOffered = this.access === 'full' && mayImport(kind, from);
    const parts = partsFor(kind, from);
    const all = Object.keys(kind.rows.parts ?? {}).length;
    const one = chosen.get(id);
    const taken = one && (one.parts ?? parts ?? []).length;
    const isUnfolded = unfolded.has(id);
    const fold = (): void => {
      this.unfolded = turned(unfolded, id);
    };
    const what = one && parts ? say('importParts', { label: kind.label, n: taken ?? 0, all }) : kind.label;
    const note = isOffered
      ? kind.fromParent === 'move'
        ? html`<span class="moves">${icon(MOVES, 14)}${say('importMovesNote')}</span>`
        : nothing
      : say('importMayNot');
    return html`<li class=${one ? 'chosen' : ''}><div class="row-of">
        <label class="check grow"><input type="checkbox" .checked=${one !== undefined} .indeterminate=${one !== undefined && parts !== null && taken !== all} ?disabled=${!isOffered} @change=${() => this.#turn(row, parts, all)} /><span><bdi class="strong">${name}</bdi> <span class="quiet">v${texts.numbers.whole(version)}</span></span></label>
        ${parts && isOffered ? html`<button class="x" type="button" aria-expanded=${String(isUnfolded)} aria-label=${say('importUnfold', { name })} @click=${fold}>${icon(CHEVRON_DOWN)}</button>` : html`<span></span>`}
        <span class="quiet what">${what}</span><span class="quiet note-of">${note}</span>
        <span class="link-of">${copy ? html`<span class="badge ${copy.isOlder ? 'info' : ''}">${copy.isOlder ? say('importNewer', { has: copy.version, is: version }) : say('importLinked', { n: copy.version })}</span><button class="link" type="button" aria-expanded=${String(this.opened.has(id))} aria-label=${say('importCopyOf', { name })} @click=${() => void this.#open(kind, id, copy)}>${say('importCopy')}</button>` : nothing}</span></div>
      ${isUnfolded && parts ? html`<ul class="parts" aria-label=${say('importUnfold', { name })}>${this.#parts(kind, row, parts, one)}</ul>` : nothing}
      ${target !== null ? this.#copy(kind, id, target) : nothing}</li>`;
  }

  #parts(kind: ShownKind, row: ProductRow, parts: readonly string[], one: Chosen | undefined): unknown {
    const fields = fieldsOf(schemaOf(kind)).filter(([part]) => kind.rows.parts?.[part] !== undefined);
    const taken = new Set(one ? (one.parts ?? parts) : []);
    return fields.map(([part, { title = part }]) => {
      const turn = (): void => {
        const next = turned(taken, part);
        // In the order of the kind; all of them are just the product.
        this.#set(
          row,
          next.size === 0
            ? null
            : this.#wanted(
                kind,
                Object.keys(kind.rows.parts ?? {}).filter((name) => next.has(name)),
              ),
        );
      };
      const isOffered = parts.includes(part);
      return html`<li><label class="check"><input type="checkbox" .checked=${taken.has(part)} ?disabled=${!isOffered} @change=${turn} />${title}</label>${isOffered ? nothing : html`<span class="quiet">${this.texts.say('importMayNot')}</span>`}</li>`;
    });
  }

  #wanted(
    { rows: { parts = {} } }: ShownKind,
    wanted: readonly string[] | null,
  ): { readonly parts: readonly string[] | null } {
    return { parts: wanted?.length === Object.keys(parts).length ? null : wanted };
  }

  #turn(row: ProductRow, parts: readonly string[] | null, all: number): void {
    const is = this.chosen.get(row.id);
    // What is chosen in part is chosen as a whole first.
    const isWhole = is && (parts === null || (is.parts ?? parts).length === parts.length);
    this.#set(row, isWhole ? null : { parts: parts?.length === all ? null : parts });
  }

  #set({ id, kind, name }: ProductRow, what: { readonly parts: readonly string[] | null } | null): void {
    const chosen = new Map(this.chosen);
    if (what) chosen.set(id, { kind, name, ...what });
    else chosen.delete(id);
    this.choose(chosen);
  }

  async #open({ kind }: ShownKind, id: RowId, { product }: Copy): Promise<void> {
    const { source, target } = this;
    const opened = new Map(this.opened);
    if (opened.delete(id) || !source || target === null) this.opened = opened;
    else
      try {
        this.refusal = null;
        await this.#late.load();
        this.opened = opened.set(id, await source.products.get({ account: target, kind, product }, null));
      } catch (error) {
        this.refusal = refusalFrom(error);
      }
  }

  #copy(kind: ShownKind, id: RowId, account: AccountId): TemplateResult | typeof nothing {
    const product = this.opened.get(id);
    if (!product) return nothing;
    const changed = (next: Product): void => {
      this.opened = new Map(this.opened).set(id, next);
      // Its list says what it is now.
      this.told += 1;
    };
    return html`<sam-link exportparts="button, dialog" .source=${this.source?.products ?? null} .account=${account} .kind=${kind} .product=${product} .texts=${this.texts} .access=${this.access} .changed=${changed}></sam-link>`;
  }
}

/** A set with something more, or without it. */
export function turned<One>(set: ReadonlySet<One>, one: One): Set<One> {
  const next = new Set(set);
  if (!next.delete(one)) next.add(one);
  return next;
}
