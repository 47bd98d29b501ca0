import { createHmac, timingSafeEqual } from 'node:crypto';

/** Days a session lasts without being used. */
export const SESSION_DAYS = 30;

const SESSION_SECONDS = SESSION_DAYS * 86_400;

/** The cookie that carries a session: what it is called, and how it is read and written. */
export type SessionCookie = {
  readonly name: string;
  readonly secure: boolean;
  /** The session's token, when the request carries a cookie that we signed. */
  tokenOf(headers: Headers): string | null;
  /** The `Set-Cookie` header that gives a session its full time again. */
  write(token: string): string;
};

/**
 * Over https the cookie has the prefix `__Host-`: browsers then take it only from this host, with `Secure` and for the whole site
 * (rules/people 10). Plain http, on one's own machine, can't have it.
 *
 * @param key what the sign-in library signs cookies with
 */
export function sessionCookie(key: string, publicUrl: string | null): SessionCookie {
  const secure = publicUrl?.startsWith('https:') ?? false;
  const name = secure ? '__Host-tenantree' : 'tenantree';
  const sign = (token: string): string => createHmac('sha256', key).update(token).digest('base64');
  return {
    name,
    secure,
    tokenOf: (headers) => {
      const value = readCookie(headers.get('cookie') ?? '', name);
      if (value === null) return null;
      const dot = value.lastIndexOf('.');
      const token = value.slice(0, Math.max(dot, 0));
      return token !== '' && isSame(value.slice(dot + 1), sign(token)) ? token : null;
    },
    write: (token) =>
      `${name}=${encodeURIComponent(`${token}.${sign(token)}`)}; Max-Age=${SESSION_SECONDS}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`,
  };
}

function readCookie(header: string, name: string): string | null {
  for (const part of header.split(';')) {
    const equals = part.indexOf('=');
    if (equals < 0 || part.slice(0, equals).trim() !== name) continue;
    try {
      return decodeURIComponent(part.slice(equals + 1).trim());
    } catch {
      return null;
    }
  }
  return null;
}

/** Compares in a time that doesn't tell where two signatures differ. */
function isSame(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
