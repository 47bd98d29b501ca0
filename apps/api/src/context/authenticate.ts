import {
  findApiKey,
  findEmbedToken,
  noteRefusedOrigin,
  type PresentedEmbedToken,
  type PresentedKey,
} from '@tenantree/db';
import {
  areListed,
  type Instant,
  keyMembership,
  levelsOfScreen,
  type Membership,
  packScopes,
  renewalOf,
  screenMembership,
} from '@tenantree/domain';
import { type Hall, nowOf } from '../hall/hall.ts';
import { hashSecret } from '../hall/secrets.ts';
import type { Actor, Person } from './actor.ts';

/** Characters of an origin that the log keeps: whoever sends one may send anything. */
const MOST_SHOWN = 300;

/** What a call presents to be recognised. */
export type Credentials = {
  /** A bearer token, from the Authorization header or the connection's parameters. */
  readonly token: string | null;
  /** The page's origin, when a browser says it. */
  readonly origin: string | null;
  /** The signed-in person by the session cookie; null when there is none or the request came from another site. */
  readonly session: () => Promise<Person | null>;
};

/**
 * Who presents this. `invalid`: a token that is unknown, expired, revoked, used from another origin, or reaches nothing any more, all
 * alike.
 */
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
  return key && actorOf(key, now);
}

/** A key by what it stands for now; null when it has ended, or reaches nothing any more. */
export function actorOf(key: PresentedKey, now: Instant): Actor | null {
  const standing = standingOf(key, now);
  if (!standing || standing.bounds.within?.length === 0) return null;
  const { id, account, owner, name, expiresAt, scopes } = key;
  return { kind: 'key', key: id, account, owner, name, expiresAt, scopes, standing };
}

async function embedActor(hall: Hall, token: string, origin: string | null): Promise<Actor | null> {
  const now = nowOf(hall);
  const found = await findEmbedToken(hall.db, hashSecret(token));
  if (!found || !holds(found.expiresAt, found.endedAt, now)) return null;
  if (origin === null || !areListed(found.origins, [origin])) {
    await noteOrigin(hall, found, origin);
    return null;
  }
  const key = standingOf(found.key, now);
  const standing = key && screenMembership(key, found.path, levelsOfScreen(found.grant.features));
  if (!standing) return null;
  const { id, account, grant, userRef, openedAt, expiresAt } = found;
  return {
    kind: 'embed',
    token: id,
    account,
    key: found.key,
    grant,
    origin,
    userRef,
    renewAfter: renewalOf(openedAt, expiresAt),
    expiresAt,
    standing,
  };
}

/** Whose session it is gets to know that it was used elsewhere, or by no page at all. */
async function noteOrigin(
  hall: Hall,
  { account, name, id, key, userRef }: PresentedEmbedToken,
  origin: string | null,
): Promise<void> {
  const isNew = await hall.db.withTenant(account, (trx) => noteRefusedOrigin(trx, { account, id }, nowOf(hall)));
  if (!isNew) return;
  const shown = origin?.slice(0, MOST_SHOWN) ?? 'no page';
  const actor = { kind: 'embed', id: key.id, name: `${userRef} on ${shown}`, via: null } as const;
  await hall.trace(
    { actor, requestId: null },
    {
      action: 'embed.originRefused',
      details: { account: name, user: userRef, origin: shown },
      account,
      target: { id, name: userRef },
    },
  );
}

/** What a key stands for; null when it ended, or its owner no longer reaches its account. */
function standingOf(key: PresentedKey, now: Instant): Required<Membership> | null {
  if (!holds(key.expiresAt, key.revokedAt, now)) return null;
  return keyMembership(key.memberships, key.path, { scopes: packScopes(key.scopes), within: key.within });
}
