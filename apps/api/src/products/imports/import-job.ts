import type { ItemEnd, Writing } from '@tenantree/db';
import { type Refusal, type RowId, USUAL_RETRY } from '@tenantree/domain';
import { type ProductKind, productKind } from '@tenantree/domain/products';
import { z } from 'zod';
import type { Access } from '../../guard/admit.ts';
import type { Change } from '../../hall/change.ts';
import { granted } from '../../hall/refused.ts';
import { admitAsker } from '../../jobs/asker.ts';
import {
  type Done,
  defineJob,
  type ItemGuard,
  type JobPart,
  skippedBecause,
  type Undo,
} from '../../jobs/define-job.ts';
import { enqueue } from '../../jobs/enqueue.ts';
import { accountId } from '../../jobs/payloads.ts';
import { type ImportDone, importDone, importStep } from './import-payload.ts';
import { refusedTo } from './plan-import.ts';
import { IMPORTS } from './targets.ts';
import { foreseeUndo, undoSteps } from './undo-step.ts';
import { writeSteps } from './write-step.ts';

type Asked = { readonly kind: ImportDone['items'][number]['kind']; readonly parts?: readonly string[] | null };

/** The first kind of some items that somebody may not import. */
function firstRefused(access: Pick<Access, 'levels'>, items: readonly Asked[]): ProductKind | undefined {
  const refused = items.find(({ kind, parts = null }) => refusedTo(access, productKind(kind), parts));
  return refused && productKind(refused.kind);
}

/** Why whoever asked may not have some things done, as they are at the source now; null: they may. */
function refusalOf(access: Access, by: JobPart<unknown>['by'], items: readonly Asked[]): Refusal | null {
  const kind = firstRefused(access, items);
  if (!kind) return null;
  return { code: 'FORBIDDEN', message: `${by.actor.name} may not import ${kind.plural.toLowerCase()} any more.` };
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

const stepItems = ({ items }: { readonly items: readonly Asked[] }): readonly Asked[] => items;
const stepGuard = guardOf(stepItems);

const namesOf = ({ items }: { readonly items: readonly { readonly name: string }[] }): string[] =>
  items.map(({ name }) => name);

const undoPayload = z.object({ account: accountId, items: importDone.shape.items });

/** Steps of an import that are done, or taken back, in one transaction, at the most: others wait for it at their tree. */
const MOST_STEPS = 500;

/** Takes back what steps of an import did, where nobody touched it since. */
export const undoImportJob = defineJob({
  name: 'imports.undo',
  label: 'Undo: Import products',
  procedure: 'imports.run',
  payload: undoPayload,
  retry: USUAL_RETRY,
  about: namesOf,
  guard: stepGuard,
  again: true,
  together: {
    most: MOST_STEPS,
    run: (part) =>
      runAllowed(part, stepItems, async (scope, by, allowed) =>
        (await undoSteps(scope, part.job.account, by, allowed)).map((end) => {
          if ('refused' in end) return { state: 'failed', error: end.refused };
          const skipped = end.kept.map(({ name, reason }) => `“${name}”: ${reason}`).join(' ');
          return end.undone.length === 0 ? skippedBecause({ skipped }) : { state: 'done', result: end };
        }),
      ),
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
  foresee: (_hall, trx, done) => {
    const byAccount = Map.groupBy(doneIn(done), ({ account }) => account);
    const steps = [...byAccount].map(([account, all]) => ({ account, items: all.flatMap(({ items }) => items) }));
    return foreseeUndo(trx, steps);
  },
  ask: (hall, change, { done, ...order }): Promise<RowId | null> =>
    enqueue(hall, change, undoImportJob, {
      ...order,
      items: doneIn(done).map((step) => ({ payload: step, target: step.account })),
    }),
};

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
  together: {
    most: MOST_STEPS,
    run: (part) =>
      runAllowed(part, stepItems, async (scope, by, allowed) =>
        (await writeSteps(scope, part.job.account, by, allowed)).map((end) => {
          if ('refused' in end) return { state: 'failed', error: end.refused };
          return 'items' in end ? { state: 'done', result: end } : skippedBecause(end);
        }),
      ),
  },
});

/**
 * Does what of a part whoever asked may still have done, in one transaction.
 *
 * @param itemsOf what a payload is about
 * @returns what became of each, in their order
 */
export async function runAllowed<Payload>(
  { hall, job, by, payloads, ended }: JobPart<Payload>,
  itemsOf: (payload: Payload) => readonly Asked[],
  work: (scope: Change, by: Writing['by'], allowed: readonly Payload[], access: Access) => Promise<readonly ItemEnd[]>,
): Promise<readonly ItemEnd[]> {
  const access = granted(await admitAsker(hall, by, job.account, IMPORTS));
  const refusals = payloads.map((one) => refusalOf(access, by, itemsOf(one)));
  const allowed = payloads.filter((_, n) => refusals[n] === null);
  return hall.change(by, { root: job.root, acting: job.account }, async (scope) => {
    const done = (await work(scope, { id: by.actor.id, name: by.actor.name }, allowed, access)).values();
    const ends = refusals.map(
      (refusal): ItemEnd => (refusal ? { state: 'failed', error: refusal } : done.next().value!),
    );
    if (ends.some(({ state }) => state === 'done')) await ended(scope.trx, ends);
    return ends;
  });
}
