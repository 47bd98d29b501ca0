import type { AuditLogEntry } from '@tenantree/contract';
import type { CsvColumn } from '@tenantree/domain';

/** What a file of a log says of each entry: what a person reads first, then all of it. */
export const ENTRY_COLUMNS: readonly CsvColumn<AuditLogEntry>[] = [
  { name: 'id', kind: 'text', of: ({ id }) => id },
  { name: 'at', kind: 'instant', of: ({ at }) => at },
  { name: 'accountId', kind: 'text', of: ({ account }) => account.id },
  { name: 'account', kind: 'text', of: ({ account }) => account.name },
  { name: 'actor', kind: 'text', of: ({ actor }) => actor.name },
  { name: 'sentence', kind: 'text', of: ({ sentence }) => sentence },
  { name: 'kind', kind: 'text', of: ({ kind }) => kind },
  { name: 'action', kind: 'text', of: ({ action }) => action },
  { name: 'actorKind', kind: 'text', of: ({ actor }) => actor.kind },
  { name: 'actorId', kind: 'text', of: ({ actor }) => actor.id },
  { name: 'viaId', kind: 'text', of: ({ actor }) => actor.via?.id ?? null },
  { name: 'via', kind: 'text', of: ({ actor }) => actor.via?.name ?? null },
  { name: 'targetId', kind: 'text', of: ({ target }) => target?.id ?? null },
  { name: 'target', kind: 'text', of: ({ target }) => target?.name ?? null },
  { name: 'details', kind: 'text', of: ({ details }) => JSON.stringify(details) },
  { name: 'requestId', kind: 'text', of: ({ requestId }) => requestId },
];
