import type { AccountId } from '@tenantree/domain';
import type { AppliedBlueprint } from '../data/account-source.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import type { TreeSession } from './tree-session.ts';

/** Rests between what comes into sight, or changes, and asking for it, in milliseconds. */
const REST_MS = 150;

/** What set accounts up, as far as that is known. */
export type AppliedBlueprints = {
  readonly session: TreeSession;
  readonly of: (account: AccountId) => readonly AppliedBlueprint[] | undefined;
  readonly stop: () => void;
};

/**
 * Asks what set the accounts in sight and around it up, and how they stand to that, until it is stopped; again when that may be otherwise.
 *
 * @param told called when more is known, or something else
 */
export function followApplied(session: TreeSession, store: TreeStore, told: () => void): AppliedBlueprints {
  const known = new Map<AccountId, readonly AppliedBlueprint[] | undefined>();
  /** By which question each was asked about since the last change. */
  const asked = new Map<AccountId, object>();
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, session.signal]);
  const until = (stop: () => void): void => signal.addEventListener('abort', stop);
  let isOld = false;
  let isWatched = false;
  let rest: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    rest ??= setTimeout(() => void ask(), REST_MS);
  };
  const change = (): void => {
    isOld = true;
    look();
  };
  const ask = async (): Promise<void> => {
    rest = undefined;
    // Whoever has paused the table sees what it was.
    if (isOld && !store.paused) {
      isOld = false;
      asked.clear();
    }
    const wanted = [...store.aroundSight()].filter((id) => !asked.has(id));
    if (wanted.length === 0) return;
    const question = {};
    for (const id of wanted) asked.set(id, question);
    try {
      const { applied, watchApplied } = await session.source.acts();
      if (signal.aborted) return;
      if (!isWatched) until(watchApplied(store.accountId, change));
      isWatched = true;
      const found = Map.groupBy(await applied(store.accountId, wanted), ({ account }) => account);
      for (const id of wanted) if (asked.get(id) === question) known.set(id, found.get(id));
      told();
    } catch {
      // One of them may have gone: all are asked about again with the next look.
      asked.clear();
    }
  };
  until(store.listen({ changed: look, ticked: () => undefined, seen: look }));
  return { session, of: (account) => known.get(account), stop: () => ended.abort() };
}
