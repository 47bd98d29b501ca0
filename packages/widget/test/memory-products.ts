import type { Product, ProductRow, ProductVersion } from '@tenantree/contract';
import { type AccountId, instantOf, type Level, type RowId } from '@tenantree/domain';
import {
  columnsOf,
  type Document,
  filled,
  parseDocument,
  productKind,
  refsOf,
  secretPlaces,
  shownDocument,
  shownKinds,
} from '@tenantree/domain/products';
import { type LiveReader, SourceRefusal } from '../src/index.ts';
import { type Value, withValue } from '../src/products/document.ts';
import type { ProductAt, ProductsSource } from '../src/products.ts';

type Kind = ProductAt['kind'];
type Kept = { readonly version: number; readonly document: Document; readonly savedBy: string };
type Owned = {
  readonly id: RowId;
  readonly account: AccountId;
  readonly kind: Kind;
  versions: Kept[];
  gone: boolean;
  secrets: Map<string, string>;
  link?: Link;
};

/** Of a copy. */
type Link = NonNullable<Product['link']>;

const BASE_MS = Date.UTC(2026, 10, 20, 10);
const nameOf = ({ name }: Document): string => (typeof name === 'string' ? name : '');
const at = (version: number) => instantOf(BASE_MS + version * 60_000);
const refuse = (code: SourceRefusal['code'], message: string, more: object = {}): never => {
  throw new SourceRefusal({ code, message, ...more });
};

/** Products in memory, by the real registry, who answer like the server does, one microtask later. */
export class MemoryProducts implements ProductsSource {
  readonly #owned = new Map<RowId, Owned>();
  readonly #readers = new Map<LiveReader<{ readonly version: number }>, Kind>();
  #serial = 0;
  #version = 1;
  /** What the reader may do with parts, where it isn't all. */
  levels: Record<string, Level> = {};
  /** Every further call fails with this; null ends that. */
  refusal: SourceRefusal | null = null;
  copies: ProductsSource['copies'] = null;
  /** What was sent to be saved. */
  readonly sent: Document[] = [];

  kinds: ProductsSource['kinds'] = (language) =>
    this.#answer(() => shownKinds(language) as Awaited<ReturnType<ProductsSource['kinds']>>);

