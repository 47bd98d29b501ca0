/**
 * A caller that asks for more than it should, without end, for hostile.long.test.ts: `flood.ts KIND URL KEY ACCOUNT`. Everything it sends is
 * harmless by itself. It prints `begun` when the server has answered, and ends when it is killed, or after half a minute.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';

const [kind = '', url = '', key = '', account = ''] = process.argv.slice(2);
const SOCKETS = 4;
const CALLS_A_MESSAGE = 60;
const MOST_MS = 30_000;

setTimeout(() => process.exit(), MOST_MS).unref();
// Node's own fetch, sockets that are cut: whatever happens to this caller is right.
process.on('uncaughtException', () => undefined);

let hasBegun = false;
function begun(): void {
  if (!hasBegun) console.log('begun');
  hasBegun = true;
}

async function open(query = ''): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc${query}`);
  await once(socket, 'open');
  if (query !== '') socket.send(JSON.stringify({ method: 'connectionParams', data: { token: key } }));
  return socket;
}

let id = 0;
const message = (method: string, path: string, input?: unknown): object => {
  id += 1;
  return { id, method, params: { path, input } };
};
const messages = (method: string, path: string, input?: unknown): string =>
  JSON.stringify(Array.from({ length: CALLS_A_MESSAGE }, () => message(method, path, input)));

/** Sends whenever the system takes more, on several sockets. */
async function sendOn(query: string, text: () => string): Promise<WebSocket> {
  const socket = await open(query);
  const send = (): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(text(), () => setImmediate(send));
  };
  send();
  return socket;
}

async function postOn(path: string, body: string): Promise<never> {
  for (;;) {
    await fetch(`${url}/trpc/${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      .then((answer) => answer.text())
      .then(begun, () => undefined);
  }
}

const claim = {
  token: 'tt_setup_none',
  name: 'Ada',
  email: 'ada@example.com',
  password: 'not a common one',
  accountName: 'Main',
};
const many = (count: number): null[] => Array.from({ length: count }, () => null);

const floods: Record<string, () => Promise<unknown>> = {
  /** Strangers with messages full of calls. */
  calls: () =>
    Promise.all(
      many(SOCKETS).map(async () => {
        const socket = await sendOn('', () => messages('query', 'session.me'));
        socket.on('message', begun);
      }),
    ),
  /** Strangers with as much JSON as they may send, of lists in lists. */
  bodies: () => Promise.all(many(16).map(() => postOn('members.invitation', `[${'[],'.repeat(20_000)}[]]`))),
  /** Strangers who try to take the deployment. */
  claims: () => Promise.all(many(16).map(() => postOn('setup.claim', JSON.stringify(claim)))),
  /** A customer who asks for long lists and never reads one. */
  unread: () =>
    Promise.all(
      many(SOCKETS).map(async () => {
        const socket = await sendOn('?connectionParams=1', () =>
          messages('query', 'accounts.list', { account, limit: 200 }),
        );
        socket.once('message', () => {
          begun();
          socket.pause();
        });
      }),
    ),
  /** A customer with as many subscriptions as a socket carries, of different things, again and again. */
  subscriptions: () =>
    Promise.all(
      many(SOCKETS).map(async (_, place) => {
        const { result } = (await fetch(
          `${url}/trpc/accounts.list?input=${encodeURIComponent(JSON.stringify({ account, limit: 200 }))}`,
          { headers: { authorization: `Bearer ${key}` } },
        ).then((answer) => answer.json())) as { result: { data: { rows: { id: string }[] } } };
        const ids = result.data.rows.map((row) => row.id);
        for (;;) {
          const socket = await open('?connectionParams=1');
          let frames = 0;
          const all = new Promise<void>((done) => {
            socket.on('message', () => {
              begun();
              frames += 1;
              if (frames === 400) done();
            });
            socket.on('close', () => done());
          });
          for (let at = 0; at < 200; at += 1) {
            const only = [ids[at % ids.length], ids[(at * 7 + place) % ids.length]];
            socket.send(
              JSON.stringify(message('subscription', 'usage.live', { account, accounts: [...new Set(only)] })),
            );
          }
          await all;
          socket.terminate();
        }
      }),
    ),
};

await floods[kind]?.();
