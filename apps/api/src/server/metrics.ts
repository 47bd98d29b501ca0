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
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name: `tenantree_${name}`, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Histogram({ name: `tenantree_${name}`, help, labelNames, registers, buckets: BUCKETS_SECONDS });

  const calls = histogram('procedure_seconds', 'Calls of procedures', ['procedure', 'type', 'outcome']);
  const requests = histogram('http_request_seconds', 'HTTP requests until the head of the answer', ['route', 'status']);
  const events = counter('usage_events_total', 'Usage events that reached the database, duplicates included');
  const flushes = counter('usage_flushes_total', 'Transactions that recorded usage');
  const gauge = (name: string, help: string) => new Gauge({ name: `tenantree_${name}`, help, registers });
  let backlog = async (): Promise<UsageBacklog> => UNKNOWN;
  const lag = gauge('usage_lag_seconds', 'For how long the oldest uncounted usage waits to be counted');
  const setAside = gauge('usage_trees_set_aside', 'Trees whose usage could not be counted here and is tried again');
  const subscriptions = new Gauge({
    name: 'tenantree_live_subscriptions',
    help: 'Live streams that somebody watches',
    labelNames: ['channel'],
    registers,
  });
  const frames = counter('live_frames_total', 'Frames sent to live streams', ['channel']);
  const bytes = counter('live_bytes_total', 'Bytes of frames that the hub wrote to sockets itself', ['channel']);
  let openSockets = (): number => 0;
  const sockets = gauge('live_sockets', 'Open WebSockets');
  const skipped = counter('live_skipped_total', 'Ticks that a slow reader missed');
  const terminated = counter('live_terminated_total', 'Peers that did not read and were cut off');
  const revoked = counter('live_revoked_total', 'Live streams cut because their access ended');

  let jobBacklog = async () => NO_JOBS;
  const liveJobs = gauge('jobs_live', 'Jobs that have not ended, of all servers');
  const overdue = gauge('jobs_overdue_seconds', 'For how long the most overdue job waits for its next step');
  const jobItems = counter('job_items_total', 'Items of jobs that this server worked on', ['kind', 'outcome']);
  const jobsEnded = counter('jobs_ended_total', 'Jobs that ended here', ['kind', 'state']);

  const own = async (): Promise<string> => {
    sockets.set(openSockets());
    const { lagMs, treesSetAside } = await backlog().catch(() => UNKNOWN);
    lag.set(lagMs / 1_000);
    setAside.set(treesSetAside);
    const { live, overdueMs } = await jobBacklog().catch(() => NO_JOBS);
    liveJobs.set(live);
    overdue.set(overdueMs / 1_000);
    return registry.metrics();
  };

  return {
    call: ({ path, type, outcome, durationMs }) =>
      calls.observe({ procedure: path, type, outcome }, durationMs / 1_000),
    request: (route, status, durationMs) => requests.observe({ route, status }, durationMs / 1_000),
    usage: (count) => {
      events.inc(count);
      flushes.inc();
    },
    live: {
      viewings: (channel, change) => subscriptions.inc({ channel }, change),
      frames: (channel, count, size) => {
        frames.inc({ channel }, count);
        bytes.inc({ channel }, size);
      },
      skipped: () => skipped.inc(),
      revoked: () => revoked.inc(),
    },
    jobs: {
      item: (kind, outcome) => jobItems.inc({ kind, outcome }),
      ended: (kind, state) => jobsEnded.inc({ kind, state }),
      watch: (read) => {
        jobBacklog = read;
      },
    },
    cutOff: () => terminated.inc(),
    countSockets: (count) => {
      openSockets = count;
    },
    watchUsage: (read) => {
      backlog = read;
    },
    own,
    text: async () => (among ? merged(await among.metricsOfAll()) : own()),
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
