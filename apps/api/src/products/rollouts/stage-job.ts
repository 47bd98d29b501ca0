import {
  beginStage,
  endStage,
  findRolloutOf,
  type ItemEnd,
  type Rollout,
  readAccountStates,
  readChains,
  readLinksOf,
  readStages,
  setRollout,
  type Writing,
} from '@tenantree/db';
import { type AccountId, instantOf, msOf, type RowId, USUAL_RETRY } from '@tenantree/domain';
import { afterStage, isRolledOut, productKind } from '@tenantree/domain/products';
import { z } from 'zod';
import type { Access } from '../../guard/admit.ts';
import type { Change } from '../../hall/change.ts';
import type { Hall } from '../../hall/hall.ts';
import { refuseWith } from '../../hall/refused.ts';
import { defineJob, type EndedJob, type Job, skippedBecause } from '../../jobs/define-job.ts';
import { enqueue } from '../../jobs/enqueue.ts';
import { accountId } from '../../jobs/payloads.ts';
import { guardOf, runAllowed, undoImport } from '../imports/import-job.ts';
import { type ImportStep, importStep, rowId } from '../imports/import-payload.ts';
import { planImport, type ShownPlan } from '../imports/plan-import.ts';
import { stepsOf } from '../imports/run-plan.ts';
import { at } from '../imports/standing.ts';
import { type NotDone, orRefusal, type RefusedStep, writeSteps } from '../imports/write-step.ts';

const HOUR_MS = 3_600_000;

/** One account whose copy is brought to a version of its source. */
const payload = z.object({
  source: rowId,
  version: z.number(),
  kind: importStep.shape.items.element.shape.kind,
  account: accountId,
});
type Payload = z.infer<typeof payload>;

const itemsOf = ({ kind }: Payload) => [{ kind }];

/** Accounts that are done in one transaction, at the most. */
const MOST_ACCOUNTS = 100;

/** Brings the copies of one stage to a version of what they are copies of: each planned then and there (rules/products 17). */
export const rolloutStageJob: Job<Payload> = defineJob({
  name: 'rollouts.stage',
  label: 'Roll out a product',
  procedure: 'imports.run',
  payload,
  retry: USUAL_RETRY,
  undo: undoImport,
  guard: guardOf(itemsOf),
  ended: (hall, change, job) => stageEnded(hall, change, job),
  together: {
    most: MOST_ACCOUNTS,
    run: (part) =>
      runAllowed(part, itemsOf, (scope, by, allowed, access) => updateCopies(part.hall, scope, access, by, allowed)),
  },
});

/** An account whose copy is to be written, with all that comes with it at once. */
type PlannedCopy = { readonly step: ImportStep; readonly conflicts: number };

/** Updates copies in accounts, each as if it were the only one. @returns what became of each, in their order */
async function updateCopies(
  hall: Hall,
  scope: Change,
  access: Access,
  by: Writing['by'],
  wishes: readonly Payload[],
): Promise<readonly ItemEnd[]> {
  const planned = await planCopies(hall, scope, access, wishes);
  const steps = planned.flatMap((one) => ('step' in one ? [one.step] : []));
  const written = (await writeSteps(scope, access.id, by, steps)).values();
  return planned.map((one): ItemEnd => {
    const end = 'step' in one ? written.next().value! : one;
    if ('refused' in end) return { state: 'failed', error: end.refused };
    if ('skipped' in end) return skippedBecause(end);
    return { state: 'done', result: { items: end.items, conflicts: 'step' in one ? one.conflicts : 0 } };
  });
}

/** What becomes of copies in accounts, those of the same parts by one plan. */
async function planCopies(
  hall: Hall,
  { trx }: Change,
  access: Access,
  wishes: readonly Payload[],
): Promise<readonly (PlannedCopy | NotDone | RefusedStep)[]> {
  const ids = wishes.map(({ account }) => account);
  const names = new Map((await readAccountStates(trx, ids)).map(({ id, name }) => [id, name]));
  const sources = [...new Set(wishes.map(({ source }) => source))];
  const links = new Map(
    (await readLinksOf(trx, ids, sources)).map((one) => [at(one.account, one.source.product), one]),
  );
  const older = wishes.filter(({ source, version, account }) => {
    const link = links.get(at(account, source));
    return names.has(account) && link !== undefined && link.source.version < version;
  });
  const chains = await readChains(
    trx,
    older.map(({ account }) => account),
  );
  const alike = Map.groupBy(older, ({ source, version, account }) =>
    JSON.stringify([source, version, links.get(at(account, source))?.parts]),
  );
  const planned = new Map<AccountId, PlannedCopy | RefusedStep>();
  for (const [{ source, version, account: one }, ...others] of [...alike.values()] as [Payload, ...Payload[]][]) {
    const accounts = [one, ...others.map(({ account }) => account)];
    const parts = links.get(at(one, source))?.parts ?? undefined;
    const wish = { targets: accounts, products: [{ product: source, parts, version }], answers: [] };
    const targets = accounts.map((id) => {
      const name = names.get(id) ?? '';
      return { id, name, access: { id, name, chain: chains.get(id) ?? [] }, refusal: null };
    });
    const plan = await planImport(hall, trx, access, wish, targets);
    const steps = Map.groupBy(stepsOf(hall, plan), ({ account }) => account);
    for (const target of plan.shown.targets) {
      const { id } = target.account;
      const all = steps.get(id) ?? [];
      const copy = orRefusal(() => ({
        conflicts: decidedOf(target, source),
        step: {
          account: id,
          items: all.flatMap(({ items }) => items),
          ids: [...new Map(all.flatMap((step) => step.ids))],
        },
      }));
      planned.set(id, copy);
    }
  }
  return wishes.map(({ source, account }) => {
    if (!names.has(account)) return NO_ACCOUNT;
    const link = links.get(at(account, source));
    if (!link) return { skipped: 'It is no copy any more.' };
    return planned.get(account) ?? { skipped: `It has version ${link.source.version} already.` };
  });
}

