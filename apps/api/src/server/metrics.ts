import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { JobMetrics } from '../jobs/start-jobs.ts';
import type { LiveMetrics } from '../live/ports.ts';
import type { UsageBacklog } from '../usage/usage-counter.ts';
import type { WireMetrics } from '../wire/calls.ts';

/** What an operator can measure (docs/operators.md). */
export type Metrics = WireMetrics & {
  /** A flush of usage was committed. */
  usage(events: number): void;
  readonly live: LiveMetrics;
  readonly jobs: JobMetrics;
  /** Asks how far counting usage is behind when asked. */
  watchUsage(backlog: () => Promise<UsageBacklog>): void;
  /** What this server measured, in Prometheus' text format. */
  own(): Promise<string>;
  /** What it and the others behind its port measured. */
  text(): Promise<string>;
};

/** A server among several behind one port. Which of them is asked is chance, so each answers for all. */
export type Among = {
  /** Its label. One that replaces another has the same: its counters begin again, as after a restart. */
  readonly number: number;
  /** What each of them measured; without those who don't answer. */
  metricsOfAll(): Promise<readonly string[]>;
};

const UNKNOWN: UsageBacklog = { lagMs: Number.NaN, treesSetAside: Number.NaN };
const NO_JOBS = { live: Number.NaN, overdueMs: Number.NaN };
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Metrics of one server, in a registry of its own. */
export function createMetrics(among: Among | null): Metrics {
  const registry = new Registry();
  if (among) registry.setDefaultLabels({ server: String(among.number) });
  collectDefaultMetrics({ register: registry });
  const make = instrumentsIn(registry);
  const { wire, readSockets } = wireMetrics(make);
  const { usage, watchUsage, readUsage } = usageMetrics(make);
  const { jobs, readJobs } = jobMetrics(make);
  const own = async (): Promise<string> => {
    readSockets();
    await readUsage();
    await readJobs();
    return registry.metrics();
  };
  return {
    ...wire,
    usage,
    watchUsage,
    live: liveMetrics(make),
    jobs,
    own,
    text: async () => (among ? merged(await among.metricsOfAll()) : own()),
  };
}

/** Makers of what measures, each with its name, in one registry. */
const instrumentsIn = (registry: Registry) => {
  const registers = [registry];
  const named = (name: string, help: string) => ({ name: `tenantree_${name}`, help, registers });
  return {
    counter: <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
      new Counter({ ...named(name, help), labelNames }),
    histogram: <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
      new Histogram({ ...named(name, help), labelNames, buckets: BUCKETS_SECONDS }),
    gauge: <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
      new Gauge({ ...named(name, help), labelNames }),
  };
};
type Instruments = ReturnType<typeof instrumentsIn>;

function wireMetrics({ counter, histogram, gauge }: Instruments): {
  readonly wire: WireMetrics;
  readonly readSockets: () => void;
} {
  const calls = histogram('procedure_seconds', 'Calls of procedures', ['procedure', 'type', 'outcome']);
  const requests = histogram('http_request_seconds', 'HTTP requests until the head of the answer', ['route', 'status']);
  const sockets = gauge('live_sockets', 'Open WebSockets');
  const terminated = counter('live_terminated_total', 'Peers that did not read and were cut off');
  let openSockets = (): number => 0;
  return {
    wire: {
      call: ({ path, type, outcome, durationMs }) =>
        calls.observe({ procedure: path, type, outcome }, durationMs / 1_000),
      request: (route, status, durationMs) => requests.observe({ route, status }, durationMs / 1_000),
      cutOff: () => terminated.inc(),
      countSockets: (count) => {
        openSockets = count;
      },
    },
    readSockets: () => sockets.set(openSockets()),
  };
}

function usageMetrics({ counter, gauge }: Instruments): Pick<Metrics, 'usage' | 'watchUsage'> & {
  readonly readUsage: () => Promise<void>;
} {
  const events = counter('usage_events_total', 'Usage events that reached the database, duplicates included');
  const flushes = counter('usage_flushes_total', 'Transactions that recorded usage');
  const lag = gauge('usage_lag_seconds', 'For how long the oldest uncounted usage waits to be counted');
  const setAside = gauge('usage_trees_set_aside', 'Trees whose usage could not be counted here and is tried again');
  let backlog = async (): Promise<UsageBacklog> => UNKNOWN;
  return {
    usage: (count) => {
      events.inc(count);
      flushes.inc();
    },
    watchUsage: (read) => {
      backlog = read;
    },
    readUsage: async () => {
      const { lagMs, treesSetAside } = await backlog().catch(() => UNKNOWN);
      lag.set(lagMs / 1_000);
      setAside.set(treesSetAside);
    },
  };
}

function liveMetrics({ counter, gauge }: Instruments): LiveMetrics {
  const subscriptions = gauge('live_subscriptions', 'Live streams that somebody watches', ['channel']);
  const frames = counter('live_frames_total', 'Frames sent to live streams', ['channel']);
  const bytes = counter('live_bytes_total', 'Bytes of frames that the hub wrote to sockets itself', ['channel']);
  const skipped = counter('live_skipped_total', 'Ticks that a slow reader missed');
  const revoked = counter('live_revoked_total', 'Live streams cut because their access ended');
  return {
    viewings: (channel, change) => subscriptions.inc({ channel }, change),
    frames: (channel, count, size) => {
      frames.inc({ channel }, count);
      bytes.inc({ channel }, size);
    },
    skipped: () => skipped.inc(),
    revoked: () => revoked.inc(),
  };
}

function jobMetrics({ counter, gauge }: Instruments): {
  readonly jobs: JobMetrics;
  readonly readJobs: () => Promise<void>;
} {
  const live = gauge('jobs_live', 'Jobs that have not ended, of all servers');
  const overdue = gauge('jobs_overdue_seconds', 'For how long the most overdue job waits for its next step');
  const items = counter('job_items_total', 'Items of jobs that this server worked on', ['kind', 'outcome']);
  const ended = counter('jobs_ended_total', 'Jobs that ended here', ['kind', 'state']);
  let backlog = async () => NO_JOBS;
  return {
    jobs: {
      item: (kind, outcome) => items.inc({ kind, outcome }),
      ended: (kind, state) => ended.inc({ kind, state }),
      watch: (read) => {
        backlog = read;
      },
    },
    readJobs: async () => {
      const { live: count, overdueMs } = await backlog().catch(() => NO_JOBS);
      live.set(count);
      overdue.set(overdueMs / 1_000);
    },
  };
}

/** Puts the texts of several servers together, whose labels differ: the lines of one metric have to stand below each other. */
function merged(texts: readonly string[]): string {
  const linesByHead = new Map<string, string[]>();
  for (const text of texts) {
    for (const metric of text.trim().split('\n\n')) {
      const [help, type, ...lines] = metric.split('\n');
      const head = `${help}\n${type}`;
      linesByHead.set(head, [...(linesByHead.get(head) ?? []), ...lines]);
    }
  }
  return [...linesByHead].map(([head, lines]) => `${head}\n${lines.join('\n')}\n`).join('\n');
}
