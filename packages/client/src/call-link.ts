import { type Clock, newId } from '@tenantree/domain';
import { type Operation, TRPCClientError, type TRPCLink } from '@trpc/client';
import type { AnyRouter } from '@trpc/server';
import { observable } from '@trpc/server/observable';
import { answersIn, responseOf } from './answer.ts';
import { backOffMs } from './back-off.ts';
import type { Taker } from './line.ts';
import { refusalOf, Unanswered } from './refusal-of.ts';
import type { Session } from './session.ts';

/** Calls that travel in one request. */
const MAX_BATCH = 16;
/**
 * Characters of inputs that travel in one request: the server reads 1 MiB of several calls, and more of one call alone. A character takes up
 * to three bytes.
 */
const MAX_CHARACTERS = 300_000;
/** A request that isn't answered by then counts as one that never will be: whoever waits can go on, and try again. */
const ANSWER_TIMEOUT_MS = 60_000;
/** Whoever is to wait longer than this before trying again is told so, instead of waiting unknowingly. */
const MOST_PATIENCE_MS = 15_000;
const KEY_BYTES = 10;

export type CallLinkOptions = {
  readonly url: string;
  readonly session: Session;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** How often a call is repeated. */
  readonly retries: number;
  /** Uniform numbers in [0, 1) for the spread of repetitions. */
  readonly random: () => number;
  /** Ends all waits before repetitions. */
  readonly closed: AbortSignal;
};

type Call = {
  readonly op: Operation;
  /** The input as JSON; undefined when there is none. */
  readonly input: string | undefined;
  /** Under which it has one effect, however often it is sent; of what changes nothing there is none. */
  readonly key: string | null;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/** A key that can stand in a header beside others: any other may have what stands between them, or be none, and fails nobody else's call. */
const PLAIN_KEY = /^[\w-]{1,255}$/;

/** Calls that travel together, in their order. One that is large travels alone, and one whose key is not plain. */
function batchesOf(calls: readonly Call[]): Call[][] {
  const batches: Call[][] = [];
  let characters = 0;
  for (const call of calls) {
    const length = PLAIN_KEY.test(call.key ?? '-') ? (call.input?.length ?? 0) : MAX_CHARACTERS;
    const last = batches.at(-1);
    characters += length;
    if (last && last.length < MAX_BATCH && characters <= MAX_CHARACTERS) last.push(call);
    else {
      batches.push([call]);
      characters = length;
    }
  }
  return batches;
}

/** A mutation's own key, or that of whoever repeats it themselves. */
function keyOf({ type, context: { idempotencyKey } }: Operation, clock: Clock): string | null {
  if (type !== 'mutation') return null;
  if (typeof idempotencyKey === 'string') return idempotencyKey;
  return newId(clock.nowMs(), crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

/** The caller gave the call up, for the reason that its signal tells. */
const aborted = (signal: Operation['signal']): Unanswered => {
  const reason: unknown = signal?.reason;
  const message = reason instanceof Error ? reason.message : 'The call was given up.';
  return new Unanswered({ code: 'ABORTED', message, retryable: false }, reason);
};

/** Nobody answered for so long that whoever waits is told so, instead of waiting as long again. */
const tookTooLong = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'TimeoutError' || tookTooLong(error.cause));

/** Resolves after `ms` milliseconds, or when one of the signals aborts. */
const pause = (ms: number, ...signals: readonly (AbortSignal | null | undefined)[]): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    for (const signal of signals) signal?.addEventListener('abort', end);
  });

