import { AUDIT_KINDS, type AuditKind, isId } from '@tenantree/domain';

/** Which entries are shown. */
export type Filter = {
  readonly scope: 'own' | 'nested';
  readonly kind: AuditKind | null;
  /** The person, or the key, that did it. */
  readonly by: string | null;
  /** The account whose log it is; null: the acting one. */
  readonly of: string | null;
};

const isKind = (text: string | null): text is AuditKind => text !== null && Object.hasOwn(AUDIT_KINDS, text);
const idIn = (text: string | null): string | null => (text !== null && isId(text) ? text : null);

/** The entries that an address asks for: `?scope=nested&kind=members&by=…&of=…` (rules/screens 3). What makes no sense is left out. */
export function readFilter(search: string): Filter {
  const params = new URLSearchParams(search);
  const kind = params.get('kind');
  return {
    scope: params.get('scope') === 'nested' ? 'nested' : 'own',
    kind: isKind(kind) ? kind : null,
    by: idIn(params.get('by')),
    of: idIn(params.get('of')),
  };
}

/** The address's search part for a filter, with a question mark when it isn't empty. */
export function writeFilter({ scope, kind, by, of }: Filter): string {
  const params = new URLSearchParams({
    ...(scope === 'nested' && { scope }),
    ...(kind && { kind }),
    ...(by && { by }),
    ...(of && { of }),
  });
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
