import { findMainAccountMadeBy, insertMainAccount, ownsMainAccount, readAccountRows } from '@tenantree/db';
import { type AccountId, decideCreate, parseNewAccount } from '@tenantree/domain';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import type { Created, CreateInput } from './create-accounts.ts';

/**
 * Creates a main account; its creator becomes its owner. A repeat by the same person with the same external id and content is answered with
 * the account that is there (rules/accounts 3).
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
    const { name } = wish.name;
    await insertMainAccount(trx, fresh, wish, { creator: caller.user, now }, version);
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
