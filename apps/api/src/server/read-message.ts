import { jsonFault } from '@tenantree/domain';

/** An input may be nested 32 levels deep; it stands two levels below its message. */
const ENVELOPE_DEPTH = 2;

/** Reads a message from a socket. @throws SyntaxError when it is not JSON, nested too deep, or has names that JSON from outside may not have (reliability.md 4) */
export function readMessage(text: string | null): unknown {
  if (text === null) throw new SyntaxError('Messages are JSON text.');
  const message: unknown = JSON.parse(text);
  const fault = jsonFault(message, 1 - ENVELOPE_DEPTH - (Array.isArray(message) ? 1 : 0));
  if (fault) throw new SyntaxError(`The message ${fault.why}.`);
  return message;
}