  list: ProductsSource['list'] = (account, kind, { search, order, cursor, limit }) =>
    this.#answer(() => {
      const all = this.#of(account, kind)
        .map((one) => this.#row(one))
        .filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()))
        .sort((a, b) => (order === 'name' ? a.name.localeCompare(b.name) : b.id.localeCompare(a.id)));
      const from = Number(cursor ?? 0);
      return {
        rows: all.slice(from, from + limit),
        nextCursor: from + limit < all.length ? String(from + limit) : null,
      };
    });

  get: ProductsSource['get'] = (one, version) => this.#answer(() => this.#shown(this.#at(one), version));

  create: ProductsSource['create'] = (account, kind, document) =>
    this.#answer(() => this.make(account, kind, document as Document));

  save: ProductsSource['save'] = (one, expected, document) =>
    this.#answer(() => {
      this.sent.push(document);
      return this.change(one, document, 'Olivia Owner', expected);
    });

  remove: ProductsSource['remove'] = (one) =>
    this.#answer(() => {
      const owned = this.#at(one);
      const users = [...this.#owned.values()].filter(
        (other) => !other.gone && this.#refs(other).some(({ id, need }) => id === owned.id && need === 'required'),
      );
      const names = users.map((user) => `“${this.#row(user).name}”`).join(', ');
      if (users.length > 0) refuse('STILL_NEEDED', `It is needed by ${names}.`, { field: 'products' });
      owned.gone = true;
      this.#tell(owned.kind);
    });

  restore: ProductsSource['restore'] = (one, version) =>
    this.#answer(() => {
      const owned = this.#owned.get(one.product);
      const past = owned?.versions.find((kept) => kept.version === version);
      if (!owned || !past) return refuse('NOT_FOUND', 'There is no such version any more.');
      owned.gone = false;
      this.#add(owned, past.document, 'Olivia Owner');
      this.#tell(owned.kind);
      return this.#shown(owned, null);
    });

  versions: ProductsSource['versions'] = (one) =>
    this.#answer(() =>
      this.#at(one)
        .versions.toReversed()
        .map(
          ({ version, document, savedBy }, n): ProductVersion => ({
            version,
            name: nameOf(document),
            savedAt: at(version),
            savedBy: { id: null, name: savedBy },
            state: n === 0 ? 'present' : 'past',
          }),
        ),
    );

  deleted: ProductsSource['deleted'] = (account, kind) =>
    this.#answer(() =>
      [...this.#owned.values()]
        .filter((one) => one.gone && one.account === account && one.kind === kind)
        .map((one) => {
          const { id, name, version } = this.#row(one);
          return { id, name, version, deletedAt: at(version), deletedBy: { id: null, name: 'Olivia Owner' } };
        }),
    );

  export: ProductsSource['export'] = (_, kind, search, cursor) =>
    this.#answer(() => ({
      filename: `${kind}.csv`,
      csv: `id,name\r\n${cursor ?? '1'},${search || 'a'}\r\n`,
      nextCursor: cursor === null ? '2' : null,
    }));

  takeSource: ProductsSource['takeSource'] = (one, expected, places) =>
    this.#answer(() => {
      const owned = this.#at(one);
      const taken = owned.link?.differences.filter(({ at: place }) => places.includes(place)) ?? [];
      if (!owned.link || taken.length === 0) return refuse('NOT_A_COPY', 'It is no copy.');
      const document = taken.reduce<Value>(
        (all, { at: place, base }) => withValue(all, place, base ?? undefined),
        owned.versions.at(-1)!.document,
      ) as Document;
      const differences = owned.link.differences.filter((other) => !taken.includes(other));
      owned.link = { ...owned.link, differences };
      return this.change(one, document, 'Olivia Owner', expected);
    });

  detach: ProductsSource['detach'] = (one) =>
    this.#answer(() => {
      const owned = this.#at(one);
      delete owned.link;
      this.#tell(owned.kind);
      return this.#shown(owned, null);
    });

  /** It is a copy from now on. */
  link(one: ProductAt, link: Link): void {
    this.#at(one).link = link;
  }

  /** Of what something is a copy. */
  linkOf(product: RowId): Link | undefined {
    return this.#owned.get(product)?.link;
  }

  /** What an account owns, with the documents and where secrets are set. */
  owned(account: AccountId) {
    return [...this.#owned.values()]
      .filter((one) => !one.gone && one.account === account)
      .map((one) => ({
        ...this.#row(one),
        document: one.versions.at(-1)!.document,
        secrets: [...one.secrets.keys()],
        copyOf: one.link?.source ?? null,
      }));
  }

  /** It goes away. */
  drop(product: RowId): void {
    const owned = this.#owned.get(product);
    if (!owned) return;
    owned.gone = true;
    this.#tell(owned.kind);
  }

  follow: ProductsSource['follow'] = (_, kind, reader) => {
    this.#readers.set(reader, kind);
    queueMicrotask(() => reader.onFrame({ version: this.#version }));
    return () => this.#readers.delete(reader);
  };

  people: ProductsSource['people'] = () =>
    this.#answer(() => [{ id: '01940000-0000-7000-8000-00000000000a', name: 'Vera Viewer' }]);

  /** A product is there. */
  make(account: AccountId, kind: Kind, document: Document): RowId {
    const id = `01940000-0000-7000-8000-${String(++this.#serial).padStart(12, '0')}` as RowId;
    const owned: Owned = { id, account, kind, versions: [], gone: false, secrets: new Map() };
    this.#write(owned, document, 'Olivia Owner');
    this.#owned.set(id, owned);
    this.#tell(kind);
    return id;
  }

  /** Somebody saves one. */
  change(one: ProductAt, document: Document, by: string, expected?: number): Product {
    const owned = this.#at(one);
    const present = owned.versions.at(-1);
    if (expected !== undefined && present?.version !== expected) refuse('VERSION_CONFLICT', 'It was saved meanwhile.');
    this.#write(owned, document, by);
    this.#tell(owned.kind);
    return this.#shown(owned, null);
  }

  #write(owned: Owned, document: Document, by: string): void {
    const kind = productKind(owned.kind);
    const parsed = parseDocument(kind, document, owned.versions.at(-1)?.document ?? null);
    if (!parsed.ok) throw new SourceRefusal(parsed.refusal);
    const { name } = parsed.value.name;
    const isTaken = this.#of(owned.account, owned.kind).some(
      (other) => other.id !== owned.id && this.#row(other).name.toLowerCase() === name.toLowerCase(),
    );
    if (isTaken && kind.names === 'unique') refuse('NAME_TAKEN', `There is “${name}” already.`, { field: '/name' });
    for (const { place, value } of parsed.value.secrets) {
      if (value === null) owned.secrets.delete(place);
      else owned.secrets.set(place, value.slice(-4));
    }
    this.#add(owned, parsed.value.document, by);
  }

  #add(owned: Owned, document: Document, savedBy: string): void {
    owned.versions.push({ version: (owned.versions.at(-1)?.version ?? 0) + 1, document, savedBy });
  }

  #tell(kind: Kind): void {
    this.#version += 1;
    for (const [reader, of] of this.#readers) if (of === kind) reader.onFrame({ version: this.#version });
  }

  #of(account: AccountId, kind: Kind): Owned[] {
    return [...this.#owned.values()].filter((one) => !one.gone && one.account === account && one.kind === kind);
  }

  #at({ product }: ProductAt): Owned {
    const found = this.#owned.get(product);
    return found && !found.gone ? found : refuse('NOT_FOUND', 'There is no such product.', { field: 'product' });
  }

  #refs(one: Owned) {
    const { document } = one.versions.at(-1)!;
    return refsOf(productKind(one.kind), document);
  }

  #row(one: Owned, kept = one.versions.at(-1)!): ProductRow {
    const kind = productKind(one.kind);
    const { version, document } = kept;
    return {
      id: one.id,
      kind: one.kind,
      name: nameOf(document),
      externalId: null,
      version,
      savedAt: at(version),
      columns: columnsOf(kind, filled(kind, document)),
      ...(one.link && { link: { state: one.link.state, updateAvailable: one.link.updateAvailable } }),
    };
  }

  #shown(one: Owned, version: number | null): Product {
    const kind = productKind(one.kind);
    const kept = version === null ? one.versions.at(-1) : one.versions.find((past) => past.version === version);
    if (!kept) return refuse('NOT_FOUND', 'There is no such version any more.');
    const { columns: _columns, link: _link, ...row } = this.#row(one, kept);
    const levels = {
      '': 'full' as const,
      ...Object.fromEntries(Object.keys(kind.rows.parts ?? {}).map((part) => [part, 'full' as const])),
      ...this.levels,
    };
    const places = secretPlaces(kind, kept.document);
    const ends = new Map([...one.secrets].filter(([place]) => places.includes(place)));
    const others = [...this.#owned.values()].filter((other) => !other.gone);
    return {
      ...row,
      ...(one.link && { link: one.link }),
      savedBy: { id: null, name: kept.savedBy },
      document: shownDocument(kind, kept.document, ends, levels),
      levels,
      refs: refsOf(kind, kept.document).map(({ place, kind: named, id }) => {
        const there = others.find((other) => other.id === id);
        return {
          at: place,
          kind: named,
          id,
          name: there ? this.#row(there).name : null,
          state: there ? ('there' as const) : ('missing' as const),
        };
      }),
      usedBy: others
        .filter((other) => this.#refs(other).some(({ id }) => id === one.id))
        .map((other) => ({ id: other.id, kind: other.kind, name: this.#row(other).name })),
    };
  }

  async #answer<T>(answer: () => T): Promise<T> {
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    return answer();
  }
}
