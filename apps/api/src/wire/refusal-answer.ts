import type { Refusal } from '@tenantree/domain';
import { TRPCError } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { refusalOf, statusOf, toSent, toTRPCError } from '../guard/error-shape.ts';
import { Refused } from '../hall/refused.ts';

/** A refusal outside tRPC, in the shape that tRPC's errors have: whoever reads one reads the other. */
export function refusalAnswer(refusal: Refusal, requestId: string, headers: Record<string, string> = {}): Response {
  const { code } = toTRPCError(refusal);
  const httpStatus = statusOf(refusal.code);
  const data = { code, httpStatus, path: null, refusal: toSent(refusal), requestId };
  const error = { message: refusal.message, code: TRPC_ERROR_CODES_BY_KEY[code], data };
  const all = { 'cache-control': 'no-store', ...retryAfter([refusal]), ...headers };
  return Response.json({ error }, { status: httpStatus, headers: all });
}

/** Usual wait where a refusal for too much doesn't say how long (seconds). */
const USUAL_WAIT = 1;

/** The header that says when to try again, for every 429. */
export function retryAfter(refusals: readonly Refusal[]): Record<string, string> {
  const waits = refusals.flatMap(({ code, retryAfterSeconds }) =>
    statusOf(code) === 429 ? [retryAfterSeconds ?? USUAL_WAIT] : [],
  );
  return waits.length === 0 ? {} : { 'retry-after': String(Math.max(...waits)) };
}

/** What an error thrown outside tRPC is to the caller, and whether it has to be logged. */
export const refusalOfThrown = (error: unknown): { readonly refusal: Refusal; readonly unexpected: boolean } =>
  error instanceof Refused
    ? { refusal: error.refusal, unexpected: false }
    : refusalOf(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: error }));
