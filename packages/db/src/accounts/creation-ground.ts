import type { AccountId, BatchEntry, CreationWish } from '@tenantree/domain';
import { type Selectable, sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import type { Schema } from '../schema.ts';
import { type AccountState, stateOf } from './change-tree.ts';

/** What decides whether accounts may be created, as `decideCreations` asks for it. */
export type CreationGround = {
  readonly accounts: readonly AccountState[];
  readonly siblings: readonly AccountState[];
  readonly takenOutOfSight: readonly string[];
};

type Row = Selectable<Schema['accounts']> &
  ({ readonly part: 'account' | 'sibling' } | { readonly part: 'taken'; readonly taken: string });

/**
 * Reads what decides about a batch of creations, by one statement however many they are.
 *
 * @param acting the account as which the transaction acts
 * @param judged of all of the batch it is known that nothing is in its way: no more than where it is to stand is read
 */
export async function readCreationGround(
  trx: TenantTransaction,
  acting: AccountId,
  batch: readonly BatchEntry[],
  judged = false,
): Promise<CreationGround> {
  const wishes = batch.flatMap(({ wish }) => (wish.ok ? [wish.value] : []));
  const wished = judged
    ? []
    : wishes.flatMap(({ account: { externalId } }) => (externalId === null ? [] : [externalId]));
  const ids = wishes.flatMap(({ parent, known }) => [
    ...(parent.kind === 'id' ? [parent.id] : []),
    ...(known === undefined ? [] : [known]),
  ]);
  const named = wishes.flatMap(({ parent }) => (parent.kind === 'external' ? [parent.externalId] : []));
  const places = judged ? [] : wishes.flatMap((wish) => placesOf(wish, acting, batch));
  const { rows } = await sql<Row>`
    SELECT g.part, g.taken, (g.account).* FROM creation_ground(${[...new Set([acting, ...ids])]}::uuid[],
      ${[...new Set([...wished, ...named])]}::text[], ${wished}::text[], ${places.map(({ parent }) => parent)}::uuid[],
      ${places.map(({ externalId }) => externalId)}::text[], ${places.map(({ nameKey }) => nameKey)}::text[]) g`.execute(
    trx,
  );
  return {
    accounts: rows.flatMap((row) => (row.part === 'account' ? [stateOf(row)] : [])),
    siblings: rows.flatMap((row) => (row.part === 'sibling' ? [stateOf(row)] : [])),
    takenOutOfSight: rows.flatMap((row) => (row.part === 'taken' ? [row.taken] : [])),
  };
}

/** A child of an account that may be there already: of that with the id, or else with the external id. */
type Place = { readonly parent: AccountId | null; readonly externalId: string | null; readonly nameKey: string };

/** Where a wish's name may be taken; nowhere, below what only the batch makes. */
function placesOf(
  { parent, account: { name } }: CreationWish,
  acting: AccountId,
  batch: readonly BatchEntry[],
): readonly Place[] {
  switch (parent.kind) {
    case 'acting':
      return [{ parent: acting, externalId: null, nameKey: name.key }];
    case 'id':
      return [{ parent: parent.id, externalId: null, nameKey: name.key }];
    case 'external':
      return [{ parent: null, externalId: parent.externalId, nameKey: name.key }];
    case 'entry': {
      const externalId = batch[parent.position]?.externalId ?? null;
      return externalId === null ? [] : [{ parent: null, externalId, nameKey: name.key }];
    }
  }
}
