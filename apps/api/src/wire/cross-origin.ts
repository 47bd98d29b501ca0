import type { Next } from 'hono';
import type { Call } from './calls.ts';

const ALLOWED = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-request-id, retry-after',
} as const;

const PREFLIGHT = {
  ...ALLOWED,
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-max-age': '7200',
  vary: 'access-control-request-headers',
} as const;

/** Headers that our client sends; pages on which something measures requests ask for more (`traceparent`, `sentry-trace` …). */
const USUAL_HEADERS = 'authorization, content-type, last-event-id, trpc-accept, x-request-id';

/**
 * Lets pages of any origin call, without their cookies: an embedded screen's token says itself which origin it is for, so a list of
 * origins here would add nothing but something to forget. The same with headers: whatever a page wants to send is allowed, and nothing
 * that it sends by itself (cookies) counts.
 */
export async function anyOrigin(call: Call, next: Next): Promise<Response | undefined> {
  if (call.req.method === 'OPTIONS') {
    const asked = call.req.header('access-control-request-headers') ?? USUAL_HEADERS;
    return new Response(null, { status: 204, headers: { ...PREFLIGHT, 'access-control-allow-headers': asked } });
  }
  await next();
  for (const [name, value] of Object.entries(ALLOWED)) call.res.headers.set(name, value);
  return undefined;
}
