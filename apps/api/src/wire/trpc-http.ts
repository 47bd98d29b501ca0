import { PROCEDURES } from '@tenantree/contract';
import { isRecord, type Refusal } from '@tenantree/domain';
import { type AnyRouter, type inferRouterContext, TRPCError } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { Connection } from '../context/connection.ts';
import { refusalOf, toTRPCError, UNAUTHORIZED } from '../guard/error-shape.ts';
import { IDEMPOTENCY_REPLAYED, readIdempotencyKeys } from '../guard/idempotency-key.ts';
import { Refused, refuseWith } from '../hall/refused.ts';
import type { Call, Ground } from './calls.ts';
import { streamTogether } from './event-stream.ts';
import { BODY_BYTES, checkMediaType, declaredBytes, parseJson, RECORDS_USAGE, refuseTooLarge } from './read-json.ts';
import { retryAfter } from './refusal-answer.ts';

/** Makes the context of a call, or of all calls of a WebSocket connection. */
export type CreateContext<Router extends AnyRouter> = (
  connection: Connection,
) => inferRouterContext<Router> | Promise<inferRouterContext<Router>>;

export const TRPC_PATH = '/trpc';
/** Calls in one request or message, and at one time on a socket. */
export const MOST_CALLS = 64;
/**
 * Who can't connect asks this to find out whether only WebSockets are blocked. A server that goes answers what is on its way; taken for one
 * that stays, it would send clients to event streams which only had to wait for its successor.
 */
const SAYS_IT_IS_THERE = 'setup.status';
const STOPPING: Refusal = { code: 'UNAVAILABLE', message: 'This server is stopping. Try again in a moment.' };
/** A batch puts one level around its inputs. */
const BATCH_LEVELS = 1;

/** The calls of a request, as tRPC reads them from its address. */
type Asked = {
  readonly names: readonly string[];
  /** Levels around each input. */
  readonly envelopes: number;
  readonly parameters: URLSearchParams;
};

/** Procedures over HTTP: queries, mutations, and subscriptions as event streams. */
export function trpcOverHttp<Router extends AnyRouter>(
  ground: Ground,
  router: Router,
  createContext: CreateContext<Router>,
) {
  return async (call: Call): Promise<Response> => {
    const request = call.req.raw;
    const connection = call.get('connection');
    const asked = askedBy(request);
    call.set('route', routeOf(router, asked.names));
    const isStream = wantsStream(request, asked);
    if (!isStream && asked.names.length > MOST_CALLS)
      refuseWith('BAD_REQUEST', `Send at most ${MOST_CALLS} calls in one request.`);
    checkAddress(asked);
    if (ground.isClosing() && asked.names.includes(SAYS_IT_IS_THERE)) throw new Refused(STOPPING);
    if (isStream) return subscriptionsTogether(ground, call, { router, createContext, asked });
    const idempotencyKeys = readIdempotencyKeys(request.headers, asked.names.length);
    let isRepeat = false;
    const repeated = (): void => {
      isRepeat = true;
    };
    if (request.method === 'POST') await boundBody(ground, call, asked);
    const response = await fetchRequestHandler({
      endpoint: TRPC_PATH,
      req: request,
      router,
      maxBatchSize: MOST_CALLS,
      // Reading with POST: an event stream of 500 accounts has an input too long for an address.
      allowMethodOverride: true,
      createContext: () => createContext({ ...connection, idempotencyKeys, repeated, isBatch: asked.names.length > 1 }),
      responseMeta: ({ errors }) => ({
        headers: new Headers({
          ...retryAfter(errors.map((error) => refusalOf(error).refusal)),
          ...(isRepeat && { [IDEMPOTENCY_REPLAYED]: 'true' }),
        }),
      }),
      onError: ({ error, path }) => logUnexpected(ground, error, path, connection.requestId),
    });
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) keepStream(ground, call);
    return response;
  };
}

/** Whether several subscriptions are asked for in one event stream, each with its input by its place, as tRPC sends several calls. */
const wantsStream = ({ method, headers }: Request, { envelopes }: Asked): boolean =>
  method === 'POST' && envelopes > 0 && (headers.get('accept') ?? '').includes('text/event-stream');

