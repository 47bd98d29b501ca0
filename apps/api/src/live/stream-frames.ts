import { type TrackedEnvelope, tracked } from '@trpc/server';
import { toTRPCError } from '../guard/error-shape.ts';
import type { AccessWatch } from './access-watch.ts';
import type { Board } from './board.ts';
import type { Channel, Item } from './channel.ts';
import type { LiveConnection } from './connection.ts';
import type { LiveMetrics, Viewer } from './ports.ts';
import type { Batch, Subscription } from './subscription.ts';
import type { Scope } from './topic.ts';
import { resultText, type WireFormat } from './wire.ts';

/** Where frames go: to a socket that the hub writes to itself, or (null) to whoever iterates, such as an event stream. */
export type Reader = { readonly connection: LiveConnection | null; readonly signal: AbortSignal | undefined };

/** What is watched, by whom, and from which id on. */
export type Request = { readonly scope: Scope; readonly viewer: Viewer; readonly since: number | null };

/** What all streams of a channel share. */
export type Studio<State, Frame> = {
  readonly board: Board<State, Frame>;
  readonly channel: Channel<State, Frame>;
  readonly wire: WireFormat;
  readonly access: AccessWatch;
  readonly metrics: LiveMetrics;
  /** JSON of first frames that are the same for several viewers, by their items. */
  readonly bodies: WeakMap<readonly Item<State>[], string>;
};

/**
 * The frames of one subscription. To a socket of the hub's own only the first is yielded: the encoder recognises it, and the hub writes
 * all others itself. Everybody else gets every frame by iterating, never more than the latest state of what it has not fetched yet.
 *
 * @throws TRPCError with the refusal when access ends
 */
export async function* streamFrames<State, Frame extends object>(
  studio: Studio<State, Frame>,
  { scope, viewer, since }: Request,
  { connection, signal }: Reader,
): AsyncGenerator<TrackedEnvelope<Frame>, void, undefined> {
  const { board, channel, metrics } = studio;
  const [root] = viewer.path;
  if (root === undefined) return;
  metrics.subscriptions(channel.name, 1);
  let member: Subscription<State> | undefined;
  let lost: Error | undefined;
  const leave = (): void => member?.end();
  signal?.addEventListener('abort', leave, { once: true });
  // Watched over from the beginning: access may end while the state is being read.
  const unwatch = studio.access.add({
    viewer,
    cut: (refusal) => {
      lost = toTRPCError(refusal);
      member?.end(lost);
    },
  });
  try {
    member = await board.open(root, scope, viewer, since);
    if (lost) throw lost;
    if (signal?.aborted) return;
    const first = member.first();
    if (connection) {
      yield tracked(String(first.id), attachable(studio, member, scope, first, connection));
      await member.ended;
      return;
    }
    board.start(member, scope);
    for (let batch: Batch<State> | null = first; batch; batch = await member.next()) {
      metrics.frames(channel.name, 1, 0);
      yield tracked(String(batch.id), channel.frame(batch.id, batch.items));
    }
  } finally {
    unwatch();
    signal?.removeEventListener('abort', leave);
    member?.end();
    metrics.subscriptions(channel.name, -1);
  }
}

/** The frame by which the encoder recognises a subscription of ours. It is empty: the text that is sent comes from the items. */
function attachable<State, Frame extends object>(
  { board, channel, wire, bodies, metrics }: Studio<State, Frame>,
  member: Subscription<State>,
  scope: Scope,
  first: Batch<State>,
  connection: LiveConnection,
): Frame {
  const frame = channel.frame(first.id, []);
  wire.attachAt(frame, (head) => {
    if (member.phase === 'starting') {
      member.head = head;
      member.connection = connection;
      connection.subscriptions += 1;
      board.start(member, scope);
      metrics.frames(channel.name, 1, 0);
    }
    let body = bodies.get(first.items);
    if (body === undefined) bodies.set(first.items, (body = channel.body(first.items)));
    return head + resultText(first.id, body);
  });
  return frame;
}
