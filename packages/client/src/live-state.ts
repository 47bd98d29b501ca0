import { type Clock, type Instant, instantOf } from '@tenantree/domain';
import type { CallRefusal } from './refusal-of.ts';

/**
 * Whether live numbers can be trusted to be current (rules/screens 8).
 *
 * - `connecting`: no connection has worked yet.
 * - `live`: everything subscribed to is up to date and stays so.
 * - `catching-up`: the connection was lost a moment ago or has just come back; what was missed is on its way.
 * - `offline`: the connection was lost, and could not be had back.
 */
export type LiveKind = 'connecting' | 'live' | 'catching-up' | 'offline';

/** The state and since when it holds; for `offline` and `catching-up`, since when nothing new came in. */
export type LiveState = {
  readonly kind: LiveKind;
  readonly since: Instant;
  /** Why the last attempt to connect failed, for `offline`; otherwise null. */
  readonly why: CallRefusal | null;
};

/** The live state: `subscribe` and `get` fit React's `useSyncExternalStore`. */
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
  readonly failed: (why: CallRefusal) => void;
  /** No way to the server works. */
  readonly unreachable: (why: CallRefusal) => void;
  /** There is a connection; `resuming` subscriptions have yet to say where they stand. */
  readonly connected: (resuming: number) => void;
};

/** A listener that throws fails on its own account: whoever comes after it is told, and the connection goes on. */
export function tell<Told>(listener: (told: Told) => void, told: Told): void {
  try {
    listener(told);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Makes a {@link LiveRecorder} that starts in `connecting`. */
export function createLiveState(clock: Clock): LiveRecorder {
  const now = (): Instant => instantOf(clock.nowMs());
  const listeners = new Set<(state: LiveState) => void>();
  let state: LiveState = { kind: 'connecting', since: now(), why: null };
  let everLive = false;

  const become = (kind: LiveKind, since: Instant, why: CallRefusal | null = null): void => {
    if (state.kind === kind && state.why?.code === why?.code) return;
    state = { kind, since, why };
    for (const listener of listeners) tell(listener, state);
  };
  const unreachable = (why: CallRefusal): void => become('offline', state.kind === 'live' ? now() : state.since, why);

  return {
    get: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lost: () => {
      if (state.kind === 'live') become('catching-up', now());
    },
    failed: (why) => {
      if (everLive) unreachable(why);
    },
    unreachable,
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
