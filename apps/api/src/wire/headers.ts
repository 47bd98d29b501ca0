import type { Next } from 'hono';
import type { PageSources } from '../payments/payments.ts';
import type { Call } from './calls.ts';

/** Headers of every answer (rules/server 13). */
export function commonHeaders(publicUrl: string): Record<string, string> {
  const isHttps = publicUrl.startsWith('https:');
  return {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    ...(isHttps ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
  };
}

const NO_POWERS = ['camera', 'display-capture', 'geolocation', 'microphone', 'payment', 'usb']
  .map((power) => `${power}=()`)
  .join(', ');

/**
 * Headers of the web app's pages: nothing but our own files runs, nobody may frame us. Not all browsers count `ws:` of the same host
 * as 'self', so it is named: the one that the operator knows us by, never the one that a request says.
 *
 * @param sources what else may run and be framed: the form of a provider of payments, where the deployment has one
 */
export function pageHeaders(publicUrl: string, sources: PageSources): Record<string, string> {
  const { host } = new URL(publicUrl);
  const { scripts, frames, connections } = sources;
  return {
    'content-security-policy': [
      "default-src 'self'",
      ...(scripts.length > 0 ? [`script-src 'self' ${scripts.join(' ')}`] : []),
      ...(frames.length > 0 ? [`frame-src ${frames.join(' ')}`] : []),
      `connect-src ${["'self'", `ws://${host}`, `wss://${host}`, ...connections].join(' ')}`,
      "img-src 'self' data:",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "object-src 'none'",
    ].join('; '),
    'permissions-policy': NO_POWERS,
    'cross-origin-opener-policy': 'same-origin',
    'x-frame-options': 'DENY',
  };
}

/** What lets pages of any origin read an answer. */
export const ALLOWED = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-request-id, retry-after, idempotency-replayed',
} as const;

const PREFLIGHT = {
  ...ALLOWED,
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-max-age': '7200',
  vary: 'access-control-request-headers',
} as const;

/** Headers that our client sends; pages on which something measures requests ask for more (`traceparent`, `sentry-trace` …). */
const USUAL_HEADERS = 'authorization, content-type, idempotency-key, last-event-id, trpc-accept, x-request-id';

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
