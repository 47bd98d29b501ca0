/** A string that only a parser of its kind may produce: ids of different kinds can't be mixed up. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** Id of an account (UUIDv7, lower case). */
export type AccountId = Brand<string, 'AccountId'>;
/** Id of a person (UUIDv7, lower case). */
export type UserId = Brand<string, 'UserId'>;
/** Id of an API key (UUIDv7, lower case). */
export type KeyId = Brand<string, 'KeyId'>;
/** Id of any other row (UUIDv7, lower case). */
export type RowId = Brand<string, 'RowId'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text has the form of one of our ids (lower-case UUID). */
export const isId = (text: string): boolean => UUID.test(text);

/** Reads an account id from a text of unknown origin; null when it isn't one. */
export const parseAccountId = (text: string): AccountId | null => (isId(text) ? (text as AccountId) : null);

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Makes a UUIDv7 (RFC 9562 5.7): 48 bits of time, then 74 random bits. Ids made later sort later.
 *
 * @param nowMs UTC milliseconds since 1970 from the injected clock
 * @param random 10 random bytes
 */
export function newId<Id extends string = RowId>(nowMs: number, random: Uint8Array): Id {
  const time = nowMs.toString(16).padStart(12, '0');
  let hex = '';
  for (let at = 0; at < 10; at += 1) hex += HEX[random[at]!];
  const variant = ((random[2]! & 0x3f) | 0x80).toString(16);
  const parts = [time.slice(0, 8), time.slice(8), `7${hex.slice(1, 4)}`, variant + hex.slice(6, 8), hex.slice(8)];
  // Joined, it is one text in memory; put together with `+` it would keep its parts, six times as much as itself, for each of 100 000 rows.
  return parts.join('-') as Id;
}
