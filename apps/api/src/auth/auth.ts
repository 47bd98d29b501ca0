import { normalEmail, password, shownEmail } from '@tenantree/contract';
import {
  endOutdatedSession,
  endSession,
  insertPerson,
  noteProof,
  type PasswordChange,
  writePassword,
} from '@tenantree/db';
import { normalPassword, parsePassword, type UserId } from '@tenantree/domain';
import { isAPIError } from 'better-auth/api';
import { z } from 'zod';
import { checkStorable } from '../guard/storable.ts';
import type { By } from '../hall/change.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import type { People } from '../hall/people.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { secretOf } from '../hall/secrets.ts';
import { mailOf } from '../mail/letter.ts';
import type { Mail } from '../mail/mail.ts';
import { isCommonPassword } from './common-passwords.ts';
import type { GuessLimits } from './guess-limits.ts';
import type { Passwords } from './passwords.ts';
import { sessionCookie } from './session-cookie.ts';
import { createSessions, type Session, type Sessions } from './sessions.ts';
import { cookieKey, createSignInLibrary, RESET_MINUTES } from './sign-in-library.ts';

/** Signing in and out, sessions, and the people who can. */
export type Auth = People &
  Sessions & {
    /**
     * Checks a password and begins a session.
     *
     * @returns the person, and the `Set-Cookie` headers to answer with
     * @throws Refused BAD_REQUEST, RATE_LIMITED, or UNAUTHORIZED in the same words for a wrong password and an unknown person
     */
    signIn(input: unknown, from: Sender): Promise<SignedIn>;
    /**
     * Notes that the person of a session gave the password again: the next 15 minutes don't ask for it (rules/people 11).
     *
     * @throws Refused BAD_REQUEST, RATE_LIMITED, UNAUTHORIZED (no session, or with the field `password`: a wrong one)
     */
    prove(input: unknown, from: Sender): Promise<void>;
    /**
     * Changes the password of a session's person, who gives the present one too: every other session of theirs ends.
     *
     * @throws Refused BAD_REQUEST, RATE_LIMITED, UNAUTHORIZED (no session, or with the field `currentPassword`: a wrong one)
     */
    changePassword(input: unknown, from: Sender): Promise<void>;
    /**
     * Mails a link for a new password to the person with an address. The answer is the same, and as quick, whether there is one.
     *
     * @throws Refused BAD_REQUEST, RATE_LIMITED
     */
    forgotPassword(input: unknown, from: Sender): Promise<void>;
    /**
     * Sets the password of whoever was mailed a link, which works once and for an hour: all sessions of theirs end.
     *
     * @throws Refused BAD_REQUEST (the password), RATE_LIMITED, UNAUTHORIZED with the field `token`
     */
    resetPassword(input: unknown, from: Sender): Promise<void>;
    /** Ends the session of a request, if there is one. @returns the `Set-Cookie` headers to answer with */
    signOut(headers: Headers): Promise<readonly string[]>;
    /** The `Set-Cookie` header that keeps a used session's cookie alive as long as the session; null without a session. */
    renewal(headers: Headers): Promise<string | null>;
  };

/** Who sent a request: from which address, and with which headers. */
export type Sender = { readonly address: string; readonly headers: Headers };

export type SignedIn = { readonly user: Session['user']; readonly cookies: readonly string[] };

const CREDENTIALS = z.strictObject({ email: z.string().max(320), password });
const PASSWORD = z.strictObject({ password });
const CHANGE = z.strictObject({ currentPassword: password, password });
const FORGOTTEN = z.strictObject({ email: z.string().max(320) });
const RESET = z.strictObject({ token: z.string().max(200), password });
const WRONG = 'The e-mail address or the password is not right.';
const PROVIDER = 'credential';

export type AuthParts = {
  /** Shared with whatever else can be guessed at. */
  readonly limits: GuessLimits;
  /** Decides how the cookie is protected; null: plain http on this machine. */
  readonly publicUrl: string | null;
  readonly passwords: Passwords;
  /** Takes failures of what nobody waits for. */
  readonly onError: (error: unknown) => void;
};

type Somebody = { readonly id: UserId; readonly name: string };

const byPerson = ({ id, name }: Somebody): By => ({ actor: { kind: 'person', id, name, via: null }, requestId: null });

/** Signing in and all that belongs to it, over the sign-in library. */
export function createAuth(hall: Hall, parts: AuthParts): Auth {
  const desk = openDesk(hall, parts);
  return { ...desk.sessions, ...comingAndGoing(desk), ...changingPasswords(desk), ...people(desk) };
}

