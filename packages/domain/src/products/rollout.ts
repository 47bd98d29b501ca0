import { accept, type Decision, refuse } from '../errors.ts';
import type { AccountId } from '../ids.ts';

/**
 * Where a roll-out is (rules/products 17). `running`: a stage goes on; `waiting`: for its next one; `stopped`: too many failed; then it goes on
 * when somebody says so. The others are ends.
 */
export const ROLLOUT_STATES = ['running', 'waiting', 'stopped', 'succeeded', 'cancelled'] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

/** Whether nothing of a roll-out will begin any more. */
export const isRolledOut = (state: RolloutState): boolean => state === 'succeeded' || state === 'cancelled';

/** Which accounts a stage is for: so many, a part of all (percent), or these. */
export type StageSize =
  | { readonly accounts: number }
  | { readonly percent: number }
  | { readonly these: readonly AccountId[] };

export type StageWish = StageSize & {
  /** How many hours after it the next one begins; null: when somebody says so. */
  readonly afterHours: number | null;
};

export type RolloutStage = { readonly targets: readonly AccountId[]; readonly afterHours: number | null };

/** Without other wishes: three accounts, then, when somebody says so, the rest. */
const USUAL: readonly StageWish[] = [{ accounts: 3, afterHours: null }];

/**
 * Divides accounts among stages: those that are named go where they are named first, and all others in their order. What no stage is for is the
 * last one's. Stages that nobody is left for there are not.
 */
export function inStages(
  accounts: readonly AccountId[],
  wishes: readonly StageWish[] = USUAL,
): Decision<RolloutStage[]> {
  const named = new Set(wishes.flatMap((wish) => ('these' in wish ? wish.these : [])));
  const known = new Set(accounts);
  const stranger = [...named].find((id) => !known.has(id));
  if (stranger !== undefined)
    return refuse('BAD_REQUEST', 'An account that a stage names has no copy that is older.', 'stages');
  const left = accounts.filter((id) => !named.has(id));
  const taken = new Set<AccountId>();
  const take = (wish: StageWish): AccountId[] => {
    if ('these' in wish) return [...new Set(wish.these)].filter((id) => !taken.has(id));
    const many = 'accounts' in wish ? wish.accounts : Math.ceil((accounts.length * wish.percent) / 100);
    return left.splice(0, many);
  };
  const stages = wishes.map((wish): RolloutStage => {
    const targets = take(wish);
    for (const id of targets) taken.add(id);
    return { targets, afterHours: wish.afterHours };
  });
  return accept([...stages, { targets: left, afterHours: null }].filter(({ targets }) => targets.length > 0));
}

/** What becomes of a roll-out when a stage of it has ended. */
export function afterStage({
  failed,
  stopOn,
  isWhole,
  isLast,
}: {
  readonly failed: number;
  readonly stopOn: number;
  /** All of its accounts had their turn. */
  readonly isWhole: boolean;
  readonly isLast: boolean;
}): RolloutState {
  if (failed >= stopOn) return 'stopped';
  if (!isWhole) return 'cancelled';
  return isLast ? 'succeeded' : 'waiting';
}
