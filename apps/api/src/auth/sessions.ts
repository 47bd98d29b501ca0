import { deleteEndedSessions, extendSession, findSession } from '@tenantree/db';
import { DAY_MS, type Instant, instantOf, msOf, type UserId } from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';
import { SESSION_DAYS, type SessionCookie } from './session-cookie.ts';

/** A signed-in person's session. */
export type Session = {
  readonly user: { readonly id: UserId; readonly name: string; readonly email: string };
  readonly sessionId: string;
  readonly expiresAt: Instant;
  /** When the person last gave the password in this session: signing in is the first time. */
  readonly provedAt: Instant;
};

/** Finds sessions by the cookie of a request. */
export type Sessions = {
  /** The session of a request; null when there is none, it ended, or the cookie is not one of ours. */
  sessionOf(headers: Headers): Promise<Session | null>;
  /** Deletes sessions, and links for a new password, that ended more than a day ago. */
  forgetEnded(): Promise<void>;
};

const FULL_MS = SESSION_DAYS * DAY_MS;

/**
 * Our own look-up beside the sign-in library's. A session that is used gets its full time again, written at most once a day.
 */
export function createSessions(hall: Pick<Hall, 'db' | 'clock'>, cookie: SessionCookie): Sessions {
  return {
    sessionOf: async (headers) => {
      const token = cookie.tokenOf(headers);
      const found = token === null ? null : await findSession(hall.db, token);
      const nowMs = hall.clock.nowMs();
      if (!found || msOf(found.expiresAt) <= nowMs) return null;
      const { id: sessionId, user, provedAt } = found;
      const isDue = msOf(found.expiresAt) < nowMs + FULL_MS - DAY_MS;
      const expiresAt = isDue ? instantOf(nowMs + FULL_MS) : found.expiresAt;
      if (isDue) await extendSession(hall.db, sessionId, expiresAt, instantOf(nowMs));
      return { user, sessionId, expiresAt, provedAt };
    },
    forgetEnded: () => deleteEndedSessions(hall.db, instantOf(hall.clock.nowMs() - DAY_MS)),
  };
}
