import { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { LiveConnection } from './connection.ts';
import type { Hub } from './hub.ts';

const connections = new WeakMap<WebSocket, LiveConnection | null>();

/**
 * The hub's side of a WebSocket, the same for all its subscriptions. Null when the hub can't write to the stream under it, or not yet
 * know where frames begin there (compression): its subscriptions are then served like event streams.
 */
export function liveSocket(hub: Hub, socket: WebSocket): LiveConnection | null {
  const known = connections.get(socket);
  if (known !== undefined) return known;
  // ws gives no public way to its stream; what it writes there are whole frames, so ours may go between them.
  const stream: unknown = Reflect.get(socket, '_socket');
  const connection = stream instanceof Socket && socket.extensions === '' ? hub.connect(socket, stream) : null;
  connections.set(socket, connection);
  return connection;
}
