import { isDeepStrictEqual } from 'node:util';
import type { ImportPlan, PlannedItem } from '@tenantree/contract';
import { insertShownPlan, labelProducts, readShownPlan, type TenantTransaction, takeShownPlan } from '@tenantree/db';
import { type AccountId, DAY_MS, instantOf, type RowId } from '@tenantree/domain';
import type { Actor } from '../../context/actor.ts';
import type { Access } from '../../guard/admit.ts';
import { type Caller, type Hall, nowOf } from '../../hall/hall.ts';
import { Refused, refuseWith } from '../../hall/refused.ts';
import { resolveAll } from '../../hall/resolve-all.ts';
import { accountsBelow, enqueue } from '../../jobs/enqueue.ts';
import { seal } from '../seal.ts';
import { importJob } from './import-job.ts';
import type { ImportItem, ImportStep } from './import-payload.ts';
import {
  doneOf,
  type ImportWish,
  noSuchProducts,
  type PlannedImport,
  planImport,
  type ShownPlan,
} from './plan-import.ts';
import { runningUse } from './running-use.ts';
import { targetsOf } from './targets.ts';

/** A plan that nobody ran in a day is there no more. */
const PLAN_MS = DAY_MS;
/** Differences that a refusal tells. */
const MOST_TOLD = 50;

type Call = { readonly hall: Hall; readonly actor: Actor; readonly caller: Caller; readonly access: Access };
type Asked = Omit<ImportWish, 'targets' | 'takes'> & {
  readonly targets: readonly string[];
  readonly takes: NonNullable<ImportWish['takes']>;
};

/** Plans an import, and keeps what it shows until it is run. @throws Refused NOT_FOUND, BAD_REQUEST */
export async function makePlan(call: Call, asked: Asked): Promise<ImportPlan> {
  const { hall, access } = call;
  const wish = await hall.db.withTenant(access.id, (trx) => wishOf(trx, access.id, asked), { snapshot: true });
  const targets = await targetsOf(call, wish.targets);
  const { shown, running } = await hall.db.withTenant(
    access.id,
    async (trx) => {
      const planned = await planImport(hall, trx, access, wish, targets);
      return { ...planned, running: await runningUse(hall, trx, access, planned.shown, targets) };
    },
    { snapshot: true },
  );
  const id = hall.newId();
  const now = nowOf(hall);
  const forget = instantOf(hall.clock.nowMs() - PLAN_MS);
  await hall.db.withTenant(access.id, (trx) =>
    insertShownPlan(trx, 'import_plans', access.id, { id, asked: wish, shown, now, forget }),
  );
  return { plan: id, ...shown, running };
}

/** What is asked for, with accounts by id. */
async function wishOf(
  trx: TenantTransaction,
  account: AccountId,
  { targets, products, answers, takes }: Asked,
): Promise<ImportWish> {
  const named = [...products, ...answers, ...takes].flatMap(({ product }) => product ?? []);
  const found = new Set((await labelProducts(trx, account, [...new Set(named)])).map(({ id }) => id));
  const gone = [...new Set(named)].filter((id) => !found.has(id));
  if (gone.length > 0) throw new Refused(noSuchProducts(gone));
  const spoken = [...answers, ...takes, ...products.flatMap(({ into = [] }) => into)].flatMap(
    ({ target }) => target ?? [],
  );
  const ids = new Map((await resolveAll(trx, spoken, 'answers')).map((id, n) => [spoken[n], id]));
  const byId = <One extends { readonly target?: string | undefined }>({ target, ...one }: One) => ({
    ...one,
    ...(target !== undefined && { target: ids.get(target) ?? target }),
  });
  return {
    targets: await accountsBelow(trx, account, targets, 'targets'),
    products: products.map(({ into, ...product }) => ({
      ...product,
      ...(into && { into: into.map(({ target, ...one }) => ({ ...one, target: ids.get(target) ?? target })) }),
    })),
    answers: answers.map(byId),
    takes: takes.map(byId),
  };
}

const noSuchPlan = (): never =>
  refuseWith('NOT_FOUND', 'There is no such plan: it was run already, or is older than a day.', 'plan');

/** A secret for a place of a product of the source, in all accounts into which that comes. */
export type GivenSecret = { readonly product: RowId; readonly at: string; readonly value: string };

/**
 * Runs a plan: orders what it showed, if that is so still.
 *
 * @throws Refused NOT_FOUND when it was run before, PLAN_STALE with what became different, BAD_REQUEST when a clash is unanswered, or a secret is given
 * that nothing waits for
 */
