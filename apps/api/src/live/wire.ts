import { isRecord, jsonFault } from '@tenantree/domain';
import type { Encoder } from '@trpc/server/adapters/ws';

/**
 * What follows the envelope of a subscription's message, exactly as the stock server writes a `tracked` value: the id stands in the
 * frame, beside it and at the end (adapters/ws.ts of @trpc/server 11.22.1; the conformance test compares).
 *
 * @param body the frame behind its version, `"period":…}`
 */
export const resultText = (id: number, body: string): string =>
  `,"result":{"type":"data","data":{"id":"${id}","data":{"version":${id},${body}},"id":"${id}"}}`;

/** Takes over a subscription whose first frame is just being written, and gives the text of that frame. @param head the message's envelope */
export type Attach = (head: string) => string;

/** How messages are written to and read from sockets. */
export type WireFormat = {
  /** For `applyWSSHandler`: public, though named experimental there (the version is pinned, and a conformance test watches it). */
  readonly encoder: Encoder;
  /** The message whose data is this object is the first of a subscription that the hub serves itself from then on. */
  attachAt(frame: object, attach: Attach): void;
};

/** An input may be nested 32 levels deep; it stands two levels below its message. */
const ENVELOPE_DEPTH = 2;

/**
 * tRPC sends every value of a subscription through an async generator and two transformations per subscriber. Here only the first frame
 * takes that way (performance.md 1): the encoder recognises it, learns the request's id from its envelope, and hands both to the hub.
 */
export function createWireFormat(): WireFormat {
  const attachments = new WeakMap<object, Attach>();

  const encode = (message: unknown): string => {
    const attach = attachmentOf(message);
    if (!attach || !isRecord(message)) return JSON.stringify(message);
    const { result: _, ...envelope } = message;
    return attach(JSON.stringify(envelope).slice(0, -1));
  };

  const attachmentOf = (message: unknown): Attach | undefined => {
    if (!isRecord(message) || !isRecord(message['result'])) return undefined;
    const tracked = message['result']['data'];
    const frame = isRecord(tracked) ? tracked['data'] : undefined;
    return typeof frame === 'object' && frame !== null ? attachments.get(frame) : undefined;
  };

  return { encoder: { encode, decode }, attachAt: (frame, attach) => void attachments.set(frame, attach) };
}

/** Reads a message from a client. @throws SyntaxError when it is not JSON, nested too deep, or has names that JSON from outside may not have (reliability.md 4) */
function decode(data: string | ArrayBuffer | Uint8Array): unknown {
  if (typeof data !== 'string') throw new SyntaxError('Messages are JSON text.');
  const message: unknown = JSON.parse(data);
  const fault = jsonFault(message, 1 - ENVELOPE_DEPTH - (Array.isArray(message) ? 1 : 0));
  if (fault) throw new SyntaxError(`The message ${fault.why}.`);
  return message;
}
