import { inSavepoint, readChain, readOfferedBlueprints } from '@tenantree/db';
import {
  type AccountId,
  accept,
  type Decision,
  type ErrorCode,
  nameKey,
  quoted,
  type Refusal,
  refuse,
} from '@tenantree/domain';
import { decideValues } from '@tenantree/domain/products';
import { type Change, orRefused } from '../hall/change.ts';
import type { Maker, NewSetUp, SetUp, SetUpRows } from '../hall/hall.ts';
import { granted, Refused, RefusedFor, refuseWith } from '../hall/refused.ts';
import { blueprintAt, contentOf } from './content.ts';
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
      const refusals = await setUpMade(maker, change, accounts, asked, isLater ? 'later' : when);
      if (refusals.size > 0) throw new RefusedFor(refusals);
    });
  try {
    return await attempt('now');
  } catch (error) {
    if (!(error instanceof ProductsRefused)) throw error;
    return attempt({ fault: error.refusal });
  }
};

/** Sets up accounts that a change has made. @returns why some of them can't be @throws Refused, ProductsRefused */
async function setUpMade(
  maker: Maker,
  change: Change,
  accounts: readonly AccountId[],
  asked: NewSetUp,
  products: ProductsWhen,
): Promise<ReadonlyMap<AccountId, Refusal>> {
  const wish = await wishOf(maker, change, asked, products === 'later');
  const refusals = new Map<AccountId, Refusal>();
  for (const account of accounts) {
    const refusal = await refusalOf(maker, change, () => setUpNew(maker, change, account, wish, products));
    if (refusal) refusals.set(account, refusal);
  }
  const { id: blueprint, version, variables: values } = asked;
  if (refusals.size === 0 && products === 'later')
    await orderFinish(maker, change, { accounts, blueprint, version, values });
  return refusals;
}

/** Accounts that a file makes (rules/blueprints 6). */
export const setUpRows: SetUpRows = {
  read: async (trx, access) => {
    const offered = (await readOfferedBlueprints(trx)).map((one) => ({ ...one, content: contentOf(one) }));
    return (named) => {
      const key = nameKey(named);
      const found = offered.filter(({ id, name }) => id === named || nameKey(name) === key);
      const [one, ...others] = found;
      const no = (code: ErrorCode, message: string): Decision<never> => refuse(code, message, 'blueprint');
      if (!one) return no('NOT_FOUND', `No blueprint ${quoted(named)} is offered here.`);
      if (others.length > 0)
        return no('BAD_REQUEST', `Several blueprints here are called ${quoted(named)}: name it by its id.`);
      if (access.features !== null)
        return no('FEATURE_NOT_ALLOWED', 'An embedded screen sets no account up with a blueprint.');
      if (one.content.priceBook && access.levels.billing !== 'full')
        return no('FORBIDDEN', `“${one.name}” has a price book: it takes Billing in full.`);
      const values = decideValues(one.content.variables, {});
      if (!values.ok)
        return no('VARIABLE_INVALID', `“${one.name}” asks for values, which a file has not: ${values.refusal.message}`);
      return accept({ id: one.id, version: one.version, variables: {} });
    };
  },
  made: async (maker, change, accounts, asked) => {
    const { content } = await blueprintAt(change.trx, asked.id, asked.version);
    return setUpMade(maker, change, accounts, asked, content.products?.length ? 'later' : 'now');
  },
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
async function wishOf({ access }: Maker, scope: Change, asked: NewSetUp, productsLater: boolean): Promise<SetUpWish> {
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
