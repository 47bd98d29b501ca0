import type { AnswerOf, Contract } from '@tenantree/contract';
import { findProducts } from '@tenantree/db';
import type { RowId } from '@tenantree/domain';
import { type ProductKindKey, parseProductKind, shownKinds } from '@tenantree/domain/products';
import { z } from 'zod';
import { longAnswer } from '../guard/long-answer.ts';
import type { Handlers } from '../guard/procedure.ts';
import { createProducts } from './create-products.ts';
import { deleteAll } from './delete-products.ts';
import { exportProducts, pageOfDeleted, pageOfProducts, pageOfVersions, readProduct } from './read-products.ts';
import { restoreProduct, saveProduct } from './save-product.ts';
import { listed } from './shown-product.ts';
import { watchProducts } from './watch-products.ts';
import { writerOf } from './writing.ts';

const keptKind = z.string().transform((text): ProductKindKey => parseProductKind(text) ?? 'agent');

/** Of a long answer the ids are kept: it is made again of what there is of them now. */
const created = longAnswer({
  kept: z.strictObject({
    kind: keptKind,
    ids: z.array(z.string().transform((id) => id as RowId)),
    created: z.number(),
  }),
  brief: ({ products: made, ...answer }: AnswerOf<Contract['products']['create']>) => ({
    kind: made[0]?.kind ?? 'agent',
    ids: made.map(({ id }) => id),
    ...answer,
  }),
  again: async ({ hall, account }, { kind, ids, ...answer }) => {
    const found = await hall.db.withTenant(account, (trx) => findProducts(trx, account, kind, ids), { snapshot: true });
    const byId = new Map(found.map((row) => [row.id, row]));
    return { products: ids.flatMap((id) => byId.get(id) ?? []).map((row) => listed(row)), ...answer };
  },
});

export const products: Handlers<'products'> = {
  kinds: ({ input }) => ({ kinds: shownKinds(input?.language) }),

  list: ({ ctx, input: { kind, search = null, order, cursor, limit } }) =>
    pageOfProducts({ ...ctx, kind }, { search, order, cursor, limit }),

  get: async ({ ctx, input: { kind, product, version } }) => ({
    product: await readProduct({ ...ctx, kind }, product, version),
  }),

  create: {
    does: async ({ ctx, input }) => {
      const { products: made, ...answer } = await createProducts(writerOf(ctx, input.kind), input.products);
      return { products: made.map((row) => listed(row)), ...answer };
    },
    long: created,
  },

  save: async ({ ctx, input: { kind, ...asked } }) => ({ product: await saveProduct(writerOf(ctx, kind), ctx, asked) }),

  delete: async ({ ctx, input }) => ({ deleted: await deleteAll(writerOf(ctx, input.kind), ctx, input.products) }),

  deleted: ({ ctx, input: { kind, cursor, limit } }) => pageOfDeleted({ ...ctx, kind }, { cursor, limit }),

  versions: ({ ctx, input: { kind, product, cursor, limit } }) =>
    pageOfVersions({ ...ctx, kind }, { product, cursor, limit }),

  restore: async ({ ctx, input: { kind, ...asked } }) => ({
    product: await restoreProduct(writerOf(ctx, kind), ctx, asked),
  }),

  export: ({ ctx, input: { kind, search = null, cursor } }) => exportProducts({ ...ctx, kind }, { search, cursor }),

  live: ({ ctx, input: { kind }, signal }) => watchProducts(ctx, kind, signal),
};
