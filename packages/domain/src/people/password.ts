import { accept, type Decision, refuse } from '../errors.ts';

/** Least and most characters of a password, counted as Unicode code points after it was normalised. */
export const PASSWORD_LENGTH = { least: 10, most: 128 } as const;

/** A password as it is hashed and compared: in Unicode NFKC, so that it fits however a keyboard composes its characters. */
export const normalPassword = (text: string): string => text.normalize('NFKC');

/** Reads a password that somebody chooses: normalised, then of 10 to 128 characters. */
export function parsePassword(text: string): Decision<string> {
  const password = normalPassword(text);
  const { least, most } = PASSWORD_LENGTH;
  const characters = Array.from(password).length;
  if (characters >= least && characters <= most) return accept(password);
  return refuse(
    'BAD_REQUEST',
    `A password has ${least} to ${most} characters; this one has ${characters}.`,
    'password',
  );
}
