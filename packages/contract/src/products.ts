import type { JsonValue, RowId } from '@tenantree/domain';
import { PRODUCT_KINDS, type ProductKindKey } from '@tenantree/domain/products';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { type AnswerOf, EVERYBODY, mutation, ofKind, query, screensFor, signedIn, subscription } from './procedure.ts';
import * as shapes from './shapes.ts';

const MOST_AT_ONCE = 500;
const SCREENS = screensFor('products');
/** Whoever imports chooses among them, and sees what there is. */
const READERS = screensFor('products', 'import');

const kind = z.enum(PRODUCT_KINDS.map((one) => one.kind) as [ProductKindKey, ...ProductKindKey[]]);
/** A document as it is sent; its kind's schema is looked at behind the guard, with all that is wrong in it. */
const sent = z.record(z.string().max(64), shapes.json);
const product = inputs.id<RowId>('product');
const version = z.number().int().min(1).max(2_147_483_647);
const inAccount = { account: inputs.account, kind };
const one = { ...inAccount, product };

const document: z.ZodType<{ readonly [key: string]: JsonValue }> = z.record(z.string(), shapes.json);
const somebody = z.strictObject({ id: z.string().nullable(), name: z.string() });
const named = z.strictObject({ id: shapes.rowId, kind, name: z.string() });

