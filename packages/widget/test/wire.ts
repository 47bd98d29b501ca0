import { SourceRefusal } from '../src/index.ts';
import type { MemorySource } from './memory-source.ts';

/** The network as a page sees it: the server's wire format on one side, a tree in memory on the other. */
export type Wire = {
  /** Authorization headers that came in. */
  readonly tokens: string[];
  /** From now on every call is refused with this code; null ends that. */
  readonly refuse: (code: 'UNAUTHORIZED' | null) => void;
  readonly openSockets: () => number;
  readonly stop: () => void;
};

type Input = Parameters<MemorySource['list']>[1] & {
  readonly account: Parameters<MemorySource['list']>[0];
  readonly query: string;
  readonly name: string;
};

const isInput = (value: unknown): value is Partial<Input> => typeof value === 'object' && value !== null;

function answer(source: MemorySource, path: string, raw: unknown): Promise<unknown> {
  const input = isInput(raw) ? raw : {};
  const account = input.account ?? source.root.row.id;
  const query = {
    sort: input.sort ?? 'name',
    direction: input.direction ?? 'asc',
    status: input.status ?? ['active', 'suspended'],
    cursor: input.cursor ?? null,
    limit: input.limit ?? 50,
  } as const;
  if (path === 'accounts.get') return source.get(account);
  if (path === 'accounts.list') return source.list(account, query);
  if (path === 'accounts.search') return source.search(account, { ...query, query: input.query ?? '' });
  if (path === 'accounts.create') return source.create(source.root.row.id, { name: input.name ?? '' });
  return Promise.resolve({ claimed: true });
}

const failure = (path: string, code: string, message: string) => ({
  error: {
    message,
    code: -32_001,
    data: { code, httpStatus: 401, path, refusal: { code, message, retryable: false }, requestId: 'r-1' },
  },
});

/** A socket that never connects, as behind a proxy that swallows upgrades. */
function deafSockets(): { readonly Socket: typeof WebSocket; readonly open: Set<WebSocket> } {
  const open = new Set<WebSocket>();
  class Deaf extends EventTarget {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;
    readyState = 0;
    constructor() {
      super();
      open.add(this as unknown as WebSocket);
    }
    send(): void {}
    close(): void {
      this.readyState = 3;
      open.delete(this as unknown as WebSocket);
      this.dispatchEvent(new CloseEvent('close', { code: 1006 }));
    }
  }
  return { Socket: Deaf as unknown as typeof WebSocket, open };
}

/** Answers calls to an address from a tree in memory until `stop`. */
export function serve(api: string, source: MemorySource, protocol = 1): Wire {
  const tokens: string[] = [];
  let refused: string | null = null;
  const real = { fetch: window.fetch, socket: window.WebSocket };
  const { Socket, open } = deafSockets();

  window.WebSocket = Socket;
  window.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== api) return real.fetch(input, init);
    if (url.pathname === '/version') return Response.json({ version: '0.1.0', protocol });
    const token = new Headers(init?.headers).get('authorization');
    if (token) tokens.push(token);
    const paths = url.pathname.replace('/trpc/', '').split(',');
    const inputs: unknown = JSON.parse(
      url.searchParams.get('input') ?? (typeof init?.body === 'string' ? init.body : '{}'),
    );
    const results = paths.map(async (path, k) => {
      if (refused) return failure(path, refused, 'The session is over.');
      try {
        const one = typeof inputs === 'object' && inputs !== null ? Reflect.get(inputs, String(k)) : {};
        return { result: { data: await answer(source, path, one) } };
      } catch (error) {
        if (error instanceof SourceRefusal) return failure(path, error.code, error.message);
        throw error;
      }
    });
    const settled = await Promise.all(results);
    init?.signal?.throwIfAborted();
    return Response.json(settled, { status: refused ? 401 : 200 });
  };

  return {
    tokens,
    refuse: (code) => {
      refused = code;
    },
    openSockets: () => open.size,
    stop: () => {
      window.fetch = real.fetch;
      window.WebSocket = real.socket;
    },
  };
}