export async function runPlan(call: Call, id: RowId, secrets: readonly GivenSecret[]): Promise<RowId> {
  const { hall, caller, access } = call;
  const found = await hall.db.withTenant(access.id, (trx) => readShownPlan(trx, 'import_plans', access.id, id), {
    snapshot: true,
  });
  if (!found) return noSuchPlan();
  // As makePlan kept it.
  const wish = found.asked as ImportWish;
  const targets = await targetsOf(call, wish.targets);
  return hall.change(caller, { root: access.root, acting: access.id }, async (change) => {
    const taken = await takeShownPlan(change.trx, 'import_plans', access.id, id);
    if (!taken || taken.createdAt.getTime() < hall.clock.nowMs() - PLAN_MS) return noSuchPlan();
    const planned = await planImport(hall, change.trx, access, wish, targets);
    requireSame(taken.shown as ShownPlan, planned.shown);
    if (!planned.shown.ready)
      refuseWith(
        'BAD_REQUEST',
        'Nothing can be done: answer every clash, and choose something that can be imported.',
        'plan',
      );
    requireWaiting(planned.shown, secrets);
    const { actor, user, key, requestId } = caller;
    const items = stepsOf(hall, planned, secrets).map((step) => ({ payload: step, target: step.account }));
    const job = await enqueue(hall, change, importJob, {
      by: { actor, user, key, requestId },
      account: access.id,
      items,
    });
    return job ?? noSuchPlan();
  });
}

/** @throws Refused BAD_REQUEST where a secret is given that nothing waits for */
function requireWaiting({ targets }: ShownPlan, secrets: readonly GivenSecret[]): void {
  const waiting = new Set(
    targets.flatMap(({ items }) =>
      doneOf(items).flatMap(({ product, needsValue }) => needsValue.map((place) => `${product} ${place}`)),
    ),
  );
  for (const { product, at } of secrets)
    if (!waiting.has(`${product} ${at}`))
      refuseWith('BAD_REQUEST', `Nothing waits for a secret at “${at}”.`, 'secrets');
}

/** @throws Refused PLAN_STALE naming what became different */
function requireSame(was: ShownPlan, is: ShownPlan): void {
  if (isDeepStrictEqual(was, is)) return;
  const faults = is.targets.flatMap((target, n) => {
    const before = was.targets[n];
    const products = new Set([...target.items, ...(before?.items ?? [])].map(({ product }) => product));
    return [...products].flatMap((product) => {
      const of = (one: typeof before) => one?.items.find((item) => item.product === product) ?? null;
      const [there, now] = [of(before), of(target)];
      if (isDeepStrictEqual(there, now)) return [];
      return [
        {
          at: `/${target.account.id}/${product}`,
          message: `“${(now ?? there)?.name ?? ''}” in “${target.account.name}” is not as it was shown.`,
        },
      ];
    });
  });
  const [first] = faults;
  const message = first?.message ?? 'What may be done, or how much room limits leave, is not as it was shown.';
  throw new Refused({
    code: 'PLAN_STALE',
    message: `${message} Plan it again.`,
    field: 'plan',
    faults: faults.slice(0, MOST_TOLD),
  });
}

/** What is to be done, each at once or not at all; what is new has its id from now on. */
export function stepsOf(
  hall: Pick<Hall, 'newId' | 'settings'>,
  { shown, namedBy }: PlannedImport,
  secrets: readonly GivenSecret[] = [],
): ImportStep[] {
  const given = new Map(secrets.map(({ product, at, value }) => [`${product} ${at}`, value]));
  return shown.targets.flatMap(({ account, items }) => {
    const ids = new Map(
      items.map(({ product, into, act }): [RowId, RowId] => [
        product,
        into?.id ?? (act === 'move' ? product : hall.newId()),
      ]),
    );
    const steps = [...Map.groupBy(doneOf(items), ({ step }) => step).values()];
    return steps.map((all) => ({
      account: account.id,
      items: all.map(({ product: source, version, kind, act, into, name, parts, changes }) => ({
        source,
        version,
        kind,
        // No clash is left.
        act: act as ImportItem['act'],
        product: ids.get(source) ?? source,
        at: into?.version ?? null,
        name,
        parts: parts && [...parts],
        ...(changes.some(({ taken }) => taken) && { take: changes.filter(({ taken }) => taken).map((one) => one.at) }),
      })),
      ids: [...new Set(all.flatMap(({ product }) => namedBy(product)))].flatMap((id): [RowId, RowId][] => {
        const there = ids.get(id);
        return there === undefined ? [] : [[id, there]];
      }),
      ...secretsFor(hall, given, account.id, all, ids),
    }));
  });
}

/** Secrets for what comes with a step, as it keeps them until it is done: only where each is to stand it can be opened. */
function secretsFor(
  { settings }: Pick<Hall, 'settings'>,
  given: ReadonlyMap<string, string>,
  account: AccountId,
  items: readonly PlannedItem[],
  ids: ReadonlyMap<RowId, RowId>,
): Pick<ImportStep, 'secrets'> {
  const secrets = items.flatMap(({ product: source, needsValue }) => {
    const product = ids.get(source) ?? source;
    return needsValue.flatMap((place) => {
      const value = given.get(`${source} ${place}`);
      if (value === undefined) return [];
      const { ciphertext, last4 } = seal(settings.secret, { account, product, place }, value);
      return [{ product, place, sealed: ciphertext.toString('base64'), last4 }];
    });
  });
  return secrets.length > 0 ? { secrets } : {};
}
