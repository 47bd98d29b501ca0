import type { AccountDetail } from '@tenantree/widget';

const KINDS = { no_new_work: 'no new work', read_only: 'read-only', full_stop: 'full stop' } as const;

/** Why less than usual can be done in an account, in a few words; empty when nothing is in the way. */
export function restrictionOf({ id, status, effective: { kind, by } }: AccountDetail): string {
  if (status === 'closed') return 'Closed';
  if (kind === null) return '';
  return `Suspended: ${KINDS[kind]}${by && by.id !== id ? `, because of ${by.name}` : ''}`;
}