type Stored = { readonly id: UserId; readonly name: string; readonly password: string };

/** What the library answers; null when it refuses what it was given. */
async function unlessRefused<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isAPIError(error) && error.statusCode < 500) return null;
    throw error;
  }
}

/** What signing in is done with. */
type Desk = ReturnType<typeof openDesk>;

function openDesk(hall: Hall, { limits, publicUrl, passwords, onError }: AuthParts) {
  const cookie = sessionCookie(cookieKey(hall.settings.secret), publicUrl);
  const library = createSignInLibrary(hall, cookie, publicUrl, passwords, (to, token) =>
    // The library would keep a failure to itself.
    hall.sendMail(resetMail(to, `${hall.settings.publicUrl}/reset/${secretOf('reset', token)}`)).catch(onError),
  );
  const sessions = createSessions(hall, cookie);
  const adapter = library.$context.then((context) => context.internalAdapter);

  const signedIn = async (headers: Headers): Promise<Session> =>
    (await sessions.sessionOf(headers)) ?? refuseWith('UNAUTHORIZED', 'Sign in first.');

  /** Whether a password is that of the session's person; counted when it is not. */
  const isTheirs = async ({ user }: Session, guessed: string, { address, headers }: Sender): Promise<boolean> => {
    const body = { password: normalPassword(guessed) };
    const looking = () => unlessRefused(library.api.verifyPassword({ body, headers }));
    return (await limits.password(address, normalEmail(user.email), looking)) !== null;
  };

  /** The person with an address, and the stored text of their password; null when there is none. */
  const storedOf = async (email: string): Promise<Stored | null> => {
    const found = await (await adapter).findUserByEmail(normalEmail(email), { includeAccounts: true });
    const password = found?.accounts.find(({ providerId }) => providerId === PROVIDER)?.password;
    return found && password ? { id: found.user.id as UserId, name: found.user.name, password } : null;
  };

  /** Gives a person another password, which ends what it has to; false when the one that it is to replace is there no more. */
  const setPassword = (person: Somebody, hash: string, change: PasswordChange): Promise<boolean> =>
    hall.changeSignIn(byPerson(person), async ({ trx, now, happened, rights }) => {
      const isWritten = await writePassword(trx, person.id, hash, change, now);
      if (isWritten) happened('person.passwordChanged', {});
      rights({ users: [person.id] });
      return isWritten;
    });

  return {
    hall,
    limits,
    passwords,
    onError,
    cookie,
    library,
    sessions,
    adapter,
    signedIn,
    isTheirs,
    storedOf,
    setPassword,
  };
}

/** How sessions begin, go on and end. */
const comingAndGoing = ({
  hall,
  limits,
  cookie,
  library,
  sessions,
  storedOf,
}: Desk): Pick<Auth, 'signIn' | 'signOut' | 'renewal'> => ({
  signIn: async (input, { address, headers }) => {
    const given = read(CREDENTIALS, input, 'Send an e-mail address and a password.');
    const email = normalEmail(given.email);
    const body = { email, password: normalPassword(given.password) };
    // Whether there is such a person or not, one hash is computed.
    // The library believes whatever claims to be the sender's address; we know it.
    const from = new Headers(headers);
    from.set('x-forwarded-for', address);
    const signingIn = async () => {
      const stored = await storedOf(email);
      const answer = await unlessRefused(library.api.signInEmail({ body, headers: from, returnHeaders: true }));
      // Looked at before it was changed, begun after: the change ended all sessions but this one.
      if (answer === null || stored === null) return null;
      return (await endOutdatedSession(hall.db, answer.response.token, stored.password)) ? null : answer;
    };
    const answer = (await limits.password(address, email, signingIn)) ?? refuseWith('UNAUTHORIZED', WRONG);
    const { id, name, shownEmail: shown } = answer.response.user;
    return { user: { id: id as UserId, name, email: shown }, cookies: answer.headers.getSetCookie() };
  },

  signOut: async (headers) => {
    const session = await sessions.sessionOf(headers);
    if (session) {
      await hall.changeSignIn(byPerson(session.user), async ({ trx, happened, rights }) => {
        if (await endSession(trx, session.user.id, session.sessionId)) happened('person.signedOut', {});
        rights({ users: [session.user.id] });
      });
    }
    // What is left to it is the cookie.
    const { headers: answered } = await library.api.signOut({ headers, returnHeaders: true });
    return answered.getSetCookie();
  },

  renewal: async (headers) => {
    const token = cookie.tokenOf(headers);
    return token !== null && (await sessions.sessionOf(headers)) ? cookie.write(token) : null;
  },
});

