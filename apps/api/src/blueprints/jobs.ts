import { type InAccount, procedureAt } from '@tenantree/contract';
import { type Application, type ItemEnd, readApplications } from '@tenantree/db';
import { type Refusal, SECTION_MODES, USUAL_RETRY } from '@tenantree/domain';
import { CLASH_ANSWERS } from '@tenantree/domain/products';
import { z } from 'zod';
import type { Access } from '../guard/admit.ts';
import type { Change } from '../hall/change.ts';
import { granted, Refused, refuseWith } from '../hall/refused.ts';
import { actorOfAsker, admitAsker } from '../jobs/asker.ts';
import { CHANGED_SINCE, defineJob, type JobItem, type JobPart, type Left, skippedBecause } from '../jobs/define-job.ts';
import { accountId } from '../jobs/payloads.ts';
import { changedSince, undoBy } from '../jobs/undo-by.ts';
import { rowId } from '../products/imports/import-payload.ts';
import { type Target, targetsOf } from '../products/imports/targets.ts';
import { blueprintAt } from './content.ts';
import { planAccounts, type SetUpWish } from './plan-account.ts';
import { openValues, sealedValues } from './sealed-values.ts';
import { stampOf } from './stamp.ts';
import { type Undoing, undoAccounts } from './undo-account.ts';
import { ChangedMeanwhile, type Writing, writeAccounts, writeIncomplete } from './write-account.ts';

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

const undone = z.object({ account: accountId, blueprint: rowId, application: rowId });
const told = undone.omit({ account: true });

const GONE = 'The blueprint is gone: somebody has removed it since this was asked for.';

const isThat = (found: Application | undefined, application: string): found is Application =>
  found?.application === application;

/** Accounts that are set up, or taken back from, in one transaction, at the most: others wait for it at their tree. */
const SET_UP_AT_ONCE = 25;

/** Takes what a blueprint did to accounts back, where nothing else came since. */
export const undoBlueprintJob = defineJob({
  name: 'blueprints.undo',
  label: 'Undo: Blueprint',
  procedure: 'blueprints.run',
  payload: undone,
  retry: USUAL_RETRY,
  together: {
    most: SET_UP_AT_ONCE,
    run: async (part) => {
      const access = await requireAsker(part);
      const { hall, job, by, ended } = part;
      return hall.change(by, { root: job.root, acting: job.account }, async (scope) => {
        const ends = await undoIn(part, scope, access);
        if (ends.some(({ state }) => state === 'done')) await ended(scope.trx, ends);
        return ends;
      });
    },
  },
});

/** Takes back in a change what one blueprint did to accounts. */
async function undoIn(
  { hall, job, by, payloads }: JobPart<z.infer<typeof undone>>,
  scope: Change,
  access: Access,
): Promise<readonly ItemEnd[]> {
  const { blueprint } = payloads[0]!;
  await blueprintAt(scope.trx, blueprint, null, GONE);
  const accounts = payloads.map(({ account }) => account);
  const found = new Map((await readApplications(scope.trx, accounts, blueprint)).map((one) => [one.account, one]));
  const versions = new Map<number, Awaited<ReturnType<typeof blueprintAt>>>();
  const undoings = new Map<number, Undoing>();
  for (const [n, { account, application: wanted }] of payloads.entries()) {
    const application = found.get(account);
    if (!isThat(application, wanted)) continue;
    const { version } = application;
    const at = versions.get(version) ?? (await blueprintAt(scope.trx, blueprint, version));
    versions.set(version, at);
    requireBilling(access, at);
    requireAlone(payloads, at);
    undoings.set(n, { application, name: at.name });
  }
  const results = await undoAccounts({ hall, scope, by, acting: job.account }, [...undoings.values()]);
  const done = new Map([...undoings.keys()].map((n, at) => [n, results[at]]));
  return payloads.map((_, n) => {
    const result = done.get(n);
    return result ? { state: 'done', result } : skippedBecause({ skipped: CHANGED_SINCE });
  });
}

const undo = undoBy({
  job: undoBlueprintJob,
  payloadOf: (account, result) => {
    const read = told.safeParse(result);
    return read.success ? { account, ...read.data } : null;
  },
  foresee: async (_hall, trx, payloads) => {
    const accounts = payloads.map(({ account }) => account);
    const found = new Set((await readApplications(trx, accounts, null)).map(({ application }) => application));
    return payloads.map(({ application }): Left => (found.has(application) ? { left: null } : changedSince()));
  },
});

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
  requireAlone(payloads, blueprint);
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

