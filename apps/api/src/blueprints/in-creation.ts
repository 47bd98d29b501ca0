import { readChain } from '@tenantree/db';
import type { AccountId } from '@tenantree/domain';
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
 * @throws Refused, RefusedFor one of them, and there is none
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
      for (const account of accounts)
        await forOne(maker, account, () => setUpNew(maker, change, account, asked, isLater ? 'later' : when));
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

/** Does what is refused for one account alone. @throws RefusedFor, ProductsRefused */
async function forOne({ caller }: Pick<Maker, 'caller'>, account: AccountId, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const known = orRefused(error, caller);
    if (!(known instanceof Refused) || known instanceof ProductsRefused) throw error;
    throw new RefusedFor(account, known.refusal);
  }
}

async function setUpNew(
  maker: Maker,
  scope: Change,
  id: AccountId,
  asked: NewSetUp,
  products: ProductsWhen,
): Promise<void> {
  const { hall, caller, access } = maker;
  const blueprint = await blueprintAt(scope.trx, asked.id, asked.version);
  const { name } = await scope.account(access.id);
  requireBilling({ ...access, name }, blueprint);
  const wish: SetUpWish = {
    blueprint,
    how: 'apply',
    caps: 'replace',
    limits: 'replace',
    values: asked.variables,
    answers: new Map(),
    isNew: true,
  };
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
