import { createHmac } from 'node:crypto';
import { kyselyAdapter } from '@better-auth/kysely-adapter';
import { betterAuth } from 'better-auth/minimal';
import type { Hall } from '../hall/hall.ts';
import type { Passwords } from './passwords.ts';
import { SESSION_DAYS, type SessionCookie } from './session-cookie.ts';

const DAY_SECONDS = 86_400;
/** Minutes that a link for a new password works. */
export const RESET_MINUTES = 60;
/** More than the longest password that is read can become when it is normalised: 18 code points of one. */
const MOST_UNITS = 18_000;

/** A person's address as it was typed: the library doesn't know the type of a field that we added. */
const shownEmailOf = (user: { readonly email: string; readonly shownEmail?: unknown }): string =>
  typeof user.shownEmail === 'string' ? user.shownEmail : user.email;

/** What cookies are signed with: a key of its own, so that no signature made for something else passes as one of a session. */
export const cookieKey = (secret: string): string =>
  createHmac('sha256', secret).update('tenantree.sessions').digest('base64url');

const MADE_AND_CHANGED = { createdAt: 'created_at', updatedAt: 'updated_at' } as const;

/** Tables and columns of schema `auth`, by the library's names for them. */
const TABLES = {
  user: { modelName: 'users', fields: { ...MADE_AND_CHANGED, emailVerified: 'email_verified' } },
  session: {
    modelName: 'sessions',
    fields: {
      ...MADE_AND_CHANGED,
      userId: 'user_id',
      expiresAt: 'expires_at',
      ipAddress: 'ip_address',
      userAgent: 'user_agent',
    },
  },
  account: {
    modelName: 'credentials',
    fields: {
      ...MADE_AND_CHANGED,
      accountId: 'account_id',
      providerId: 'provider_id',
      userId: 'user_id',
      accessToken: 'access_token',
      refreshToken: 'refresh_token',
      idToken: 'id_token',
      accessTokenExpiresAt: 'access_token_expires_at',
      refreshTokenExpiresAt: 'refresh_token_expires_at',
    },
  },
  verification: { modelName: 'verifications', fields: { ...MADE_AND_CHANGED, expiresAt: 'expires_at' } },
} as const;

/**
 * better-auth over schema `auth`, under the role that sees nothing else. Only its functions are used: none of its endpoints is
 * reachable from outside but through auth.ts.
 */
export const createSignInLibrary = (
  hall: Pick<Hall, 'clock' | 'db' | 'newId' | 'settings'>,
  cookie: SessionCookie,
  publicUrl: string | null,
  passwords: Passwords,
  sendResetLink: (to: string, token: string) => Promise<void>,
) =>
  betterAuth({
    appName: 'Tenantree',
    // It only wants one: no link of its own is ever made.
    baseURL: publicUrl ?? 'http://localhost',
    basePath: '/auth',
    secret: cookieKey(hall.settings.secret),
    database: kyselyAdapter(hall.db.auth, { type: 'postgres' }),
    telemetry: { enabled: false },
    logger: { disabled: true },
    // Counted in auth.ts, per address and per account.
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      // Checked in auth.ts, in characters; the library counts UTF-16 units.
      minPasswordLength: 1,
      maxPasswordLength: MOST_UNITS,
      password: { hash: passwords.hash, verify: ({ hash, password }) => passwords.isStored(hash, password) },
      sendResetPassword: ({ user, token }) => sendResetLink(shownEmailOf(user), token),
      resetPasswordTokenExpiresIn: RESET_MINUTES * 60,
    },
    user: {
      ...TABLES.user,
      additionalFields: { shownEmail: { type: 'string', fieldName: 'shown_email', input: false } },
    },
    session: {
      ...TABLES.session,
      expiresIn: SESSION_DAYS * DAY_SECONDS,
      updateAge: DAY_SECONDS,
      additionalFields: {
        provedAt: {
          type: 'date',
          fieldName: 'proved_at',
          input: false,
          defaultValue: () => new Date(hall.clock.nowMs()),
        },
      },
    },
    account: TABLES.account,
    // Links are secrets, and stored as such.
    verification: { ...TABLES.verification, storeIdentifier: 'hashed' },
    advanced: {
      cookiePrefix: 'tenantree',
      // The library would put __Secure- before our name.
      useSecureCookies: false,
      cookies: {
        session_token: {
          name: cookie.name,
          attributes: { secure: cookie.secure, sameSite: 'lax', httpOnly: true, path: '/' },
        },
      },
      database: { generateId: () => hall.newId() },
    },
  });
