import { type InAccount, procedureAt } from '@tenantree/contract';
import { type Application, type ItemEnd, readApplications } from '@tenantree/db';
import { accountNotFound, type Refusal, SECTION_MODES, USUAL_RETRY } from '@tenantree/domain';
import { CLASH_ANSWERS } from '@tenantree/domain/products';
import { z } from 'zod';
import type { Access } from '../guard/admit.ts';
import type { Change } from '../hall/change.ts';
import { granted, Refused, refuseWith } from '../hall/refused.ts';
import { actorOfAsker, admitAsker } from '../jobs/asker.ts';
import {
  CHANGED_SINCE,
  defineJob,
  type ItemOutcome,
  type JobItem,
  type JobPart,
  type Left,
  skippedBecause,
} from '../jobs/define-job.ts';
import { accountId } from '../jobs/payloads.ts';
import { changedSince, undoBy } from '../jobs/undo-by.ts';
import { rowId } from '../products/imports/import-payload.ts';
import { type Target, targetsOf } from '../products/imports/targets.ts';
import { blueprintAt } from './content.ts';
import { planAccount, planAccounts, type SetUpWish } from './plan-account.ts';
import { openValues, sealedValues } from './sealed-values.ts';
import { stampOf } from './stamp.ts';
import { undoAccount } from './undo-account.ts';
import { ChangedMeanwhile, type SetUpResult, writeAccount, writeAccounts, writeIncomplete } from './write-account.ts';

const RUN = procedureAt('blueprints.run').needs as InAccount;
const mode = z.enum(SECTION_MODES);
const version = z.number();

/** How one account is set up. */
const applyPayload = z.object({
  account: accountId,
  blueprint: rowId,
  version,
  how: z.enum(['apply', 'line']),
  caps: mode,
  limits: mode,
  values: sealedValues,
  answers: z.array(z.tuple([rowId, z.enum(CLASH_ANSWERS)])),
  /** Of what was shown: it is done if it would be the same. */
  stamp: z.string(),
});

/** Asks again whether whoever asked may set accounts up, with a price book too. @throws Refused FORBIDDEN */
async function requireAsker({ hall, job, by }: Pick<JobItem<unknown>, 'hall' | 'job' | 'by'>): Promise<Access> {
  return granted(await admitAsker(hall, by, job.account, RUN));
}

/** @throws Refused FORBIDDEN where a blueprint has a price book and they may not give it */
export function requireBilling(
  { name, levels }: Pick<Access, 'name' | 'levels'>,
  { content }: Pick<SetUpWish['blueprint'], 'content'>,
): void {
  if (content.priceBook && levels.billing !== 'full')
    refuseWith('FORBIDDEN', `This blueprint has a price book: it takes Billing: full in “${name}”.`, 'blueprint');
}

/** Accounts as whoever asked may set them up now. @throws Refused */
async function targetsNow(
  { hall, by }: Pick<JobItem<unknown>, 'hall' | 'by'>,
  access: Access,
  accounts: readonly Target['id'][],
): Promise<Target[]> {
  const actor = await actorOfAsker(hall, by, access.id);
  return actor
    ? targetsOf({ hall, actor, access }, accounts)
    : refuseWith('FORBIDDEN', `${by.actor.name} may not do this any more.`);
}

/** The account of an item as whoever asked may set it up now. @throws Refused */
async function targetOf(
  item: Pick<JobItem<unknown>, 'hall' | 'by'>,
  access: Access,
  account: Target['id'],
): Promise<Target> {
  const [target] = await targetsNow(item, access, [account]);
  if (!target) throw new Refused(accountNotFound(account).refusal);
  if (target.refusal) throw new Refused(target.refusal);
  return target;
}

/** Does something in a change; where somebody else did something meanwhile nothing of it is kept. */
async function unlessMeanwhile(work: () => Promise<ItemOutcome>): Promise<ItemOutcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ChangedMeanwhile) return { skipped: CHANGED_SINCE };
    throw error;
  }
}

const undone = z.object({ account: accountId, blueprint: rowId, application: rowId });
const told = undone.omit({ account: true });

const GONE = 'The blueprint is gone: somebody has removed it since this was asked for.';

const isThat = (found: Application | undefined, application: string): found is Application =>
  found?.application === application;

/** Takes what a blueprint did to an account back, if nothing else came since. */
export const undoBlueprintJob = defineJob({
  name: 'blueprints.undo',
  label: 'Undo: Blueprint',
  procedure: 'blueprints.run',
  payload: undone,
  retry: USUAL_RETRY,
  run: async ({ hall, job, by, payload: { account, blueprint, application }, done }): Promise<ItemOutcome> => {
    const access = await requireAsker({ hall, job, by });
    return hall.change(by, { root: job.root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
      await blueprintAt(scope.trx, blueprint, null, GONE);
      const [found] = await readApplications(scope.trx, [account], blueprint);
      if (!isThat(found, application)) return { skipped: CHANGED_SINCE };
      const at = await blueprintAt(scope.trx, blueprint, found.version);
      requireBilling(access, at);
      const result = await undoAccount({ hall, scope, by, acting: job.account }, found, at.name);
      await done(scope.trx, result);
      return 'done';
    });
  },
});

const undo = undoBy({
  job: undoBlueprintJob,
  payloadOf: (account, result) => {
    const read = told.safeParse(result);
    return read.success ? { account, ...read.data } : null;
  },
  foresee: async (_hall, trx, payloads) => {
    const left: Left[] = [];
    for (const { account, blueprint, application } of payloads) {
      const [found] = await readApplications(trx, [account], blueprint);
      left.push(isThat(found, application) ? { left: null } : changedSince());
    }
    return left;
  },
});

