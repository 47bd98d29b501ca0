import { isRecord } from '@tenantree/domain';
import type { WebSocket } from 'ws';

/** WebSocket close code: the message is too large. */
const TOO_LARGE = 1009;

/**
 * Bounds the messages of one socket; larger ones close it with 1009 before they are read. ws takes its bound once, for all sockets of a
 * server, and has no public way to change it (8.23.0, pinned; a test tells when that ends): here it grows when the caller is recognised.
 */
export function boundMessages(client: WebSocket, mostBytes: number): void {
  const receiver: unknown = Reflect.get(client, '_receiver');
  if (!isRecord(receiver) || typeof receiver['_maxPayload'] !== 'number')
    throw new Error('ws keeps its bound elsewhere.');
  Reflect.set(receiver, '_maxPayload', mostBytes);
  // One that has begun under the bound of before.
  if (Number(receiver['_totalPayloadLength']) > mostBytes) client.close(TOO_LARGE);
}
