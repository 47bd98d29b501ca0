import type { RolloutView } from '@tenantree/contract';
import {
  cancelJob,
  hastenJob,
  insertRollout,
  noteRolledBack,
  type Rollout,
  readInVersions,
  readOlderCopies,
  readStageRest,
  readStages,
  type StageRow,
  setRollout,
  setStageStart,
} from '@tenantree/db';
import type { RowId } from '@tenantree/domain';
import { inStages, isRolledOut, type ProductKindKey, productKind, type StageWish } from '@tenantree/domain/products';
import type { Change } from '../../hall/change.ts';
import { granted, Refused, refuseWith } from '../../hall/refused.ts';
import { resolveAll } from '../../hall/resolve-all.ts';
import { type JobCall, jobBell } from '../../jobs/shown-jobs.ts';
import { prepareUndo } from '../../jobs/undo-job.ts';
import { refusedTo } from '../imports/plan-import.ts';
import { productAt } from '../save-product.ts';
import { type At, rolloutAt, shownRollout, stateOf } from './shown-rollout.ts';
import { beginStageJob } from './stage-job.ts';

type Wish = {
  readonly kind: ProductKindKey;
  readonly product: RowId;
  readonly version?: number | undefined;
  readonly stopOn: number;
  readonly stages?:
    | readonly {
        readonly accounts?: number | readonly string[] | undefined;
        readonly percent?: number | undefined;
        readonly gate: 'manual' | { readonly afterHours: number };
      }[]
    | undefined;
};

/** @throws Refused FORBIDDEN to somebody who may not import all of a kind */
function requireRight({ access, caller }: Pick<JobCall, 'access' | 'caller'>, kind: ProductKindKey): void {
  const { label } = productKind(kind);
  if (refusedTo(access, productKind(kind), null))
    refuseWith(
      'FORBIDDEN',
      `${caller.actor.name} may not import a ${label.toLowerCase()}: that takes each of its parts in full.`,
    );
}

const byOf = ({ caller: { actor, user, key, requestId } }: JobCall) => ({ actor, user, key, requestId });

/** Changes something of the acting account, and answers how the roll-out is then. */
const changing = (
  call: JobCall,
  work: (change: Change) => Promise<Rollout['id']>,
  kind: ProductKindKey,
): Promise<RolloutView> => {
  const { hall, caller, access } = call;
  return hall.change(caller, { root: access.root, acting: access.id }, async (change) => {
    const rollout = await work(change);
    return shownRollout(change.trx, call, await rolloutAt(change.trx, access, { kind, rollout }));
  });
};

/** What the log says of it. */
const detailsOf = ({ access }: JobCall, { kind, name }: Pick<Rollout, 'kind' | 'name'>) => ({
  account: access.name,
  kind: productKind(kind).label.toLowerCase(),
  product: name,
});

/**
 * Begins to bring the copies of a product to a version of it (rules/products 17).
 *
 * @throws Refused NOT_FOUND, FORBIDDEN, BAD_REQUEST where there is no older copy, ROLLOUT_GOES_ON where another one of the product does
 */
export function startRollout(call: JobCall, wish: Wish): Promise<RolloutView> {
  const { hall, access, caller } = call;
  const { kind, product, stopOn } = wish;
  requireRight(call, kind);
  return changing(
    call,
    async (change) => {
      const { trx, now } = change;
      const row = await productAt(trx, { access, kind: productKind(kind) }, product);
      const version = wish.version ?? row.version;
      const known = await readInVersions(trx, access.id, [{ product, version }]);
      if (known.length === 0) refuseWith('NOT_FOUND', `“${row.name}” has no version ${version}.`, 'version');
      const copies = await readOlderCopies(trx, { account: access.id, product }, version);
      const wishes = wish.stages && (await stageWishes(change, wish.stages));
      const accounts = copies.map(({ account }) => account);
      const stages = granted(inStages(accounts, wishes));
      const [first] = stages;
      if (!first)
        return refuseWith('BAD_REQUEST', `No copy of “${row.name}” is older than version ${version}.`, 'product');
      const { id: by, name: asker } = caller.actor;
      const rollout: Rollout = {
        id: hall.newId(),
        kind,
        product,
        version,
        name: row.name,
        stopOn,
        askedBy: { id: by, name: asker },
        state: 'running',
        stage: 1,
        createdAt: now,
        endedAt: null,
      };
      if (!(await insertRollout(trx, access.id, rollout, stages)))
        refuseWith(
          'ROLLOUT_GOES_ON',
          `“${row.name}” is being rolled out already: wait for that to end, or cancel it.`,
          'product',
        );
      const details = { ...detailsOf(call, rollout), version, total: accounts.length };
      change.happened('rollout.started', access.id, details, { id: product, name: row.name });
      const order = {
        by: byOf(call),
        account: access.id,
        stage: 1,
        targets: first.targets,
        failed: 'left',
        inMs: 0,
      } as const;
      await beginStageJob(hall, change, rollout, order);
      return rollout.id;
    },
    kind,
  );
}

