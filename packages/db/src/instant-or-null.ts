import type { Instant } from '@tenantree/domain';

/** A nullable timestamp of the database, as the domain has it. */
export const instantOrNull = (date: Date | null): Instant | null => (date?.toISOString() ?? null) as Instant | null;
