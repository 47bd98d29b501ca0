import { accept, type Decision, type Refusal, refuse } from '../errors.ts';
import { type AccountId, parseAccountId } from '../ids.ts';
import { quoted } from '../text.ts';
import { EXTERNAL_PREFIX, type ExternalId, parseExternalId } from './external-id.ts';

/** What an `account` input names (rules/accounts 2): one of our ids, or the integrator's own, resolved inside the caller's tree. */
export type AccountRef =
  | { readonly kind: 'id'; readonly id: AccountId }
  | { readonly kind: 'external'; readonly externalId: ExternalId };

/** The one answer for an account that is missing, foreign or not even an id: existence is not leaked (rules/permissions 7). */
export const accountNotFound = (text: string): { readonly ok: false; readonly refusal: Refusal } =>
  refuse('NOT_FOUND', `There is no account ${quoted(text)} that you can reach.`, 'account');

/** Reads an account reference, an id or `ext:THEIR-ID`. What has neither form is not found, like any other stranger (rules/server 6). */
export function parseAccountRef(text: string): Decision<AccountRef> {
  if (text.startsWith(EXTERNAL_PREFIX)) {
    const parsed = parseExternalId(text.slice(EXTERNAL_PREFIX.length));
    return parsed.ok ? accept({ kind: 'external', externalId: parsed.value }) : accountNotFound(text);
  }
  const id = parseAccountId(text);
  return id === null ? accountNotFound(text) : accept({ kind: 'id', id });
}
