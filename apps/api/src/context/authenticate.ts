import { findApiKey, findEmbedToken } from '@tenantree/db';
import type { Instant } from '@tenantree/domain';
import { type Hall, nowOf } from '../hall/hall.ts';
import { hashSecret } from '../hall/secrets.ts';
import type { Actor, Person } from './actor.ts';

/** What a call presents to be recognised. */
export type Credentials = {
  /** A bearer token, from the Authorization header or the connection's parameters. */
  readonly token: string | null;
  /** The page's origin, when a browser says it. */
  readonly origin: string | null;
  /** The signed-in person by the session cookie; null when there is none or the request came from another site. */
  readonly session: () => Promise<Person | null>;
};

/** Who presents this. `invalid`: a token that is unknown, expired, revoked or used from another origin, all alike. */
export async function authenticate(hall: Hall, credentials: Credentials): Promise<Actor | 'invalid' | null> {
  const { token } = credentials;
  if (token === null) return credentials.session();
  if (token.startsWith('tt_key_')) return (await keyActor(hall, token)) ?? 'invalid';
  if (token.startsWith('tt_embed_')) return (await embedActor(hall, token, credentials.origin)) ?? 'invalid';
  return 'invalid';
}

const holds = (expiresAt: Instant | null, revokedAt: Instant | null, now: Instant): boolean =>
  revokedAt === null && (expiresAt === null || expiresAt > now);

// Secrets are looked up by their hash, so that there is nothing to compare in a time that depends on the secret.
async function keyActor(hall: Hall, token: string): Promise<Actor | null> {
  const now = nowOf(hall);
  const key = await findApiKey(hall.db, hashSecret(token), now);
  if (!key || !holds(key.expiresAt, key.revokedAt, now)) return null;
  const { id, account, owner, name, expiresAt } = key;
  return { kind: 'key', key: id, account, owner, name, expiresAt };
}

async function embedActor(hall: Hall, token: string, origin: string | null): Promise<Actor | null> {
  const now = nowOf(hall);
  const found = await findEmbedToken(hall.db, hashSecret(token));
  if (!found || !holds(found.expiresAt, null, now) || !holds(found.key.expiresAt, found.key.revokedAt, now))
    return null;
  if (origin !== found.origin) return null;
  const { id, account, key, access, userRef, expiresAt } = found;
  return { kind: 'embed', token: id, account, key, access, origin: found.origin, userRef, expiresAt };
}
