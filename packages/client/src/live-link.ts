import type { Operation, TRPCClientError, TRPCLink } from '@trpc/client';
import type { AnyRouter } from '@trpc/server';
import { type Observer, observable, type Unsubscribable } from '@trpc/server/observable';
import { backOffMs, createPatience } from './back-off.ts';
import type { Envelope, Line, LineEvents } from './line.ts';
import type { LiveRecorder } from './live-state.ts';
import { refusalOf, wasAnswered } from './refusal-of.ts';
import type { Session } from './session.ts';

/** A resumed subscription that was accepted and then stays silent this long has missed nothing. */
const QUIET_MS = 1_000;
/** A lost connection that isn't back by then is shown as offline. */
const GRACE_MS = 2_000;

/** One subscription of the application, whichever line carries it at the moment. */
type Watch = {
  readonly op: Operation;
  readonly observer: Observer<Envelope, TRPCClientError<AnyRouter>>;
  lastEventId: string | undefined;
  attachment: Unsubscribable | null;
  /** Has yet to say where it stands after the connection was lost. */
  resuming: boolean;
  /** Attachments in a row that ended before a frame came. */
  failures: number;
  /** Was refused with UNAUTHORIZED and has a new token now. */
  renewed: boolean;
  quiet: ReturnType<typeof setTimeout> | undefined;
};

export type LiveLinkOptions = {
  readonly session: Session;
  readonly live: LiveRecorder;
  readonly random: () => number;
  readonly openWs: (history: 'worked-before' | 'never-worked', events: LineEvents) => Line;
  /** Loads what event streams need; the answer opens a line of them. */
  readonly loadSse: () => Promise<() => Line>;
  /** Whether the server answers plain HTTP: then it is the WebSocket that is blocked, not the server that is down. */
  readonly reachable: () => Promise<boolean>;
};

export type LiveLink = {
  readonly link: TRPCLink<AnyRouter>;
  readonly wake: () => void;
  readonly close: () => void;
};

/**
 * Where subscriptions leave the chain, and calls go on: keeps every subscription of the application alive across lost connections,
 * restarted servers, renewed tokens and the change from WebSocket to event streams, always resuming after the last
 * tracked id. A subscription ends only when the application ends it or the server refuses it for good.
 */
export function createLiveLink(options: LiveLinkOptions): LiveLink {
  const { session, live, random } = options;
  const patience = createPatience();
  const watches = new Set<Watch>();
  let open = (): Line => options.openWs(worked ? 'worked-before' : 'never-worked', events);
  let line: Line | null = null;
  let opened = false;
  let worked = false;
  let grace: ReturnType<typeof setTimeout> | undefined;

  const report = (): void => {
    if (opened) live.connected([...watches].filter((watch) => watch.resuming).length);
  };

  const settle = (watch: Watch): void => {
    clearTimeout(watch.quiet);
    watch.resuming = false;
    report();
  };

  const wake = (): void => {
    patience.wake();
    line?.wake();
  };

  const lost = (): void => {
    opened = false;
    if (watches.size === 0) return;
    for (const watch of watches) {
      clearTimeout(watch.quiet);
      watch.resuming = true;
    }
    live.lost();
    clearTimeout(grace);
    grace = setTimeout(() => {
      if (!opened) live.failed();
    }, GRACE_MS);
  };

  const detach = (watch: Watch): void => {
    clearTimeout(watch.quiet);
    const { attachment } = watch;
    watch.attachment = null;
    attachment?.unsubscribe();
  };

  const end = (watch: Watch, error: TRPCClientError<AnyRouter> | null): void => {
    if (!watches.delete(watch)) return;
    detach(watch);
    if (error) watch.observer.error(error);
    else watch.observer.complete();
    report();
  };

  const exchange = (): void => {
    const previous = line;
    line = open();
    lost();
    for (const watch of watches) attach(watch);
    previous?.close();
  };

  const attachAgain = async (watch: Watch): Promise<void> => {
    detach(watch);
    watch.resuming = true;
    if (watch.failures > 1) live.failed();
    else report();
    await patience.wait(backOffMs(watch.failures, random));
    watch.failures += 1;
    if (watches.has(watch) && watch.attachment === null) attach(watch);
  };

  const renew = async (watch: Watch, via: Line, error: TRPCClientError<AnyRouter>): Promise<void> => {
    try {
      if (watch.renewed) throw error;
      watch.renewed = true;
      await session.renewAfter(via.serial());
    } catch {
      session.expired();
      end(watch, error);
      return;
    }
    if (line === via) exchange();
  };

  const receive = (watch: Watch, via: Line, envelope: Envelope): void => {
    const { result } = envelope;
    if (result.type === 'state' || result.type === 'stopped') return;
    if (!opened) events.opened();
    worked = true;
    via.confirm();
    if (result.type === 'started') {
      clearTimeout(watch.quiet);
      watch.quiet = setTimeout(() => settle(watch), QUIET_MS);
    } else {
      if ('id' in result && result.id !== undefined) watch.lastEventId = result.id;
      watch.failures = 0;
      watch.renewed = false;
      session.accepted();
      if (watch.resuming) settle(watch);
    }
    watch.observer.next(envelope);
  };

  const refuse = (watch: Watch, via: Line, error: TRPCClientError<AnyRouter>): void => {
    const { code, retryable } = refusalOf(error);
    if (wasAnswered(error) && code === 'UNAUTHORIZED') {
      detach(watch);
      void renew(watch, via, error);
    } else if (retryable) void attachAgain(watch);
    else end(watch, error);
  };

  function attach(watch: Watch): void {
    detach(watch);
    line ??= open();
    const via = line;
    let current: Unsubscribable | null = null;
    const guarded =
      <T>(act: (value: T) => void) =>
      (value: T): void => {
        if (watch.attachment === current && watches.has(watch)) act(value);
      };
    current = via.attach(watch.op, watch.lastEventId).subscribe({
      next: guarded((envelope) => receive(watch, via, envelope)),
      error: guarded((error) => refuse(watch, via, error)),
      complete: () => guarded(() => void attachAgain(watch))(undefined),
    });
    watch.attachment = current;
  }

  const events: LineEvents = {
    opened: () => {
      opened = true;
      clearTimeout(grace);
      report();
    },
    lost,
    failed: () => live.failed(),
    dead: exchange,
    blocked: async () => {
      const via = line;
      if (!(await options.reachable())) return live.unreachable();
      open = await options.loadSse();
      if (line !== null && line === via) exchange();
    },
  };

  return {
    link:
      () =>
      ({ op, next }) => {
        if (op.type !== 'subscription') return next(op);
        return observable((observer) => {
          const watch: Watch = {
            op,
            observer,
            lastEventId: undefined,
            attachment: null,
            resuming: !opened,
            failures: 0,
            renewed: false,
            quiet: undefined,
          };
          const stop = (): void => end(watch, null);
          op.signal?.addEventListener('abort', stop, { once: true });
          watches.add(watch);
          attach(watch);
          // Somebody just turned to something live: better to look for the server now than when it is time again.
          if (!opened) wake();
          return () => {
            op.signal?.removeEventListener('abort', stop);
            stop();
          };
        });
      },
    wake,
    close: () => {
      for (const watch of watches) end(watch, null);
      clearTimeout(grace);
      patience.wake();
      line?.close();
      line = null;
    },
  };
}
