import { accept, type Decision, refuse } from '../errors.ts';
import type { Brand } from '../ids.ts';

/** An integrator's own id of an account, unique within the root's tree (rules/accounts 2). Case matters. */
export type ExternalId = Brand<string, 'ExternalId'>;

/** What an account reference begins with when it names an external id. */
export const EXTERNAL_PREFIX = 'ext:';

/** Most characters (code points) of an external id. */
export const MAX_EXTERNAL_ID = 120;

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Reads an external id: 1–120 printable characters in Unicode NFC, no white space around it (an id is compared, not read, so it is
 * refused rather than trimmed), and not beginning with `ext:`, or `ext:ext:1` would have two meanings.
 */
export function parseExternalId(text: string): Decision<ExternalId> {
  const id = text.normalize('NFC');
  const invalid = (message: string): Decision<ExternalId> => refuse('BAD_REQUEST', message, 'externalId');
  if (id.length === 0 || id.length > 2 * MAX_EXTERNAL_ID || Array.from(id).length > MAX_EXTERNAL_ID) {
    return invalid(`An external id has 1 to ${MAX_EXTERNAL_ID} characters.`);
  }
  if (UNPRINTABLE.test(id)) return invalid('An external id has only printable characters.');
  if (id.trim() !== id) return invalid('An external id has no space before or after it.');
  if (id.startsWith(EXTERNAL_PREFIX)) return invalid(`Write the external id without “${EXTERNAL_PREFIX}”.`);
  return accept(id as ExternalId);
}
