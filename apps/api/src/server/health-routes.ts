import { createHash, timingSafeEqual } from 'node:crypto';
import { DatabaseUnusableError, isMigrated } from '@tenantree/db';
import packageFile from '../../package.json' with { type: 'json' };
import { refuseWith } from '../hall/refused.ts';
import type { UsageBacklog } from '../usage/usage-counter.ts';
import type { App, Call, Ground } from '../wire/calls.ts';
import type { Config } from './config.ts';
import type { Metrics } from './metrics.ts';

/** Grows when clients of before can no longer talk to this server. */
export const PROTOCOL = 1;

/** Usage is counted within a tick; whoever runs the server is told when some has waited longer than this (ms). */
const LATE_MS = 10_000;

const NO_STORE = { 'cache-control': 'no-store' } as const;

type Told = Pick<Ground, 'hall' | 'isClosing'> & {
  readonly config: Pick<Config, 'metricsToken'>;
  readonly metrics: Pick<Metrics, 'text'>;
  /** How far counting usage is behind. @throws when the database doesn't answer */
  readonly usageBacklog: () => Promise<UsageBacklog>;
};

/** What those who run the server ask it: is it alive, can it work, how is it doing, which one is it. */
export function healthRoutes(app: App, { hall, metrics, config, isClosing, usageBacklog }: Told): void {
  let migrated = false;

  const isReady = async (): Promise<boolean> => {
    if (isClosing()) return false;
    await hall.db.ping();
    // Migrations only run forward, so a yes stays one.
    migrated ||= await isMigrated(hall.db.direct);
    return migrated;
  };

  /** Degraded: every call is answered, but live minutes of some accounts stand still. Another server would not do better, so it stays ready. */
  const standing = async (): Promise<'ready' | 'degraded' | 'unavailable'> => {
    if (!(await isReady())) return 'unavailable';
    const { lagMs, treesSetAside } = await usageBacklog();
    return treesSetAside > 0 || lagMs > LATE_MS ? 'degraded' : 'ready';
  };

  app.get('/healthz', (call) => {
    call.set('route', 'health');
    return Response.json({ status: 'ok' }, { headers: NO_STORE });
  });

  app.get('/readyz', async (call) => {
    call.set('route', 'health');
    const told = await standing().then((status) => ({ status }), unavailable);
    return Response.json(told, { status: told.status === 'unavailable' ? 503 : 200, headers: NO_STORE });
  });

  app.get('/version', (call) => {
    call.set('route', 'health');
    const headers = { ...NO_STORE, 'access-control-allow-origin': '*' };
    return Response.json({ version: packageFile.version, protocol: PROTOCOL }, { headers });
  });

  app.get('/metrics', async (call) => {
    call.set('route', 'metrics');
    if (config.metricsToken !== null && !isBearer(call, config.metricsToken)) {
      refuseWith('UNAUTHORIZED', 'Metrics need the token that METRICS_TOKEN says.');
    }
    const headers = { ...NO_STORE, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };
    return new Response(await metrics.text(), { headers });
  });
}

/** What whoever runs the server can do something about is said; what else a driver says stays here. */
const unavailable = (error: unknown): { readonly status: 'unavailable'; readonly reason?: string } => ({
  status: 'unavailable',
  ...(error instanceof DatabaseUnusableError && { reason: error.message }),
});

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compared as digests, which are of one length and tell nothing by the time it takes. */
const isBearer = (call: Call, token: string): boolean =>
  timingSafeEqual(digest(call.req.header('authorization') ?? ''), digest(`Bearer ${token}`));
