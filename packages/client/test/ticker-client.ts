import { createTRPCClient, type TRPCClient } from '@trpc/client';
import { createLinks, type Links, type TenantreeOptions } from '../src/links.ts';
import type { LiveKind } from '../src/live-state.ts';
import { type CallRefusal, refusalOf } from '../src/refusal-of.ts';
import type { TickerRouter } from './ticker-server.ts';

export type TickerClient = Links & {
  readonly trpc: TRPCClient<TickerRouter>;
  /** Every live state there was, in order. */
  readonly states: LiveKind[];
};

/** The client under test, typed against the tests' own router. Delays are a hundredth of the longest possible ones. */
export function connect(options: TenantreeOptions): TickerClient {
  const links = createLinks({ random: () => 0.01, ...options });
  const states: LiveKind[] = [links.live.get().kind];
  links.live.subscribe(({ kind }) => states.push(kind));
  return { ...links, trpc: createTRPCClient<TickerRouter>({ links: links.links }), states };
}

export type Watched = {
  readonly ids: string[];
  readonly ticks: string[];
  readonly refusals: CallRefusal[];
  ended: boolean;
  readonly stop: () => void;
};

/** Subscribes to the ticks and keeps what arrives. */
export function watchTicks(client: TickerClient, input: { lastEventId?: string; cutAfter?: number } = {}): Watched {
  const watched = { ids: [] as string[], ticks: [] as string[], refusals: [] as CallRefusal[], ended: false };
  const subscription = client.trpc.ticks.subscribe(input, {
    onData: ({ id, data }) => {
      watched.ids.push(id);
      watched.ticks.push(data);
    },
    onError: (error) => watched.refusals.push(refusalOf(error)),
    onComplete: () => {
      watched.ended = true;
    },
  });
  return Object.assign(watched, { stop: () => subscription.unsubscribe() });
}
