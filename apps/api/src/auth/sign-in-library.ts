import { createHmac } from 'node:crypto';
import { betterAuth } from 'better-auth';
import type { Hall } from '../hall/hall.ts';
import { hashPassword, isPassword } from './passwords.ts';
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

/**
 * better-auth over schema `auth`, under the role that sees nothing else. Only its functions are used: none of its endpoints is
 * reachable from outside but through auth.ts.
 */
export const createSignInLibrary = (
  hall: Pick<Hall, 'clock' | 'db' | 'newId' | 'settings'>,
  cookie: SessionCookie,
  publicUrl: string | null,
  sendResetLink: (to: string, token: string) => Promise<void>,
) =>
  betterAuth({
    appName: 'Tenantree',
    // It only wants one: no link of its own is ever made.
    baseURL: publicUrl ?? 'http://localhost',
    basePath: '/auth',
    secret: cookieKey(hall.settings.secret),
    database: { db: hall.db.auth, type: 'postgres' },
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
      password: { hash: hashPassword, verify: ({ hash, password }) => isPassword(hash, password) },
      sendResetPassword: ({ user, token }) => sendResetLink(shownEmailOf(user), token),
      resetPasswordTokenExpiresIn: RESET_MINUTES * 60,
    },
    user: {
      modelName: 'users',
      fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
      additionalFields: { shownEmail: { type: 'string', fieldName: 'shown_email', input: false } },
    },
    session: {
      modelName: 'sessions',
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
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    account: {
      modelName: 'credentials',
      fields: {
        accountId: 'account_id',
        providerId: 'provider_id',
        userId: 'user_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    verification: {
      // Links are secrets, and stored as such.
      storeIdentifier: 'hashed',
      modelName: 'verifications',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
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
