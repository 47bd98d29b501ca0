import { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { LiveConnection, type Outbox } from './connection.ts';
import type { Outflow } from './outflow.ts';

/** The stream under a WebSocket. ws gives no public way to it; what it writes there are whole frames, so ours may go between them. */
export function streamUnder(socket: WebSocket): Socket {
  const stream: unknown = Reflect.get(socket, '_socket');
  if (stream instanceof Socket) return stream;
  throw new Error('This WebSocket has no stream of its own.');
}

/**
 * The hub's side of a WebSocket, one for all its subscriptions. Null when the hub can't know where frames begin on the stream under it
 * (compression): its subscriptions are then served like event streams.
 */
export const liveSocket = (socket: WebSocket, outflow: Outflow, outbox: Outbox): LiveConnection | null =>
  socket.extensions === '' ? new LiveConnection(socket, streamUnder(socket), outflow, outbox) : null;
