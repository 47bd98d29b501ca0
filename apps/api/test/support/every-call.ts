import { PROCEDURES } from '@tenantree/contract';
import { createTRPCUntypedClient, createWSClient, httpBatchLink, httpLink, splitLink, wsLink } from '@trpc/client';
import { asAgreed } from './agreed.ts';
import type { AppRouter } from './clients.ts';

/** Somebody who calls procedures by their paths. */
export type Caller = {
  /** Resolves with the answer, or with a subscription's first frame, and rejects with the refusal. @param key an idempotency key */
  call(path: string, input: unknown, key?: string): Promise<unknown>;
  /** Calls a procedure with each of these inputs: in one request, where it is no subscription. */
  callEach(path: string, inputs: readonly unknown[]): readonly Promise<unknown>[];
  close(): void;
};

const keyed = (key: unknown): Record<string, string> => (typeof key === 'string' ? { 'idempotency-key': key } : {});

function untypedClient(url: string, headers: Readonly<Record<string, string>>) {
  // A browser says its origin and cookies by itself.
  class Browser extends WebSocket {
    constructor(address: string | URL) {
      super(address, { headers: { ...headers } });
    }
  }
  const token = /^Bearer (.+)$/.exec(headers['authorization'] ?? '')?.[1];
  const ws = createWSClient({
    url: `${url.replace('http', 'ws')}/trpc`,
    WebSocket: Browser,
    connectionParams: () => (token === undefined ? {} : { token }),
    lazy: { enabled: true, closeMs: 0 },
  });
  const client = createTRPCUntypedClient<AppRouter>({
    links: [
      asAgreed,
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: wsLink({ client: ws }),
        false: splitLink({
          condition: ({ context }) => context['isOneOfMany'] === true,
          true: httpBatchLink({ url: `${url}/trpc`, headers }),
          false: httpLink({ url: `${url}/trpc`, headers: ({ op }) => ({ ...headers, ...keyed(op.context['key']) }) }),
        }),
      }),
    ],
  });
  return { client, close: () => void ws.close() };
}

/** A caller with the headers of a session, a key or an embedded screen; subscriptions take a WebSocket. */
export function callerWith(url: string, headers: Readonly<Record<string, string>>): Caller {
  const { client, close } = untypedClient(url, headers);
  const firstFrame = (path: string, input: unknown): Promise<unknown> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const subscription = client.subscription(path, input, { onData: resolve, onError: reject });
    return promise.finally(() => subscription.unsubscribe());
  };
  const callIn = async (context: Record<string, unknown>, path: string, input: unknown): Promise<unknown> => {
    switch (PROCEDURES.get(path)?.kind) {
      case 'query':
        return client.query(path, input, { context });
      case 'mutation':
        return client.mutation(path, input, { context });
      case 'subscription':
        return firstFrame(path, input);
      case undefined:
        throw new Error(`there is no procedure ${path}`);
    }
  };
  return {
    call: (path, input, key) => callIn({ key }, path, input),
    callEach: (path, inputs) => inputs.map((input) => callIn({ isOneOfMany: true }, path, input)),
    close,
  };
}

/** Somebody who watches over a WebSocket of their own. */
export type Watcher = {
  /** Resolves with the first frame. */
  readonly ready: Promise<void>;
  /** Resolves with the code that the stream is cut with. */
  readonly cut: Promise<string>;
  stop(): void;
};

export function watcherWith(
  url: string,
  headers: Readonly<Record<string, string>>,
  path: string,
  input: unknown,
  onFrame: (frame: unknown) => void = () => undefined,
): Watcher {
  const { client, close } = untypedClient(url, headers);
  const ready = Promise.withResolvers<void>();
  const cut = Promise.withResolvers<string>();
  // Who waits only for the end need not wait for the beginning.
  ready.promise.catch(() => undefined);
  const subscription = client.subscription(path, input, {
    onData: (frame) => {
      onFrame(frame);
      ready.resolve();
    },
    onError: (error) => {
      const data: { readonly refusal?: { readonly code: string } } | null | undefined = error.data;
      cut.resolve(data?.refusal?.code ?? error.message);
      ready.reject(error);
    },
  });
  return {
    ready: ready.promise,
    cut: cut.promise,
    stop: () => {
      subscription.unsubscribe();
      close();
    },
  };
}
