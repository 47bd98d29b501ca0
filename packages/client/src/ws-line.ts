import { hand } from './answer.ts';
import type { Line, Subscriptions } from './line.ts';
import { NO_ANSWER, Unanswered } from './refusal-of.ts';
import type { Session } from './session.ts';

/** An attempt to connect that has neither succeeded nor failed by then is given up: some proxies swallow the upgrade without a word. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A server that was silent for so long is asked whether it is still there. */
const SILENCE_MS = 15_000;
/** A connection on which nothing at all comes back by then is dead (laptops that slept, networks that changed). */
const PONG_TIMEOUT_MS = 5_000;

export type WsLineOptions = {
  readonly url: string;
  readonly session: Session;
  readonly WebSocket: typeof WebSocket;
  /** Ends the line, also while it is being opened. */
  readonly closed: AbortSignal;
};

/** A WebSocket on its way. What the page's security policy forbids is refused at once in some browsers, and elsewhere just does not open. */
function openSocket(Socket: typeof WebSocket, address: string): WebSocket {
  try {
    return new Socket(address);
  } catch (cause) {
    throw cause instanceof DOMException && cause.name === 'SecurityError' ? new Unanswered(NO_ANSWER, cause) : cause;
  }
}

/** Whether a connection still works: it has to open in time, and after a silence the server is asked and has to answer. */
type Pulse = { readonly heard: () => void; readonly ask: () => void; readonly stop: () => void };

/** @param end is called when it doesn't work */
function watchPulse(socket: WebSocket, end: () => void): Pulse {
  let timer = setTimeout(end, CONNECT_TIMEOUT_MS);
  const ask = (): void => {
    if (socket.readyState !== socket.OPEN) return;
    clearTimeout(timer);
    timer = setTimeout(end, PONG_TIMEOUT_MS);
    socket.send('PING');
  };
  return {
    ask,
    heard: () => {
      clearTimeout(timer);
      timer = setTimeout(ask, SILENCE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

/**
 * Opens one WebSocket that carries any number of subscriptions, in tRPC's protocol. tRPC's own `wsLink` can't stand in: it
 * reconnects by itself, on its own terms, while what is lost, waited for and resumed is the live link's to decide for every kind of line.
 *
 * @throws Unanswered when there is no token to be had, or the WebSocket doesn't open
 */
export async function openWsLine({ url, session, WebSocket, closed }: WsLineOptions): Promise<Line> {
  // Who left while this file was loaded is asked for no token.
  if (closed.aborted) throw new Unanswered(NO_ANSWER, closed.reason);
  const token = await session.token();
  const serial = session.serial();
  const socket = openSocket(WebSocket, token === null ? url : `${url}?connectionParams=1`);
  const subscriptions: Subscriptions = { takers: new Map(), unanswered: new Set() };
  let over = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });
  let attachments = 0;
  const send = (message: object): void => socket.send(JSON.stringify(message));
  const end = (): void => {
    pulse.stop();
    subscriptions.takers.clear();
    closed.removeEventListener('abort', end);
    socket.close();
    over();
  };
  const pulse = watchPulse(socket, end);
  const receive = (text: string): void => {
    if (socket.readyState !== socket.OPEN) return;
    pulse.heard();
    if (text === 'PING') return socket.send('PONG');
    if (text === 'PONG') return;
    const message = JSON.parse(text);
    if (message.method === 'reconnect') end();
    else hand(message, subscriptions);
  };

  closed.addEventListener('abort', end);
  if (closed.aborted) end();
  socket.addEventListener('error', end);
  socket.addEventListener('close', end);
  await Promise.race([ended, new Promise((resolve) => socket.addEventListener('open', resolve))]);
  if (socket.readyState !== socket.OPEN) throw new Unanswered(NO_ANSWER, new Error('The WebSocket did not open.'));
  socket.addEventListener('message', ({ data }) => receive(data));
  pulse.heard();
  if (token !== null) send({ method: 'connectionParams', data: { token } });

  return {
    attach: (op, lastEventId, taker) => {
      const { takers, unanswered } = subscriptions;
      // An id of its own for every attachment: a late "stopped" for an earlier one must not end this one.
      const id = (attachments += 1);
      send({ id, method: 'subscription', params: { path: op.path, input: op.input, lastEventId } });
      takers.set(id, taker);
      unanswered.add(id);
      return () => {
        unanswered.delete(id);
        if (takers.delete(id)) send({ id, method: 'subscription.stop' });
      };
    },
    ended,
    serial: () => serial,
    wake: pulse.ask,
    close: end,
  };
}
