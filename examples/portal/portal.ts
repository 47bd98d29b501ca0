import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type MintOptions, mintToken, TokenRefused } from './mint-token.ts';

export type PortalOptions = Omit<MintOptions, 'userRef'> & {
  /** External or own id of the account whose subaccounts the page shows. */
  readonly account: string;
};

/** The portal knows one person; a real one has a sign-in here. */
const SIGNED_IN = 'dana@northwind.example';

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
  '/portal.css': ['portal.css', 'text/css; charset=utf-8'],
  '/portal.js': ['portal.js', 'text/javascript; charset=utf-8'],
};

/** What the page may load and whom it may talk to: itself and Tenantree, nothing inline, nothing evaluated. */
function contentSecurityPolicy(api: string): string {
  const live = api.replace(/^http/, 'ws');
  return [
    `default-src 'self'`,
    `script-src 'self' ${api}`,
    `connect-src 'self' ${api} ${live}`,
    `style-src 'self'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
    `object-src 'none'`,
    `require-trusted-types-for 'script'`,
    `trusted-types subaccount-manager`,
  ].join('; ');
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Only the portal's own page may ask for tokens: whoever gets one acts as the person who is signed in here. */
const isOwnPage = (request: IncomingMessage, origin: string): boolean =>
  request.headers.origin === origin && (request.headers['sec-fetch-site'] ?? 'same-origin') === 'same-origin';

/**
 * A reseller's portal in two routes: a page that embeds `<subaccount-manager>`, and `POST /session`, where the page gets the short-lived
 * token for it. The API key never leaves this server.
 */
export function createPortal(options: PortalOptions): Server {
  const answer = (response: ServerResponse, status: number, type: string, body: string | Buffer): void => {
    response.writeHead(status, {
      'content-type': type,
      'content-security-policy': contentSecurityPolicy(options.api),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    response.end(body);
  };
  const json = (response: ServerResponse, status: number, value: unknown): void =>
    answer(response, status, 'application/json', JSON.stringify(value));

  const session = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST') return json(response, 405, { message: 'Ask with POST.' });
    if (!isOwnPage(request, options.origin))
      return json(response, 403, { message: 'Only this portal’s own page gets tokens.' });
    json(response, 200, await mintToken({ ...options, userRef: SIGNED_IN }));
  };

  const page = async (response: ServerResponse, file: string, type: string): Promise<void> => {
    const content = await readFile(new URL(`page/${file}`, import.meta.url), 'utf8');
    answer(
      response,
      200,
      type,
      content.replaceAll('{{api}}', escapeHtml(options.api)).replaceAll('{{account}}', escapeHtml(options.account)),
    );
  };

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', options.origin);
    if (pathname === '/session') return session(request, response);
    const found = Object.hasOwn(FILES, pathname) ? FILES[pathname] : undefined;
    if (found) return page(response, ...found);
    answer(response, 404, 'text/plain; charset=utf-8', 'Not found\n');
  };

  return createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      console.error(`Tenantree at ${options.api}: ${error instanceof Error ? error.message : String(error)}`);
      if (response.headersSent) response.destroy();
      else if (error instanceof TokenRefused) json(response, 502, { code: error.code, message: error.message });
      else json(response, 502, { code: 'UNAVAILABLE', message: `The portal can’t reach Tenantree at ${options.api}.` });
    });
  });
}
