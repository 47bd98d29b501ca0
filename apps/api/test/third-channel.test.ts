import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JournalNews } from '@tenantree/db';
import type { AccountId } from '@tenantree/domain';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { channel, endOf, textsOf } from '../src/live/channel.ts';
import { type Hub, openHub } from '../src/live/hub.ts';
import type { NewsCarrier } from '../src/live/news.ts';
import type { Viewer } from '../src/live/ports.ts';
import { RpcSocket } from '../src/wire/rpc-socket.ts';
import { clockAt, NOVEMBER } from './live-stage.ts';
import { freshId, LiveTree, MINUTES, ROWS, versionOf } from './live-tree.ts';

/** A tree whose accounts have colours, beside all that it has. */
class ColouredTree extends LiveTree {
  readonly colours = new Map<AccountId, { readonly colour: string; readonly version: number }>();

  paint(id: AccountId, colour: string): { readonly root: AccountId; readonly version: number } {
    this.version += 1;
    this.colours.set(id, { colour, version: this.version });
    return { root: this.root, version: this.version };
  }

  /** The same, as a change that the journal tells of. */
  repaint(id: AccountId, colour: string): JournalNews {
    const { version } = this.paint(id, colour);
    return this.write({ version, shows: [id], rights: null });
  }
}

type Coloured = { readonly account: AccountId; readonly colour: string };
type ColoursFrame = { readonly version: number; readonly colours: readonly Coloured[]; readonly gap?: true };

/** All that a channel takes: this, and its place in the list below. */
const COLOURS = channel<ColouredTree, Coloured, ColoursFrame>({
  name: 'colours',
  read: async (tree, { subtree, since, only }) => ({
    version: tree.version,
    from: since,
    gap: false,
    placed: [...tree.colours].flatMap(([account, { colour, version }]) => {
      const { path } = tree.node(account);
      const isAsked = version > since && path.includes(subtree) && (!only || only.includes(account));
      return isAsked ? [{ account, path, version, state: { account, colour } }] : [];
    }),
    gone: [],
    moved: [],
  }),
  happened: ({ shows }) => shows,
  frame: (version, { items, gap }) => ({ version, colours: items.map(({ state }) => state), ...(gap && { gap }) }),
  body: (content) => `"colours":[${textsOf(content.items)}]${endOf(content)}`,
});

const CHANNELS = [MINUTES, ROWS, COLOURS];

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 10_000, interval: 5 });

/** A hub of its own for each of two servers on one tree, which tell each other what they committed. */
function openTwo(tree: ColouredTree): readonly [Hub, Hub] {
  const open = (serverId: string, other: () => Hub): Hub => {
    const news: Pick<NewsCarrier, 'maxBytes' | 'publish'> = {
      maxBytes: 8_000,
      publish: (_, text) => queueMicrotask(() => other().receive(text)),
    };
    const version = async (): Promise<number> => tree.version;
    const journal = tree.source;
    return openHub(CHANNELS, { source: tree, version, journal, clock: clockAt(NOVEMBER), tickMs: 5, serverId, news });
  };
  const here: Hub = open('here', () => there);
  const there: Hub = open('there', () => here);
  closers.push(
    () => here.close(),
    () => there.close(),
  );
  return [here, there];
}

const input = z.object({ account: z.string(), lastEventId: z.string().optional(), stock: z.boolean().optional() });

