import { readAccountStates, readChains, readOfferedBlueprints } from '@tenantree/db';
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
import type { Change } from '../hall/change.ts';
import type { Maker, NewSetUp, SetUp, SetUpRows } from '../hall/hall.ts';
import { granted, RefusedFor, refuseWith } from '../hall/refused.ts';
import type { Target } from '../products/imports/targets.ts';
import { blueprintAt, contentOf } from './content.ts';
import { requireBilling } from './jobs.ts';
import { type PlannedAccount, planAccounts, type SetUpWish } from './plan-account.ts';
import { orderFinish } from './plan-and-run.ts';
import { ProductsRefused, type ProductsWhen, refusalIn, writeAccount, writeNewAccounts } from './write-account.ts';

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
  const refusals = await writeAll(maker, change, accounts, wish, products);
  if (refusals.size === 0 && products === 'later')
    await orderFinish(maker, change, { accounts, blueprint: wish.blueprint, values: asked.variables });
  return refusals;
}

async function writeAll(
  { hall, caller, access }: Maker,
  scope: Change,
  accounts: readonly AccountId[],
  wish: SetUpWish,
  products: ProductsWhen,
): Promise<ReadonlyMap<AccountId, Refusal>> {
  const plans: PlannedAccount[] = [];
  const refusals = new Map<AccountId, Refusal>();
  const targets = await targetsOf(access, scope, accounts);
  for (const plan of await planAccounts(hall, scope.trx, access, targets, wish)) {
    const { account, refusal } = plan.shown;
    if (refusal) refusals.set(account.id, refusal);
    else if ('account' in plan) plans.push(plan);
  }
  if (refusals.size > 0) return refusals;
  const writing = { hall, scope, by: caller, acting: access.id };
  const [first, ...others] = plans;
  if (first && (others.length === 0 || typeof products !== 'string')) {
    for (const plan of plans) {
      const refusal = await refusalIn(scope, caller, async () => {
        await writeAccount(writing, plan, wish, products);
      });
      if (refusal) refusals.set(plan.account.id, refusal);
    }
    return refusals;
  }
  return writeNewAccounts(writing, plans, wish, products === 'later' ? 'later' : 'now');
}

/** Accounts as they are made: of what is planned nobody is shown anything, and whom limits above leave room for is asked when it is written. */
async function targetsOf(access: Maker['access'], scope: Change, accounts: readonly AccountId[]): Promise<Target[]> {
  const states = new Map((await readAccountStates(scope.trx, accounts)).map((state) => [state.id, state]));
  const others = [...states.values()].flatMap(({ parentId }) =>
    parentId === null || parentId === access.id ? [] : parentId,
  );
  const chains = await readChains(scope.trx, [...new Set(others)]);
  return accounts.flatMap((id) => {
    const state = states.get(id);
    if (!state) return [];
    const chain = chains.get(state.parentId ?? access.id) ?? access.chain;
    return [{ id, name: state.name, access: { id, name: state.name, chain }, refusal: null }];
  });
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
