import { AUDIT_KINDS, type AuditKind, isId } from '@tenantree/domain';
import type { ActivityFilter } from '@tenantree/widget/rooms';

const isKind = (text: string | null): text is AuditKind => text !== null && Object.hasOwn(AUDIT_KINDS, text);
const idIn = (text: string | null): string | null => (text !== null && isId(text) ? text : null);

/** The entries that an address asks for: `?scope=nested&kind=members&by=…` (rules/screens 3). What makes no sense is left out. */
export function readFilter(search: string): ActivityFilter {
  const params = new URLSearchParams(search);
  const kind = params.get('kind');
  return {
    scope: params.get('scope') === 'nested' ? 'nested' : 'own',
    kind: isKind(kind) ? kind : null,
    by: idIn(params.get('by')),
  };
}

/** The account below the acting one whose log an address asks for: `?of=…`; null: none. */
export const accountIn = (search: string): string | null => idIn(new URLSearchParams(search).get('of'));

/** The address's search part for a filter, with a question mark when it isn't empty. */
export function writeFilter({ scope, kind, by }: ActivityFilter): string {
  const params = new URLSearchParams({
    ...(scope === 'nested' && { scope }),
    ...(kind && { kind }),
    ...(by && { by }),
  });
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
