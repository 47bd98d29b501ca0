import { refuseWith } from '../hall/refused.ts';

/** The header that a key comes in. */
export const IDEMPOTENCY_KEY = 'Idempotency-Key';
/** The header that says that an answer is a kept one. */
export const IDEMPOTENCY_REPLAYED = 'Idempotency-Replayed';

/** 1 to 255 printable characters of ASCII. */
const KEY = /^[\x20-\x7e]{1,255}$/;

/**
 * The idempotency keys of a request's calls, in their order: the whole header where there is one call, else one for each, with commas
 * between. None where the header is not there.
 *
 * @throws Refused BAD_REQUEST
 */
export function readIdempotencyKeys(headers: Headers, calls: number): readonly string[] {
  const header = headers.get(IDEMPOTENCY_KEY);
  if (header === null) return [];
  const keys = calls === 1 ? [header] : header.split(',').map((key) => key.trim());
  if (keys.length !== calls)
    refuseWith(
      'BAD_REQUEST',
      `Send one idempotency key for each of the ${calls} calls, with commas between.`,
      IDEMPOTENCY_KEY,
    );
  if (!keys.every((key) => KEY.test(key)))
    refuseWith('BAD_REQUEST', 'An idempotency key is 1 to 255 printable characters of ASCII.', IDEMPOTENCY_KEY);
  return keys;
}
