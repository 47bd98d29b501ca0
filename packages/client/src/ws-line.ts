import { createWSClient, type TRPCWebSocketClient } from '@trpc/client';
import { backOffMs, createPatience } from './back-off.ts';
import type { Frames, Line, LineEvents } from './line.ts';
import type { Session } from './session.ts';

/** An attempt to connect that has neither succeeded nor failed by then is given up. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A connection that doesn't answer a ping by then is dead (laptops that slept, networks that changed). */
const PROBE_TIMEOUT_MS = 3_000;
/** A socket that is being replaced gets this long to say goodbye, so that its end isn't taken for that of its successor. */
const GOODBYE_MS = 1_000;
const ATTEMPTS_BEFORE_BLOCKED = 2;

const KEEP_ALIVE = { enabled: true, intervalMs: 15_000, pongTimeoutMs: 5_000 };
const LAZY = { enabled: true, closeMs: 10_000 };
const PLAIN = { serialize: (value: unknown): unknown => value, deserialize: (value: unknown): unknown => value };
const TRANSFORMER = { input: PLAIN, output: PLAIN };

export type WsLineOptions = {
  readonly url: string;
  readonly session: Session;
  readonly WebSocket: typeof WebSocket;
  readonly random: () => number;
  /** Whether a WebSocket of this client has ever worked: then it isn't blocked, and the line never says so. */
  readonly history: 'worked-before' | 'never-worked';
  readonly events: LineEvents;
};

/** A WebSocket that gives up connecting after {@link CONNECT_TIMEOUT_MS}: some proxies swallow the upgrade without a word. */
const impatient = (Base: typeof WebSocket): typeof WebSocket =>
  class extends Base {
    constructor(url: string | URL) {
      super(url);
      const timer = setTimeout(() => {
        if (this.readyState === Base.CONNECTING) this.close();
      }, CONNECT_TIMEOUT_MS);
      for (const event of ['open', 'close']) this.addEventListener(event, () => clearTimeout(timer));
    }
  };

/** Sends a ping; calls `onSilence` when nothing at all comes back in time. */
function probe(client: TRPCWebSocketClient, onSilence: () => void): void {
  const connection = client.connection;
  if (connection?.state !== 'open') return;
  const timer = setTimeout(onSilence, PROBE_TIMEOUT_MS);
  for (const event of ['message', 'close'])
    connection.ws.addEventListener(event, () => clearTimeout(timer), { once: true });
  connection.ws.send('PING');
}

/** Resolves when the client's present socket, if it has one, is gone. */
const goodbye = (client: TRPCWebSocketClient): Promise<void> =>
  new Promise((resolve) => {
    const connection = client.connection;
    if (!connection || connection.ws.readyState === connection.ws.CLOSED) return resolve();
    const timer = setTimeout(resolve, GOODBYE_MS);
    connection.ws.addEventListener(
      'close',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });

/**
 * The stock tRPC WebSocket client, with our own patience: it asks for its address before every attempt, and that is
 * where an attempt waits for its turn. It resumes by itself: a reconnected subscription is sent again with the last id it saw.
 */
export function openWsLine(options: WsLineOptions): Line {
  const { session, events, random } = options;
  const patience = createPatience();
  let state: 'open' | 'down' | 'closed' = 'down';
  let worked = options.history === 'worked-before';
  let attempts = 0;
  let reached = false;
  let lostBefore = false;
  let opened = 0;
  let requests = 0;
  let serial = session.serial();

  const stopIfClosed = (): void => {
    if (state === 'closed') throw new Error('The client was closed.');
  };

  const haveToken = async (): Promise<void> => {
    for (let failures = 0; ; failures += 1) {
      stopIfClosed();
      try {
        await session.token();
        return;
      } catch {
        events.failed();
        await patience.wait(backOffMs(failures + 1, random));
      }
    }
  };

  const turn = async (): Promise<string> => {
    stopIfClosed();
    await goodbye(client);
    stopIfClosed();
    if (attempts > 0 && !reached) events.failed();
    reached = false;
    if (!worked && attempts >= ATTEMPTS_BEFORE_BLOCKED) await events.blocked();
    stopIfClosed();
    if (attempts > 0 || lostBefore) await patience.wait(backOffMs(attempts, random));
    attempts += 1;
    await haveToken();
    stopIfClosed();
    return options.url;
  };

  const connectionParams = async (): Promise<{ token: string }> => {
    const token = opened > 1 ? await session.freshToken() : await session.token();
    serial = session.serial();
    return { token: token ?? '' };
  };

  const client = createWSClient({
    url: turn,
    WebSocket: impatient(options.WebSocket),
    lazy: LAZY,
    keepAlive: KEEP_ALIVE,
    retryDelayMs: () => 0,
    onOpen: () => {
      state = 'open';
      reached = true;
      opened += 1;
      events.opened();
    },
    onClose: () => {
      if (state !== 'open') return;
      state = 'down';
      lostBefore = true;
      events.lost();
    },
    ...(session.usesToken && { connectionParams }),
  });

  return {
    // An id of its own for every attachment: a late "stopped" for an earlier one must not end this one.
    attach: (op, lastEventId): Frames =>
      client.request({
        op: { ...op, id: (requests += 1) },
        transformer: TRANSFORMER,
        ...(lastEventId !== undefined && { lastEventId }),
      }),
    serial: () => serial,
    confirm: () => {
      attempts = 0;
      worked = true;
    },
    wake: () => {
      patience.wake();
      probe(client, () => {
        if (state === 'open') events.dead();
      });
    },
    close: () => {
      state = 'closed';
      patience.wake();
      client.close().catch(() => undefined);
    },
  };
}
