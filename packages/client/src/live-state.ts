import { type Clock, type Instant, instantOf } from '@tenantree/domain';

/**
 * Whether live numbers can be trusted to be current (ux.md 2.2).
 *
 * - `connecting`: no connection has worked yet.
 * - `live`: everything subscribed to is up to date and stays so.
 * - `catching-up`: the connection was lost a moment ago or has just come back; what was missed is on its way.
 * - `offline`: the connection was really lost and an attempt to get it back has failed.
 */
export type LiveKind = 'connecting' | 'live' | 'catching-up' | 'offline';

/** The state and since when it holds; for `offline` and `catching-up`, since when nothing new came in. */
export type LiveState = { readonly kind: LiveKind; readonly since: Instant };

/** The live state as something to look at and to listen to. `subscribe` and `get` fit React's `useSyncExternalStore`. */
export type Live = {
  readonly get: () => LiveState;
  /** Calls `listener` after every change; returns how to stop. */
  readonly subscribe: (listener: (state: LiveState) => void) => () => void;
};

/** The writing side of {@link Live}, told by the connection what happened to it. */
export type LiveRecorder = Live & {
  /** The connection went away (or is being exchanged). */
  readonly lost: () => void;
  /** An attempt to (re)connect failed. Before anything ever worked that means nothing yet: the next one may use another way. */
  readonly failed: () => void;
  /** No way to the server works. */
  readonly unreachable: () => void;
  /** There is a connection; `resuming` subscriptions have yet to say where they stand. */
  readonly connected: (resuming: number) => void;
};

/** Makes a {@link LiveRecorder} that starts in `connecting`. */
export function createLiveState(clock: Clock): LiveRecorder {
  const now = (): Instant => instantOf(clock.nowMs());
  const listeners = new Set<(state: LiveState) => void>();
  let state: LiveState = { kind: 'connecting', since: now() };
  let everLive = false;

  const become = (kind: LiveKind, since: Instant): void => {
    if (state.kind === kind) return;
    state = { kind, since };
    for (const listener of listeners) listener(state);
  };

  return {
    get: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lost: () => {
      if (state.kind === 'live') become('catching-up', now());
    },
    failed: () => {
      if (everLive) become('offline', state.kind === 'live' ? now() : state.since);
    },
    unreachable: () => become('offline', state.since),
    connected: (resuming) => {
      if (resuming === 0) {
        everLive = true;
        become('live', now());
      } else if (everLive || state.kind === 'offline') {
        become('catching-up', state.since);
      }
    },
  };
}
