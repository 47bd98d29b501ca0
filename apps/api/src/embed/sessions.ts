import type { OpenedSession } from '@tenantree/contract';
import {
  type EmbedSessionRow,
  endEmbedSessions,
  endSessionsOfKey,
  holdOrigins,
  insertEmbedToken,
  type NewEmbedToken,
  readEmbedSessions,
  readSessionsOfUser,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  decideOrigins,
  type EmbedGrant,
  instantOf,
  type KeyId,
  msOf,
  type RowId,
  renewalOf,
} from '@tenantree/domain';
import type { KeyActor } from '../context/actor.ts';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { granted, Refused, refuseWith } from '../hall/refused.ts';
import { hashSecret, secretOf } from '../hall/secrets.ts';

/** Live sessions of one user of a reseller; one more ends the oldest (rules/keys 14). */
const MOST_LIVE = 20;
/** Sessions that are made for one user in a minute. */
const MOST_A_MINUTE = 60;
const MINUTE_MS = 60_000;

type Account = { readonly id: AccountId; readonly root: AccountId; readonly name: string };

export type SessionInput = {
  /** Where it may be used, if not on all origins of the account's list. */
  readonly origins: readonly string[] | null;
  readonly grant: EmbedGrant;
  readonly userRef: string;
  readonly ttlSeconds: number;
};

/**
 * Opens a session for embedded screens, for one user of the reseller (rules/keys 7). It ends with its key.
 *
 * @throws Refused BAD_REQUEST, ORIGIN_NOT_LISTED, RATE_LIMITED
 */
export async function createSession(
  hall: Hall,
  caller: Caller,
  key: KeyActor,
  account: Account,
  { origins: asked, grant, userRef, ttlSeconds }: SessionInput,
): Promise<OpenedSession> {
  const token = secretOf('embed', hall.newSecret());
  const id = hall.newId();
  const now = nowOf(hall);
  const asLongAsKey = key.expiresAt === null ? Number.POSITIVE_INFINITY : msOf(key.expiresAt);
  const expiresAt = instantOf(Math.min(msOf(now) + ttlSeconds * 1_000, asLongAsKey));
  const opened = {
    account: account.id,
    id,
    key: key.key,
    grant,
    userRef,
    tokenHash: hashSecret(token),
    now,
    expiresAt,
  };
  // Its trace leaves with others' and has to find it stored. One that nobody is told the token of is good for nothing.
  const { origins, tooMany } = await hall.db.apart(() =>
    hall.db.withTenant(account.id, (trx) => storeSession(trx, opened, asked)),
  );
  await hall.trace(caller, {
    action: 'embed.tokenCreated',
    details: { account: account.name, user: userRef, origin: origins.join(', ') },
    account: account.id,
    target: { id, name: userRef },
  });
  if (tooMany.length > 0) await endOldest(hall, caller, { key, account, userRef }, tooMany);
  return { id, token, expiresAt, renewAfter: renewalOf(now, expiresAt) };
}

/**
 * Stores a session, if not too many were opened for its user.
 *
 * @param asked where it may be used, if not on all origins of the list that holds
 * @returns where it may be used; and live ones that are too many besides it: the oldest
 */
async function storeSession(
  trx: TenantTransaction,
  session: Omit<NewEmbedToken, 'origins'>,
  asked: readonly string[] | null,
): Promise<{ readonly origins: readonly string[]; readonly tooMany: readonly RowId[] }> {
  const { key, userRef, now } = session;
  const origins = granted(decideOrigins(await holdOrigins(trx), asked));
  const since = instantOf(msOf(now) - MINUTE_MS);
  const known = await readSessionsOfUser(trx, { key, userRef }, { since, now, most: MOST_LIVE });
  if (known.recent >= MOST_A_MINUTE)
    throw new Refused({
      code: 'RATE_LIMITED',
      message: `${MOST_A_MINUTE} sessions were opened for “${userRef}” within a minute: pages renew theirs when it is due.`,
      retryAfterSeconds: MINUTE_MS / 1_000,
    });
  await insertEmbedToken(trx, { ...session, origins });
  return { origins, tooMany: known.tooMany };
}

type Opened = { readonly key: KeyActor; readonly account: Account; readonly userRef: string };

/** Ends the oldest sessions of a user, wherever the key has opened them. */
const endOldest = (
  hall: Hall,
  caller: Caller,
  { key, account, userRef }: Opened,
  ids: readonly RowId[],
): Promise<void> =>
  hall.change(caller, { root: account.root, acting: key.account }, async ({ trx, now, happened, rights }) => {
    const tokens = await endEmbedSessions(trx, { ids }, now);
    if (tokens.length === 0) return;
    const details = { account: account.name, which: `the oldest of ${userRef}`, count: tokens.length };
    happened('embed.tokenRevoked', account.id, details, { id: account.id, name: account.name });
    rights({ tokens });
  });

/** Live sessions of an account and of all below it, newest first. */
export const listSessions = (
  hall: Hall,
  account: AccountId,
  asked: { readonly userRef: string | null; readonly before: RowId | null; readonly limit: number },
): Promise<EmbedSessionRow[]> =>
  hall.db.withTenant(account, (trx) => readEmbedSessions(trx, { ...asked, now: nowOf(hall) }), { snapshot: true });

/** Which sessions are to end: one, all of a user, all of a key. */
export type Ending = { readonly id: RowId } | { readonly userRef: string } | { readonly key: KeyId };

/**
 * Ends live sessions of an account and of all below it; of a key of theirs, wherever they are. Their screens are cut within a second.
 *
 * @returns how many
 * @throws Refused NOT_FOUND when there is no such live session
 */
export function endSessions(hall: Hall, caller: Caller, account: Account, which: Ending): Promise<number> {
  const { id, root, name } = account;
  return hall.change(caller, { root, acting: id }, async ({ trx, now, happened, rights }) => {
    const ended =
      'key' in which
        ? await endSessionsOfKey(trx, which.key, now)
        : await endEmbedSessions(trx, 'id' in which ? { ids: [which.id] } : which, now);
    if (ended.length === 0) {
      if ('id' in which) refuseWith('NOT_FOUND', 'There is no such session, or it has ended.', 'id');
      return 0;
    }
    const said = 'id' in which ? 'one' : 'key' in which ? `all of the key ${which.key}` : `all of ${which.userRef}`;
    happened('embed.tokenRevoked', id, { account: name, which: said, count: ended.length }, { id, name });
    rights({ tokens: ended });
    return ended.length;
  });
}
