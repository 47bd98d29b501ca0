import type { UserId } from '@tenantree/domain';

/** Sign-in data, as far as slices need it: people are made by an invitation or by the first run, never by signing up. */
export type People = {
  /** The person with this address; null when there is none. */
  findByEmail(email: string): Promise<{ readonly id: UserId; readonly name: string } | null>;
  /**
   * Makes a person who can sign in with this password; null when somebody has the address already, or just got it.
   *
   * @throws Refused BAD_REQUEST, with the field `password`: too short, too long, or one of those that are tried first
   */
  create(person: { readonly email: string; readonly name: string; readonly password: string }): Promise<UserId | null>;
  /** The person with this address and this password; null when it is not theirs. Guesses are to be counted around it. */
  check(email: string, password: string): Promise<{ readonly id: UserId; readonly name: string } | null>;
  /** The text that is stored for a password. @throws Refused BAD_REQUEST when it is too short, too long, or one of those that are tried first */
  hashPassword(password: string): Promise<string>;
};
