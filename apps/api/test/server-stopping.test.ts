import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { AccountId } from '@tenantree/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { further } from '../../../scripts/further.ts';
import { deploy } from './support/deployment.ts';
import { databasesOf, type Program, type Programs, preparePrograms } from './support/programs.ts';

let programs: Programs;
let dataDir: string;
const start = (settings: Record<string, string> = {}): Promise<Program> => programs.start(settings);
const prepare = async (folder: 'migrated' | 'empty'): Promise<void> => {
  programs = await preparePrograms(folder);
  dataDir = programs.dataDir;
};

describe('a server that is asked to stop', () => {
  it('sends live clients away, ends event streams, and keeps what it acknowledged', async () => {
    const { composed, owner, key, root, url, database } = await deploy();
    const { secret, client } = await key(root);
    const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc`);
    await once(socket, 'open');
    const heard: unknown[] = [];
    socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString())));
    const farewell = once(socket, 'close');
    const input = encodeURIComponent(JSON.stringify({ account: root }));
    const stream = await fetch(`${url}/trpc/accounts.live?input=${input}`, {
      headers: { authorization: `Bearer ${secret}`, accept: 'text/event-stream' },
    });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const streamed = stream.text().catch(() => 'cut');
    const occurredAt = new Date().toISOString();
    const record = (call: number): Promise<unknown> => {
      const event = { meter: 'call.minutes', quantity: '1', occurredAt, idempotencyKey: `call ${call}` };
      return client.usage.record.mutate({ account: root, events: [event] });
    };
    await record(0);
    const underWay = Promise.allSettled(Array.from({ length: 40 }, (_, call) => record(call + 1)));
    const startedMs = performance.now();
    await Promise.all([composed.close(), composed.close()]);
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    expect(heard).toContainEqual({ id: null, method: 'reconnect' });
    expect((await farewell)[0]).toBe(1001);
    await streamed;
    const acknowledged = (await underWay).filter(({ status }) => status === 'fulfilled').length + 1;
    const [total] = await database.db.withTenant(root as AccountId, (trx) =>
      trx.selectFrom('usage_totals').select('total').where('account_id', '=', root).execute(),
    );
    expect(Number(total?.total)).toBeGreaterThanOrEqual(acknowledged);
    await expect(owner.session.me.query()).rejects.toThrow();
    await database.drop();
  });

  it('answers what is on its way, keeps no connection for more, and doesn’t say that it is there', async () => {
    const { composed, root, headers, url, database } = await deploy();
    const open = async (text: string) => {
      const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
      let heard = '';
      socket.on('data', (data: Buffer) => {
        heard += data.toString();
      });
      await once(socket, 'connect');
      socket.write(text);
      return { socket, ended: once(socket, 'close').then(() => heard) };
    };
    const request = (path: string, input: object): string => {
      const body = JSON.stringify(input);
      const fields = Object.entries({ ...headers, 'content-type': 'application/json', 'content-length': body.length });
      const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      return `POST /trpc/${path} HTTP/1.1\r\nhost: localhost\r\n${lines}\r\n${body}`;
    };
    const [begun, asked] = [request('accounts.get', { account: root }), request('setup.status', {})];
    const [unused, call, question] = [await open(''), await open(begun.slice(0, -1)), await open(asked.slice(0, 9))];
    // What came before this one has been read.
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const startedMs = performance.now();
    const closed = composed.close();
    call.socket.write(begun.slice(-1));
    question.socket.write(asked.slice(9));
    await Promise.all([unused.ended, closed]);
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    expect(await call.ended).toMatch(/^HTTP\/1.1 200 .*\r\nconnection: close\r\n.*Main/is);
    expect(await question.ended).toMatch(/^HTTP\/1.1 503 .*\r\nconnection: close\r\n.*UNAVAILABLE/is);
    await database.drop();
  });
});

describe('the program, in a folder that is still empty', () => {
  beforeEach(() => prepare('empty'));
  afterEach(() => programs.close());

  it('prints where it is and the one-time link last, and leaves nothing behind after Ctrl-C', async () => {
    const { child, printed, url } = await start();
    expect(printed()).toMatch(
      /^\nTenantree is at http:\/\/localhost:\d+\n.+\nhttp:\/\/localhost:\d+\/setup\/tt_setup_\S+\n\n$/,
    );
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await databasesOf(dataDir)).toHaveLength(1);
    await vi.waitFor(async () => expect(await readFile(join(dataDir, 'url'), 'utf8')).toBe(`${url}\n`));
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(await databasesOf(dataDir)).toEqual([]);
    expect(await readdir(dataDir)).not.toContain('url');
  }, 120_000);

  further('stops while it starts for the first time, without inviting anybody', async () => {
    const { child, ended, printed } = programs.launch();
    await vi.waitFor(async () => expect(await readdir(dataDir)).toContain('pg'), 60_000);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(printed()).toBe('');
    expect(await databasesOf(dataDir)).toEqual([]);
  });
});

describe('the program', () => {
  beforeEach(() => prepare('migrated'));
  afterEach(() => programs.close());

  it('takes over the database of one that was killed, with all it held', async () => {
    const killed = await start();
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    expect(await databasesOf(dataDir)).toHaveLength(1);
    const next = await start();
    expect(await databasesOf(dataDir)).toHaveLength(1);
    expect((await fetch(`${next.url}/readyz`)).status).toBe(200);
    next.child.kill('SIGTERM');
    const [code] = await once(next.child, 'exit');
    expect(code).toBe(0);
    expect(await databasesOf(dataDir)).toEqual([]);
  });

  further('stops the database even when it is told twice to hurry', async () => {
    const { child } = await start();
    child.kill('SIGINT');
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(await databasesOf(dataDir)).toEqual([]);
  });
});
