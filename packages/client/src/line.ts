import type { Operation, OperationResultEnvelope, TRPCClientError } from '@trpc/client';
import type { AnyRouter } from '@trpc/server';
import type { Observable } from '@trpc/server/observable';

/** One thing that arrives for a subscription: a frame, or what became of the connection. */
export type Envelope = OperationResultEnvelope<unknown, TRPCClientError<AnyRouter>>;

/** All that arrives for one subscription. */
export type Frames = Observable<Envelope, TRPCClientError<AnyRouter>>;

/** One way to the server for subscriptions: a WebSocket, or one event stream per subscription where WebSockets don't get through. */
export type Line = {
  /** Starts a subscription, after the event `lastEventId` when that is given. */
  readonly attach: (op: Operation, lastEventId: string | undefined) => Frames;
  /** Serial of the token that the line uses (see `Session`). */
  readonly serial: () => number;
  /** The server answered a subscription: the line works. */
  readonly confirm: () => void;
  /** Something changed (network back, page visible again): try now what was to be tried later, and see whether the line still works. */
  readonly wake: () => void;
  readonly close: () => void;
};

/** What a line tells about itself. */
export type LineEvents = {
  readonly opened: () => void;
  readonly lost: () => void;
  /** An attempt to connect failed. */
  readonly failed: () => void;
  /** The connection looks open but nothing comes back any more. */
  readonly dead: () => void;
  /** Two attempts failed before any worked. The line waits for the answer before it tries again; it may have been closed by then. */
  readonly blocked: () => Promise<void>;
};
