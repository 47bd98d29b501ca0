import { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { LiveConnection, type Outbox } from './connection.ts';

/**
 * The hub's side of a WebSocket, one for all its subscriptions. Null when the hub can't write to the stream under it, or not yet
 * know where frames begin there (compression): its subscriptions are then served like event streams.
 */
export function liveSocket(socket: WebSocket, outbox: Outbox): LiveConnection | null {
  // ws gives no public way to its stream; what it writes there are whole frames, so ours may go between them.
  const stream: unknown = Reflect.get(socket, '_socket');
  return stream instanceof Socket && socket.extensions === '' ? new LiveConnection(socket, stream, outbox) : null;
}
