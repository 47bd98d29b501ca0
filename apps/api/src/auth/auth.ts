import { insertPerson, noteProof } from '@tenantree/db';
import { normalPassword, parsePassword, type UserId } from '@tenantree/domain';
import { isAPIError } from 'better-auth/api';
import { z } from 'zod';
import { type Hall, nowOf } from '../hall/hall.ts';
import { checkStorable, password } from '../hall/inputs.ts';
import { normalEmail, type People, shownEmail } from '../hall/people.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { isCommonPassword } from './common-passwords.ts';
import type { GuessLimits } from './guess-limits.ts';
import { hashPassword, isPassword } from './passwords.ts';
import { sessionCookie } from './session-cookie.ts';
import { createSessions, type Session, type Sessions } from './sessions.ts';
import { cookieKey, createSignInLibrary } from './sign-in-library.ts';

/** Signing in and out, sessions, and the people who can. */
export type Auth = People &
  Sessions & {
    /**
     * Checks a password and begins a session.
     *
     * @returns the person, and the `Set-Cookie` headers to answer with
     * @throws Refused BAD_REQUEST, RATE_LIMITED, or UNAUTHORIZED in the same words for a wrong password and an unknown person
     */
    signIn(input: unknown, from: { readonly address: string; readonly headers: Headers }): Promise<SignedIn>;
    /**
     * Notes that the person of a session gave the password again: the next 15 minutes don't ask for it (reliability.md 5).
     *
     * @throws Refused BAD_REQUEST, RATE_LIMITED, UNAUTHORIZED (no session, or with the field `password`: a wrong one)
     */
    prove(input: unknown, from: { readonly address: string; readonly headers: Headers }): Promise<void>;
    /** Ends the session of a request, if there is one. @returns the `Set-Cookie` headers to answer with */
    signOut(headers: Headers): Promise<readonly string[]>;
    /** The `Set-Cookie` header that keeps a used session's cookie alive as long as the session; null without a session. */
    renewal(headers: Headers): Promise<string | null>;
  };

export type SignedIn = { readonly user: Session['user']; readonly cookies: readonly string[] };

const CREDENTIALS = z.strictObject({ email: z.string().max(320), password });
const PASSWORD = z.strictObject({ password });
const WRONG = 'The e-mail address or the password is not right.';
const PROVIDER = 'credential';

/**
 * @param limits shared with whatever else can be guessed at
 * @param publicUrl decides how the cookie is protected; null: plain http on this machine
 */
export function createAuth(hall: Hall, limits: GuessLimits, publicUrl: string | null): Auth {
  const cookie = sessionCookie(cookieKey(hall.settings.secret), publicUrl);
  const library = createSignInLibrary(hall, cookie, publicUrl);
  const sessions = createSessions(hall, cookie);
  const adapter = library.$context.then((context) => context.internalAdapter);

  /** What the library answers; null when it refuses what it was given. */
  const unlessRefused = async <T>(answer: Promise<T>): Promise<T | null> => {
    try {
      return await answer;
    } catch (error) {
      if (isAPIError(error) && error.statusCode < 500) return null;
      throw error;
    }
  };

  return {
    ...sessions,

    signIn: async (input, { address, headers }) => {
      const given = read(CREDENTIALS, input, 'Send an e-mail address and a password.');
      const email = normalEmail(given.email);
      const body = { email, password: normalPassword(given.password) };
      // Whether there is such a person or not, one hash is computed.
      const signingIn = () => unlessRefused(library.api.signInEmail({ body, headers, returnHeaders: true }));
      const signedIn = (await limits.password(address, email, signingIn)) ?? refuseWith('UNAUTHORIZED', WRONG);
      const { id, name, shownEmail: shown } = signedIn.response.user;
      return { user: { id: id as UserId, name, email: shown }, cookies: signedIn.headers.getSetCookie() };
    },

    prove: async (input, { address, headers }) => {
      const body = { password: normalPassword(read(PASSWORD, input, 'Send your password.').password) };
      const session = (await sessions.sessionOf(headers)) ?? refuseWith('UNAUTHORIZED', 'Sign in first.');
      const proving = () => unlessRefused(library.api.verifyPassword({ body, headers }));
      const proved = await limits.password(address, normalEmail(session.user.email), proving);
      if (!proved) refuseWith('UNAUTHORIZED', 'The password is not right.', 'password');
      await noteProof(hall.db, session.sessionId, nowOf(hall));
    },

    signOut: async (headers) => {
      const session = await sessions.sessionOf(headers);
      const { headers: answered } = await library.api.signOut({ headers, returnHeaders: true });
      if (session) hall.announce.access({ users: [session.user.id] });
      return answered.getSetCookie();
    },

    renewal: async (headers) => {
      const token = cookie.tokenOf(headers);
      return token !== null && (await sessions.sessionOf(headers)) ? cookie.write(token) : null;
    },

    findByEmail: async (email) => {
      const found = await (await adapter).findUserByEmail(normalEmail(email));
      return found ? { id: found.user.id as UserId, name: found.user.name } : null;
    },

    create: async ({ email, name, password: chosen }) => {
      const person = {
        id: hall.newId<UserId>(),
        credential: hall.newId(),
        email: normalEmail(email),
        shownEmail: shownEmail(email),
        name,
        password: await hashChecked(chosen),
        now: nowOf(hall),
      };
      return (await insertPerson(hall.db, person)) ? person.id : null;
    },

    hashPassword: hashChecked,

    check: async (email, guessed) => {
      const found = await (await adapter).findUserByEmail(normalEmail(email), { includeAccounts: true });
      const stored = found?.accounts.find(({ providerId }) => providerId === PROVIDER)?.password;
      if (!found || !stored || !(await isPassword(stored, normalPassword(guessed)))) return null;
      return { id: found.user.id as UserId, name: found.user.name };
    },

    setPassword: async (user, chosen) => {
      const hash = await hashChecked(chosen);
      const people = await adapter;
      const accounts = await people.findAccounts(user);
      if (accounts.some(({ providerId }) => providerId === PROVIDER)) await people.updatePassword(user, hash);
      else await people.linkAccount({ userId: user, accountId: user, providerId: PROVIDER, password: hash });
      await people.deleteUserSessions(user);
    },
  };
}

/** Reads what was sent. @throws Refused BAD_REQUEST with the given sentence */
function read<T>(schema: z.ZodType<T>, input: unknown, otherwise: string): T {
  checkStorable(input);
  const parsed = schema.safeParse(input);
  return parsed.success ? parsed.data : refuseWith('BAD_REQUEST', otherwise);
}

/** @throws Refused BAD_REQUEST when the password is too short, too long, or one of those that are tried first */
async function hashChecked(text: string): Promise<string> {
  const chosen = granted(parsePassword(text));
  if (await isCommonPassword(chosen)) {
    const message = 'This password is one of those that attackers try first. Choose one that is your own.';
    refuseWith('BAD_REQUEST', message, 'password');
  }
  return hashPassword(chosen);
}