/** Our sockets and the stock ones, with one procedure that watches the channel. */
async function serve(tree: ColouredTree, hub: Hub) {
  const t = initTRPC.create();
  const router = t.router({
    colours: t.procedure.input(input).subscription(({ input: { account, lastEventId, stock }, signal }) => {
      const { path } = tree.node(account as AccountId);
      const entitlement = { path, changesAtMs: null };
      const nobody = { user: null, session: null, apiKey: null, token: null };
      const viewer: Viewer = { ...entitlement, ...nobody, key: 'she', turn: 'she', ask: async () => entitlement };
      const find = async () => {
        const since = (await hub.since(tree.root, lastEventId)) ?? 0;
        return { account: account as AccountId, viewer, since };
      };
      const stream = hub.watch(COLOURS, find, signal);
      return stock ? plain(stream) : stream;
    }),
  });
  const http = createServer();
  const [wss, stock] = [new WebSocketServer({ noServer: true }), new WebSocketServer({ noServer: true })];
  const opening = {
    router,
    createContext: () => ({}),
    recognise: async () => true,
    mostWaiting: 1 << 20,
    onError: () => undefined,
    onCutOff: () => undefined,
  };
  wss.on('connection', (client, { url }) => new RpcSocket(client, { ...opening, url }));
  applyWSSHandler({ wss: stock, router });
  http.on('upgrade', (request, socket, head) => {
    const server = request.url?.startsWith('/stock') ? stock : wss;
    server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  closers.push(() => {
    for (const socket of [...wss.clients, ...stock.clients]) socket.terminate();
    http.close();
  });
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    client() {
      const ws = createWSClient({ url: `${url}/trpc`, WebSocket: WebSocket as never });
      closers.push(() => ws.close());
      return createTRPCClient<typeof router>({ links: [wsLink({ client: ws })] });
    },
    async texts(path: '/trpc' | '/stock', id: number, asked: object): Promise<string[]> {
      const socket = new WebSocket(url + path);
      const texts: string[] = [];
      socket.on('message', (data: Buffer) => texts.push(data.toString()));
      await once(socket, 'open');
      socket.send(JSON.stringify({ id, method: 'subscription', params: { path: 'colours', input: asked } }));
      return texts;
    },
  };
}

async function* plain<T>(stream: AsyncIterable<T, void, undefined>): AsyncGenerator<T, void, undefined> {
  yield* stream;
}

describe('a third channel', () => {
  it('is watched, read, told to other servers, resumed and written to sockets with nothing but its file and its place in the list', async () => {
    const tree = new ColouredTree();
    const [door, wall] = [tree.add(), tree.add()];
    tree.paint(door, 'red');
    const [here, there] = openTwo(tree);
    const server = await serve(tree, there);
    const shown = new Map<string, string>();
    let lastId = '';
    const watch = (lastEventId?: string) =>
      server.client().colours.subscribe(
        { account: tree.root, ...(lastEventId && { lastEventId }) },
        {
          onData: ({ id, data }) => {
            lastId = id;
            for (const { account, colour } of data.colours) shown.set(account, colour);
          },
        },
      );
    const first = watch();
    await until(() => expect([...shown]).toEqual([[door, 'red']]));

    // By a server of its own, with the state.
    const painted = tree.paint(wall, 'blue');
    const states = [{ account: wall, path: tree.node(wall).path, state: { account: wall, colour: 'blue' } }];
    there.show(COLOURS, { ...painted, states, complete: true });
    await until(() => expect(shown.get(wall)).toBe('blue'));

    // By another one, that says only of which accounts.
    here.happened(tree.repaint(wall, 'green'));
    await until(() => expect(shown.get(wall)).toBe('green'));
    expect(versionOf(lastId)).toBe(tree.version);

    // Versions that change nothing on it pass by.
    here.happened(tree.rename(door, 'Door'));
    here.happened({ ...tree.repaint(door, 'white'), shows: null });
    await until(() => expect(shown.get(door)).toBe('white'));
    expect(versionOf(lastId)).toBe(tree.version);

    // Who was away is told what changed meanwhile, and nothing else.
    first.unsubscribe();
    await until(() => expect(there.watched).toEqual({ audiences: 0, trees: 0 }));
    shown.clear();
    tree.paint(wall, 'black');
    watch(lastId);
    await until(() => expect([...shown]).toEqual([[wall, 'black']]));
  });

  it('is sent in the bytes that the stock server would send', async () => {
    const tree = new ColouredTree();
    const door = tree.add();
    tree.paint(door, 'a “red” one');
    const [, there] = openTwo(tree);
    const server = await serve(tree, there);
    const [ours, stock] = [
      await server.texts('/trpc', 7, { account: tree.root }),
      await server.texts('/stock', 7, { account: tree.root, stock: true }),
    ];
    const both = (count: number) => until(() => [ours, stock].forEach((texts) => expect(texts).toHaveLength(count)));
    await both(2);
    there.happened(tree.repaint(door, 'grün'));
    await both(3);
    expect(ours).toEqual(stock);
    expect(ours.at(-1)).toContain('grün');
  });

  it('of another hub is not watched: the hub says which it has', () => {
    const tree = new ColouredTree();
    const hub = openHub([ROWS], {
      source: tree,
      version: async () => tree.version,
      journal: tree.source,
      clock: clockAt(NOVEMBER),
      tickMs: 5,
      serverId: 'alone',
    });
    closers.push(() => hub.close());
    expect(() => hub.watch(COLOURS, () => ({ account: freshId(), viewer: undefined as never, since: 0 }))).toThrow(
      'colours',
    );
  });
});
