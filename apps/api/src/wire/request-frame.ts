import { FairQueue } from '@tenantree/domain';
import type { Next } from 'hono';
import { networkOf } from '../hall/addresses.ts';
import { withoutSecrets } from '../hall/log.ts';
import { type Call, type Ground, rounded } from './calls.ts';
import { commonHeaders } from './headers.ts';
import { jsonReader } from './read-json.ts';
import { refusalAnswer, refusalOfThrown } from './refusal-answer.ts';
import { isSameOrigin, requestIdOf, senderAddress } from './sender.ts';

const LONGEST_LOGGED_PATH = 300;
/** What is answered here depends on who asks, and is never to be kept by anything in between. */
const NEVER_KEPT = /^\/(trpc|v1|auth)(\/|$)/;

/** Event streams must not be compressed on the way either, for that holds frames back. */
const unkept = (headers: Headers): string =>
  headers.get('content-type')?.startsWith('text/event-stream') ? 'no-store, no-transform' : 'no-store';

/** What surrounds every request: its id, who sent it, one line in the log, one measurement, and the headers of every answer. */
export function requestFrame(ground: Ground) {
  const { hall, config, log, metrics } = ground;
  const parsing = new FairQueue(1, 1);

  return async (call: Call, next: Next): Promise<void> => {
    const startedMs = performance.now();
    const { headers } = call.req.raw;
    const requestId = requestIdOf(headers, hall.newId);
    const { publicUrl } = hall.settings;
    const address = senderAddress(
      call.env.incoming.socket.remoteAddress,
      headers.get('x-forwarded-for'),
      config.trustedProxies,
    );
    call.set('connection', {
      headers,
      origin: headers.get('origin'),
      sameOrigin: isSameOrigin(call.req.raw, publicUrl),
      remoteAddress: address,
      connectionParams: null,
      requestId,
      observeCall: (observed) => metrics.call(observed),
    });
    call.set('readJson', jsonReader(call.req.raw, networkOf(address), parsing));
    call.set('route', 'other');
    await next();
    for (const [name, value] of Object.entries(commonHeaders(publicUrl))) call.res.headers.set(name, value);
    if (NEVER_KEPT.test(call.req.path)) call.res.headers.set('cache-control', unkept(call.res.headers));
    call.res.headers.set('x-request-id', requestId);
    // Whoever has more to ask finds out that this server goes.
    if (ground.isClosing()) call.res.headers.set('connection', 'close');
    const { status } = call.res;
    const durationMs = performance.now() - startedMs;
    metrics.request(call.get('route'), status, durationMs);
    log.info(
      {
        requestId,
        method: call.req.method,
        // Without the query: inputs hold what people typed, and links their secrets.
        path: withoutSecrets(call.req.path).slice(0, LONGEST_LOGGED_PATH),
        status,
        durationMs: rounded(durationMs),
        address,
      },
      'request',
    );
  };
}

/** Answers with what was thrown outside tRPC: refusals as they are, everything else logged and without detail. */
export const answerThrown =
  ({ log }: Ground) =>
  (error: unknown, call: Call): Response => {
    const { requestId } = call.get('connection');
    const { refusal, unexpected } = refusalOfThrown(error);
    if (unexpected) log.error({ err: error, requestId }, 'request failed');
    return refusalAnswer(refusal, requestId);
  };
