import type { IncomingHttpHeaders } from 'node:http';
import type { Next } from 'hono';
import { isWithin, type Network, parseAddress } from '../hall/addresses.ts';
import { refuseWith } from '../hall/refused.ts';
import type { Call, Ground } from './calls.ts';

const SANE = /^[A-Za-z0-9._:-]{8,128}$/;

/** The id under which a request is logged: the caller's own when it is harmless in a log, else a fresh one. */
export const requestIdOf = (headers: Headers, fresh: () => string): string => {
  const given = headers.get('x-request-id');
  return given !== null && SANE.test(given) ? given : fresh();
};

/**
 * The address that a request came from. Proxies add the address they saw at the end of `X-Forwarded-For`; only of proxies that the
 * operator named (TRUSTED_PROXIES) is it believed, because anybody can send the header. Where a proxy says no address, its own counts.
 */
export function senderAddress(peer: string | undefined, forwarded: string | null, trusted: readonly Network[]): string {
  let address = parseAddress(peer ?? '') ?? '';
  const hops = (forwarded ?? '').split(',');
  while (isWithin(address, trusted)) {
    const before = parseAddress(hops.pop() ?? '');
    if (before === null) break;
    address = before;
  }
  return address;
}

/** What of a request tells where it came from. */
export type Sender = { readonly method: string; readonly headers: Headers };

const SAFE = new Set(['GET', 'HEAD']);

/**
 * Whether a request came from a page of ours, so that its cookie counts (rules/server 12). Browsers name the page's origin with
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

/** Asked by whoever watches the server, by whatever address they know. */
const FOR_OPERATORS = new Set(['/healthz', '/readyz', '/version', '/metrics']);
const THIS_MACHINE = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Whether a request was sent to a name of this server, as far as the operator has said what that is: another site's name that leads here
 * makes its pages look like ours. This machine's own names are ours, too: nobody else's pages have them.
 *
 * @param publicUrl PUBLIC_URL; null: any name may be ours
 */
export function isKnownHost(host: string | null, publicUrl: string | null): boolean {
  if (publicUrl === null) return true;
  const { protocol, host: known } = new URL(publicUrl);
  const url = URL.parse(`${protocol}//${host}`);
  return url !== null && (url.host === known || THIS_MACHINE.test(url.hostname));
}

/** Refuses requests that were sent to a name which is not this server's (421). */
export const knownHosts =
  ({ config }: Pick<Ground, 'config'>) =>
  (call: Call, next: Next): Promise<void> => {
    const isKnown = isKnownHost(call.req.header('host') ?? null, config.publicUrl);
    if (!isKnown && !FOR_OPERATORS.has(call.req.path)) {
      refuseWith('UNKNOWN_HOST', 'This server has another name. Whoever runs it says which with PUBLIC_URL.');
    }
    return next();
  };
