import type { UserId } from '@tenantree/domain';

/** Sign-in data, as far as slices need it: people are made by an invitation or by the first run, never by signing up. */
export type People = {
  /** The person with this address; null when there is none. */
  findByEmail(email: string): Promise<{ readonly id: UserId; readonly name: string } | null>;
  /** Makes a person who can sign in with this password. */
  create(person: { readonly email: string; readonly name: string; readonly password: string }): Promise<UserId>;
  /** Sets the password of a person, and ends their sessions. */
  setPassword(user: UserId, password: string): Promise<void>;
  /** The text that is stored for a password. @throws Refused BAD_REQUEST when it is too short, too long, or one of those that are tried first */
  hashPassword(password: string): Promise<string>;
};

/** Least characters of a password. */
export const PASSWORD_LENGTH = { least: 10, most: 128 } as const;

/** Addresses are compared as they are stored: trimmed, in lower case. */
export const normalEmail = (email: string): string => email.trim().toLowerCase();
