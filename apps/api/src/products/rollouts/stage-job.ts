import {
  beginStage,
  endStage,
  findRolloutOf,
  type Rollout,
  readChain,
  readLinksOf,
  readStages,
  setRollout,
} from '@tenantree/db';
import { type AccountId, instantOf, msOf, type RowId, USUAL_RETRY } from '@tenantree/domain';
import { afterStage, isRolledOut, productKind } from '@tenantree/domain/products';
import { z } from 'zod';
import type { Access } from '../../guard/admit.ts';
import type { Change } from '../../hall/change.ts';
import type { Hall } from '../../hall/hall.ts';
import { refuseWith } from '../../hall/refused.ts';
import { defineJob, type EndedJob, type ItemOutcome, type Job, type JobItem } from '../../jobs/define-job.ts';
import { enqueue } from '../../jobs/enqueue.ts';
import { accountId } from '../../jobs/payloads.ts';
import { guardOf, requireAsker, undoImport } from '../imports/import-job.ts';
import { type DoneItem, importStep, rowId } from '../imports/import-payload.ts';
import { planImport, type ShownPlan } from '../imports/plan-import.ts';
import { stepsOf } from '../imports/run-plan.ts';
import { type NotDone, writeStep } from '../imports/write-step.ts';

const HOUR_MS = 3_600_000;

/** One account whose copy is brought to a version of its source. */
const payload = z.object({
  source: rowId,
  version: z.number(),
  kind: importStep.shape.items.element.shape.kind,
  account: accountId,
});
type Payload = z.infer<typeof payload>;

/** Brings the copies of one stage to a version of what they are copies of: each by itself, planned then and there (rules/products 17). */
export const rolloutStageJob: Job<Payload> = defineJob({
  name: 'rollouts.stage',
  label: 'Roll out a product',
  procedure: 'imports.run',
  payload,
  retry: USUAL_RETRY,
  undo: undoImport,
  guard: guardOf(({ kind }) => [{ kind }]),
  ended: (hall, change, job) => stageEnded(hall, change, job),
  run: async ({ hall, job, by, payload: wish, done }): Promise<ItemOutcome> => {
    const access = await requireAsker({ hall, job, by }, [{ kind: wish.kind }]);
    return hall.change(by, { root: job.root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
      const updated = await updateCopy(hall, scope, access, by, wish);
      if ('skipped' in updated) return updated;
      await done(scope.trx, updated);
      return 'done';
    });
  },
});

/** What was done, and at how many places something stayed as it is there. */
type Updated = { readonly items: readonly DoneItem[]; readonly conflicts: number };

async function updateCopy(
  hall: Hall,
  scope: Change,
  access: Access,
  { actor }: JobItem<unknown>['by'],
  { source, version, account }: Payload,
): Promise<Updated | NotDone> {
  const { trx } = scope;
  const { name } = await scope.account(account);
  const [link] = await readLinksOf(trx, [account], [source]);
  if (!link) return { skipped: 'It is no copy any more.' };
  if (link.source.version >= version) return { skipped: `It has version ${link.source.version} already.` };
  const parts = link.parts ?? undefined;
  const wish = { targets: [account], products: [{ product: source, parts, version }], answers: [] };
  const target = {
    id: account,
    name,
    access: { id: account, name, chain: await readChain(trx, account) },
    refusal: null,
  };
  const planned = await planImport(hall, trx, access, wish, [target]);
  const conflicts = decidedOf(planned.shown, source);
  const steps = stepsOf(hall, planned);
  const by = { id: actor.id, name: actor.name };
  const items = await writeStep(scope, access.id, by, {
    account,
    items: steps.flatMap((step) => step.items),
    ids: [...new Map(steps.flatMap((step) => step.ids))],
  });
  return 'skipped' in items ? items : { items, conflicts };
}

/** At how many places a copy stays as it is, against its source. @throws Refused NEEDS_DECISION where nothing is done without somebody's word */
function decidedOf({ targets: [target] }: ShownPlan, source: RowId): number {
  const ask = (message: string): never => refuseWith('NEEDS_DECISION', message, 'product');
  const items = target?.items ?? [];
  const clash = items.find(({ act }) => act === 'clash');
  if (clash) ask(`“${clash.name}” is needed, and something else there is called so: import it by hand first.`);
  const blocked = target?.blocked[0];
  if (blocked) ask(`“${blocked.name ?? 'Something'}” is needed, and can’t be imported (${blocked.why}).`);
  const copy = items.find(({ product }) => product === source);
  if (copy?.fault) ask(`With what it has here it would not be valid: ${copy.fault.message}`);
  return copy?.changes.filter(({ how }) => how === 'conflict').length ?? 0;
}

/** Begins a stage, or lets it go on, as a job over some of its accounts. */
export async function beginStageJob(
  hall: Hall,
  change: Change,
  { id, product, version, kind, stopOn }: Rollout,
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
  const job = await enqueue(hall, change, rolloutStageJob, { by, account, items, stopOn, inMs });
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
