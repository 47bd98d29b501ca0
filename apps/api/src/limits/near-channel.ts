import { readNearState, type TreeChange } from '@tenantree/db';
import { type AccountId, billingPeriodOf, type NearFrame } from '@tenantree/domain';
import type { TrackedEnvelope } from '@trpc/server';
import type { Context } from '../context/context.ts';
import type { Access } from '../guard/admit.ts';
import type { Hall } from '../hall/hall.ts';
import { channel, endOf, textsOf } from '../live/channel.ts';
import type { Beside } from '../live/hub.ts';
import type { Viewer } from '../live/ports.ts';

/** An account, and whether it is near a maximum of minutes of its own. */
type Near = readonly [AccountId, boolean];

const placed = ({ account, path, isNear }: TreeChange['near'][number]) => ({
  account,
  path,
  state: [account, isNear] as Near,
});

/** Who comes near a maximum of minutes of its own, and who falls back. Whoever shows a list of them asks for it, and follows it here. */
export const NEAR = channel<Pick<Hall, 'db'>, Near, NearFrame>({
  name: 'near',
  // With another billing period nearly nobody is near any more.
  era: (now) => billingPeriodOf(now).start,
  // The hub takes turns between viewers itself, and reads for many at once.
  read: async ({ db }, asked) => {
    const { accounts, ...state } = await db.onBehalfOf(null, () => readNearState(db, asked));
    return { ...state, placed: accounts.map((one) => ({ ...placed(one), version: one.version })), gone: [], moved: [] };
  },
  happened: ({ shows }) => shows,
  frame: (version, { items, gap }) => ({ version, near: items.map(({ state }) => state), ...(gap && { gap }) }),
  body: (content) => `"near":[${textsOf(content.items)}]${endOf(content)}`,
});

/** What a count means to whoever watches who is near. */
export const nearOf = ({ near }: TreeChange): Beside<Near, NearFrame> => ({ channel: NEAR, states: near.map(placed) });

type Watcher = Pick<Context, 'hub'> & { readonly access: Access; readonly viewer: () => Viewer };

/** Who in an account's subtree comes near, or falls back, since the resume id of a list or of the last frame, or from now on. */
export const watchNear = (
  { hub, access, viewer }: Watcher,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
): AsyncIterable<TrackedEnvelope<NearFrame>, void, undefined> =>
  hub.watch(
    NEAR,
    async () => ({ account: access.id, viewer: viewer(), since: await hub.since(access.root, lastEventId) }),
    signal,
  );
