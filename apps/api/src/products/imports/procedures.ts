import { countCopies, labelProducts, listCopies, readLinksOf, readPlaced, readWaiting } from '@tenantree/db';
import type { AccountId } from '@tenantree/domain';
import { PRODUCT_KINDS, productKind } from '@tenantree/domain/products';
import { z } from 'zod';
import type { Handlers } from '../../guard/procedure.ts';
import { readCursor, writeCursor } from '../../hall/cursor.ts';
import { refuseWith } from '../../hall/refused.ts';
import { resolveAll } from '../../hall/resolve-all.ts';
import { findJob } from '../../jobs/shown-jobs.ts';
import { standOf } from '../copies.ts';
import { productAt } from '../save-product.ts';
import { writerOf } from '../writing.ts';
import { detach, takeSource } from './change-copy.ts';
import { importJob } from './import-job.ts';
import { rowId } from './import-payload.ts';
import { makePlan, runPlan } from './run-plan.ts';

/** Behind which one of the copies that an import brought a page begins. */
const waitingPlace = z.object({ item: z.number().int(), product: rowId });
const accountPlace = z.string().transform((text) => text as AccountId);

export const imports: Handlers<'imports'> = {
  plan: ({ ctx, input }) => makePlan(ctx, input),

  run: async ({ ctx, input }) => ({ job: await runPlan(ctx, input.plan, input.secrets) }),

  copies: async ({ ctx: { hall, access }, input: { kind, product, version = null, cursor, limit } }) => {
    const place = `copies:${access.id}:${product}:${version}`;
    const { secret } = hall.settings;
    const after = readCursor(secret, place, accountPlace, cursor);
    const { found, stand, versions } = await hall.db.withTenant(
      access.id,
      async (trx) => {
        const source = await productAt(trx, { access, kind: productKind(kind) }, product);
        const at = { account: access.id, product };
        const found = await listCopies(trx, { ...at, version }, after, limit + 1);
        return { found, stand: await standOf(trx, source, found), versions: await countCopies(trx, at) };
      },
      { snapshot: true },
    );
    const rows = found.slice(0, limit);
    const last = found.length > limit ? rows.at(-1) : undefined;
    return {
      rows: rows.map(({ account, accountName, product: copy, name, source, parts, needs }) => ({
        account: { id: account, name: accountName },
        product: copy,
        name,
        version: source.version,
        parts,
        needs,
        updateAvailable: stand.get(account)?.updateAvailable ?? false,
        differences: stand.get(account)?.differences ?? 0,
      })),
      versions,
      nextCursor: last ? writeCursor(secret, place, last.account) : null,
    };
  },

  links: ({ ctx: { hall, access }, input: { target, products } }) =>
    hall.db.withTenant(
      access.id,
      async (trx) => {
        const labels = await labelProducts(trx, access.id, [...new Set(products)]);
        const seen = labels.filter(({ kind }) => access.levels[productKind(kind).rows.read] !== 'none');
        if (seen.length < new Set(products).size) refuseWith('NOT_FOUND', 'There is no such product.', 'products');
        const accounts = await resolveAll(trx, [target], 'target');
        const links = await readLinksOf(trx, accounts, products);
        const names = new Map((await readPlaced(trx, links)).map(({ id, name }) => [id, name]));
        return {
          links: links.map(({ product, source, parts, needs }) => ({
            source: source.product,
            product,
            name: names.get(product) ?? '',
            version: source.version,
            parts,
            needs,
          })),
        };
      },
      { snapshot: true },
    ),

  waiting: async ({ ctx, input: { job, cursor, limit } }) => {
    const { hall, access } = ctx;
    const { secret } = hall.settings;
    const place = `waiting:${access.id}:${job}`;
    const after = readCursor(secret, place, waitingPlace, cursor);
    const { kind } = await findJob(ctx, job);
    if (kind !== importJob.name) refuseWith('NOT_FOUND', 'There is no such import.', 'job');
    const kinds = PRODUCT_KINDS.flatMap((one) => (access.levels[one.rows.read] === 'none' ? [] : [one.kind]));
    const found = await hall.db.withTenant(
      access.id,
      (trx) => readWaiting(trx, { account: access.id, job }, kinds, after, limit + 1),
      { snapshot: true },
    );
    const rows = found.slice(0, limit);
    const last = found.length > limit ? rows.at(-1) : undefined;
    return {
      rows: rows.map(({ account, accountName, product, kind: of, name, needs }) => ({
        account: { id: account, name: accountName },
        product,
        kind: of,
        name,
        needs,
      })),
      nextCursor: last ? writeCursor(secret, place, { item: last.item, product: last.product }) : null,
    };
  },

  takeSource: async ({ ctx, input: { kind, ...asked } }) => ({
    product: await takeSource(writerOf(ctx, kind), ctx, asked),
  }),

  detach: async ({ ctx, input: { kind, product } }) => ({ product: await detach(writerOf(ctx, kind), ctx, product) }),
};
