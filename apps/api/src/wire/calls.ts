import type { HttpBindings } from '@hono/node-server';
import type { Refusal } from '@tenantree/domain';
import type { Context, Hono } from 'hono';
import type { Connection, ObservedCall } from '../context/connection.ts';
import type { Network } from '../hall/addresses.ts';
import type { Hall } from '../hall/hall.ts';
import type { Logger } from '../hall/log.ts';
import type { ReadJson } from './read-json.ts';

/** What goes with a request through the server. */
export type Variables = {
  connection: Connection;
  readJson: ReadJson;
  /** Name of the route for metrics: one of few. */
  route: string;
};
export type App = Hono<{ Bindings: HttpBindings; Variables: Variables }>;
export type Call = Context<{ Bindings: HttpBindings; Variables: Variables }>;

/** What an operator has set of the wire. */
export type WireSettings = {
  /** Where people reach the web app, if the operator says so. */
  readonly publicUrl: string | null;
  /** Proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly Network[];
  /** Bytes that may wait for a client to read them. */
  readonly liveMaxBufferBytes: number;
};

/** What the wire measures. */
export type WireMetrics = {
  /** A call of a procedure ended. */
  call(call: ObservedCall): void;
  /** An HTTP request was answered. @param route a fixed name, never what the caller sent */
  request(route: string, status: number, durationMs: number): void;
  /** A peer that didn't read was cut off. */
  cutOff(): void;
  /** Counts open WebSockets when asked. */
  countSockets(count: () => number): void;
};

/** What all routes are made of. */
export type Ground = {
  readonly config: WireSettings;
  readonly hall: Hall;
  readonly log: Logger;
  readonly metrics: WireMetrics;
  /** Whether a connection presents a credential that holds. What it may do with it is the guard's question. */
  readonly recognises: (connection: Connection) => Promise<boolean>;
  /** True from the moment the server is asked to stop. */
  readonly isClosing: () => boolean;
  /** Answers that don't end by themselves: they are cut when the server stops. */
  readonly streams: Set<HttpBindings['outgoing']>;
};

/** Subscriptions of one socket, or of one event stream. */
export const MOST_SUBSCRIPTIONS = 200;
/** Why one more is refused. */
export const TOO_MANY_SUBSCRIPTIONS: Refusal = {
  code: 'BAD_REQUEST',
  message: `A connection carries at most ${MOST_SUBSCRIPTIONS} subscriptions. Stop some, or open another one.`,
};

/** Milliseconds with one digit. */
export const rounded = (ms: number): number => Math.round(ms * 10) / 10;
