import type { IncomingHttpHeaders } from 'node:http';

/** What of a request tells where it came from. */
export type Sender = { readonly method: string; readonly headers: Headers };

const SAFE = new Set(['GET', 'HEAD']);

/**
 * Whether a request came from a page of ours, so that its cookie counts (reliability.md 5). Browsers name the page's origin with
 * every request that changes something and with every WebSocket; `Sec-Fetch-Site` tells of the others. Who says neither is no
 * browser of today, and may read.
 */
export function isSameOrigin({ method, headers }: Sender, publicUrl: string): boolean {
  const origin = headers.get('origin');
  if (origin !== null) return origin === publicUrl || isHost(origin, headers.get('host'), publicUrl);
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin' || site === 'none';
  return SAFE.has(method) && headers.get('upgrade') === null;
}

/** Under another name of this host than PUBLIC_URL says (127.0.0.1 for localhost) the page is ours as well. */
function isHost(origin: string, host: string | null, publicUrl: string): boolean {
  const url = URL.parse(origin);
  return url !== null && host !== null && url.host === host && url.protocol === new URL(publicUrl).protocol;
}

/** Node's headers as the web's. */
export function toHeaders(raw: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    if (value !== undefined && !name.startsWith(':'))
      headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}