const NO_ACCOUNT: RefusedStep = {
  refused: { code: 'NOT_FOUND', message: 'There is no such account.', field: 'account' },
};

/** At how many places a copy stays as it is, against its source. @throws Refused NEEDS_DECISION where nothing is done without somebody's word */
function decidedOf({ items, blocked: [blocked] }: ShownPlan['targets'][number], source: RowId): number {
  const ask = (message: string): never => refuseWith('NEEDS_DECISION', message, 'product');
  const clash = items.find(({ act }) => act === 'clash');
  if (clash) ask(`“${clash.name}” is needed, and something else there is called so: import it by hand first.`);
  if (blocked) ask(`“${blocked.name ?? 'Something'}” is needed, and can’t be imported (${blocked.why}).`);
  const copy = items.find(({ product }) => product === source);
  if (copy?.fault) ask(`With what it has here it would not be valid: ${copy.fault.message}`);
  return copy?.changes.filter(({ how }) => how === 'conflict').length ?? 0;
}

/** Begins a stage, or lets it go on, as a job over some of its accounts. */
export async function beginStageJob(
  hall: Hall,
  change: Change,
  { id, product, version, name, kind, stopOn }: Rollout,
  order: {
    readonly by: EndedJob['by'];
    readonly account: AccountId;
    readonly stage: number;
    readonly targets: readonly AccountId[];
    readonly failed: 'left' | 'again';
    readonly inMs: number;
  },
): Promise<void> {
  const { by, account, stage, targets, failed, inMs } = order;
  const items = targets.map((target) => ({ payload: { source: product, version, kind, account: target }, target }));
  const job = await enqueue(hall, change, rolloutStageJob, {
    by,
    account,
    items,
    subject: `${name} v${version}`,
    stopOn,
    inMs,
  });
  if (job === null) throw new Error(`stage ${stage} of the roll-out ${id} is for nobody`);
  const startsAt = instantOf(msOf(change.now) + inMs);
  await beginStage(change.trx, account, id, stage, { job, startsAt, failed });
  await setRollout(change.trx, account, { id, state: inMs > 0 ? 'waiting' : 'running', stage, endedAt: null });
}

/** What becomes of a roll-out when the job of a stage has ended: the next stage by its gate, or nothing more. */
async function stageEnded(hall: Hall, change: Change, { id: job, account, by }: EndedJob): Promise<void> {
  const { trx, now } = change;
  const rollout = await findRolloutOf(trx, account, job);
  if (!rollout) return;
  const stages = await readStages(trx, account, rollout.id);
  const n = stages.findIndex(({ jobs }) => jobs.includes(job)) + 1;
  const { failed, unbegun } = await endStage(trx, account, rollout.id, n, now);
  if (isRolledOut(rollout.state)) return;
  const isLast = n === stages.length;
  const state = afterStage({ failed, stopOn: rollout.stopOn, isWhole: unbegun === 0, isLast });
  const next = stages[n];
  const hours = stages[n - 1]?.afterHours ?? null;
  if (state === 'waiting' && next && hours !== null) {
    const order = { by, account, stage: n + 1, targets: next.targets, failed: 'left', inMs: hours * HOUR_MS } as const;
    return beginStageJob(hall, change, rollout, order);
  }
  const stage = state === 'waiting' ? n + 1 : n;
  await setRollout(trx, account, { id: rollout.id, state, stage, endedAt: isRolledOut(state) ? now : null });
  const { name } = await change.account(account);
  const { product, name: called, version } = rollout;
  const details = { account: name, kind: productKind(rollout.kind).label.toLowerCase(), product: called };
  const target = { id: product, name: called };
  if (isRolledOut(state)) change.happened('rollout.ended', account, { ...details, version, state }, target);
  if (state === 'stopped') change.happened('rollout.stopped', account, { ...details, stage, failed }, target);
}
