import { noteProof } from '@tenantree/db';
import { instantOf, type UserId } from '@tenantree/domain';
import { isAPIError } from 'better-auth/api';
import { z } from 'zod';
import type { Hall } from '../hall/hall.ts';
import { checkStorable } from '../hall/inputs.ts';
import { normalEmail, PASSWORD_LENGTH, type People } from '../hall/people.ts';
import { refuseWith } from '../hall/refused.ts';
import { isCommonPassword } from './common-passwords.ts';
import type { GuessLimits } from './guess-limits.ts';
import { hashPassword } from './passwords.ts';
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

const CREDENTIALS = z.strictObject({ email: z.string().max(320), password: z.string().max(1_000) });
const PASSWORD = z.strictObject({ password: z.string().max(1_000) });
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

  const checkPassword = async (email: string, password: string, headers: Headers) => {
    try {
      // Whether there is such a person or not, one hash is computed.
      return await library.api.signInEmail({ body: { email, password }, headers, returnHeaders: true });
    } catch (error) {
      if (isAPIError(error) && error.statusCode < 500) return refuseWith('UNAUTHORIZED', WRONG);
      throw error;
    }
  };

  const verifyPassword = async (password: string, headers: Headers): Promise<void> => {
    try {
      await library.api.verifyPassword({ body: { password }, headers });
    } catch (error) {
      if (isAPIError(error) && error.statusCode < 500)
        refuseWith('UNAUTHORIZED', 'The password is not right.', 'password');
      throw error;
    }
  };

  return {
    ...sessions,

    signIn: async (input, { address, headers }) => {
      checkStorable(input);
      const parsed = CREDENTIALS.safeParse(input);
      if (!parsed.success) return refuseWith('BAD_REQUEST', 'Send an e-mail address and a password.');
      const email = normalEmail(parsed.data.email);
      const { password } = parsed.data;
      await limits.count(address, email);
      const signedIn = await checkPassword(email, password, headers);
      await limits.forgive(address, email);
      const { id, name } = signedIn.response.user;
      return { user: { id: id as UserId, name, email }, cookies: signedIn.headers.getSetCookie() };
    },

    prove: async (input, { address, headers }) => {
      const parsed = PASSWORD.safeParse(input);
      if (!parsed.success) return refuseWith('BAD_REQUEST', 'Send your password.', 'password');
      const session = (await sessions.sessionOf(headers)) ?? refuseWith('UNAUTHORIZED', 'Sign in first.');
      const { email } = session.user;
      await limits.count(address, email);
      await verifyPassword(parsed.data.password, headers);
      await limits.forgive(address, email);
      await noteProof(hall.db, session.sessionId, instantOf(hall.clock.nowMs()));
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

    create: async ({ email, name, password }) => {
      const hash = await hashChecked(password);
      const people = await adapter;
      const user = await people.createUser(
        { email: normalEmail(email), name, emailVerified: true },
        { method: 'email-password' },
      );
      await people.linkAccount({ userId: user.id, accountId: user.id, providerId: PROVIDER, password: hash });
      return user.id as UserId;
    },

    hashPassword: hashChecked,

    setPassword: async (user, password) => {
      const hash = await hashChecked(password);
      const people = await adapter;
      const accounts = await people.findAccounts(user);
      if (accounts.some(({ providerId }) => providerId === PROVIDER)) await people.updatePassword(user, hash);
      else await people.linkAccount({ userId: user, accountId: user, providerId: PROVIDER, password: hash });
      await people.deleteUserSessions(user);
    },
  };
}

/** @throws Refused BAD_REQUEST when the password is too short, too long, or one of those that are tried first */
async function hashChecked(password: string): Promise<string> {
  const { least, most } = PASSWORD_LENGTH;
  if (password.length < least || password.length > most) {
    refuseWith('BAD_REQUEST', `A password has ${least} to ${most} characters.`, 'password');
  }
  if (await isCommonPassword(password)) {
    const message = 'This password is one of those that attackers try first. Choose one that is your own.';
    refuseWith('BAD_REQUEST', message, 'password');
  }
  return hashPassword(password);
}
