import type { BlueprintPlan, BlueprintTarget, BlueprintWish } from '@tenantree/contract';
import { insertShownPlan, readApplications, readShownPlan, type TenantTransaction, takeShownPlan } from '@tenantree/db';
import {
  type AccountId,
  accountNotFound,
  counted,
  DAY_MS,
  instantOf,
  type RowId,
  type SectionMode,
} from '@tenantree/domain';
import { type ClashAnswer, decideValues } from '@tenantree/domain/products';
import type { Actor } from '../context/actor.ts';
import type { Access } from '../guard/admit.ts';
import type { Change } from '../hall/change.ts';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { partsOf } from '../hall/parts-of.ts';
import { granted, Refused, refuseWith } from '../hall/refused.ts';
import { accountsBelow, enqueue } from '../jobs/enqueue.ts';
import { type Target, targetsOf } from '../products/imports/targets.ts';
import { type Blueprint, blueprintAt } from './content.ts';
import { applyBlueprintJob, finishSetUpJob, requireBilling, undoBlueprintJob } from './jobs.ts';
import { isUnanswered, planAccounts, type SetUpWish } from './plan-account.ts';
import { openValues, type SealedValues, sealValues } from './sealed-values.ts';
import { stampOf } from './stamp.ts';

/** A plan that nobody ran in a day is there no more. */
const PLAN_MS = DAY_MS;
/** Differences that a refusal tells. */
const MOST_TOLD = 50;

type Call = { readonly hall: Hall; readonly actor: Actor; readonly caller: Caller; readonly access: Access };
type Asked = Omit<BlueprintWish, 'account'>;

/** What was asked for, as a plan keeps it: values encrypted. */
type KeptWish = {
  readonly blueprint: RowId;
  readonly version: number;
  readonly targets: readonly AccountId[];
  readonly how: 'apply' | 'line';
  readonly caps: SectionMode;
  readonly limits: SectionMode;
  readonly values: SealedValues;
  readonly answers: readonly (readonly [RowId, ClashAnswer])[];
};
/** What was shown: of each account, short. */
type KeptShown = readonly { readonly account: AccountId; readonly name: string; readonly stamp: string }[];

const byOf = ({ actor, user, key, requestId }: Caller) => ({ actor, user, key, requestId });

/** Plans setting accounts up, and keeps what it shows until it is run. @throws Refused NOT_FOUND, BAD_REQUEST, VARIABLE_INVALID */
export async function makePlan(call: Call, asked: Asked): Promise<BlueprintPlan> {
  const { hall, access } = call;
  const wish = await hall.db.withTenant(access.id, (trx) => wishOf(hall, trx, access, asked), { snapshot: true });
  const targets = await targetsOf(call, wish.targets);
  const shown = await hall.db.withTenant(access.id, (trx) => planAll(call, trx, wish, targets), { snapshot: true });
  const id = hall.newId();
  const forget = instantOf(hall.clock.nowMs() - PLAN_MS);
  const kept: KeptShown = shown.map((one) => ({
    account: one.account.id,
    name: one.account.name,
    stamp: stampOf(one),
  }));
  await hall.db.withTenant(access.id, (trx) =>
    insertShownPlan(trx, 'blueprint_plans', access.id, { id, asked: wish, shown: kept, now: nowOf(hall), forget }),
  );
  return { plan: id, ready: isReady(shown), version: wish.version, targets: shown };
}

const isReady = (targets: readonly BlueprintTarget[]): boolean =>
  targets.some(({ refusal }) => refusal === null) && !targets.some(isUnanswered);

async function wishOf(hall: Hall, trx: TenantTransaction, access: Access, asked: Asked): Promise<KeptWish> {
  const { blueprint: id, how, caps, limits, variables, answers } = asked;
  const blueprint = await blueprintAt(trx, id, how === 'line' ? null : (asked.version ?? null));
  requireBilling(access, blueprint);
  // Of those to be brought in line each has its own: they are looked at one by one.
  if (how === 'apply') granted(decideValues(blueprint.content.variables, variables));
  return {
    blueprint: id,
    version: blueprint.version,
    targets: await accountsBelow(trx, access.id, asked.targets),
    how,
    caps,
    limits,
    values: sealValues(hall, access.id, variables),
    answers: answers.map(({ product, as }) => [product, as]),
  };
}

/** Accounts that are planned at once: what is read of them, and of what they would have, is in memory then. */
const PLANNED_AT_ONCE = 50;

/** What is planned of each account. */
async function planAll(
  { hall, access }: Call,
  trx: TenantTransaction,
  { blueprint: id, version, values, answers, ...how }: KeptWish,
  targets: readonly Target[],
): Promise<BlueprintTarget[]> {
  const blueprint = await blueprintAt(trx, id, version);
  requireBilling(access, blueprint);
  const given = openValues(hall, access.id, values);
  const wish: SetUpWish = { ...how, blueprint, values: given, answers: new Map(answers) };
  const shown: BlueprintTarget[] = [];
  for (const part of partsOf(targets, PLANNED_AT_ONCE))
    shown.push(...(await planAccounts(hall, trx, access, part, wish)).map((one) => one.shown));
  return shown;
}

const noSuchPlan = (): never =>
  refuseWith('NOT_FOUND', 'There is no such plan: it was run already, or is older than a day.', 'plan');

/**
 * Runs a plan: orders what it showed, if that is so still.
 *
 * @throws Refused NOT_FOUND when it was run before, PLAN_STALE with the accounts that are otherwise by now, BAD_REQUEST when a clash is unanswered
 */
