import { setTimeout as wait } from 'node:timers/promises';
import type { LimitsState } from '@tenantree/contract';
import type { Refusal } from '@tenantree/domain';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { Hall } from '../hall/hall.ts';
import { Refused } from '../hall/refused.ts';
import type { Viewer } from '../live/ports.ts';
import { limitsOf, type Reader } from './read-limits.ts';

/** How often limits that are watched are looked at, and whether whoever watches them still may (ms). */
const LOOK_MS = 500;

type Watcher = { readonly hall: Hall; readonly access: Reader; readonly viewer: () => Viewer };

/**
 * The limits of an account: their present state, then each that differs, until somebody leaves. Taking and giving back slots is no change of
 * the tree and has none of its versions, so that it does not come through the hub.
 *
 * @throws Refused whatever cuts the stream once the viewer may see it no more
 */
export async function* watchLimits(
  { hall, access, viewer: known }: Watcher,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<LimitsState>, void, undefined> {
  const viewer = known();
  const isLeft = (): boolean => signal?.aborted === true;
  let last = '';
  for (let n = 1; !isLeft(); n += 1) {
    const { period, limits } = await limitsOf(hall, access);
    // What is foreseen moves with the clock: by itself it is no news.
    const text = JSON.stringify(limits, (name, value: unknown) => (name === 'forecast' ? undefined : value));
    if (text !== last) yield tracked(String(n), { period, limits });
    last = text;
    await wait(LOOK_MS, undefined, signal && { signal }).catch(() => undefined);
    const answer = isLeft() ? null : await viewer.ask();
    if (answer && isRefusal(answer)) throw new Refused(answer);
  }
}

const isRefusal = (answer: object): answer is Refusal => 'code' in answer;
