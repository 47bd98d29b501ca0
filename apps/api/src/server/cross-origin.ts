import type { Next } from 'hono';
import type { Call } from './calls.ts';

const ALLOWED = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-request-id, retry-after',
} as const;

const PREFLIGHT = {
  ...ALLOWED,
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers':
    'authorization, cache-control, content-type, last-event-id, trpc-accept, x-request-id, x-trpc-source',
  'access-control-max-age': '7200',
} as const;

/**
 * Lets pages of any origin call, without their cookies: an embedded screen's token says itself which origin it is for, so a list of
 * origins here would add nothing but something to forget.
 */
export async function anyOrigin(call: Call, next: Next): Promise<Response | undefined> {
  if (call.req.method === 'OPTIONS') return new Response(null, { status: 204, headers: PREFLIGHT });
  await next();
  for (const [name, value] of Object.entries(ALLOWED)) call.res.headers.set(name, value);
  return undefined;
}
