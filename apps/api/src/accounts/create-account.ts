import {
  type AccountState,
  findByExternalId,
  findMainAccountMadeBy,
  insertAccount,
  isExternalIdTaken,
  ownsMainAccount,
  readAccountRows,
  readCreationGround,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  type AccountRow,
  type Creation,
  decideCreate,
  type NewAccount,
  parseNewAccount,
} from '@tenantree/domain';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { readBack } from './read-back.ts';

export type CreateInput = {
  readonly name: string;
  readonly externalId?: string | undefined;
  readonly metadata?: unknown;
};

/** The account, and whether this call made it or an earlier one with the same external id and content did. */
export type Created = { readonly account: AccountRow; readonly created: boolean };

type Parent = { readonly id: AccountId; readonly root: AccountId };

/** Creates a subaccount under a parent; its first owner is invited (decisions.md 3), its creator reaches it from above. @throws Refused */
export async function createSubaccount(
  hall: Hall,
  caller: Caller,
  parent: Parent,
  input: CreateInput,
): Promise<Created> {
  const wish = granted(parseNewAccount(input));
  const earlier = await findEarlier(hall, caller, parent, wish);
  if (earlier) return { account: earlier, created: false };
  try {
    return await hall.change(caller, { root: parent.root, acting: parent.id }, async (scope) => {
      const { above, creation } = await decide(hall, scope.trx, parent, wish);
      if (creation.outcome === 'exists') return { account: await readBack(hall, scope, creation.id), created: false };
      const id = hall.newId<AccountId>();
      const { name, key: nameKey } = wish.name;
      const { externalId, metadata } = wish;
      const account = {
        id,
        parent: above,
        name,
        nameKey,
        externalId,
        metadata,
        creator: caller.user,
        now: scope.now,
      };
      await insertAccount(scope.trx, account, scope.version);
      scope.happened('account.created', id, { account: name }, { id, name });
      scope.shows([...above.path, id]);
      return { account: await readBack(hall, scope, id), created: true };
    });
  } catch (error) {
    if (!isExternalIdTaken(error)) throw error;
    refuseWith('EXTERNAL_ID_CONFLICT', `The external id “${wish.externalId}” is taken in this tree.`, 'externalId');
  }
}

/**
 * Creates a main account; its creator becomes its owner. A repeat by the same person with the same external id and content is answered with
 * the account that is there (product.md 2.1).
 *
 * @throws Refused FORBIDDEN where the deployment keeps that to others, NAME_INVALID, BAD_REQUEST, METADATA_TOO_LARGE, EXTERNAL_ID_CONFLICT
 */
export async function createMainAccount(hall: Hall, caller: Caller, input: CreateInput): Promise<Created> {
  await refuseMaker(hall, caller);
  const wish = granted(parseNewAccount(input));
  const fresh = hall.newId<AccountId>();
  const id = await hall.change(caller, { root: fresh, acting: fresh }, async ({ trx, now, version, ...change }) => {
    const earlier = wish.externalId === null ? null : await findMainAccountMadeBy(trx, caller.user, wish.externalId);
    const ground = { parent: null, siblingOfThatName: null, accountOfThatExternalId: earlier };
    const creation = granted(decideCreate({ ...ground, maxDepth: hall.settings.maxDepth }, wish));
    if (creation.outcome === 'exists') return creation.id;
    const { name, key: nameKey } = wish.name;
    await insertAccount(trx, { ...wish, id: fresh, parent: null, name, nameKey, creator: caller.user, now }, version);
    change.happened('account.created', fresh, { account: name }, { id: fresh, name });
    change.shows([fresh]);
    return fresh;
  });
  const [account] = await hall.db.withTenant(id, (trx) => readAccountRows(trx, [id], nowOf(hall), 'without_minutes'), {
    snapshot: true,
  });
  return { account: account ?? refuseWith('NOT_FOUND', 'There is no such account.'), created: id === fresh };
}

/** Who may make main accounts is the operator's choice (docs/operators.md). @throws Refused FORBIDDEN */
async function refuseMaker(hall: Hall, { user }: Caller): Promise<void> {
  switch (hall.settings.mainAccountsBy) {
    case 'everyone':
      return;
    case 'owners':
      if (await ownsMainAccount(hall.db, user)) return;
      return refuseWith('FORBIDDEN', 'Only owners of a main account can create another one here.');
    case 'nobody':
      return refuseWith('FORBIDDEN', 'Nobody creates main accounts here. Ask whoever runs this Tenantree.');
  }
}

type Ruling = { readonly above: AccountState; readonly creation: Creation };

async function decide(hall: Hall, trx: TenantTransaction, parent: Parent, wish: NewAccount): Promise<Ruling> {
  const named = { nameKey: wish.name.key, externalId: wish.externalId };
  const ground = await readCreationGround(trx, parent.id, named);
  const above = ground.parent ?? refuseWith('NOT_FOUND', 'There is no such account.', 'account');
  return { above, creation: granted(decideCreate({ ...ground, maxDepth: hall.settings.maxDepth }, wish)) };
}

/** A repeated creation is answered without waiting for the tree, so that integrators can repeat whole imports cheaply. */
async function findEarlier(hall: Hall, caller: Caller, parent: Parent, wish: NewAccount): Promise<AccountRow | null> {
  if (wish.externalId === null) return null;
  const known = await findByExternalId(hall.db, wish.externalId, caller.user, parent.id);
  if (known.length === 0) return null;
  return hall.db.withTenant(
    parent.id,
    async (trx) => {
      const { creation } = await decide(hall, trx, parent, wish);
      if (creation.outcome === 'create') return null;
      const [row] = await readAccountRows(trx, [creation.id], nowOf(hall), 'without_minutes');
      return row ?? null;
    },
    { snapshot: true },
  );
}
