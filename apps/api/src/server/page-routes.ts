import type { Auth } from '../auth/auth.ts';
import type { Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import type { App, Call } from '../wire/calls.ts';
import { pageHeaders } from '../wire/security-headers.ts';
import { createFiles } from './files.ts';

/** Where the builds of the web app and of the widget are. */
export type Folders = { readonly app: string; readonly widget: string };

/** Addresses that are never a page of the app. */
const NO_PAGE = /^\/(trpc|auth|v1|widget|assets|healthz|readyz|metrics|version)(\/|$)/;

const ASK_EVERY_TIME = 'no-cache';
/** Embedding sites load the widget by an address that never changes, so they get a new version within five minutes. */
const FIVE_MINUTES = 'public, max-age=300, stale-while-revalidate=86400';

/** The web app's pages and the widget's files. */
export function pageRoutes(app: App, auth: Pick<Auth, 'renewal'>, { settings }: Hall, folders: Folders): void {
  const pages = createFiles(folders.app, ASK_EVERY_TIME);
  const widget = createFiles(folders.widget, FIVE_MINUTES);

  app.get('/widget/*', async (call) => {
    call.set('route', 'widget');
    const headers = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };
    const file = await widget.answer(call.req.path.slice('/widget/'.length), call.req.raw, headers);
    return file ?? refuseWith('NOT_FOUND', 'There is no such file.');
  });

  app.get('*', async (call) => {
    const { path } = call.req;
    const headers = pageHeaders(settings.publicUrl);
    const file = path === '/' ? null : await pages.answer(path, call.req.raw, headers);
    call.set('route', file ? 'file' : 'page');
    if (file) return file;
    if (NO_PAGE.test(path) || !acceptsHtml(call)) return refuseWith('NOT_FOUND', 'There is nothing here.');
    // Whatever the address says is for the app to show.
    const page = await pages.answer('index.html', call.req.raw, headers);
    return page ? renewed(call, page, auth) : notBuilt(headers);
  });
}

const acceptsHtml = (call: Call): boolean => /text\/html|\*\/\*/.test(call.req.header('accept') ?? '');

/** A session grows with use, and so must its cookie: opening the app is use. */
async function renewed(call: Call, page: Response, auth: Pick<Auth, 'renewal'>): Promise<Response> {
  const { headers } = call.get('connection');
  // A page is worth showing even if the session can't be looked up now.
  const cookie = headers.has('cookie') ? await auth.renewal(headers).catch(() => null) : null;
  if (cookie !== null) page.headers.append('set-cookie', cookie);
  return page;
}

const notBuilt = (headers: Record<string, string>): Response =>
  new Response('The web app is not built. `npm start` builds it.\n', {
    status: 503,
    headers: { ...headers, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });
