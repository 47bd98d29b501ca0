// Load client: raw sockets that only count WebSocket frames, so that it is never what limits a server. Started by
// fanout.ts in a process of its own on another core; every Nth socket also looks at the time of sending in its frames.
import { connect, type Socket } from 'node:net';
import { quantile } from '../measure.ts';
import { MARKER } from './frame.ts';
import { FrameCounter } from './frame-counter.ts';

export type ClientConfig = {
  readonly port: number;
  readonly ackPort: number;
  readonly subscribers: number;
  readonly path: string;
  /** Text messages to send after the upgrade, each after the answer to the one before contains `awaits`. */
  readonly handshake: readonly { readonly send: string | null; readonly awaits: string }[];
};

export type ClientReport = {
  readonly frames: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly busy: number;
};

const CONNECTING_AT_ONCE = 64;
const SAMPLED_SOCKETS = 64;

const config = JSON.parse(process.argv[2] ?? '') as ClientConfig;
const latencies: number[] = [];
let frames = 0;
let acknowledged = 0;
let cpu = process.cpuUsage();
let since = performance.now();
const ack = connect({ port: config.ackPort, host: '127.0.0.1', noDelay: true });

function onFrames(count: number): void {
  frames += count;
  const complete = Math.floor(frames / config.subscribers);
  if (complete > acknowledged) {
    ack.write('A'.repeat(complete - acknowledged));
    acknowledged = complete;
  }
}

function sample(chunk: Buffer): void {
  const at = chunk.indexOf(MARKER);
  if (at < 0) return;
  const from = at + MARKER.length;
  const until = chunk.indexOf('"', from);
  if (until < 0) return; // cut off by the end of the chunk
  const sent = Number(BigInt(chunk.toString('latin1', from, until)) / 1000n);
  latencies.push((Number(process.hrtime.bigint() / 1000n) - sent) / 1000);
}

function maskedFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const header =
    body.length < 126 ? [0x81, 0x80 | body.length] : [0x81, 0x80 | 126, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([...header, 0, 0, 0, 0]), body]); // an all-zero mask changes nothing
}

const shared = Buffer.allocUnsafe(256 * 1024);

/** Resolves when the socket is upgraded and subscribed; from then on its frames count. */
function subscribe(index: number): Promise<void> {
  const sampled = index % Math.ceil(config.subscribers / SAMPLED_SOCKETS) === 0;
  return new Promise((resolve, reject) => {
    const steps = [...config.handshake];
    let head = '';
    let counter: FrameCounter | undefined;
    let socket: Socket;
    /** Takes the next step; without any left, frames are only counted from here on, the same for every server. */
    const proceed = (): void => {
      const next = steps[0];
      if (next === undefined) {
        counter?.stopReading();
        resolve();
      } else if (next.send !== null) socket.write(maskedFrame(next.send));
    };
    const advance = (text: string): void => {
      if (steps.length === 0 || !text.includes(steps[0]?.awaits ?? '')) return;
      steps.shift();
      proceed();
    };
    const read = (length: number): boolean => {
      if (counter !== undefined) {
        const count = counter.consume(shared, 0, length);
        if (steps.length === 0 && count > 0) {
          if (sampled) sample(shared.subarray(0, length));
          onFrames(count);
        }
        return true;
      }
      head += shared.toString('latin1', 0, length);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return true;
      if (!head.startsWith('HTTP/1.1 101')) {
        reject(new Error(`not upgraded: ${head.split('\r\n')[0]}`));
        return false;
      }
      counter = new FrameCounter(advance);
      const rest = Buffer.from(head.slice(end + 4), 'latin1');
      proceed();
      counter.consume(rest, 0, rest.length);
      return true;
    };
    socket = connect({
      port: config.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: shared, callback: (length) => read(length) },
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed by the server')));
    socket.write(
      `GET ${config.path} HTTP/1.1\r\nHost: 127.0.0.1:${config.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
  });
}

function reset(): void {
  frames = 0;
  acknowledged = 0;
  latencies.length = 0;
  cpu = process.cpuUsage();
  since = performance.now();
}

function report(): ClientReport {
  const used = process.cpuUsage(cpu);
  const wallMs = performance.now() - since;
  return {
    frames,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    busy: (used.user + used.system) / 1000 / wallMs,
  };
}

process.on('message', (message) => {
  if (message === 'reset') {
    reset();
    process.send?.('reset');
  }
  if (message === 'report') process.send?.(report());
});
process.on('disconnect', () => process.exit(0));

let next = 0;
const connectSome = async (): Promise<void> => {
  while (next < config.subscribers) await subscribe(next++);
};
await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, connectSome));
process.send?.('connected');
