import { type AccountId, type Refusal } from '@tenantree/domain';
import { decideValues } from '@tenantree/domain/products';
import type { Change } from '../hall/change.ts';
import type { Maker, NewSetUp, SetUp } from '../hall/hall.ts';
import { granted, Refused, refuseWith } from '../hall/refused.ts';
import { blueprintAt } from './content.ts';
import { requireBilling } from './jobs.ts';
import { planAccount, type SetUpWish } from './plan-account.ts';
import { orderFinish } from './plan-and-run.ts';
import { ProductsRefused, type ProductsWhen, writeAccount } from './write-account.ts';

/** So many products are set up in the transaction that makes the account; more by a job afterwards. */
const AT_ONCE = 50;

/**
 * Makes an account with all that a blueprint sets up, in one transaction (rules/blueprints 6). Where products are refused it is made anew without
 * them, and is incomplete: the rest of it stands.
 *
 * @throws Refused, and there is no account
 */
export const setUpInCreation: SetUp = async (maker, asked, make) => {
  const { hall, access } = maker;
  const blueprint = await hall.db.withTenant(access.id, (trx) => blueprintAt(trx, asked.id, asked.version), {
    snapshot: true,
  });
  if (access.features !== null)
    refuseWith('FEATURE_NOT_ALLOWED', 'An embedded screen sets no account up with a blueprint.', 'blueprint');
  granted(decideValues(blueprint.content.variables, asked.variables));
  const isMuch = (blueprint.content.products?.length ?? 0) > AT_ONCE;
  try {
    return await make((change, account) => setUpNew(maker, change, account, asked, isMuch ? 'later' : 'now'));
  } catch (error) {
    if (!(error instanceof ProductsRefused)) throw error;
    const fault: Refusal = error.refusal;
    return make((change, account) => setUpNew(maker, change, account, asked, { fault }));
  }
};

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
  const there = { id, name: account.name, chain: access.chain };
  const target = { id, name: account.name, access: there, refusal: null };
  const plan = await planAccount(hall, scope.trx, access, target, wish);
  if (plan.shown.refusal) throw new Refused(plan.shown.refusal);
  if (!('account' in plan)) throw new Error('what is not refused is planned');
  await writeAccount({ hall, scope, by: caller, acting: access.id }, plan, wish, products);
  if (products !== 'later') return;
  const { id: its, version } = blueprint;
  await orderFinish(maker, scope, { account: id, blueprint: its, version, values: asked.variables });
}
