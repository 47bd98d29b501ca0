// A fan-out server under test, in a process of its own. It pumps in a closed loop: as soon as every subscriber has got
// a broadcast, the next one goes out; two are under way at any time.
import { createServer } from 'node:http';
import { createServer as createAckServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FanoutCase } from './frame.ts';
import { SERVERS } from './servers.ts';

export type ServerReport = {
  readonly broadcasts: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssPerConnection: number;
};

const UNDER_WAY = 2;

const { mode, subscribers, eventsPerFrame } = JSON.parse(process.argv[2] ?? '') as FanoutCase;
const start = SERVERS[mode];
if (start === undefined) throw new Error(`no such server: ${mode}`);

const http = createServer((_request, response) => response.writeHead(404).end());
const publish = await start(http, eventsPerFrame);
await new Promise<void>((resolve) => http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve));

/** Broadcasts that not every subscriber has got yet. */
const loop = { outstanding: 0 };
let version = 0;
let wake: (() => void) | undefined;
const acks = createAckServer((socket) => {
  socket.on('data', (data) => {
    loop.outstanding -= data.length;
    wake?.();
  });
  socket.on('error', () => {}); // the client ends first
});
await new Promise<void>((resolve) => acks.listen({ port: 0, host: '127.0.0.1' }, resolve));

const rss = (): number => {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().rss;
};
const rssBefore = rss();
let rssPerConnection = 0;

/** Broadcasts for some seconds and waits until everything has arrived. */
async function pump(seconds: number): Promise<ServerReport> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  let broadcasts = 0;
  while (performance.now() - started < seconds * 1000) {
    while (loop.outstanding < UNDER_WAY) {
      loop.outstanding += 1;
      broadcasts += 1;
      publish(++version);
    }
    await acknowledged();
  }
  while (loop.outstanding > 0) await acknowledged();
  const used = process.cpuUsage(cpu);
  return {
    broadcasts,
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (used.user + used.system) / 1e6,
    rssPerConnection,
  };
}

async function acknowledged(): Promise<void> {
  await new Promise<void>((resolve) => {
    wake = resolve;
  });
  await nextTurn(); // what arrived with it is read first, as in any server
}

process.on('disconnect', () => process.exit(0));
process.on('message', (message: { connected: true } | { pump: number }) => {
  if ('connected' in message) {
    rssPerConnection = (rss() - rssBefore) / subscribers;
    process.send?.('noted');
  } else void pump(message.pump).then((report) => process.send?.(report));
});

const portOf = (server: { address(): ReturnType<typeof http.address> }): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};
process.send?.({ port: portOf(http), ackPort: portOf(acks) });
