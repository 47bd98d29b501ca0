import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Next } from 'hono';
import { etag, RETAINED_304_HEADERS } from 'hono/etag';
import type { Auth } from '../auth/auth.ts';
import type { Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import type { App, Call } from '../wire/calls.ts';
import { pageHeaders } from '../wire/headers.ts';

/** Where the builds of the web app and of the widget are. */
export type Folders = { readonly app: string; readonly widget: string };

/** Addresses that are never a page of the app. */
const NO_PAGE = /^\/(trpc|auth|v1|widget|assets|healthz|readyz|metrics|version)(\/|$)/;
/** Folders in which builds put files whose names change with their content. */
const HASHED = /^\/(widget\/)?(assets|chunks)\//;

const FOR_EVER = 'public, max-age=31536000, immutable';
const ASK_EVERY_TIME = 'no-cache';
/** Embedding sites load the widget by an address that never changes, so they get a new version within five minutes. */
const FIVE_MINUTES = 'public, max-age=300, stale-while-revalidate=86400';

const FOR_EMBEDDING = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' } as const;

/** Of the content, so that all servers of a deployment say the same. The cookie of a page is sent with a 304 as well. */
const tagged = etag({ retainedHeaders: [...RETAINED_304_HEADERS, 'set-cookie'] });

/** The web app's pages and the widget's files, compressed as their builds left them (scripts/compressed.ts). */
export function pageRoutes(app: App, auth: Pick<Auth, 'renewal'>, { settings }: Hall, folders: Folders): void {
  const files = filesOf(folders.app, '');
  const index = serveStatic({ precompressed: true, path: join(folders.app, 'index.html') });

  app.get(
    '/widget/*',
    labelled('widget'),
    kept(FIVE_MINUTES, () => FOR_EMBEDDING),
    tagged,
    filesOf(folders.widget, '/widget'),
    () => refuseWith('NOT_FOUND', 'There is no such file.'),
  );

  const headers = (): Record<string, string> => pageHeaders(settings.publicUrl);
  app.get('*', labelled('file'), kept(ASK_EVERY_TIME, headers), tagged, async (call, next) => {
    const file = call.req.path === '/' ? undefined : await files(call, async () => undefined);
    return file ?? next();
  });
  app.get('*', async (call) => {
    call.set('route', 'page');
    if (NO_PAGE.test(call.req.path) || !acceptsHtml(call)) return refuseWith('NOT_FOUND', 'There is nothing here.');
    // Whatever the address says is for the app to show.
    const page = await index(call, async () => undefined);
    return page ? renewed(call, page, auth) : notBuilt();
  });
}

/** Hands out the files of a folder at the addresses below one. */
const filesOf = (folder: string, below: string) =>
  serveStatic({
    precompressed: true,
    // Without a root: the library says on the console of one that is not built yet.
    rewriteRequestPath: (path) => join(folder, path.slice(below.length)),
  });

const labelled =
  (route: string) =>
  (call: Call, next: Next): Promise<void> => {
    call.set('route', route);
    return next();
  };

/** Says of every file how long it may be kept, and what else goes with it. */
const kept =
  (usualAge: string, headers: () => Record<string, string>) =>
  async (call: Call, next: Next): Promise<void> => {
    await next();
    const { res, req } = call;
    if (!res.ok && res.status !== 304) return;
    // A part of a file has no tag of its own.
    if (res.status === 206) res.headers.delete('etag');
    const age = HASHED.test(req.path) ? FOR_EVER : usualAge;
    for (const [name, value] of Object.entries({ ...headers(), 'cache-control': age, vary: 'accept-encoding' }))
      res.headers.set(name, value);
  };

const acceptsHtml = (call: Call): boolean => /text\/html|\*\/\*/.test(call.req.header('accept') ?? '');

/** A session grows with use, and so must its cookie: opening the app is use. */
async function renewed(call: Call, page: Response, auth: Pick<Auth, 'renewal'>): Promise<Response> {
  const { headers } = call.get('connection');
  // A page is worth showing even if the session can't be looked up now.
  const cookie = headers.has('cookie') ? await auth.renewal(headers).catch(() => null) : null;
  if (cookie !== null) page.headers.append('set-cookie', cookie);
  return page;
}

const notBuilt = (): Response =>
  new Response('The web app is not built. `npm start` builds it.\n', {
    status: 503,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });
