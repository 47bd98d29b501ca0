import { isDeeperThan, MAX_JSON_DEPTH } from '@tenantree/domain';

/** An input may be nested 32 levels deep; it stands two levels below its message. */
const ENVELOPE_DEPTH = 2;

/** Reads a message from a socket. @throws SyntaxError when it is not JSON, or nested too deep (reliability.md 4) */
export function readMessage(text: string | null): unknown {
  if (text === null) throw new SyntaxError('Messages are JSON text.');
  const message: unknown = JSON.parse(text);
  const envelopes = ENVELOPE_DEPTH + (Array.isArray(message) ? 1 : 0);
  if (isDeeperThan(MAX_JSON_DEPTH + envelopes, message)) {
    throw new SyntaxError(`The message is nested deeper than ${MAX_JSON_DEPTH} levels.`);
  }
  return message;
}
