import { createHash } from 'node:crypto';

/** What the first characters of a secret tell: an API key, a token of the embedded widget, an invitation, one to a billing transfer, a first-run link, a link for a new password. */
export type SecretKind = 'key' | 'embed' | 'invite' | 'transfer' | 'setup' | 'reset';

/** A secret as its owner sees it, once: `tt_key_…`. */
export const secretOf = (kind: SecretKind, random: string): string => `tt_${kind}_${random}`;

/** SHA-256 of a secret: all that is stored. Secrets have 256 random bits, so a fast hash is enough. */
export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** The characters of an API key that lists show, to tell keys apart. */
export const prefixOf = (secret: string): string => secret.slice(0, 12);
