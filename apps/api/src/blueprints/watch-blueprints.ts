import { setTimeout as wait } from 'node:timers/promises';
import { readLastChange } from '@tenantree/db';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { Access } from '../guard/admit.ts';
import type { Hall } from '../hall/hall.ts';
import type { Hub } from '../live/hub.ts';
import type { Viewer } from '../live/ports.ts';

/** Looked at so often at the most (ms), and, where nothing rings, at the least. */
const LOOK_MS = 1_000;
const REST_MS = 30_000;

type Watcher = {
  readonly hall: Hall;
  readonly hub: Hub;
  readonly access: Access;
  readonly viewer: () => Viewer;
};

/**
 * The number of the last change of the tree, now and whenever there is another: by it accounts may stand otherwise to blueprints.
 *
 * @throws whatever cuts the stream once the viewer may see them no more
 */
export async function* watchBlueprints(
  { hall, hub, access, viewer }: Watcher,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<{ version: number }>, void, undefined> {
  let last = -1;
  for await (const look of hub.listen({ of: 'products', id: access.root, restMs: REST_MS }, viewer(), signal)) {
    const version = await hall.db.withTenant(access.id, readLastChange, { snapshot: true });
    if (version !== last) yield tracked(String(look), { version });
    last = version;
    await wait(LOOK_MS, undefined, signal && { signal }).catch(() => undefined);
  }
}
