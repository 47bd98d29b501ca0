import type { Next } from 'hono';
import { refuseWith } from '../hall/refused.ts';
import type { Call, Ground } from './calls.ts';

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
