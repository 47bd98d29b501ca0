import { type AnyRouter, type inferRouterContext, TRPCError } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { refusalOf, toTRPCError } from '../guard/error-shape.ts';
import { Refused } from '../hall/refused.ts';
import type { Call, Ground } from './calls.ts';
import type { Connection } from './connection.ts';
import { BODY_BYTES, isDeclaredTooLarge, parseJson, readJson, refuseTooLarge } from './read-json.ts';

/** Makes the context of a call, or of all calls of a WebSocket connection. */
export type CreateContext<Router extends AnyRouter> = (
  connection: Connection,
) => inferRouterContext<Router> | Promise<inferRouterContext<Router>>;

export const TRPC_PATH = '/trpc';
const MOST_CALLS_AT_ONCE = 64;
/** A batch puts one level around its inputs. */
const BATCH_LEVELS = 1;

/** Procedures over HTTP: queries, mutations, and subscriptions as event streams. */
export function trpcOverHttp<Router extends AnyRouter>(
  ground: Ground,
  router: Router,
  createContext: CreateContext<Router>,
) {
  return async (call: Call): Promise<Response> => {
    const request = call.req.raw;
    const connection = call.get('connection');
    const names = call.req.path.slice(TRPC_PATH.length + 1);
    const envelopes = call.req.query('batch') === '1' ? BATCH_LEVELS : 0;
    call.set('route', routeOf(router, names));
    checkQuery(call.req.query('input'), envelopes);
    if (request.method === 'POST') readBounded(request, names, envelopes);
    const response = await fetchRequestHandler({
      endpoint: TRPC_PATH,
      req: request,
      router,
      maxBatchSize: MOST_CALLS_AT_ONCE,
      // Reading with POST: an event stream of 500 accounts has an input too long for an address.
      allowMethodOverride: true,
      createContext: () => createContext(connection),
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

function checkQuery(input: string | undefined, envelopes: number): void {
  if (input !== undefined) parseJson(input, envelopes);
}

/** Makes the body, which tRPC reads when a call was admitted so far, one of bounded size and depth. @throws Refused PAYLOAD_TOO_LARGE */
function readBounded(request: Request, names: string, envelopes: number): void {
  const mostBytes = names.split(',').includes('usage.record') ? BODY_BYTES.usage : BODY_BYTES.usual;
  if (isDeclaredTooLarge(request.headers, mostBytes)) refuseTooLarge(mostBytes);
  const json = (): Promise<unknown> =>
    readJson(request, mostBytes, envelopes).catch((error: unknown) => {
      throw error instanceof Refused ? toTRPCError(error.refusal) : error;
    });
  Object.defineProperty(request, 'json', { value: json });
}

/** A procedure's name as a label: only names that exist, so that nobody can fill the metrics with others. */
function routeOf(router: AnyRouter, names: string): string {
  if (names.includes(',')) return 'batch';
  return Object.hasOwn(router._def.procedures, names) ? names : 'unknown procedure';
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
