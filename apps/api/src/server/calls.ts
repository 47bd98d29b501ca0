import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import type { Config } from '../config.ts';
import type { Hall } from '../hall/hall.ts';
import type { UsageBacklog } from '../hall/usage-counter.ts';
import type { Connection } from './connection.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
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

/** What all routes of the server are made of. */
export type Ground = {
  readonly config: Pick<
    Config,
    'host' | 'port' | 'dataDir' | 'metricsToken' | 'trustedProxies' | 'liveMaxBufferBytes' | 'publicUrl'
  >;
  readonly hall: Hall;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** How far counting usage is behind. @throws when the database doesn't answer */
  readonly usageBacklog: () => Promise<UsageBacklog>;
  /** Whether a connection presents a credential that holds. What it may do with it is the guard's question. */
  readonly recognises: (connection: Connection) => Promise<boolean>;
  /** True from the moment the server is asked to stop. */
  readonly isClosing: () => boolean;
  /** Answers that don't end by themselves: they are cut when the server stops. */
  readonly streams: Set<HttpBindings['outgoing']>;
};

/** Milliseconds with one digit. */
export const rounded = (ms: number): number => Math.round(ms * 10) / 10;
