import { httpSubscriptionLink } from '@trpc/client';
import type { AnyRouter } from '@trpc/server';
import { observable } from '@trpc/server/observable';
import { EventSource as EventSourcePonyfill } from 'eventsource';
import type { Frames, Line } from './line.ts';
import type { Session } from './session.ts';

export type SseLineOptions = {
  readonly url: string;
  readonly session: Session;
  readonly fetch: typeof fetch;
  /** An EventSource that takes a `fetch` option, so that the token can travel in a header. */
  readonly EventSource?: typeof EventSourcePonyfill;
};

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * One event stream per subscription, for networks where WebSockets don't get through. This module and the EventSource
 * that it needs are loaded only then. The stream's own reconnection isn't used: an interruption ends the attachment with
 * an error, and whoever attached it does so again with the last id it saw, with the same back-off as for WebSockets.
 */
export function openSseLine(options: SseLineOptions): Line {
  const { session } = options;
  let serial = session.serial();

  const withToken = async (
    url: string | URL,
    init: Omit<RequestInit, 'headers'> & { headers: Record<string, string> },
  ) => {
    const token = await session.token();
    serial = session.serial();
    return options.fetch(
      url,
      token === null ? init : { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } },
    );
  };

  const operation = httpSubscriptionLink<AnyRouter, typeof EventSourcePonyfill>({
    url: options.url,
    EventSource: options.EventSource ?? EventSourcePonyfill,
    eventSourceOptions: { fetch: withToken },
  })({});

  return {
    attach: (op, lastEventId): Frames =>
      observable((observer) => {
        const input = lastEventId === undefined ? op.input : { ...(isRecord(op.input) && op.input), lastEventId };
        const stream = operation({ op: { ...op, input }, next: () => observable(() => undefined) }).subscribe({
          next: (envelope) => {
            const { result } = envelope;
            if (result.type === 'state' && result.state === 'connecting' && result.error) observer.error(result.error);
            else observer.next(envelope);
          },
          error: (error) => observer.error(error),
          complete: () => observer.complete(),
        });
        return () => stream.unsubscribe();
      }),
    serial: () => serial,
    confirm: () => undefined,
    wake: () => undefined,
    close: () => undefined,
  };
}
