import type { Operation, OperationResultEnvelope, TRPCClientError } from '@trpc/client';
import type { AnyRouter, TRPCErrorShape } from '@trpc/server';
import type { Observer } from '@trpc/server/observable';

/** One thing that arrives for a subscription: that it was accepted, or an event of it. */
export type Envelope = OperationResultEnvelope<unknown, TRPCClientError<AnyRouter>>;

/** Who takes what arrives for one call or subscription. Nothing follows `error` and `complete`. */
export type Taker = Observer<Envelope, TRPCClientError<AnyRouter>>;

/** One way to the server for subscriptions, while it works: a WebSocket, or an event stream where WebSockets don't get through. */
export type Line = {
  /** Starts a subscription, after the event `lastEventId` when that is given; returns how to stop it. */
  readonly attach: (op: Operation, lastEventId: string | undefined, taker: Taker) => () => void;
  /** Resolves when the line is gone; its subscriptions are told nothing of it. */
  readonly ended: Promise<void>;
  /** Serial of the token that the line uses (see `Session`). */
  readonly serial: () => number;
  /** Something changed (network back, page visible again): see whether the line still works. */
  readonly wake: () => void;
  readonly close: () => void;
};

/** Subscriptions of a line, by the ids of their attachments. */
export type Subscriptions = {
  readonly takers: Map<number, Taker>;
  /** Those that the server has said nothing to yet. */
  readonly unanswered: Set<number>;
};

/** What the server says of a subscription. */
export type Message = {
  readonly id: number | null;
  readonly result?: Envelope['result'];
  readonly error?: TRPCErrorShape;
};
