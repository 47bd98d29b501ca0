/** What is sent to the fan-out servers as their configuration. */
export type FanoutCase = { readonly mode: string; readonly subscribers: number; readonly eventsPerFrame: number };

/** Account that carries the time of sending in its minutes; the load client looks for it. */
export const MARKER_ACCOUNT = '018bcfe5-6800-7000-8000-000000000001';

/** Text before the time of sending (nanoseconds of the monotonic clock) in every payload. */
export const MARKER = `["${MARKER_ACCOUNT}","`;

const OTHERS = Array.from(
  { length: 999 },
  (_, i) => `018bcfe5-6800-7000-8000-${(i + 2).toString(16).padStart(12, '0')}`,
);

/** The minutes of one tick: state of one account, or of several when events were coalesced. */
export function minutesOfTick(eventsPerFrame: number): [account: string, own: string, total: string][] {
  const minutes: [string, string, string][] = [[MARKER_ACCOUNT, String(process.hrtime.bigint()), '123456.789']];
  for (let i = 1; i < eventsPerFrame; i++) minutes.push([OTHERS[i - 1] ?? '', '12345.678', '123456.789']);
  return minutes;
}

/** The payload that every server sends: the shape of our usage frame. */
export function usageFrame(version: number, eventsPerFrame: number) {
  return { version, period: '2026-11-01T00:00:00.000Z', minutes: minutesOfTick(eventsPerFrame) };
}

/** A text as one ready-made WebSocket frame from a server (RFC 6455 5.2). */
export function webSocketFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const { length } = body;
  if (length < 126) return Buffer.concat([Buffer.from([0x81, length]), body]);
  if (length < 65_536) return Buffer.concat([Buffer.from([0x81, 126, length >> 8, length & 255]), body]);
  const header = Buffer.alloc(10);
  header.writeUInt16BE(0x817f);
  header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, body]);
}