/** @throws Refused UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, UNAUTHORIZED, BAD_REQUEST */
async function subscriptionsTogether<Router extends AnyRouter>(
  ground: Ground,
  call: Call,
  { router, createContext, asked }: { router: Router; createContext: CreateContext<Router>; asked: Asked },
): Promise<Response> {
  const connection = call.get('connection');
  const mostBytes = await mostBytesOf(ground, call.req.raw, connection, asked);
  const inputs = await call.get('readJson')(mostBytes, asked.envelopes);
  if (!isRecord(inputs)) return refuseWith('BAD_REQUEST', 'Send each input by the place of its subscription.');
  const response = streamTogether({
    router,
    ctx: await createContext(connection),
    calls: asked.names.map((path, index) => ({ path, input: inputs[index] })),
    onError: (error, path) => logUnexpected(ground, error, path, connection.requestId),
  });
  keepStream(ground, call);
  return response;
}

function keepStream({ streams }: Ground, call: Call): void {
  const { outgoing } = call.env;
  streams.add(outgoing);
  outgoing.once('close', () => streams.delete(outgoing));
}

function askedBy(request: Request): Asked {
  const { pathname, searchParams: parameters } = new URL(request.url);
  const isBatch = parameters.get('batch') === '1';
  const path = decoded(pathname.slice(TRPC_PATH.length + 1));
  return { names: isBatch ? path.split(',') : [path], envelopes: isBatch ? BATCH_LEVELS : 0, parameters };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return refuseWith('NOT_FOUND', 'There is no such procedure.');
  }
}

/** Reads what tRPC will read of the address, to refuse what nobody may send. */
function checkAddress({ parameters, envelopes }: Asked): void {
  for (const name of ['input', 'connectionParams']) {
    const text = parameters.get(name);
    if (text !== null) parseJson(new TextEncoder().encode(text), envelopes);
  }
}

/**
 * Makes the body, which tRPC reads when a call was admitted so far, one of bounded size and depth. Whoever sends more than a little is
 * recognised first.
 *
 * @throws Refused UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, UNAUTHORIZED
 */
async function boundBody(ground: Ground, call: Call, asked: Asked): Promise<void> {
  const request = call.req.raw;
  checkMediaType(request.headers);
  const mostBytes = await mostBytesOf(ground, request, call.get('connection'), asked);
  const declared = declaredBytes(request.headers);
  if (declared !== null && declared > mostBytes) refuseTooLarge(mostBytes);
  const json = (): Promise<unknown> =>
    call
      .get('readJson')(mostBytes, asked.envelopes)
      .catch((error: unknown) => {
        throw error instanceof Refused ? toTRPCError(error.refusal) : error;
      });
  Object.defineProperty(request, 'json', { value: json });
}

async function mostBytesOf(
  { recognises }: Ground,
  request: Request,
  connection: Connection,
  { names }: Asked,
): Promise<number> {
  const mostBytes = names.length === 1 && names[0] === RECORDS_USAGE ? BODY_BYTES.usage : BODY_BYTES.usual;
  const declared = declaredBytes(request.headers);
  const isTooLarge = declared !== null && declared > mostBytes;
  const isSmall = declared !== null && declared <= BODY_BYTES.unrecognised;
  if (isTooLarge || isSmall || (await recognises(connection))) return mostBytes;
  // They would be told the same, but only after sending all of it.
  if (!names.every(isPublic)) throw new Refused(UNAUTHORIZED);
  return BODY_BYTES.unrecognised;
}

/** Whether a procedure asks nobody who they are. */
const isPublic = (path: string): boolean => PROCEDURES.get(path)?.needs.kind === 'public';

/** A procedure's name as a label: only names that exist, so that nobody can fill the metrics with others. */
function routeOf(router: AnyRouter, [name = '', ...more]: readonly string[]): string {
  if (more.length > 0) return 'batch';
  return Object.hasOwn(router._def.procedures, name) ? name : 'unknown procedure';
}

/** Logs errors that are our fault. Refusals are answers, and told by the request's line. */
export function logUnexpected(
  { log }: Pick<Ground, 'log'>,
  error: TRPCError,
  path: string | undefined,
  requestId: string | undefined,
): void {
  if (refusalOf(error).unexpected) log.error({ err: error.cause ?? error, requestId, path }, 'call failed');
}