/** How passwords are given again, changed, and replaced when they are forgotten. */
const changingPasswords = ({
  hall,
  limits,
  passwords,
  library,
  adapter,
  onError,
  signedIn,
  isTheirs,
  storedOf,
  setPassword,
}: Desk): Pick<Auth, 'prove' | 'changePassword' | 'forgotPassword' | 'resetPassword'> => ({
  prove: async (input, sender) => {
    const given = read(PASSWORD, input, 'Send your password.');
    const session = await signedIn(sender.headers);
    if (!(await isTheirs(session, given.password, sender)))
      refuseWith('UNAUTHORIZED', 'The password is not right.', 'password');
    await noteProof(hall.db, session.sessionId, nowOf(hall));
  },

  changePassword: async (input, { address, headers }) => {
    const given = read(CHANGE, input, 'Send your present password and the new one.');
    const session = await signedIn(headers);
    const notPresent = (): never => refuseWith('UNAUTHORIZED', 'This is not your present password.', 'currentPassword');
    const stored = await storedOf(session.user.email);
    if (stored === null || !(await isTheirs(session, given.currentPassword, { address, headers }))) return notPresent();
    const hash = await passwords.hash(await checked(given.password));
    // Somebody else may have set another one since it was looked at.
    const change = { from: stored.password, keep: session.sessionId };
    if (!(await setPassword(session.user, hash, change))) notPresent();
  },

  forgotPassword: async (input, { address }) => {
    const email = normalEmail(read(FORGOTTEN, input, 'Send an e-mail address.').email);
    if ((await limits.mail(address, email)) === 'enough') return;
    // Nobody waits for it: how long it takes would tell whether there is such a person.
    void unlessRefused(library.api.requestPasswordReset({ body: { email } })).catch(onError);
  },

  resetPassword: async (input, { address }) => {
    const given = read(RESET, input, 'Send the link’s token and a new password.');
    const token = given.token.replace(secretOf('reset', ''), '');
    // Looked at before the link is used up, and hashed, which costs something, only for who has one.
    const chosen = await checked(given.password);
    const people = await adapter;
    const found = await limits.link(address, () => people.consumeVerificationValue(`reset-password:${token}`));
    if (!found) return refuseWith('UNAUTHORIZED', 'This link is not valid any more. Ask for a new one.', 'token');
    const user = found.value as UserId;
    const person = { id: user, name: 'Whoever was mailed the link' };
    await setPassword(person, await passwords.hash(chosen), { from: null, keep: null });
  },
});

/** The people who can sign in. */
const people = ({ hall, passwords, adapter, storedOf }: Desk): People => ({
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
      password: await passwords.hash(await checked(chosen)),
      now: nowOf(hall),
    };
    return (await insertPerson(hall.db, person)) ? person.id : null;
  },

  hashPassword: async (text) => passwords.hash(await checked(text)),

  check: async (email, guessed) => {
    const stored = await storedOf(email);
    if (!stored || !(await passwords.isStored(stored.password, normalPassword(guessed)))) return null;
    return { id: stored.id, name: stored.name };
  },
});

/** The mail with a link for a new password. It names nobody: whoever asks for it may not be who reads it. */
const resetMail = (to: string, link: string): Mail =>
  mailOf({
    to,
    subject: 'A new password for Tenantree',
    says: [
      'Somebody, we hope you, asked for a new password for Tenantree.',
      { label: `Choose it here. The link works once, for ${RESET_MINUTES} minutes`, url: link },
      'If it was not you, do nothing: your password stays as it is.',
    ],
  });

/** Reads what was sent. @throws Refused BAD_REQUEST with the given sentence */
function read<T>(schema: z.ZodType<T>, input: unknown, otherwise: string): T {
  checkStorable(input);
  const parsed = schema.safeParse(input);
  return parsed.success ? parsed.data : refuseWith('BAD_REQUEST', otherwise);
}

/** A password that somebody may have, as it is hashed. @throws Refused BAD_REQUEST when it is too short, too long, or one of those that are tried first */
async function checked(text: string): Promise<string> {
  const chosen = granted(parsePassword(text));
  if (await isCommonPassword(chosen)) {
    const message = 'This password is one of those that attackers try first. Choose one that is your own.';
    refuseWith('BAD_REQUEST', message, 'password');
  }
  return chosen;
}
