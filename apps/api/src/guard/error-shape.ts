import { isUnavailable } from '@tenantree/db';
import { ERROR_CODES, type ErrorCode, type Refusal } from '@tenantree/domain';
import { TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { Refused } from '../hall/refused.ts';
import { schemaRefusal } from './schema-refusal.ts';

/** A refusal as it leaves the server, in every error's `data.refusal`. */
export type SentRefusal = Refusal & { readonly retryable: boolean };

const TRPC_CODES = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  // tRPC has no name for it.
  421: 'BAD_REQUEST',
  429: 'TOO_MANY_REQUESTS',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'SERVICE_UNAVAILABLE',
} as const;

/** The HTTP status of a refusal. */
export const statusOf = (code: ErrorCode): keyof typeof TRPC_CODES => ERROR_CODES[code].status;

/** A refusal as a tRPC error. */
export const toTRPCError = (refusal: Refusal): TRPCError =>
  new TRPCError({ code: TRPC_CODES[statusOf(refusal.code)], message: refusal.message, cause: new Refused(refusal) });

/** The one answer to whoever is not recognised, whatever is wrong with what they presented. */
export const UNAUTHORIZED: Refusal = { code: 'UNAUTHORIZED', message: 'Sign in, or present a valid token.' };

const INTERNAL: Refusal = {
  code: 'INTERNAL',
  message: 'Something went wrong on our side. Nothing was changed. Try again, or tell us the request id.',
};
const UNAVAILABLE: Refusal = {
  code: 'UNAVAILABLE',
  message: 'The database doesn’t answer right now. Nothing was changed. Try again in a moment.',
};

/** What an error is to the outside, and whether it has to be logged: expected refusals pass, everything else loses its detail. */
export function refusalOf(error: TRPCError): { readonly refusal: Refusal; readonly unexpected: boolean } {
  const { cause } = error;
  if (cause instanceof Refused) return { refusal: cause.refusal, unexpected: false };
  if (cause instanceof ZodError) return { refusal: schemaRefusal(cause), unexpected: false };
  if (isUnavailable(cause)) return { refusal: UNAVAILABLE, unexpected: true };
  switch (error.code) {
    case 'METHOD_NOT_SUPPORTED':
      return {
        refusal: { code: 'BAD_REQUEST', message: 'This procedure changes something: send it with POST.' },
        unexpected: false,
      };
    case 'BAD_REQUEST':
    case 'PARSE_ERROR':
    case 'UNSUPPORTED_MEDIA_TYPE':
      return { refusal: { code: 'BAD_REQUEST', message: 'This request can’t be read.' }, unexpected: false };
    case 'NOT_FOUND':
      return { refusal: { code: 'NOT_FOUND', message: 'There is no such procedure.' }, unexpected: false };
    case 'PAYLOAD_TOO_LARGE':
      return { refusal: { code: 'PAYLOAD_TOO_LARGE', message: 'This request is too large.' }, unexpected: false };
    default:
      return { refusal: INTERNAL, unexpected: true };
  }
}

/** A refusal with what its code says of trying again. */
export const toSent = (refusal: Refusal): SentRefusal => ({
  ...refusal,
  retryable: ERROR_CODES[refusal.code].retryable,
});
