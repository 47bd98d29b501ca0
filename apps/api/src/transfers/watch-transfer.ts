import type { TransferView } from '@tenantree/contract';
import type { AccountId } from '@tenantree/domain';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { Bell } from '../live/bells.ts';
import type { Hub } from '../live/hub.ts';
import type { Viewer } from '../live/ports.ts';
import { type Reader, readView } from './read-transfer.ts';

/** Rung when anything is changed in a tree. */
export const transfersBell = (root: AccountId): Bell => ({ of: 'transfers', id: root });

type Watcher = Reader & { readonly hub: Hub; readonly viewer: () => Viewer };

/**
 * Where an account stands: its present state, then each that differs, until somebody leaves. Whoever may see it no more is cut off: the side of
 * the parent when it is complete.
 *
 * @throws whatever cuts the stream
 */
export async function* watchTransfer(
  watcher: Watcher,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<TransferView>, void, undefined> {
  const { hub, access, viewer } = watcher;
  let last = '';
  for await (const look of hub.listen(transfersBell(access.root), viewer(), signal)) {
    const view = await readView(watcher);
    // The time moves by itself, and is no news.
    const text = JSON.stringify({ ...view, now: null });
    if (text !== last) yield tracked(String(look), view);
    last = text;
  }
}
