import type { AccountStatus } from '@tenantree/domain';

/** The own statuses that accounts can be filtered by, in the order in which they are named. */
export const STATUSES = ['active', 'suspended', 'closed'] as const satisfies readonly AccountStatus[];