/** Accounts that are set up in one transaction, at the most: others wait for it at their tree. */
const SET_UP_AT_ONCE = 25;

/** Sets accounts up with a blueprint, or brings them in line with it: each at once, or not at all. */
export const applyBlueprintJob = defineJob({
  name: 'blueprints.apply',
  label: 'Apply blueprint',
  procedure: 'blueprints.run',
  payload: applyPayload,
  retry: USUAL_RETRY,
  undo,
  together: { most: SET_UP_AT_ONCE, run: (part) => applyAll(part) },
});

async function applyAll(part: JobPart<z.infer<typeof applyPayload>>): Promise<readonly ItemEnd[]> {
  const { hall, job, by, payloads } = part;
  const access = await requireAsker(part);
  const targets = await targetsNow(
    part,
    access,
    payloads.map(({ account }) => account),
  );
  try {
    return await hall.change(by, { root: job.root, acting: job.account }, (scope) =>
      applyIn(part, scope, access, targets),
    );
  } catch (error) {
    // Of several it is done by halves who is meant.
    if (error instanceof ChangedMeanwhile && payloads.length === 1) return [skippedBecause({ skipped: CHANGED_SINCE })];
    throw error;
  }
}

/** Sets accounts up in a change. All of a job are set up in the same way (runPlan). */
async function applyIn(
  { hall, job, by, payloads, ended }: JobPart<z.infer<typeof applyPayload>>,
  scope: Change,
  access: Access,
  targets: readonly Target[],
): Promise<readonly ItemEnd[]> {
  const { how, caps, limits, ...order } = payloads[0]!;
  const blueprint = await blueprintAt(scope.trx, order.blueprint, order.version, GONE);
  requireBilling(access, blueprint);
  if (payloads.length > 1 && keepsSomething(blueprint))
    throw new Error('Who keeps something for accounts holds rows of those above them: one account at a time.');
  const values = openValues(hall, job.account, order.values);
  const wish: SetUpWish = { blueprint, how, caps, limits, values, answers: new Map(order.answers) };
  const plans = await planAccounts(hall, scope.trx, access, targets, wish);
  const same = plans.flatMap((plan, n) =>
    'account' in plan && stampOf(plan.shown) === payloads[n]?.stamp ? [plan] : [],
  );
  const results = await writeAccounts({ hall, scope, by, acting: job.account }, same, wish, 'now');
  const ends = plans.map((plan): ItemEnd => {
    const { refusal } = plan.shown;
    if (refusal) return { state: 'failed', error: refusal };
    const at = same.findIndex((one) => one === plan);
    return at < 0 ? skippedBecause({ skipped: CHANGED_SINCE }) : { state: 'done', result: results[at] };
  });
  if (same.length > 0) await ended(scope.trx, ends);
  return ends;
}

const keepsSomething = ({ content: { limits } }: Pick<SetUpWish['blueprint'], 'content'>): boolean =>
  Object.values(limits ?? {}).some(({ reserve }) => reserve !== undefined);

/** What is gone on with. */
const finishPayload = z.object({ account: accountId, blueprint: rowId, version, values: sealedValues });
type FinishItem = JobItem<z.infer<typeof finishPayload>>;

async function finish(
  { hall, job, by, payload, done }: FinishItem,
  access: Access,
  target: Target,
): Promise<ItemOutcome> {
  const values = openValues(hall, job.account, payload.values);
  return hall.change(by, { root: job.root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
    const blueprint = await blueprintAt(scope.trx, payload.blueprint, payload.version, GONE);
    const [found] = await readApplications(scope.trx, [payload.account], payload.blueprint);
    if (!found || found.version !== payload.version || found.state === 'set_up') return { skipped: CHANGED_SINCE };
    const wish: SetUpWish = {
      blueprint,
      how: 'apply',
      caps: 'replace',
      limits: 'replace',
      values,
      answers: new Map(),
      goesOn: true,
    };
    const plan = await planAccount(hall, scope.trx, access, target, wish);
    if (plan.shown.refusal) throw new Refused(plan.shown.refusal);
    if (!('account' in plan)) return { skipped: CHANGED_SINCE };
    const result: SetUpResult = await writeAccount({ hall, scope, by, acting: job.account }, plan, wish, 'now');
    await done(scope.trx, result);
    return 'done';
  });
}

/** Goes on with setting an account up: with what was too much at once, or was refused then. What is there is not made again. */
export const finishSetUpJob = defineJob({
  name: 'blueprints.finish',
  label: 'Set account up',
  procedure: 'blueprints.run',
  payload: finishPayload,
  retry: USUAL_RETRY,
  run: async (item): Promise<ItemOutcome> => {
    const { hall, job, by, payload } = item;
    try {
      const access = await requireAsker(item);
      const target = await targetOf(item, access, payload.account);
      return await unlessMeanwhile(() => finish(item, access, target));
    } catch (error) {
      if (error instanceof Refused) await markIncomplete({ hall, job, by }, payload, error.refusal);
      throw error;
    }
  },
});

/** Notes why an account is incomplete. */
const markIncomplete = (
  { hall, job, by }: Pick<JobItem<unknown>, 'hall' | 'job' | 'by'>,
  { account, blueprint }: z.infer<typeof finishPayload>,
  fault: Refusal,
): Promise<void> =>
  hall.change(by, { root: job.root, acting: job.account }, async (scope) => {
    const [found] = await readApplications(scope.trx, [account], blueprint);
    if (!found || found.state === 'set_up') return;
    const at = await scope.account(account);
    const its = await blueprintAt(scope.trx, blueprint, found.version);
    await writeIncomplete(scope, found, fault);
    scope.happened(
      'blueprint.incomplete',
      account,
      { account: at.name, blueprint: its.name },
      { id: account, name: at.name },
    );
  });
