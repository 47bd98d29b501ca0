import { PERMISSIONS } from '@tenantree/domain';
import type { Table } from '@tenantree/widget/rooms';
import type { tenantree } from '../server.ts';
import { texts } from '../texts.ts';

/** A key as the server tells of it. */
export type Key = Awaited<ReturnType<typeof tenantree.trpc.keys.list.query>>['keys'][number];

/** What keeps a key to less than its owner's role here and below, in words. */
function boundsOf({ scopes, within, madeBy }: Key): string[] {
  const levels = PERMISSIONS.flatMap(({ key, label }) =>
    scopes === '*' || scopes[key] === undefined ? [] : [`${label}: ${scopes[key]}`],
  );
  return [
    ...(scopes === '*' ? [] : [levels.length === 0 ? 'May do nothing' : levels.join(', ')]),
    ...(within === null
      ? []
      : [within.length === 0 ? 'Reaches nothing' : `In ${within.map(({ name }) => name).join(', ')}`]),
    ...(madeBy === null
      ? []
      : [`Made with ${madeBy.name === null ? 'a key of an account above' : `the key ${madeBy.name}`}`]),
  ];
}

const when = (at: string | null) => (at === null ? { text: 'Never' } : { text: texts.numbers.dateTime(at), at });

/**
 * The keys of an account.
 *
 * @param revoke asks for one to be revoked; null where one may not
 */
export const keysTable = (
  keys: readonly Key[],
  revoke: ((id: Key['id'], name: string) => void) | null,
): Table<Key> => ({
  rows: keys,
  keyOf: ({ id }) => id,
  columns: [
    {
      label: 'Key',
      cell: (key) => ({ text: key.name, tone: 'strong', code: `${key.prefix}…`, lines: boundsOf(key) }),
    },
    { label: 'Owner', cell: ({ owner }) => ({ text: owner.name }) },
    { label: 'Created', cell: ({ createdAt }) => when(createdAt) },
    { label: 'Ends', cell: ({ expiresAt }) => when(expiresAt) },
    { label: 'Last used', cell: ({ lastUsedAt }) => when(lastUsedAt) },
  ],
  actsLabel: 'Actions',
  actsOf: ({ id, name, revokedAt }) => {
    if (revokedAt !== null) return `Revoked ${texts.numbers.dateTime(revokedAt)}`;
    if (!revoke) return [];
    return [{ label: 'Revoke', name: `Revoke ${name}`, tone: 'danger', act: () => revoke(id, name) }];
  },
});
