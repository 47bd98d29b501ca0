import type { ItemEnd } from '@tenantree/db';
import { type Refusal, type RowId, USUAL_RETRY } from '@tenantree/domain';
import { type ProductKind, productKind } from '@tenantree/domain/products';
import { z } from 'zod';
import type { Access } from '../../guard/admit.ts';
import { granted, Refused } from '../../hall/refused.ts';
import { admitAsker } from '../../jobs/asker.ts';
import {
  type Done,
  defineJob,
  type ItemGuard,
  type ItemOutcome,
  type JobItem,
  type JobPart,
  skippedBecause,
  type Undo,
} from '../../jobs/define-job.ts';
import { enqueue } from '../../jobs/enqueue.ts';
import { accountId } from '../../jobs/payloads.ts';
import { type ImportDone, type ImportStep, importDone, importStep } from './import-payload.ts';
import { refusedTo } from './plan-import.ts';
import { IMPORTS } from './targets.ts';
import { foreseeUndo, undoStep } from './undo-step.ts';
import { type StepEnd, writeSteps } from './write-step.ts';

type Asked = { readonly kind: ImportDone['items'][number]['kind']; readonly parts?: readonly string[] | null };

/** The first kind of some items that somebody may not import. */
function firstRefused(access: Pick<Access, 'levels'>, items: readonly Asked[]): ProductKind | undefined {
  const refused = items.find(({ kind, parts = null }) => refusedTo(access, productKind(kind), parts));
  return refused && productKind(refused.kind);
}

/** Why whoever asked may not have some things done, as they are at the source now; null: they may. */
function refusalOf(access: Access, by: JobItem<unknown>['by'], items: readonly Asked[]): Refusal | null {
  const kind = firstRefused(access, items);
  if (!kind) return null;
  return { code: 'FORBIDDEN', message: `${by.actor.name} may not import ${kind.plural.toLowerCase()} any more.` };
}

/** Asks again whether whoever asked may have it done. @throws Refused FORBIDDEN */
export async function requireAsker(
  { hall, job, by }: Pick<JobItem<unknown>, 'hall' | 'job' | 'by'>,
  items: readonly Asked[],
): Promise<Access> {
  const access = granted(await admitAsker(hall, by, job.account, IMPORTS));
  const refusal = refusalOf(access, by, items);
  if (refusal) throw new Refused(refusal);
  return access;
}

/** What steps take of whoever has them done, stopped, tried again or taken back, and of whoever sees what they are about. */
export const guardOf = <Payload>(itemsOf: (payload: Payload) => readonly Asked[]): ItemGuard<Payload> => ({
  refusal: (access, payloads) => {
    const kind = firstRefused(access, payloads.flatMap(itemsOf));
    return kind
      ? { code: 'FORBIDDEN', message: `You may not import ${kind.plural.toLowerCase()} from “${access.name}”.` }
      : null;
  },
  isHidden: ({ levels }, payload) =>
    itemsOf(payload).some(({ kind }) => levels[productKind(kind).rows.read] === 'none'),
});

const stepGuard = guardOf(({ items }: { readonly items: readonly Asked[] }) => items);

const namesOf = ({ items }: { readonly items: readonly { readonly name: string }[] }): string[] =>
  items.map(({ name }) => name);

const undoPayload = z.object({ account: accountId, items: importDone.shape.items });

/** Takes back what one step of an import did, where nobody touched it since. */
export const undoImportJob = defineJob({
  name: 'imports.undo',
  label: 'Undo: Import products',
  procedure: 'imports.run',
  payload: undoPayload,
  retry: USUAL_RETRY,
  about: namesOf,
  guard: stepGuard,
  again: true,
  run: async ({ hall, job, by, payload: { account, items }, done }): Promise<ItemOutcome> => {
    await requireAsker({ hall, job, by }, items);
    return hall.change(by, { root: job.root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
      const way = { from: job.account, to: account };
      const { undone, kept } = await undoStep(scope, way, { id: by.actor.id, name: by.actor.name }, items);
      if (undone.length === 0) return { skipped: kept.map(({ name, reason }) => `“${name}”: ${reason}`).join(' ') };
      await done(scope.trx, { undone, kept });
      return 'done';
    });
  },
});

/** What was done, of each account: what was done last is taken back first. */
const doneIn = (done: readonly Done[]): { readonly account: Done['account']; readonly items: ImportDone['items'] }[] =>
  done
    .flatMap(({ account, result }) => {
      const read = importDone.safeParse(result);
      return read.success ? [{ account, items: read.data.items }] : [];
    })
    .toReversed();

/** How an import is taken back, step by step. */
export const undoImport: Undo = {
  foresee: async (_hall, trx, done) => {
    const byAccount = Map.groupBy(doneIn(done), ({ account }) => account);
    const left: { readonly account: Done['account']; readonly left: Refusal | null }[] = [];
    for (const [account, steps] of byAccount)
      left.push({
        account,
        left: await foreseeUndo(
          trx,
          account,
          steps.flatMap(({ items }) => items),
        ),
      });
    return left;
  },
  ask: (hall, change, { by, account, done }): Promise<RowId | null> =>
    enqueue(hall, change, undoImportJob, {
      by,
      account,
      items: doneIn(done).map((step) => ({ payload: step, target: step.account })),
    }),
};

/** Steps of an import that are done in one transaction, at the most: others wait for it at their tree. */
const MOST_STEPS = 300;

/** Imports products into accounts below: what needs each other at once, each by itself otherwise. */
export const importJob = defineJob({
  name: 'imports.run',
  label: 'Import products',
  procedure: 'imports.run',
  payload: importStep,
  retry: USUAL_RETRY,
  about: namesOf,
  undo: undoImport,
  guard: stepGuard,
  again: true,
  together: { most: MOST_STEPS, run: (part) => runSteps(part) },
});

async function runSteps({ hall, job, by, payloads, ended }: JobPart<ImportStep>): Promise<readonly ItemEnd[]> {
  const access = granted(await admitAsker(hall, by, job.account, IMPORTS));
  const refusals = payloads.map(({ items }) => refusalOf(access, by, items));
  const allowed = payloads.filter((_, n) => refusals[n] === null);
  return hall.change(by, { root: job.root, acting: job.account }, async (scope) => {
    const written = await writeSteps(scope, job.account, { id: by.actor.id, name: by.actor.name }, allowed);
    const left = written.values();
    const ends = refusals.map((refusal) => endOf(refusal ? { refused: refusal } : left.next().value!));
    if (ends.some(({ state }) => state === 'done')) await ended(scope.trx, ends);
    return ends;
  });
}

function endOf(end: StepEnd): ItemEnd {
  if ('refused' in end) return { state: 'failed', error: end.refused };
  return 'items' in end ? { state: 'done', result: end } : skippedBecause(end);
}
