import { setTimeout as wait } from 'node:timers/promises';
import { readProductsChange } from '@tenantree/db';
import type { ProductKindKey } from '@tenantree/domain/products';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { Access } from '../guard/admit.ts';
import type { Hall } from '../hall/hall.ts';
import type { Bell } from '../live/bells.ts';
import type { Hub } from '../live/hub.ts';
import type { Viewer } from '../live/ports.ts';

/** Conversations are made by usage, which rings for nobody. */
const REST_MS = 5_000;

/** Rung by whatever happens in a tree. */
export const productsBell = ({ root }: Access): Bell => ({ of: 'products', id: root, restMs: REST_MS });

/** Products that are watched are looked at so often at the most (ms). */
export const LOOK_MS = 250;

type Watcher = {
  readonly hall: Hall;
  readonly hub: Hub;
  readonly access: Access;
  readonly viewer: () => Viewer;
};

/**
 * When products of a kind were last changed in an account, now and whenever they are changed again, until somebody leaves.
 *
 * @throws whatever cuts the stream once the viewer may see them no more
 */
export async function* watchProducts(
  { hall, hub, access, viewer }: Watcher,
  kind: ProductKindKey,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<{ version: number }>, void, undefined> {
  let last = -1;
  for await (const look of hub.listen(productsBell(access), viewer(), signal)) {
    const read = () =>
      hall.db.withTenant(access.id, (trx) => readProductsChange(trx, access.id, kind), { snapshot: true });
    const version = await read();
    if (version !== last) yield tracked(String(look), { version });
    last = version;
    // What rings meanwhile is looked at then, all at once.
    await wait(LOOK_MS, undefined, signal && { signal }).catch(() => undefined);
  }
}
