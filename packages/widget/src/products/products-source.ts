import { refusalOf, type Tenantree } from '@tenantree/client';
import type { AnswerOf, CONTRACT, Product, ProductRow, SentTo, ShownKind } from '@tenantree/contract';
import type { AccountId, RowId } from '@tenantree/domain';
import { type CopiesSource, copiesFrom } from '../copies/copies-source.ts';
import { call } from '../data/call.ts';
import { type LiveReader, SourceRefusal } from '../data/refusals.ts';

export type { Product, ProductRow, ProductVersion, ShownKind } from '@tenantree/contract';

type Procedures = (typeof CONTRACT)['products'];
/** Key of a kind of product. */
export type KindKey = ShownKind['kind'];
/** What is sent of a product. */
export type SentDocument = SentTo<Procedures['save']>['document'];

/** Which products of an account are listed, a page at a time. */
export type ProductQuery = {
  readonly search: string;
  readonly order: 'name' | 'newest';
  readonly cursor: string | null;
  /** 1 to 500 */
  readonly limit: number;
};

/** One product, by its kind. */
export type ProductAt = { readonly account: AccountId; readonly kind: KindKey; readonly product: RowId };

/** Where the screen of products gets them from and sends changes to. Every promise rejects with a `SourceRefusal`. */
export type ProductsSource = {
  readonly kinds: (language: string, signal?: AbortSignal) => Promise<readonly ShownKind[]>;
  readonly list: (
    account: AccountId,
    kind: KindKey,
    query: ProductQuery,
    signal?: AbortSignal,
  ) => Promise<{ readonly rows: readonly ProductRow[]; readonly nextCursor: string | null }>;
  /** @param version an earlier one; null: as it is */
  readonly get: (at: ProductAt, version: number | null, signal?: AbortSignal) => Promise<Product>;
  readonly create: (account: AccountId, kind: KindKey, document: SentDocument) => Promise<RowId>;
  readonly save: (at: ProductAt, expectedVersion: number, document: SentDocument) => Promise<Product>;
  readonly remove: (at: ProductAt) => Promise<void>;
  readonly restore: (at: ProductAt, version: number, expectedVersion: number) => Promise<Product>;
  /** The latest versions of a product. */
  readonly versions: (at: ProductAt) => Promise<AnswerOf<Procedures['versions']>['rows']>;
  /** Those of a kind that were deleted last. */
  readonly deleted: (account: AccountId, kind: KindKey) => Promise<AnswerOf<Procedures['deleted']>['rows']>;
  /** What a search finds of a kind, or all, as CSV, file by file. */
  readonly export: (
    account: AccountId,
    kind: KindKey,
    search: string,
    cursor: string | null,
  ) => Promise<{ readonly filename: string; readonly csv: string; readonly nextCursor: string | null }>;
  /** Makes a copy at some places again what its source was when it was last written from there. */
  readonly takeSource: (at: ProductAt, expectedVersion: number, places: readonly string[]) => Promise<Product>;
  /** Lets a copy be a product of its own. */
  readonly detach: (at: ProductAt) => Promise<Product>;
  /** Tells that products of a kind changed. Returns how to stop. */
  readonly follow: (account: AccountId, kind: KindKey, reader: LiveReader<{ readonly version: number }>) => () => void;
  /** Who is in the account, for what names one of them. */
  readonly people: (account: AccountId) => Promise<readonly { readonly id: string; readonly name: string }[]>;
  /** Copies in accounts below; null: they are not shown. */
  readonly copies: CopiesSource | null;
};

/** Products from a Tenantree server. */
export function productsFrom(server: Pick<Tenantree, 'trpc'>): ProductsSource {
  const { products, imports, members } = server.trpc;
  return {
    copies: copiesFrom(server),
    kinds: async (language, signal) => (await call(products.kinds.query, { language }, signal)).kinds,
    list: (account, kind, { search, cursor, ...query }, signal) =>
      call(
        products.list.query,
        { account, kind, ...query, ...(search && { search }), ...(cursor !== null && { cursor }) },
        signal,
      ),
    get: async (at, version, signal) =>
      (await call(products.get.query, { ...at, ...(version !== null && { version }) }, signal)).product,
    create: async (account, kind, document) => {
      const { products: made } = await call(products.create.mutate, { account, kind, products: [{ document }] });
      return made[0]?.id ?? ('' as RowId);
    },
    save: async (at, expectedVersion, document) =>
      (await call(products.save.mutate, { ...at, expectedVersion, document })).product,
    remove: async ({ product, ...at }) => void (await call(products.delete.mutate, { ...at, products: [product] })),
    restore: async (at, version, expectedVersion) =>
      (await call(products.restore.mutate, { ...at, version, expectedVersion })).product,
    versions: async (at) => (await call(products.versions.query, at)).rows,
    deleted: async (account, kind) => (await call(products.deleted.query, { account, kind })).rows,
    export: (account, kind, search, cursor) =>
      call(products.export.query, { account, kind, ...(search && { search }), ...(cursor !== null && { cursor }) }),
    takeSource: async (at, expectedVersion, places) =>
      (await call(imports.takeSource.mutate, { ...at, expectedVersion, at: [...places] })).product,
    detach: async (at) => (await call(imports.detach.mutate, at)).product,
    follow: (account, kind, { onFrame, onRefused }) => {
      const subscription = products.live.subscribe(
        { account, kind },
        { onData: ({ data }) => onFrame(data), onError: (error) => onRefused(new SourceRefusal(refusalOf(error))) },
      );
      return () => subscription.unsubscribe();
    },
    people: async (account) =>
      (await call(members.list.query, { account })).members.map(({ userId: id, name }) => ({ id, name })),
  };
}
