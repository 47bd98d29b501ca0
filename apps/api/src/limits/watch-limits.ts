import { setTimeout as wait } from 'node:timers/promises';
import type { LimitsState } from '@tenantree/contract';
import type { AccountId } from '@tenantree/domain';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { Hall } from '../hall/hall.ts';
import type { Bell } from '../live/bells.ts';
import type { Hub } from '../live/hub.ts';
import type { Viewer } from '../live/ports.ts';
import { limitsOf, type Reader, useSeenBy } from './read-limits.ts';

/** What nothing rings for is the end of a lease whose time is over, and what a server did that died of it. */
const REST_MS = 5_000;

/** Rung when something is used, taken, given back or set in a tree. */
export const limitsBell = (root: AccountId): Bell => ({ of: 'limits', id: root, restMs: REST_MS });

/** Limits that are watched are looked at so often (ms). */
const LOOK_MS = 250;

/** How long it is to the next look at an account (ms): the same moment for all who watch it, who share what is read, and others for others. */
const untilLook = (account: AccountId, nowMs: number): number =>
  LOOK_MS - ((nowMs + Number.parseInt(account.slice(-6), 16)) % LOOK_MS);

type Watcher = {
  readonly hall: Hall;
  readonly hub: Hub;
  readonly access: Reader & { readonly root: AccountId };
  readonly viewer: () => Viewer;
};

/** What limits are to somebody: those who may know the same of the same account are told the same. */
const keyOf = (reader: Reader): string => {
  const { id, chain, reached, levels } = reader;
  const named = chain.map((one) => [one.id, one.name]);
  return JSON.stringify(['limits', id, named, reached, useSeenBy(reader), levels['billing.usage']]);
};

/**
 * The limits of an account: their present state, then each that differs, until somebody leaves. Taking and giving back slots is no change of
 * the tree and has none of its versions: they are looked at when the tree's bell rings.
 *
 * @throws whatever cuts the stream once the viewer may see it no more
 */
export async function* watchLimits(
  { hall, hub, access, viewer }: Watcher,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<LimitsState>, void, undefined> {
  let last = '';
  for await (const look of hub.listen(limitsBell(access.root), viewer(), signal)) {
    const { period, limits } = await hub.shared.read(keyOf(access), () => limitsOf(hall, access));
    // What is foreseen moves with the clock: by itself it is no news.
    const text = JSON.stringify(limits, (name, value: unknown) => (name === 'forecast' ? undefined : value));
    if (text !== last) yield tracked(String(look), { period, limits });
    last = text;
    // What rings meanwhile is looked at then, all at once.
    await wait(untilLook(access.id, hall.clock.nowMs()), undefined, signal && { signal }).catch(() => undefined);
  }
}
