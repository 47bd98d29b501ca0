// Fan-out of live updates: our hub beside raw ws, ws, the documented tRPC subscription and socket.io.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { interleave, median } from '../measure.ts';
import { digits, isMet, pinned, ratio, type Target, table, targets } from '../report.ts';
import type { FanoutCase } from './frame.ts';
import type { ClientConfig, ClientReport } from './load-client.ts';
import type { ServerReport } from './server.ts';

const MODES = ['raw ws', 'ws send', 'ours', 'socket.io', 'trpc documented'] as const;
type Mode = (typeof MODES)[number];

const SIZES = (process.env['BENCH_SUBSCRIBERS'] ?? '1000,5000').split(',').map(Number);
const REPEATS = Number(process.env['BENCH_REPEATS'] ?? 3);
const WARM_UP_SECONDS = 0.7;
const MEASURED_SECONDS = 1.5;
const COALESCED = 50;
const STEP_TIMEOUT_MS = 60_000;

/** What a client has to say, and to hear, until it is subscribed. */
const HANDSHAKES: Record<Mode, Pick<ClientConfig, 'path' | 'handshake'>> = {
  'raw ws': { path: '/', handshake: [] },
  'ws send': { path: '/', handshake: [] },
  'socket.io': {
    path: '/socket.io/?EIO=4&transport=websocket',
    handshake: [
      { send: null, awaits: '"sid"' },
      { send: '40', awaits: '40{' },
    ],
  },
  'trpc documented': {
    path: '/trpc',
    handshake: [
      {
        send: '{"id":1,"jsonrpc":"2.0","method":"subscription","params":{"path":"usage"}}',
        awaits: '"started"',
      },
    ],
  },
  ours: {
    path: '/trpc',
    handshake: [
      {
        send: '{"id":1,"jsonrpc":"2.0","method":"subscription","params":{"path":"usage"}}',
        awaits: '"type":"data"',
      },
    ],
  },
};

type CaseResult = {
  readonly framesPerSecond: number;
  readonly cpuMicrosPerFrame: number;
  readonly rssPerConnection: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly clientBusy: number;
};

export async function run(): Promise<boolean> {
  const list: Target[] = [];
  for (const subscribers of SIZES) list.push(...(await compare({ subscribers, eventsPerFrame: 1 })));
  list.push(...(await compare({ subscribers: SIZES[0] ?? 1000, eventsPerFrame: COALESCED })));
  console.log(`\n${targets(list)}`);
  return list.every(isMet);
}

async function compare(size: Omit<FanoutCase, 'mode'>): Promise<Target[]> {
  const cases = Object.fromEntries(MODES.map((mode) => [mode, () => runCase({ ...size, mode })]));
  const results = await interleave(cases as Record<Mode, () => Promise<CaseResult>>, REPEATS);
  const of = (mode: Mode, key: keyof CaseResult): number => median(results[mode].map((result) => result[key]));
  const { subscribers, eventsPerFrame } = size;
  const raw = of('raw ws', 'framesPerSecond');
  console.log(
    `\n${subscribers} subscribers, ${eventsPerFrame} ${eventsPerFrame === 1 ? 'event' : 'events'} per frame\n`,
  );
  console.log(
    table(
      [
        { title: 'server', align: 'left' },
        { title: 'events/s' },
        { title: '× raw ws' },
        { title: 'p50 ms' },
        { title: 'p99 ms' },
        { title: 'CPU µs/frame' },
        { title: 'RSS kB/connection' },
        { title: 'client busy' },
      ],
      MODES.map((mode) => [
        mode === 'ours' ? '**ours**' : mode,
        digits(of(mode, 'framesPerSecond') * eventsPerFrame),
        ratio(of(mode, 'framesPerSecond') / raw),
        digits(of(mode, 'p50Ms')),
        digits(of(mode, 'p99Ms')),
        digits(of(mode, 'cpuMicrosPerFrame')),
        digits(of(mode, 'rssPerConnection') / 1024),
        `${Math.round(of(mode, 'clientBusy') * 100)} %`,
      ]),
    ),
  );
  const ours = of('ours', 'framesPerSecond');
  const label = `${subscribers} subscribers${eventsPerFrame > 1 ? `, ${eventsPerFrame} events/frame` : ''}`;
  if (eventsPerFrame > 1) return [{ what: `${label}: events/s`, measured: ours * eventsPerFrame, atLeast: 5_000_000 }];
  return [
    { what: `${label}: × raw ws`, measured: ours / raw, atLeast: 0.85 },
    { what: `${label}: × documented tRPC`, measured: ours / of('trpc documented', 'framesPerSecond'), atLeast: 3 },
    { what: `${label}: × socket.io`, measured: ours / of('socket.io', 'framesPerSecond'), atLeast: 1 },
    { what: `${label}: kB RSS per connection`, measured: of('ours', 'rssPerConnection') / 1024, atMost: 25 },
  ];
}

async function runCase(wanted: FanoutCase & { readonly mode: Mode }): Promise<CaseResult> {
  const server = start(0, 'server.ts', wanted);
  let client: ChildProcess | undefined;
  try {
    const ports = await answer<Pick<ClientConfig, 'port' | 'ackPort'>>(server);
    const config: ClientConfig = { ...ports, ...HANDSHAKES[wanted.mode], subscribers: wanted.subscribers };
    client = start(1, 'load-client.ts', config);
    await answer(client); // connected
    await ask(server, { connected: true });
    await ask<ServerReport>(server, { pump: WARM_UP_SECONDS });
    await ask(client, 'reset');
    const served = await ask<ServerReport>(server, { pump: MEASURED_SECONDS });
    const received = await ask<ClientReport>(client, 'report');
    const frames = served.broadcasts * wanted.subscribers;
    if (received.frames !== frames)
      throw new Error(`${wanted.mode}: ${frames} frames sent, ${received.frames} received`);
    return {
      framesPerSecond: frames / served.seconds,
      cpuMicrosPerFrame: (served.cpuSeconds * 1e6) / frames,
      rssPerConnection: served.rssPerConnection,
      p50Ms: received.p50Ms,
      p99Ms: received.p99Ms,
      clientBusy: received.busy,
    };
  } finally {
    client?.kill('SIGKILL');
    server.kill('SIGKILL');
    for (const child of [server, client]) {
      if (child !== undefined && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  }
}

function start(core: number, file: string, config: unknown): ChildProcess {
  const node = [process.execPath, '--expose-gc', join(import.meta.dirname, file), JSON.stringify(config)];
  const [command = '', ...args] = pinned(core, node);
  return spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function ask<Answer>(child: ChildProcess, message: object | string): Promise<Answer> {
  const answered = answer<Answer>(child);
  child.send(message);
  return answered;
}

function answer<Answer>(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer from a benchmark process')), STEP_TIMEOUT_MS);
    const ended = (): void => reject(new Error('a benchmark process ended early'));
    child.once('exit', ended);
    child.once('message', (message) => {
      clearTimeout(timer);
      child.off('exit', ended);
      resolve(message as Answer);
    });
  });
}
