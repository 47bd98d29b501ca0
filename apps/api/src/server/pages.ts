import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { PROTOCOL } from '@tenantree/domain';
import type { Next } from 'hono';
import { etag, RETAINED_304_HEADERS } from 'hono/etag';
import type { Auth } from '../auth/auth.ts';
import type { Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import type { App, Call } from '../wire/calls.ts';
import { pageHeaders } from '../wire/headers.ts';
import type { Folders, Published } from './published.ts';

/** Addresses that are never a page of the app. */
const NO_PAGE = /^\/(trpc|auth|v1|widget|packages|assets|healthz|readyz|metrics|version)(\/|$)/;
/** Folders in which builds put files whose names change with their content. */
const HASHED = /^\/(widget\/)?(assets|chunks)\//;

const FOR_EVER = 'public, max-age=31536000, immutable';
const ASK_EVERY_TIME = 'no-cache';
/** Embedding sites load the widget by an address that never changes, so they get a new version within five minutes. */
const FIVE_MINUTES = 'public, max-age=300, stale-while-revalidate=86400';

const FOR_EMBEDDING = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' } as const;

/** Of the content, so that all servers of a deployment say the same. The cookie of a page is sent with a 304 as well. */
const tagged = etag({ retainedHeaders: [...RETAINED_304_HEADERS, 'set-cookie'] });

/** A build's name: its version, and what its content makes of it. */
const LABEL = String.raw`\d+\.\d+\.\d+-[0-9a-f]{8}`;
const VERSION = String.raw`\d+\.\d+\.\d+`;

/** Where packages are offered. */
function packageRoutes(app: App, published: Published): void {
  app.get('/packages', labelled('packages'), async () => {
    const packages = await published.packages();
    return Response.json({ protocol: PROTOCOL, packages }, { headers: { 'cache-control': ASK_EVERY_TIME } });
  });
  app.get(
    `/packages/:file{[a-z-]+-${LABEL}\\.tgz}`,
    labelled('packages'),
    kept(FOR_EVER, () => ({})),
    tagged,
    found(async (call) => {
      const [, name = '', label = ''] = /^([a-z-]+)-(.+)\.tgz$/.exec(call.req.param('file') ?? '') ?? [];
      const tarballs = await published.tarballs(name);
      return tarballs?.kept.fileOf(label, tarballs.file) ?? null;
    }),
  );
  app.get(`/packages/:file{[a-z-]+-${VERSION}\\.tgz}`, labelled('packages'), async (call) => {
    const [, name = '', version = ''] = /^([a-z-]+)-(.+)\.tgz$/.exec(call.req.param('file') ?? '') ?? [];
    const label = (await published.tarballs(name))?.kept.labelOf(version) ?? null;
    return newest(label, (present) => `/packages/${name}-${present}.tgz`);
  });
  app.get('/packages/*', labelled('packages'), () =>
    refuseWith('NOT_FOUND', 'There is no such package, or none of this version any more.'),
  );
}

/** Where the widget's files are under addresses that never change. */
function versionedWidgetRoutes(app: App, published: Published): void {
  app.get('/widget/integrity.json', labelled('widget'), async () => {
    const headers = { ...FOR_EMBEDDING, 'cache-control': FIVE_MINUTES };
    return Response.json(await published.integrity(), { headers });
  });
  app.get(
    `/widget/:label{${LABEL}}/:file{.+}`,
    labelled('widget'),
    kept(FOR_EVER, () => FOR_EMBEDDING),
    tagged,
    found(async (call) => (await published.widget).fileOf(call.req.param('label') ?? '', call.req.param('file') ?? '')),
  );
  app.get(`/widget/:version{${VERSION}}/:file{.+}`, labelled('widget'), async (call) => {
    const label = (await published.widget).labelOf(call.req.param('version') ?? '');
    return newest(label, (present) => `/widget/${present}/${call.req.param('file')}`, FOR_EMBEDDING);
  });
}

/**
 * The web app's pages, the widget's files and the packages to install, compressed as their builds left them (scripts/compressed.ts). What the
 * present builds lack is looked for in those of earlier starts: pages that were opened then still ask for it.
 */
export function pageRoutes(
  app: App,
  auth: Pick<Auth, 'renewal'>,
  { settings, payments }: Hall,
  folders: Folders,
  published: Published,
): void {
  const files = filesOf(folders.app, '');
  const index = serveStatic({ precompressed: true, path: join(folders.app, 'index.html') });

  packageRoutes(app, published);
  versionedWidgetRoutes(app, published);
  app.get(
    '/widget/*',
    labelled('widget'),
    kept(FIVE_MINUTES, () => FOR_EMBEDDING),
    tagged,
    filesOf(folders.widget, '/widget'),
    found(async (call) => (await published.widget).earlier(call.req.path.slice('/widget/'.length))),
    () => refuseWith('NOT_FOUND', 'There is no such file.'),
  );

  const headers = (): Record<string, string> => pageHeaders(settings.publicUrl, payments.sources);
  app.get('*', labelled('file'), kept(ASK_EVERY_TIME, headers), tagged, async (call, next) => {
    const file = call.req.path === '/' ? undefined : await files(call, async () => undefined);
    return file ?? next();
  });
  app.get(
    '/assets/*',
    kept(ASK_EVERY_TIME, headers),
    tagged,
    found(async (call) => (await published.app).earlier(call.req.path.slice(1))),
  );
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

/** Hands out one file, where it is found. */
const found =
  (find: (call: Call) => Promise<string | null>) =>
  async (call: Call, next: Next): Promise<Response | undefined> => {
    const file = await find(call);
    const answer = file === null ? undefined : await serveStatic({ precompressed: true, path: file })(call, nothing);
    if (answer) return answer;
    await next();
    return undefined;
  };

const nothing = async (): Promise<void> => undefined;

/** A version alone leads to its newest build, which may be another one tomorrow. */
function newest(
  label: string | null,
  addressOf: (label: string) => string,
  headers: Record<string, string> = {},
): Response {
  if (label === null) return refuseWith('NOT_FOUND', 'There is no build of this version.');
  const location = addressOf(label);
  return new Response(null, { status: 302, headers: { ...headers, location, 'cache-control': FIVE_MINUTES } });
}

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
