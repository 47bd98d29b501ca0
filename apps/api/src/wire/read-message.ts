import { parseJson } from './read-json.ts';

/** An input stands two levels below its message, and one more when several calls come in one message. */
const ENVELOPE_LEVELS = 2;
const LIST_OPENS = 0x5b;
const BLANKS = new Set(Buffer.from(' \t\r\n'));

/** Reads a message from a socket; null stands for one that is no text. @throws Refused BAD_REQUEST when it is no JSON that is read from outside (reliability.md 4) */
export function readMessage(bytes: Uint8Array | null): unknown {
  const list = bytes?.find((byte) => !BLANKS.has(byte)) === LIST_OPENS ? 1 : 0;
  return parseJson(bytes ?? new Uint8Array(), ENVELOPE_LEVELS + list);
}