/** Sends calls once: those of one moment together. */
function createRequests({
  url,
  session,
  fetch,
}: Pick<CallLinkOptions, 'url' | 'session' | 'fetch'>): (op: Operation, key: string | null) => Promise<unknown> {
  let waiting: Call[] = [];

  const request = async (asked: readonly Call[]): Promise<void> => {
    try {
      const token = await session.token();
      // What was given up meanwhile is not done; its caller has been told.
      const calls = asked.filter(({ op }) => !op.signal?.aborted);
      if (calls.length === 0) return;
      const keys = calls.flatMap(({ key }) => key ?? []);
      const inputs = calls.flatMap(({ input }, index) => (input ? `"${index}":${input}` : []));
      const response = await responseOf(() =>
        fetch(`${url}/${calls.map(({ op }) => op.path).join()}?batch=1`, {
          // Reading too: the inputs of a batch are easily too long for an address.
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            // What no header carries, or the server refuses, is refused by the server, and not sent as another key.
            ...(keys.length > 0 && { 'idempotency-key': keys.join(', ').replace(/[^ -~]/g, 'ÿ') }),
            ...(token !== null && { authorization: `Bearer ${token}` }),
          },
          body: `{${inputs.join()}}`,
          signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        }),
      );
      const answers = await answersIn(response, calls.length);
      for (const [index, call] of calls.entries()) {
        const answer = answers[index];
        if (answer?.error) call.reject(TRPCClientError.from(answer));
        else call.resolve(answer?.result?.data);
      }
    } catch (cause) {
      for (const { reject } of asked) reject(cause);
    }
  };

  const send = (): void => {
    for (const type of ['query', 'mutation']) {
      for (const calls of batchesOf(waiting.filter(({ op }) => op.type === type))) void request(calls);
    }
    waiting = [];
  };

  return (op, key) =>
    new Promise((resolve, reject) => {
      // An input that can't be written fails its own call, not those that travel with it.
      const input = JSON.stringify(op.input);
      if (waiting.push({ op, input, key, resolve, reject }) === 1) setTimeout(send);
    });
}

/**
 * The end of the chain for queries and mutations: HTTP requests in tRPC's batch format, one for the calls of one moment.
 *
 * A call that the server answers with UNAUTHORIZED is repeated once with a new token. Nothing was done by a refused call, so
 * repeating it is safe. Every mutation has an idempotency key of its own, the same whenever it is repeated; `context: { idempotencyKey }`
 * of a call is another one, for whoever repeats it themselves. Refused again, or no new token to be had: the session is over and the caller gets the refusal.
 * What failed otherwise, in a way that trying again may help, is repeated after a while, a mutation under its key.
 */
export function createCallLink(options: CallLinkOptions): TRPCLink<AnyRouter> {
  const { session, clock, retries, random, closed } = options;
  const attempt = createRequests(options);

  const authorised = async (op: Operation, key: string | null): Promise<unknown> => {
    for (let renewed = false; ; renewed = true) {
      // before the first call there is no token yet: that call gets the first one
      const serial = Math.max(1, session.serial());
      try {
        const data = await attempt(op, key);
        session.accepted();
        return data;
      } catch (error) {
        if (refusalOf(error).code !== 'UNAUTHORIZED') throw error;
        if (renewed || !(await session.renewAfter(serial))) {
          session.expired();
          throw error;
        }
      }
    }
  };

  /** How long to wait before the call is made again, in milliseconds; null when it is not. */
  const waitMs = (error: unknown, failures: number): number | null => {
    const { code, retryable, retryAfterSeconds = 0 } = refusalOf(error);
    // how often to ask for a token that isn't there is the session's to say
    if (!retryable || code === 'NO_TOKEN' || tookTooLong(error) || failures >= retries || closed.aborted) return null;
    const ms = Math.max(retryAfterSeconds * 1000, backOffMs(failures, random));
    return ms > MOST_PATIENCE_MS ? null : ms;
  };

  const call = async (op: Operation): Promise<unknown> => {
    const key = keyOf(op, clock);
    for (let failures = 0; ; failures += 1) {
      try {
        return await authorised(op, key);
      } catch (error) {
        const ms = waitMs(error, failures);
        if (ms === null) throw error;
        await pause(ms, op.signal, closed);
        if (closed.aborted) throw error;
      }
    }
  };

  const answer = async (op: Operation, taker: Taker): Promise<void> => {
    try {
      taker.next({ result: { type: 'data', data: await call(op) } });
      taker.complete();
    } catch (error) {
      taker.error(TRPCClientError.from(error as Error));
    }
  };

  return () =>
    ({ op }) =>
      observable((taker) => {
        // The request goes on, for the other calls in it.
        const leave = (): void => taker.error(TRPCClientError.from(aborted(op.signal)));
        op.signal?.addEventListener('abort', leave);
        if (op.signal?.aborted) leave();
        else void answer(op, taker);
        return () => op.signal?.removeEventListener('abort', leave);
      });
}
