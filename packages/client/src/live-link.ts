import { type Operation, TRPCClientError, type TRPCLink } from '@trpc/client';
import type { AnyRouter } from '@trpc/server';
import { observable } from '@trpc/server/observable';
import { backOffMs, createPatience } from './back-off.ts';
import type { Envelope, Line, Taker } from './line.ts';
import type { LiveRecorder } from './live-state.ts';
import { type CallRefusal, NO_ANSWER, refusalOf, Unanswered, wasAnswered } from './refusal-of.ts';
import type { Session } from './session.ts';

/** A resumed subscription that was accepted and then stays silent this long has missed nothing. */
const QUIET_MS = 1_000;
/** A lost connection that isn't back by then is shown as offline. */
const GRACE_MS = 2_000;
/** A line that nobody subscribes through any more is kept this long: the next page may want it. */
const IDLE_MS = 10_000;
const ATTEMPTS_BEFORE_BLOCKED = 2;

/** One subscription of the application, whichever line carries it at the moment. */
type Watch = {
  readonly op: Operation;
  readonly taker: Taker;
  lastEventId: string | undefined;
  /** How to take it off its line; null while no line carries it. */
  detach: (() => void) | null;
  /** Has yet to say where it stands after the connection was lost. */
  resuming: boolean;
  /** Attachments in a row that ended before an event came. */
  failures: number;
  /** Was refused with UNAUTHORIZED and has a new token now. */
  renewed: boolean;
  quiet: ReturnType<typeof setTimeout> | undefined;
};

