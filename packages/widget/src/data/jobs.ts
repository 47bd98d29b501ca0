import type { JobFrame } from '@tenantree/contract';

/** How a job is when nothing more of it happens. */
export const ENDED: ReadonlySet<JobFrame['state']> = new Set(['succeeded', 'partly', 'failed', 'cancelled']);