const head = {
  id: shapes.rowId,
  kind,
  name: z.string(),
  externalId: z.string().nullable(),
  version: shapes.count,
  savedAt: shapes.instant,
};
/** Of a copy: whether its source stands above still, and has something new for it. */
const linkState = {
  state: z.enum(['linked', 'source_gone', 'detached']),
  /** Merging it would make the copy another. */
  updateAvailable: z.boolean(),
};
const row = z.strictObject({
  ...head,
  /** Of a copy. */
  link: z.strictObject(linkState).exactOptional(),
  /** What the kind’s `columns` point to, in their order. */
  columns: shapes.list(z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
/** A product with its document. */
export const productState = z.strictObject({
  ...head,
  /** Of a copy of a product of an account above. */
  link: z
    .strictObject({
      ...linkState,
      /** Null: an account above those that the reader reaches. */
      source: z
        .strictObject({ account: shapes.accountName, product: shapes.rowId, version: shapes.count.nullable() })
        .nullable(),
      /** Of the source, that it was last written from. */
      version: shapes.count,
      /** Of which it is a copy; null: all of it. */
      parts: shapes.list(z.string()).nullable(),
      /** Secrets that are missing. */
      needs: shapes.list(z.string()),
      /** Where it is another than what was written from its source, as far as the reader may read it. */
      differences: shapes.list(
        z.strictObject({ at: z.string(), base: shapes.json.nullable(), local: shapes.json.nullable() }),
      ),
    })
    .exactOptional(),
  savedBy: somebody,
  /** Without the parts that the reader may not read; of each secret no more than `{set: true, last4}`. */
  document,
  /** What the reader may do: with each part of a kind that has some, and with all of it (`''`). */
  levels: z.record(z.string(), shapes.level),
  /** What it names. `at` is a JSON pointer with the ids of entries in place of their positions. */
  refs: shapes.list(
    z.strictObject({
      at: z.string(),
      kind: z.string(),
      id: shapes.rowId,
      /** Null: it is not there any more, or not for the reader to see. */
      name: z.string().nullable(),
      state: z.enum(['there', 'missing', 'hidden']),
    }),
  ),
  /** What names it, as far as the reader may see that; 100 at the most. */
  usedBy: shapes.list(named),
});
const past = z.strictObject({
  version: shapes.count,
  name: z.string(),
  savedAt: shapes.instant,
  savedBy: somebody,
  state: z.enum(['present', 'past', 'deleted']),
});
const shownKind = z.strictObject({
  kind,
  label: z.string(),
  plural: z.string(),
  /** `write` null: nobody writes it. */
  rows: z.strictObject({
    read: shapes.permissionKey,
    write: shapes.permissionKey.nullable(),
    parts: z.record(z.string(), shapes.permissionKey).exactOptional(),
  }),
  nameAt: z.literal('/name'),
  names: z.enum(['unique', 'any']),
  keyed: shapes.list(z.string()),
  refs: shapes.list(
    z.strictObject({
      at: z.string(),
      kind: z.string(),
      need: z.enum(['required', 'optional']),
      part: z.string().nullable(),
    }),
  ),
  secrets: shapes.list(z.string()),
  columns: shapes.list(z.string()),
  limit: z.string().nullable(),
  single: z.literal(true).exactOptional(),
  fromParent: z.enum(['copy', 'move', 'never']),
  deleteRight: z.string().exactOptional(),
  /** JSON Schema (draft 2020-12) of what is sent. */
  schema: document,
});

export const products = {
  kinds: query({
    says: 'The kinds of products: what their documents hold, as JSON Schema, and the permissions, limit and rules of each.',
    needs: signedIn(EVERYBODY),
    /** A language tag, such as `de`: in German what people read is German, else English. */
    input: z.strictObject({ language: z.string().max(35).optional() }).optional(),
    output: z.strictObject({ kinds: shapes.list(shownKind) }),
  }),

  list: query({
    says: 'The account’s products of a kind, by name or newest first, a page at a time.',
    needs: ofKind('read', 'read', READERS),
    input: z.strictObject({
      ...inAccount,
      /** Part of a name or of what lists show beside it. */
      search: inputs.text(1, 200).optional(),
      order: z.enum(['name', 'newest']).default('name'),
      cursor: inputs.cursor,
      limit: inputs.limit(500),
    }),
    output: shapes.pageOf(row),
  }),

  get: query({
    says: 'One product with its document, what it names and what names it; also as it was in an earlier version.',
    needs: ofKind('read', 'read', READERS),
    input: z.strictObject({ ...one, version: version.optional() }),
    output: z.strictObject({ product: productState }),
  }),

  create: mutation({
    says: 'Makes products of a kind; one with an external id that the account has already is answered as it is.',
    needs: ofKind('write', 'create', SCREENS),
    input: z.strictObject({
      ...inAccount,
      products: z
        .array(z.strictObject({ externalId: inputs.externalId.optional(), document: sent }))
        .min(1)
        .max(MOST_AT_ONCE),
    }),
    output: z.strictObject({ products: shapes.list(row), created: shapes.count }),
    refusals: [
      'DOCUMENT_INVALID',
      'DOCUMENT_TOO_LARGE',
      'REFERENCE_MISSING',
      'NAME_INVALID',
      'NAME_TAKEN',
      'EXTERNAL_ID_CONFLICT',
      'LIMIT_REACHED',
    ],
  }),

  save: mutation({
    says: 'Makes another version of a product; of a kind with parts, those that are not sent stay as they are.',
    needs: ofKind('read', 'change', SCREENS),
    input: z.strictObject({ ...one, expectedVersion: version, document: sent }),
    output: z.strictObject({ product: productState }),
    refusals: [
      'DOCUMENT_INVALID',
      'DOCUMENT_TOO_LARGE',
      'REFERENCE_MISSING',
      'NAME_INVALID',
      'NAME_TAKEN',
      'VERSION_CONFLICT',
    ],
  }),

  delete: mutation({
    says: 'Deletes products, all of them or none; not what others need that stay.',
    needs: ofKind('delete', 'change', SCREENS),
    input: z.strictObject({ ...inAccount, products: z.array(product).min(1).max(MOST_AT_ONCE) }),
    output: z.strictObject({ deleted: shapes.count }),
    refusals: ['STILL_NEEDED'],
  }),

  deleted: query({
    says: 'Products of a kind that were deleted in the last 90 days, the latest first.',
    needs: ofKind('read', 'read', SCREENS),
    input: z.strictObject({ ...inAccount, cursor: inputs.cursor, limit: inputs.limit(200) }),
    output: shapes.pageOf(
      z.strictObject({
        id: shapes.rowId,
        name: z.string(),
        version: shapes.count,
        deletedAt: shapes.instant,
        deletedBy: somebody,
      }),
    ),
  }),

  versions: query({
    says: 'The versions of a product, also of a deleted one, the latest first: those of the last 90 days.',
    needs: ofKind('read', 'read', SCREENS),
    input: z.strictObject({ ...one, cursor: inputs.cursor, limit: inputs.limit(200) }),
    output: shapes.pageOf(past),
  }),

  restore: mutation({
    says: 'Makes a product again what it was in an earlier version; a deleted one comes back with its id.',
    needs: ofKind('read', 'change', SCREENS),
    input: z.strictObject({ ...one, version, expectedVersion: version }),
    output: z.strictObject({ product: productState }),
    refusals: ['DOCUMENT_INVALID', 'REFERENCE_MISSING', 'NAME_TAKEN', 'VERSION_CONFLICT', 'LIMIT_REACHED'],
  }),

  export: query({
    says: 'A page of the account’s products of a kind as a CSV file, newest first.',
    needs: ofKind('read', 'read', SCREENS),
    input: z.strictObject({
      ...inAccount,
      /** Those alone that `products.list` finds by it. */
      search: inputs.text(1, 200).optional(),
      cursor: inputs.cursor,
    }),
    output: z.strictObject({ filename: z.string(), csv: z.string(), nextCursor: z.string().nullable() }),
  }),

  live: subscription({
    says: 'Tells that products of a kind changed in the account: whoever shows some reads them again.',
    needs: ofKind('read', 'read', READERS),
    input: z.strictObject(inAccount),
    output: z.strictObject({ version: shapes.count }),
  }),
};

/** A kind of product, as screens are drawn from it. */
export type ShownKind = AnswerOf<typeof products.kinds>['kinds'][number];
/** A product in a list. */
export type ProductRow = AnswerOf<typeof products.list>['rows'][number];
/** A product with its document. */
export type Product = AnswerOf<typeof products.get>['product'];
/** What a product was at some time. */
export type ProductVersion = AnswerOf<typeof products.versions>['rows'][number];