export type LiveLinkOptions = {
  readonly session: Session;
  readonly live: LiveRecorder;
  readonly random: () => number;
  /** Opens a WebSocket, and rejects with `Unanswered` when it can't. Null where there are none. */
  readonly openWs: (() => Promise<Line>) | null;
  /** Loads what event streams need; the answer opens a line of them. */
  readonly loadSse: () => Promise<() => Promise<Line>>;
  /**
   * Resolves when there is a token and the server answers plain HTTP: then it is the WebSocket that is blocked, not the server that is
   * down. Rejects with why not.
   */
  readonly reach: () => Promise<void>;
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
  const openStreams = async (): Promise<Line> => (await options.loadSse())();
  let open = options.openWs ?? openStreams;
  let line: Line | null = null;
  let connecting = false;
  /** Lines in a row that nothing came through. */
  let attempts = 0;
  let worked = false;
  let heard = false;
  let closed = false;
  let grace: ReturnType<typeof setTimeout> | undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;

  const report = (): void => {
    if (heard) live.connected([...watches].filter((watch) => watch.resuming).length);
  };

  const settle = (watch: Watch): void => {
    clearTimeout(watch.quiet);
    watch.resuming = false;
    report();
  };

  const detach = (watch: Watch): void => {
    clearTimeout(watch.quiet);
    watch.detach?.();
    watch.detach = null;
  };

  const end = (watch: Watch, error: TRPCClientError<AnyRouter> | null): void => {
    if (!watches.delete(watch)) return;
    detach(watch);
    if (watches.size === 0) idle = setTimeout(() => line?.close(), IDLE_MS);
    if (error) watch.taker.error(error);
    else watch.taker.complete();
    report();
  };

  const lost = (): void => {
    heard = false;
    if (watches.size === 0) return;
    for (const watch of watches) {
      detach(watch);
      watch.resuming = true;
    }
    live.lost();
    clearTimeout(grace);
    grace = setTimeout(() => {
      if (!heard) live.failed(NO_ANSWER);
    }, GRACE_MS);
  };

  /** When WebSockets never worked but the server answers. */
  const changeToStreams = async (): Promise<boolean> => {
    if (worked || open === openStreams || attempts < ATTEMPTS_BEFORE_BLOCKED) return false;
    try {
      await options.reach();
    } catch (error) {
      live.unreachable(refusalOf(error));
      return false;
    }
    open = openStreams;
    return true;
  };

  /** An attempt failed when nobody answered. Anything else that is thrown is a mistake, and told to everybody who waits for the line. */
  const fail = (error: unknown): void => {
    live.failed(refusalOf(error));
    if (error instanceof Unanswered) return;
    for (const watch of watches) end(watch, TRPCClientError.from(error as Error));
  };

  /** One line after the other, for as long as somebody watches. */
  const connect = async (): Promise<void> => {
    if (connecting) return;
    connecting = true;
    while (watches.size > 0) {
      attempts += 1;
      try {
        line = await open();
        for (const watch of watches) attach(watch);
        if (watches.size === 0) line.close();
        await line.ended;
        lost();
      } catch (error) {
        fail(error);
      }
      line = null;
      if (!(await changeToStreams()) && watches.size > 0) await patience.wait(backOffMs(attempts, random));
    }
    connecting = false;
  };

  const answered = (): void => {
    attempts = 0;
    worked = true;
    heard = true;
    clearTimeout(grace);
  };

  const receive = (watch: Watch, { result }: Envelope): void => {
    answered();
    if (result.type === 'started') {
      report();
      watch.quiet = setTimeout(() => settle(watch), QUIET_MS);
    } else {
      if ('id' in result && result.id !== undefined) watch.lastEventId = result.id;
      watch.failures = 0;
      watch.renewed = false;
      session.accepted();
      if (watch.resuming) settle(watch);
    }
    watch.taker.next({ result });
  };

  const attachAgain = async (watch: Watch, why: CallRefusal): Promise<void> => {
    detach(watch);
    watch.resuming = true;
    if (watch.failures > 1) live.unreachable(why);
    else report();
    await patience.wait(backOffMs(watch.failures, random));
    watch.failures += 1;
    if (watches.has(watch) && watch.detach === null) attach(watch);
  };

  const renew = async (watch: Watch, via: Line, error: TRPCClientError<AnyRouter>): Promise<void> => {
    detach(watch);
    // Without a token for now, the next line asks for one, until there is one.
    const isRenewed = !watch.renewed && (await session.renewAfter(via.serial()).catch(() => 'later'));
    if (isRenewed === false) {
      session.expired();
      end(watch, error);
      return;
    }
    watch.renewed = isRenewed === true;
    via.close();
  };

  const refuse = (watch: Watch, via: Line, error: TRPCClientError<AnyRouter>): void => {
    const why = refusalOf(error);
    if (wasAnswered(error)) answered();
    if (wasAnswered(error) && why.code === 'UNAUTHORIZED') void renew(watch, via, error);
    else if (why.retryable) void attachAgain(watch, why);
    else end(watch, error);
  };

  function attach(watch: Watch): void {
    if (line === null) return;
    const via = line;
    const taker: Taker = {
      next: (envelope) => receive(watch, envelope),
      error: (error) => refuse(watch, via, error),
      complete: () => void attachAgain(watch, NO_ANSWER),
    };
    try {
      watch.detach = via.attach(watch.op, watch.lastEventId, taker);
    } catch (error) {
      // Such as an input that can't be written: nobody else's fault, and nobody else's end.
      end(watch, TRPCClientError.from(error as Error));
    }
  }

  const wake = (): void => {
    patience.wake();
    line?.wake();
  };

  return {
    link:
      () =>
      ({ op, next }) => {
        if (op.type !== 'subscription') return next(op);
        return observable((taker) => {
          const watch: Watch = {
            op,
            taker,
            lastEventId: undefined,
            detach: null,
            resuming: !heard,
            failures: 0,
            renewed: false,
            quiet: undefined,
          };
          const stop = (): void => end(watch, null);
          op.signal?.addEventListener('abort', stop);
          clearTimeout(idle);
          watches.add(watch);
          if (closed || op.signal?.aborted) stop();
          else attach(watch);
          void connect();
          // Somebody just turned to something live: better to look for the server now than when it is time again.
          if (!heard) wake();
          return () => {
            op.signal?.removeEventListener('abort', stop);
            stop();
          };
        });
      },
    wake,
    close: () => {
      closed = true;
      for (const watch of watches) end(watch, null);
      clearTimeout(grace);
      clearTimeout(idle);
      patience.wake();
      line?.close();
    },
  };
}
