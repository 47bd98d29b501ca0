import { accept, type Decision, refuse } from '../errors.ts';
import { canonicalJson, isRecord, type JsonValue, jsonFault } from '../json.ts';
import { utf8Bytes } from '../text.ts';

/** Free facts that integrators keep with an account (rules/accounts 4). */
export type Metadata = { readonly [key: string]: JsonValue };

/** Most keys at the top, and most bytes of the whole as JSON in UTF-8 (8 kB read as 8 × 1 024). */
export const METADATA_BOUNDS = { keys: 50, bytes: 8_192 } as const;

/** Reads metadata of unknown origin: a plain JSON object within the bounds of rules/accounts 4 and the depth of rules/server 3. */
export function parseMetadata(value: unknown): Decision<Metadata> {
  if (!isRecord(value)) return refuse('BAD_REQUEST', 'Metadata is an object of names and values.', 'metadata');
  const fault = jsonFault(value);
  if (fault) {
    const field = fault.path === '' ? 'metadata' : `metadata.${fault.path.slice(0, 200)}`;
    return refuse('BAD_REQUEST', `The metadata ${fault.path === '' ? '' : 'there '}${fault.why}.`, field);
  }
  const keys = Object.keys(value).length;
  if (keys > METADATA_BOUNDS.keys) {
    const message = `Metadata has at most ${METADATA_BOUNDS.keys} keys; this has ${keys}.`;
    return refuse('METADATA_TOO_LARGE', message, 'metadata');
  }
  const bytes = utf8Bytes(JSON.stringify(value));
  if (bytes > METADATA_BOUNDS.bytes) {
    const message = `Metadata has at most ${METADATA_BOUNDS.bytes} bytes as JSON; this has ${bytes}.`;
    return refuse('METADATA_TOO_LARGE', message, 'metadata');
  }
  return accept(value as Metadata);
}

/** Whether two accounts carry the same facts; the order of names means nothing. */
export const sameMetadata = (a: Metadata, b: Metadata): boolean => canonicalJson(a) === canonicalJson(b);
