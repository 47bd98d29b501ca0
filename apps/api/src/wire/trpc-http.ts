import { type AnyRouter, type inferRouterContext, TRPCError } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { Connection } from '../context/connection.ts';
import { isPublic } from '../guard/access.ts';
import { refusalOf, toTRPCError, UNAUTHORIZED } from '../guard/error-shape.ts';
import { Refused, refuseWith } from '../hall/refused.ts';
import type { Call, Ground } from './calls.ts';
import { BODY_BYTES, checkMediaType, declaredBytes, parseJson, RECORDS_USAGE, refuseTooLarge } from './read-json.ts';
import { retryAfter } from './refusal-answer.ts';

/** Makes the context of a call, or of all calls of a WebSocket connection. */
export type CreateContext<Router extends AnyRouter> = (
  connection: Connection,
) => inferRouterContext<Router> | Promise<inferRouterContext<Router>>;

export const TRPC_PATH = '/trpc';
/** Calls in one request or message, and at one time on a socket. */
export const MOST_CALLS = 64;
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
    if (asked.names.length > MOST_CALLS) refuseWith('BAD_REQUEST', `Send at most ${MOST_CALLS} calls in one request.`);
    checkAddress(asked);
    if (request.method === 'POST') await boundBody(ground, call, asked);
    const response = await fetchRequestHandler({
      endpoint: TRPC_PATH,
      req: request,
      router,
      maxBatchSize: MOST_CALLS,
      // Reading with POST: an event stream of 500 accounts has an input too long for an address.
      allowMethodOverride: true,
      createContext: () => createContext(connection),
      responseMeta: ({ errors }) => ({
        headers: new Headers(retryAfter(errors.map((error) => refusalOf(error).refusal))),
      }),
      onError: ({ error, path }) => logUnexpected(ground, error, path, connection.requestId),
    });
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) keepStream(ground, call);
    return response;
  };
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
