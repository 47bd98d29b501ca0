import { listRollouts } from '@tenantree/db';
import { productKind } from '@tenantree/domain/products';
import type { Handlers } from '../../guard/procedure.ts';
import { readCursor, rowPlace, writeCursor } from '../../hall/cursor.ts';
import { productAt } from '../save-product.ts';
import { cancelRollout, goOn, rollBack, startRollout } from './run-rollout.ts';
import { readView, shownRollout, watchRollout } from './shown-rollout.ts';

export const rollouts: Handlers<'rollouts'> = {
  start: async ({ ctx, input }) => ({ rollout: await startRollout(ctx, input) }),

  get: async ({ ctx, input }) => ({ rollout: await readView(ctx, input) }),

  list: async ({ ctx, input: { kind, product, cursor, limit } }) => {
    const { hall, access } = ctx;
    const place = `rollouts:${access.id}:${product}`;
    const before = readCursor(hall.settings.secret, place, rowPlace, cursor);
    return hall.db.withTenant(
      access.id,
      async (trx) => {
        await productAt(trx, { access, kind: productKind(kind) }, product);
        const found = await listRollouts(trx, { account: access.id, product }, before, limit + 1);
        const rows = [];
        for (const one of found.slice(0, limit)) rows.push(await shownRollout(trx, ctx, one));
        const last = found.length > limit ? rows.at(-1) : undefined;
        return { rows, nextCursor: last ? writeCursor(hall.settings.secret, place, last.id) : null };
      },
      { snapshot: true },
    );
  },

  // Each frame is the whole state: whoever comes back is sent the present one, whatever was last.
  live: ({ ctx, input, signal }) => watchRollout(ctx, input, signal),

  goOn: async ({ ctx, input: { failed, ...at } }) => ({ rollout: await goOn(ctx, at, failed) }),

  cancel: async ({ ctx, input }) => ({ rollout: await cancelRollout(ctx, input) }),

  rollBack: async ({ ctx, input: { stage, ...at } }) => ({ rollout: await rollBack(ctx, at, stage) }),
};
