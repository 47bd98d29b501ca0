import { SUSPENSION_LABELS } from '@tenantree/domain';
import type { AccountDetail } from '@tenantree/widget';

/** Why less than usual can be done in an account, in a few words; empty when nothing is in the way. */
export function restrictionOf({ id, status, effective: { kind, by } }: AccountDetail): string {
  if (status === 'closed') return 'Closed';
  if (kind === null) return '';
  const above = by?.id === id ? '' : ` with ${by?.name ?? 'an account above'}`;
  return `Suspended${above} · ${SUSPENSION_LABELS[kind]}`;
}