/** Stages as they are wished, with accounts by id. */
async function stageWishes({ trx }: Change, stages: NonNullable<Wish['stages']>): Promise<StageWish[]> {
  const wishes: StageWish[] = [];
  for (const { accounts, percent, gate } of stages) {
    const afterHours = gate === 'manual' ? null : gate.afterHours;
    if (percent !== undefined) wishes.push({ percent, afterHours });
    else if (typeof accounts === 'number') wishes.push({ accounts, afterHours });
    else wishes.push({ these: await resolveAll(trx, accounts ?? [], 'stages'), afterHours });
  }
  return wishes;
}

/**
 * Lets a roll-out go on: with its next stage, or with what is left of the one that stopped. The next jobs are asked for by whoever does.
 *
 * @throws Refused NOT_FOUND, FORBIDDEN, ROLLOUT_GOES_ON, ROLLOUT_ENDED
 */
export function goOn(call: JobCall, at: At, failed: 'left' | 'again'): Promise<RolloutView> {
  const { hall, access } = call;
  requireRight(call, at.kind);
  return changing(
    call,
    async (change) => {
      const { trx, now } = change;
      const rollout = await rolloutAt(trx, access, at);
      const stages = await readStages(trx, access.id, rollout.id);
      const state = stateOf(rollout, stages, hall.clock.nowMs());
      if (isRolledOut(state)) refuseWith('ROLLOUT_ENDED', `The roll-out of “${rollout.name}” has ended.`, 'rollout');
      if (state === 'running')
        refuseWith('ROLLOUT_GOES_ON', `The roll-out of “${rollout.name}” goes on already.`, 'rollout');
      const next = await nextOf(change, call, rollout, stages, failed);
      const stage = next?.stage ?? rollout.stage;
      const details = { ...detailsOf(call, rollout), stage };
      change.happened('rollout.wentOn', access.id, details, { id: rollout.product, name: rollout.name });
      const waiting = stages[stage - 1]?.jobs.at(-1);
      if (!next) await setRollout(trx, access.id, { id: rollout.id, state: 'succeeded', stage, endedAt: now });
      else if (state === 'waiting' && waiting !== undefined) {
        await hastenJob(trx, { account: access.id, job: waiting });
        await setStageStart(trx, access.id, rollout.id, stage, now);
        await setRollout(trx, access.id, { id: rollout.id, state: 'running', stage, endedAt: null });
      } else
        await beginStageJob(hall, change, rollout, { by: byOf(call), account: access.id, ...next, failed, inMs: 0 });
      return rollout.id;
    },
    at.kind,
  );
}

/** With what a roll-out goes on; null: nothing is left of it. */
async function nextOf(
  { trx }: Change,
  { access }: JobCall,
  { state, stage }: Rollout,
  stages: readonly StageRow[],
  failed: 'left' | 'again',
): Promise<{ readonly stage: number; readonly targets: StageRow['targets'] } | null> {
  const present = stages[stage - 1];
  const rest = state === 'stopped' && present ? await readStageRest(trx, access.id, present, failed) : [];
  if (rest.length > 0) return { stage, targets: rest };
  const n = state === 'stopped' ? stage + 1 : stage;
  const next = stages[n - 1];
  return next ? { stage: n, targets: next.targets } : null;
}

