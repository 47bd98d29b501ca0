/** The id that a client gave its call. */
export type CallId = number | string;

/** What a call's messages begin with, `{"id":…,"jsonrpc":"2.0"`: subscriptions with the same are sent the same bytes. */
export const envelopeHead = (envelope: object): string => JSON.stringify(envelope).slice(0, -1);

/**
 * What follows the envelope of a subscription's message, exactly as the stock server writes a `tracked` value: the id stands in the
 * frame, beside it and at the end (adapters/ws.ts of @trpc/server 11.22.1; the conformance test compares).
 *
 * @param body the frame behind its version, `"period":…}`
 */
export const resultText = (id: number, body: string): string =>
  `,"result":{"type":"data","data":{"id":"${id}","data":{"version":${id},${body}},"id":"${id}"}}`;