export async function runPlan(call: Call, id: RowId): Promise<RowId> {
  const { hall, caller, access } = call;
  const read = (trx: TenantTransaction) => readShownPlan(trx, 'blueprint_plans', access.id, id);
  const found = await hall.db.withTenant(access.id, read, { snapshot: true });
  if (!found) return noSuchPlan();
  // As makePlan kept it.
  const wish = found.asked as KeptWish;
  const targets = await targetsOf(call, wish.targets);
  return hall.change(caller, { root: access.root, acting: access.id }, async (change) => {
    const taken = await takeShownPlan(change.trx, 'blueprint_plans', access.id, id);
    if (!taken || taken.createdAt.getTime() < hall.clock.nowMs() - PLAN_MS) return noSuchPlan();
    const shown = await planAll(call, change.trx, wish, targets);
    requireSame(taken.shown as KeptShown, shown);
    if (!isReady(shown))
      refuseWith(
        'BAD_REQUEST',
        'Nothing can be done: answer every clash, and choose accounts that can be set up.',
        'plan',
      );
    const { targets: _, ...order } = wish;
    const items = shown.flatMap((one) => {
      const { account, refusal } = one;
      if (refusal !== null) return [];
      const answers = order.answers.map(([product, as]): [RowId, ClashAnswer] => [product, as]);
      return [{ payload: { ...order, answers, account: account.id, stamp: stampOf(one) }, target: account.id }];
    });
    const subject = named(await blueprintAt(change.trx, wish.blueprint, wish.version));
    const job = await enqueue(hall, change, applyBlueprintJob, {
      by: byOf(caller),
      account: access.id,
      items,
      subject,
    });
    return job ?? noSuchPlan();
  });
}

/** What a job that sets up by a version of a blueprint is about. */
const named = ({ name, version }: Blueprint): string => `${name} v${version}`;

/** @throws Refused PLAN_STALE naming the accounts that are not as they were shown */
function requireSame(was: KeptShown, is: readonly BlueprintTarget[]): void {
  const faults = is.flatMap((one, n) =>
    was[n]?.stamp === stampOf(one)
      ? []
      : [{ at: `/${one.account.id}`, message: `“${one.account.name}” is not as it was shown.` }],
  );
  const [first] = faults;
  if (!first) return;
  const message = `${first.message} Plan it again.`;
  throw new Refused({ code: 'PLAN_STALE', message, field: 'plan', faults: faults.slice(0, MOST_TOLD) });
}

/** Asks for what a blueprint did last to accounts to be taken back. @throws Refused NOT_FOUND, NOT_UNDOABLE */
export function undoApplications(
  { hall, caller, access }: Call,
  { blueprint: id, targets: asked }: { readonly blueprint: RowId; readonly targets: readonly string[] },
): Promise<RowId> {
  return hall.change(caller, { root: access.root, acting: access.id }, async (change) => {
    const blueprint = await blueprintAt(change.trx, id, null);
    requireBilling(access, blueprint);
    const accounts = await accountsBelow(change.trx, access.id, asked);
    const found = await readApplications(change.trx, accounts, id);
    const items = found.map(({ account, application }) => ({
      payload: { account, blueprint: id, application },
      target: account,
    }));
    const order = { by: byOf(caller), account: access.id, items, subject: blueprint.name };
    const job = await enqueue(hall, change, undoBlueprintJob, order);
    return (
      job ?? refuseWith('NOT_UNDOABLE', `None of ${counted(accounts.length, 'account')} was set up by it.`, 'targets')
    );
  });
}

/** Asks for an account to be set up on. @throws Refused NOT_FOUND, ALREADY_IN_STATE, VARIABLE_INVALID */
export function retrySetUp(
  call: Call,
  { blueprint: id, target, variables }: Pick<Asked, 'blueprint' | 'variables'> & { readonly target: string },
): Promise<RowId> {
  const { hall, caller, access } = call;
  return hall.change(caller, { root: access.root, acting: access.id }, async (change) => {
    await blueprintAt(change.trx, id, null);
    const [account] = await accountsBelow(change.trx, access.id, [target]);
    if (account === undefined) throw new Refused(accountNotFound(target).refusal);
    const [found] = await readApplications(change.trx, [account], id);
    if (!found) return refuseWith('NOT_FOUND', 'The account was not set up by this blueprint.', 'target');
    if (found.state === 'set_up') return refuseWith('ALREADY_IN_STATE', 'All of the account is set up.', 'target');
    const blueprint = await blueprintAt(change.trx, id, found.version);
    granted(decideValues(blueprint.content.variables, { ...found.variables, ...variables }, 'known'));
    const order = { accounts: [account], blueprint, values: variables };
    const job = await orderFinish(call, change, order);
    return job ?? refuseWith('ALREADY_IN_STATE', 'It is being set up already.', 'target');
  });
}

/** Asks for the rest of accounts to be set up, inside a change. Null: of the one that is named that is asked for already. */
export const orderFinish = (
  { hall, caller, access }: { readonly hall: Hall; readonly caller: Caller; readonly access: Pick<Access, 'id'> },
  change: Change,
  {
    accounts,
    values,
    blueprint,
  }: {
    readonly accounts: readonly AccountId[];
    readonly blueprint: Blueprint;
    readonly values: Readonly<Record<string, string>>;
  },
): Promise<RowId | null> =>
  enqueue(hall, change, finishSetUpJob, {
    by: byOf(caller),
    account: access.id,
    items: accounts.map((account) => ({
      payload: {
        blueprint: blueprint.id,
        version: blueprint.version,
        account,
        values: sealValues(hall, access.id, values),
      },
      target: account,
    })),
    subject: named(blueprint),
    ...(accounts.length === 1 && { key: `${blueprint.id} ${accounts[0]}` }),
  });