/** Stops what of a roll-out goes on: nothing more of it begins, what is done stays. */
async function stop(
  change: Change,
  { access }: JobCall,
  rollout: Rollout,
  stages: readonly StageRow[],
): Promise<RowId[]> {
  const { trx, now } = change;
  const live = stages.flatMap(({ jobs, endedAt }) => (endedAt === null ? (jobs.at(-1) ?? []) : []));
  for (const job of live) await cancelJob(trx, { account: access.id, job }, now);
  await setRollout(trx, access.id, { id: rollout.id, state: 'cancelled', stage: rollout.stage, endedAt: now });
  return live;
}

/** Stops a roll-out. One that has ended stays as it is. @throws Refused NOT_FOUND, FORBIDDEN */
export async function cancelRollout(call: JobCall, at: At): Promise<RolloutView> {
  const { access, hub } = call;
  requireRight(call, at.kind);
  let stopped: readonly RowId[] = [];
  const view = await changing(
    call,
    async (change) => {
      const rollout = await rolloutAt(change.trx, access, at);
      if (isRolledOut(rollout.state)) return rollout.id;
      stopped = await stop(change, call, rollout, await readStages(change.trx, access.id, rollout.id));
      const details = { ...detailsOf(call, rollout), stage: rollout.stage };
      change.happened('rollout.cancelled', access.id, details, { id: rollout.product, name: rollout.name });
      return rollout.id;
    },
    at.kind,
  );
  for (const job of stopped) hub.ring(jobBell(job));
  return view;
}

/** Of a job that did nothing, or is forgotten by now, there is nothing to take back. */
function unlessNothing(error: unknown): null {
  if (error instanceof Refused && (error.refusal.code === 'NOT_UNDOABLE' || error.refusal.code === 'NOT_FOUND'))
    return null;
  throw error;
}

/**
 * Takes a stage of a roll-out back that has ended: as jobs, each copy by itself (rules/products 16). Nothing more of the roll-out begins. Twice is
 * once.
 *
 * @throws Refused NOT_FOUND, FORBIDDEN, ROLLOUT_GOES_ON, NOT_UNDOABLE
 */
export async function rollBack(call: JobCall, at: At, n: number): Promise<RolloutView> {
  const { hall, access } = call;
  requireRight(call, at.kind);
  const seen = await hall.db.withTenant(
    access.id,
    async (trx) => readStages(trx, access.id, (await rolloutAt(trx, access, at)).id),
    { snapshot: true },
  );
  const stage = seen[n - 1] ?? refuseWith('NOT_FOUND', 'The roll-out has no such stage.', 'stage');
  if (stage.jobs.length > 0 && stage.endedAt === null && stage.isBegun)
    refuseWith('ROLLOUT_GOES_ON', 'This stage goes on: cancel the roll-out first.', 'stage');
  const undos: Awaited<ReturnType<typeof prepareUndo>>[] = [];
  if (stage.undone.length === 0)
    for (const job of stage.jobs.toReversed()) {
      const undo = await prepareUndo(call, job).catch((error: unknown) => unlessNothing(error));
      if (undo) undos.push(undo);
    }
  if (undos.length === 0 && stage.undone.length === 0)
    refuseWith('NOT_UNDOABLE', 'Nothing of this stage can be taken back.', 'stage');
  return changing(
    call,
    async (change) => {
      const rollout = await rolloutAt(change.trx, access, at);
      const stages = await readStages(change.trx, access.id, rollout.id);
      if ((stages[n - 1]?.undone.length ?? 0) > 0) return rollout.id;
      const jobs: RowId[] = [];
      for (const undo of undos) jobs.push(...[await undo(change)].flatMap((job) => job ?? []));
      if (!isRolledOut(rollout.state)) await stop(change, call, rollout, stages);
      await noteRolledBack(change.trx, access.id, rollout.id, n, jobs);
      const details = { ...detailsOf(call, rollout), stage: n };
      change.happened('rollout.rolledBack', access.id, details, { id: rollout.product, name: rollout.name });
      return rollout.id;
    },
    at.kind,
  );
}
