import { inSavepoint, readChain } from '@tenantree/db';
import type { AccountId, Refusal } from '@tenantree/domain';
import { decideValues } from '@tenantree/domain/products';
import { type Change, orRefused } from '../hall/change.ts';
import type { Maker, NewSetUp, SetUp } from '../hall/hall.ts';
import { granted, Refused, RefusedFor, refuseWith } from '../hall/refused.ts';
import { blueprintAt } from './content.ts';
import { requireBilling } from './jobs.ts';
import { planAccount, type SetUpWish } from './plan-account.ts';
import { orderFinish } from './plan-and-run.ts';
import { ProductsRefused, type ProductsWhen, writeAccount } from './write-account.ts';

/** So many products are set up in the transaction that makes the account; more by a job afterwards. */
const AT_ONCE = 50;

/**
 * Makes accounts with all that a blueprint sets up, in one transaction (rules/blueprints 6): of several their products come by a job. Where
 * products are refused an account is made anew without them, and is incomplete: the rest of it stands.
 *
 * @throws Refused, RefusedFor those of them that can't be, and there is none
 */
export const setUpInCreation: SetUp = async (maker, asked, make) => {
  const { hall, access } = maker;
  const blueprint = await hall.db.withTenant(access.id, (trx) => blueprintAt(trx, asked.id, asked.version), {
    snapshot: true,
  });
  if (access.features !== null)
    refuseWith('FEATURE_NOT_ALLOWED', 'An embedded screen sets no account up with a blueprint.', 'blueprint');
  granted(decideValues(blueprint.content.variables, asked.variables));
  const products = blueprint.content.products?.length ?? 0;
  const attempt = (when: ProductsWhen) =>
    make(async (change, accounts) => {
      const isLater = products > AT_ONCE || (products > 0 && accounts.length > 1);
      const wish = await wishOf(maker, change, asked, isLater);
      const refusals = new Map<AccountId, Refusal>();
      for (const account of accounts) {
        const refusal = await refusalOf(maker, change, () =>
          setUpNew(maker, change, account, wish, isLater ? 'later' : when),
        );
        if (refusal) refusals.set(account, refusal);
      }
      if (refusals.size > 0) throw new RefusedFor(refusals);
      if (isLater)
        await orderFinish(maker, change, {
          accounts,
          blueprint: asked.id,
          version: asked.version,
          values: asked.variables,
        });
    });
  try {
    return await attempt('now');
  } catch (error) {
    if (!(error instanceof ProductsRefused)) throw error;
    return attempt({ fault: error.refusal });
  }
};

/** Why something can't be done for one account: then it wrote nothing; null: it is done. @throws ProductsRefused */
async function refusalOf(
  { caller }: Pick<Maker, 'caller'>,
  { trx }: Change,
  act: () => Promise<void>,
): Promise<Refusal | null> {
  try {
    await inSavepoint(trx, act);
    return null;
  } catch (error) {
    const known = orRefused(error, caller);
    if (!(known instanceof Refused) || known instanceof ProductsRefused) throw error;
    return known.refusal;
  }
}

/** What is set up, as the blueprint is now. @throws Refused NOT_FOUND, FORBIDDEN */
async function wishOf(
  { access }: Maker,
  scope: Change,
  asked: NewSetUp,
  productsLater: boolean,
): Promise<SetUpWish> {
  const blueprint = await blueprintAt(scope.trx, asked.id, asked.version);
  const { name } = await scope.account(access.id);
  requireBilling({ ...access, name }, blueprint);
  return {
    blueprint,
    how: 'apply',
    caps: 'replace',
    limits: 'replace',
    values: asked.variables,
    answers: new Map(),
    isNew: true,
    productsLater,
  };
}

async function setUpNew(
  { hall, caller, access }: Maker,
  scope: Change,
  id: AccountId,
  wish: SetUpWish,
  products: ProductsWhen,
): Promise<void> {
  const account = await scope.account(id);
  // Of what is planned nobody is shown anything: whom limits above it leave room for is asked when it is written.
  const isBelow = account.parentId === access.id;
  const chain = isBelow ? access.chain : await readChain(scope.trx, account.parentId ?? access.id);
  const there = { id, name: account.name, chain };
  const target = { id, name: account.name, access: there, refusal: null };
  const plan = await planAccount(hall, scope.trx, access, target, wish);
  if (plan.shown.refusal) throw new Refused(plan.shown.refusal);
  if (!('account' in plan)) throw new Error('what is not refused is planned');
  await writeAccount({ hall, scope, by: caller, acting: access.id }, plan, wish, products);
}
