import { setTimeout as wait } from 'node:timers/promises';
import type { RolloutStageView, RolloutView } from '@tenantree/contract';
import {
  type Rollout,
  readAccountNames,
  readFailures,
  readRollout,
  readStages,
  type StageRow,
  type TenantTransaction,
} from '@tenantree/db';
import { type Instant, msOf, type Refusal, type RowId } from '@tenantree/domain';
import type { ProductKindKey } from '@tenantree/domain/products';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { Access } from '../../guard/admit.ts';
import type { Hall } from '../../hall/hall.ts';
import { refuseWith } from '../../hall/refused.ts';
import type { Hub } from '../../live/hub.ts';
import type { Viewer } from '../../live/ports.ts';
import { LOOK_MS, productsBell } from '../watch-products.ts';

/** Failures of a stage that are told. */
const MOST_FAILURES = 50;

export type Reader = { readonly hall: Hall; readonly access: Access };
/** A roll-out, by its id and the kind that the caller may see. */
export type At = { readonly kind: ProductKindKey; readonly rollout: RowId };

/** @throws Refused NOT_FOUND */
export async function rolloutAt(trx: TenantTransaction, access: Pick<Access, 'id'>, at: At): Promise<Rollout> {
  const found = await readRollout(trx, access.id, at.rollout);
  return found?.kind === at.kind ? found : refuseWith('NOT_FOUND', 'There is no such roll-out.', 'rollout');
}

/** Whether a stage waits for its time. */
const isWaiting = ({ isBegun, startsAt }: StageRow, nowMs: number): boolean =>
  !isBegun && startsAt !== null && msOf(startsAt) > nowMs;

/** Where a roll-out is: a stage that began when its time came says so itself. */
export function stateOf({ state, stage }: Rollout, stages: readonly StageRow[], nowMs: number): Rollout['state'] {
  const present = stages[stage - 1];
  const goesOn = present && present.jobs.length > 0 && present.endedAt === null && !isWaiting(present, nowMs);
  return state === 'waiting' && goesOn ? 'running' : state;
}

function stageState(stage: StageRow, nowMs: number): RolloutStageView['state'] {
  if (stage.jobs.length === 0) return 'pending';
  if (stage.endedAt !== null) return 'ended';
  return isWaiting(stage, nowMs) ? 'waiting' : 'running';
}

/** Roll-outs as people see them. */
export async function shownRollout(
  trx: TenantTransaction,
  { hall, access }: Reader,
  rollout: Rollout,
): Promise<RolloutView> {
  const stages = await readStages(trx, access.id, rollout.id);
  const nowMs = hall.clock.nowMs();
  const failures = new Map<number, Awaited<ReturnType<typeof readFailures>>>();
  for (const { n, jobs, failed } of stages)
    if (failed > 0) failures.set(n, await readFailures(trx, access.id, jobs, MOST_FAILURES));
  const accounts = [...failures.values()].flat().map(({ account }) => account);
  const names = new Map((await readAccountNames(trx, accounts)).map(({ id, name }) => [id, name]));
  const { askedBy, endedAt, ...shown } = rollout;
  return {
    ...shown,
    state: stateOf(rollout, stages, nowMs),
    startedBy: askedBy.name,
    endedAt,
    stages: stages.map((stage) => ({
      n: stage.n,
      accounts: stage.targets.length,
      gate: stage.afterHours === null ? ('manual' as const) : { afterHours: stage.afterHours },
      state: stageState(stage, nowMs),
      done: stage.done,
      conflicts: stage.conflicts,
      skipped: stage.skipped,
      failed: stage.failed,
      startsAt: stage.startsAt,
      endedAt: stage.endedAt satisfies Instant | null,
      job: stage.jobs.at(-1) ?? null,
      rolledBack: stage.undone,
      failures: (failures.get(stage.n) ?? []).map(({ account, error }) => ({
        account: { id: account, name: names.get(account) ?? '' },
        // As the job kept it; what else it says is for whoever calls.
        error: { code: (error as Refusal).code, message: (error as Refusal).message },
      })),
    })),
  };
}

/** A roll-out of the acting account. @throws Refused NOT_FOUND */
export const readView = (reader: Reader, at: At): Promise<RolloutView> =>
  reader.hall.db.withTenant(
    reader.access.id,
    async (trx) => shownRollout(trx, reader, await rolloutAt(trx, reader.access, at)),
    { snapshot: true },
  );

/**
 * How a roll-out goes, now and whenever that differs, until somebody leaves.
 *
 * @throws whatever cuts the stream once the viewer may see it no more
 */
export async function* watchRollout(
  reader: Reader & { readonly hub: Hub; readonly viewer: () => Viewer },
  at: At,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<RolloutView>, void, undefined> {
  let last = '';
  for await (const look of reader.hub.listen(productsBell(reader.access), reader.viewer(), signal)) {
    const view = await readView(reader, at);
    const text = JSON.stringify(view);
    if (text !== last) yield tracked(String(look), view);
    last = text;
    // What rings meanwhile is looked at then, all at once.
    await wait(LOOK_MS, undefined, signal && { signal }).catch(() => undefined);
  }
}
