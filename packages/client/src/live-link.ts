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
  const watching = new Watching(options);
  return {
    link:
      () =>
      ({ op, next }) =>
        op.type === 'subscription' ? observable((taker) => watching.watch(op, taker)) : next(op),
    wake: () => watching.wake(),
    close: () => watching.close(),
  };
}

/** All subscriptions of the application, and the line that carries them. */
class Watching {
  readonly #options: LiveLinkOptions;
  readonly #patience = createPatience();
  readonly #watches = new Set<Watch>();
  readonly #openStreams = async (): Promise<Line> => (await this.#options.loadSse())();
  #open: () => Promise<Line>;
  #line: Line | null = null;
  #connecting = false;
  /** Lines in a row that nothing came through. */
  #attempts = 0;
  /** After how many of them in a row the server answered otherwise. */
  #reached = 0;
  #worked = false;
  #heard = false;
  #closed = false;
  #grace: ReturnType<typeof setTimeout> | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveLinkOptions) {
    this.#options = options;
    this.#open = options.openWs ?? this.#openStreams;
  }

  /** Begins a subscription; returns how to end it. */
  watch(op: Operation, taker: Taker): () => void {
    const watch: Watch = {
      op,
      taker,
      lastEventId: undefined,
      detach: null,
      resuming: !this.#heard,
      failures: 0,
      renewed: false,
      quiet: undefined,
    };
    const stop = (): void => this.#end(watch, null);
    op.signal?.addEventListener('abort', stop);
    clearTimeout(this.#idle);
    this.#watches.add(watch);
    if (this.#closed || op.signal?.aborted) stop();
    else this.#attach(watch);
    void this.#connect();
    // Somebody just turned to something live: better to look for the server now than when it is time again.
    if (!this.#heard) this.wake();
    return () => {
      op.signal?.removeEventListener('abort', stop);
      stop();
    };
  }

  wake(): void {
    this.#patience.wake();
    this.#line?.wake();
  }

  close(): void {
    this.#closed = true;
    for (const watch of this.#watches) this.#end(watch, null);
    clearTimeout(this.#grace);
    clearTimeout(this.#idle);
    this.#patience.wake();
    this.#line?.close();
  }

  /** One line after the other, for as long as somebody watches. */
  async #connect(): Promise<void> {
    if (this.#connecting) return;
    this.#connecting = true;
    while (this.#watches.size > 0) {
      this.#attempts += 1;
      try {
        const line = await this.#open();
        this.#line = line;
        for (const watch of this.#watches) this.#attach(watch);
        if (this.#watches.size === 0) line.close();
        await line.ended;
        this.#lost();
      } catch (error) {
        this.#fail(error);
      }
      this.#line = null;
      if (!(await this.#changeToStreams()) && this.#watches.size > 0) await this.#pause(this.#attempts);
    }
    this.#connecting = false;
  }

  #pause(failures: number): Promise<void> {
    return this.#patience.wait(backOffMs(failures, this.#options.random));
  }

  /** When WebSockets never worked but the server answers, again and again: one that was just coming when it was asked takes the next one. */
  async #changeToStreams(): Promise<boolean> {
    if (this.#worked || this.#open === this.#openStreams) return false;
    try {
      await this.#options.reach();
      this.#reached += 1;
    } catch (error) {
      this.#reached = 0;
      if (this.#attempts >= ATTEMPTS_BEFORE_BLOCKED) this.#options.live.unreachable(refusalOf(error));
    }
    if (this.#reached < ATTEMPTS_BEFORE_BLOCKED) return false;
    this.#open = this.#openStreams;
    return true;
  }

  /** An attempt failed when nobody answered. Anything else that is thrown is a mistake, and told to everybody who waits for the line. */
  #fail(error: unknown): void {
    this.#options.live.failed(refusalOf(error));
    if (error instanceof Unanswered) return;
    for (const watch of this.#watches) this.#end(watch, TRPCClientError.from(error as Error));
  }

  #lost(): void {
    const { live } = this.#options;
    this.#heard = false;
    if (this.#watches.size === 0) return;
    for (const watch of this.#watches) {
      detach(watch);
      watch.resuming = true;
    }
    live.lost();
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => {
      if (!this.#heard) live.failed(NO_ANSWER);
    }, GRACE_MS);
  }

  #answered(): void {
    this.#attempts = 0;
    this.#worked = true;
    this.#heard = true;
    clearTimeout(this.#grace);
  }

  #report(): void {
    if (!this.#heard) return;
    this.#options.live.connected([...this.#watches].filter((watch) => watch.resuming).length);
  }

  #attach(watch: Watch): void {
    const via = this.#line;
    if (via === null) return;
    const taker: Taker = {
      next: (envelope) => this.#receive(watch, envelope),
      error: (error) => this.#refuse(watch, via, error),
      complete: () => void this.#attachAgain(watch, NO_ANSWER),
    };
    try {
      watch.detach = via.attach(watch.op, watch.lastEventId, taker);
    } catch (error) {
      // Such as an input that can't be written: nobody else's fault, and nobody else's end.
      this.#end(watch, TRPCClientError.from(error as Error));
    }
  }

  #receive(watch: Watch, { result }: Envelope): void {
    this.#answered();
    if (result.type === 'started') {
      this.#report();
      watch.quiet = setTimeout(() => this.#settle(watch), QUIET_MS);
    } else {
      if ('id' in result && result.id !== undefined) watch.lastEventId = result.id;
      watch.failures = 0;
      watch.renewed = false;
      this.#options.session.accepted();
      if (watch.resuming) this.#settle(watch);
    }
    watch.taker.next({ result });
  }

  #settle(watch: Watch): void {
    clearTimeout(watch.quiet);
    watch.resuming = false;
    this.#report();
  }

  #refuse(watch: Watch, via: Line, error: TRPCClientError<AnyRouter>): void {
    const why = refusalOf(error);
    if (wasAnswered(error)) this.#answered();
    if (wasAnswered(error) && why.code === 'UNAUTHORIZED') void this.#renew(watch, via, error);
    else if (why.retryable) void this.#attachAgain(watch, why);
    else this.#end(watch, error);
  }

  async #renew(watch: Watch, via: Line, error: TRPCClientError<AnyRouter>): Promise<void> {
    const { session } = this.#options;
    detach(watch);
    // Without a token for now, the next line asks for one, until there is one.
    const isRenewed = !watch.renewed && (await session.renewAfter(via.serial()).catch(() => 'later'));
    if (isRenewed === false) {
      session.expired();
      this.#end(watch, error);
      return;
    }
    watch.renewed = isRenewed === true;
    via.close();
  }

  async #attachAgain(watch: Watch, why: CallRefusal): Promise<void> {
    detach(watch);
    watch.resuming = true;
    if (watch.failures > 1) this.#options.live.unreachable(why);
    else this.#report();
    await this.#pause(watch.failures);
    watch.failures += 1;
    if (this.#watches.has(watch) && watch.detach === null) this.#attach(watch);
  }

  #end(watch: Watch, error: TRPCClientError<AnyRouter> | null): void {
    if (!this.#watches.delete(watch)) return;
    detach(watch);
    if (this.#watches.size === 0) this.#idle = setTimeout(() => this.#line?.close(), IDLE_MS);
    if (error) watch.taker.error(error);
    else watch.taker.complete();
    this.#report();
  }
}

/** Takes a subscription off its line. */
function detach(watch: Watch): void {
  clearTimeout(watch.quiet);
  watch.detach?.();
  watch.detach = null;
}
