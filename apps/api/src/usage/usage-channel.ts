import { readUsageState, type TotalChange, type TreeChange } from '@tenantree/db';
import { type AccountId, billingPeriodOf, type Decimal, type UsageFrame } from '@tenantree/domain';
import type { TrackedEnvelope } from '@trpc/server';
import type { Context } from '../context/context.ts';
import type { Access } from '../guard/admit.ts';
import type { Hall } from '../hall/hall.ts';
import { resolveWatched, type WatchedGone } from '../hall/resolve-all.ts';
import { channel, endOf, type Placed, textsOf } from '../live/channel.ts';
import type { Beside, Hub } from '../live/hub.ts';
import type { Viewer } from '../live/ports.ts';

/** Account, own minutes, minutes of its subtree. */
export type Minutes = readonly [AccountId, Decimal, Decimal];

/** Minutes of the present billing period. */
export const USAGE = channel<Pick<Hall, 'db' | 'usageDoor'>, Minutes, UsageFrame>({
  name: 'usage',
  era: (now) => billingPeriodOf(now).start,
  // The hub takes turns between viewers itself, and reads for many at once.
  read: ({ db, usageDoor }, { era: period, ...asked }) =>
    db.onBehalfOf(null, async () => {
      // A first frame has all that was acknowledged before it was asked for.
      await usageDoor.settle(asked.subtree);
      const { changes, ...state } = await readUsageState(db, { ...asked, period });
      return { ...state, placed: changes.map((one) => ({ ...placed(one), version: one.version })), gone: [] };
    }),
  // Minutes of accounts that came from elsewhere.
  happened: ({ shows, moved }) => (moved ? shows : undefined),
  frame: (version, { items, gap }, period) => ({
    version,
    period,
    minutes: items.map(({ state }) => state),
    ...(gap && { gap }),
  }),
  body: (content, period) => `"period":"${period}","minutes":[${textsOf(content.items)}]${endOf(content)}`,
});

const placed = ({ account, path, own, total }: TotalChange): Placed<Minutes> => ({
  account,
  path,
  state: [account, own, total],
});

/** Shows live viewers what was counted, and what it means on another channel. */
export const showCounted = <State, Frame extends object>(
  hub: Hub,
  { root, version, period, changes, complete }: TreeChange,
  beside?: Beside<State, Frame>,
): void => hub.show(USAGE, { root, version, era: period, complete, states: changes.map(placed) }, beside);

/** What of the subtree is watched: all of it where no accounts are named. */
type Asked = {
  readonly accounts?: readonly string[] | undefined;
  readonly gone?: WatchedGone | undefined;
  readonly lastEventId?: string | undefined;
};

type Watcher = Pick<Context, 'hall' | 'hub'> & {
  readonly access: Access;
  readonly viewer: () => Viewer;
};

/**
 * The minutes of some accounts of an account's subtree, current state first, then changes; or of all of it, the account and its first children
 * first (rules/live 1).
 *
 * @throws Refused NOT_FOUND when an account is not in the subtree
 */
export function watchUsage(
  { hall, hub, access, viewer }: Watcher,
  { accounts, gone = 'refuse', lastEventId }: Asked,
  signal: AbortSignal | undefined,
): AsyncIterable<TrackedEnvelope<UsageFrame>, void, undefined> {
  const find = async () => {
    const since = await hub.since(access.root, lastEventId);
    const only =
      accounts && (await resolveWatched(hall.db, access.id, accounts, 'accounts', since === null ? gone : 'await'));
    return { account: access.id, viewer: viewer(), since: since ?? 0, ...(only && { only }) };
  };
  return hub.watch(USAGE, find, signal);
}
