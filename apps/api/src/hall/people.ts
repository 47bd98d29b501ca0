import { domainToASCII } from 'node:url';
import type { UserId } from '@tenantree/domain';
import { z } from 'zod';

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

const ASCII_ADDRESS = z.email();
/** What a domain can be written with; the reader of host names behind it would take escapes and paths, too. */
const DOMAIN = /^[\p{L}\p{N}\p{M}.。．｡-]+$/u;

/** An e-mail address as people read it: trimmed, in lower case, otherwise as it was typed. */
export const shownEmail = (text: string): string => text.trim().normalize('NFC').toLowerCase();

/**
 * An e-mail address as addresses are compared: its domain in ASCII form, so that `ann@bücher.example` and
 * `ann@xn--bcher-kva.example` are one. A text that is no address is left as it is.
 */
export function normalEmail(text: string): string {
  const shown = shownEmail(text);
  const at = shown.lastIndexOf('@') + 1;
  const domain = shown.slice(at);
  return at > 0 && DOMAIN.test(domain) ? shown.slice(0, at) + domainToASCII(domain) : shown;
}

/** Whether a text is an e-mail address that mail can be sent to; its domain may be written in any script. */
export const isEmail = (text: string): boolean => ASCII_ADDRESS.safeParse(normalEmail(text)).success;