/** @throws where several accounts are meant and a blueprint keeps something for each: whoever does so holds rows of those above */
function requireAlone(
  payloads: readonly unknown[],
  { content: { limits } }: Pick<SetUpWish['blueprint'], 'content'>,
): void {
  if (payloads.length > 1 && Object.values(limits ?? {}).some(({ reserve }) => reserve !== undefined))
    throw new Error('Who keeps something for accounts holds rows of those above them: one account at a time.');
}

/** What is gone on with. */
const finishPayload = z.object({ account: accountId, blueprint: rowId, version, values: sealedValues });
type FinishPart = JobPart<z.infer<typeof finishPayload>>;

/** Goes on with setting accounts up: with what was too much at once, or was refused then. What is there is not made again. */
export const finishSetUpJob = defineJob({
  name: 'blueprints.finish',
  label: 'Set account up',
  procedure: 'blueprints.run',
  payload: finishPayload,
  retry: USUAL_RETRY,
  together: {
    most: SET_UP_AT_ONCE,
    run: async (part) => {
      const { hall, job, by, payloads } = part;
      try {
        return await finishAll(part);
      } catch (error) {
        const [payload, ...more] = payloads;
        // Of several it is done by halves who is meant.
        if (!payload || more.length > 0) throw error;
        if (error instanceof ChangedMeanwhile) return [skippedBecause({ skipped: CHANGED_SINCE })];
        if (error instanceof Refused) await markIncomplete({ hall, job, by }, payload, error.refusal);
        throw error;
      }
    },
  },
});

async function finishAll(part: FinishPart): Promise<readonly ItemEnd[]> {
  const { hall, job, by, payloads, ended } = part;
  const access = await requireAsker(part);
  const targets = await targetsNow(
    part,
    access,
    payloads.map(({ account }) => account),
  );
  return hall.change(by, { root: job.root, acting: job.account }, async (scope) => {
    const ends = new Array<ItemEnd>(payloads.length);
    const items = payloads.map((payload, n) => ({ n, payload, values: openValues(hall, job.account, payload.values) }));
    // What is the same in many is planned and written once.
    const sameOf = ({ payload: { blueprint, version }, values }: (typeof items)[number]): string =>
      JSON.stringify([blueprint, version, values]);
    for (const alike of Map.groupBy(items, sameOf).values()) {
      const { payload, values } = alike[0]!;
      const blueprint = await blueprintAt(scope.trx, payload.blueprint, payload.version, GONE);
      const those = alike.map(({ n }) => targets[n]!);
      const done = await finishIn({ hall, scope, by, acting: job.account }, access, those, {
        ...GOING_ON,
        blueprint,
        values,
      });
      for (const [at, { n }] of alike.entries()) ends[n] = done[at]!;
    }
    if (ends.some(({ state }) => state === 'done')) await ended(scope.trx, ends);
    return ends;
  });
}

const GOING_ON = {
  how: 'apply',
  caps: 'replace',
  limits: 'replace',
  answers: new Map(),
  goesOn: true,
} as const satisfies Partial<SetUpWish>;

/** Goes on in a change. @throws Refused why one can't be set up */
async function finishIn(
  writing: Writing,
  access: Access,
  targets: readonly Target[],
  wish: SetUpWish,
): Promise<readonly ItemEnd[]> {
  const { hall, scope } = writing;
  const { id, version } = wish.blueprint;
  for (const { refusal } of targets) if (refusal) throw new Refused(refusal);
  const accounts = targets.map((target) => target.id);
  const open = new Set(
    (await readApplications(scope.trx, accounts, id)).flatMap((found) =>
      found.version === version && found.state !== 'set_up' ? [found.account] : [],
    ),
  );
  const going = targets.filter((target) => open.has(target.id));
  const plans = await planAccounts(hall, scope.trx, access, going, wish);
  const same = plans.flatMap((plan) => {
    if (plan.shown.refusal) throw new Refused(plan.shown.refusal);
    return 'account' in plan ? [plan] : [];
  });
  const results = same.length > 0 ? await writeAccounts(writing, same, wish, 'now') : [];
  const done = new Map(same.map(({ account }, n) => [account.id, results[n]]));
  return targets.map((target): ItemEnd => {
    const result = done.get(target.id);
    return result ? { state: 'done', result } : skippedBecause({ skipped: CHANGED_SINCE });
  });
}

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
