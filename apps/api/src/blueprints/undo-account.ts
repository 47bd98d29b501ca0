import {
  type Application,
  deleteApplication,
  readAssignmentsOf,
  readCapsToChange,
  readLimits,
  writeApplication,
} from '@tenantree/db';
import { type BlueprintSection, billingPeriodOf, type RowId } from '@tenantree/domain';
import { assignBook, unassignBook } from '../billing/rebilling/assign-book.ts';
import { Refused } from '../hall/refused.ts';
import { CHANGED_SINCE } from '../jobs/define-job.ts';
import { setLimits } from '../limits/set-limits.ts';
import { changeCaps } from '../permissions/change-caps.ts';
import { undoStep } from '../products/imports/undo-step.ts';
import type { Before } from './before.ts';
import { SECTION_NAMES } from './plan-account.ts';
import { beforeOf, type Writing } from './write-account.ts';

/** What stays as it is, and why. */
export type Kept = {
  readonly section: BlueprintSection;
  /** A product, or a kind of limit; null: the section. */
  readonly name: string | null;
  readonly product: RowId | null;
  readonly reason: string;
};

export type UndoResult = { readonly undone: readonly BlueprintSection[]; readonly kept: readonly Kept[] };

/** Nothing was done to it: it is undone as it is. */
const NOTHING: readonly Kept[] = [];

/**
 * Takes back what an application did, the last section first: what is as it was set up becomes what it was, the rest stays, with the reason
 * (rules/blueprints 11).
 */
export async function undoAccount(writing: Writing, application: Application, name: string): Promise<UndoResult> {
  const { scope } = writing;
  const before = beforeOf(application);
  const kept: Kept[] = [];
  for (const section of application.sections.toReversed())
    kept.push(...(await UNDO[section](writing, application, before)));
  const staying = new Set(kept.map(({ section }) => section));
  const undone = application.sections.filter((section) => !staying.has(section));
  await leave(writing, application, before, kept);
  scope.shows([application.account]);
  const sections = undone.map((section) => SECTION_NAMES[section].toLowerCase()).join(', ') || 'nothing';
  const { name: account } = await scope.account(application.account);
  scope.happened(
    'blueprint.undone',
    application.account,
    { account, blueprint: name, sections },
    { id: application.account, name: account },
  );
  return { undone, kept };
}

/** What is left of an application: of what went back nothing, or what stood there before. */
async function leave(
  { hall, scope }: Writing,
  application: Application,
  before: Before,
  kept: readonly Kept[],
): Promise<void> {
  const { account, blueprint } = application;
  const staying = new Set(kept.map(({ section }) => section));
  if (staying.size === 0 && before.last)
    return writeApplication(scope.trx, { ...before.last, application: hall.newId() });
  if (staying.size === 0) return deleteApplication(scope.trx, account, blueprint.id);
  const still = new Set(kept.flatMap(({ product }) => product ?? []));
  // Where another one stood before, all of it stays with the blueprint, and what went back shows as changed.
  const sections = before.last ? application.sections : application.sections.filter((section) => staying.has(section));
  const products = before.last
    ? application.products
    : Object.fromEntries(Object.entries(application.products).filter(([, product]) => still.has(product)));
  const nothing: Before = { caps: null, limits: [], priceBook: null, products: [], last: before.last };
  await writeApplication(scope.trx, { ...application, application: hall.newId(), sections, products, before: nothing });
}

type UndoSection = (writing: Writing, application: Application, before: Before) => Promise<readonly Kept[]>;

/** What a rule refuses stays as it is. */
async function orKept(
  section: BlueprintSection,
  name: string | null,
  work: () => Promise<unknown>,
): Promise<readonly Kept[]> {
  try {
    await work();
    return NOTHING;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return [{ section, name, product: null, reason: error.message }];
  }
}

const undoCaps: UndoSection = async ({ scope, by }, { account }, { caps: was }) => {
  if (!was) return NOTHING;
  const [caps] = await readCapsToChange(scope.trx, [account]);
  if (caps?.version !== was.version) return [{ section: 'caps', name: null, product: null, reason: CHANGED_SINCE }];
  const { version: _, ...change } = was;
  await changeCaps(scope, by, [caps], { kind: 'undo', ...change });
  scope.rights({ subtree: account });
  return NOTHING;
};

const undoLimits: UndoSection = async ({ scope }, { account }, { limits }) => {
  if (limits.length === 0) return NOTHING;
  const { path } = await scope.account(account);
  const along = await readLimits(
    scope.trx,
    path.map((id) => ({ id, name: '' })),
    scope.now,
  );
  const kept: Kept[] = [];
  for (const { kind, before, version } of limits) {
    if (along.get(kind)?.[0]?.version === version)
      kept.push(...(await orKept('limits', kind, () => setLimits(scope, account, [{ kind, ...before, version }]))));
    else kept.push({ section: 'limits', name: kind, product: null, reason: CHANGED_SINCE });
  }
  return kept;
};

const undoBook: UndoSection = async ({ hall, scope, acting }, { account }, { priceBook: was }) => {
  if (!was) return NOTHING;
  const held = await readAssignmentsOf(scope.trx, acting, [account]);
  const open = held.find(({ to }) => to === null);
  if (open?.book.id !== was.id || open.book.version !== was.version || open.from !== was.from)
    return [{ section: 'priceBook', name: null, product: null, reason: CHANGED_SINCE }];
  // What has begun ends with the running period.
  const at = was.from > scope.now ? was.from : billingPeriodOf(scope.now).end;
  const { former } = was;
  return orKept('priceBook', null, () =>
    former
      ? assignBook(hall, scope, acting, {
          customers: [account],
          book: former.id,
          version: former.version,
          from: at,
          present: 'end',
        })
      : unassignBook(scope, acting, [account], at),
  );
};

const undoProducts: UndoSection = async ({ scope, by }, { account, blueprint }, { products }) => {
  const actor = { id: by.actor.id, name: by.actor.name };
  const kept: Kept[] = [];
  for (const step of products.toReversed()) {
    const { kept: left } = await undoStep(scope, blueprint.account, actor, { account, items: step });
    kept.push(...left.map(({ product, name, reason }) => ({ section: 'products' as const, name, product, reason })));
  }
  return kept;
};

const UNDO: Readonly<Record<BlueprintSection, UndoSection>> = {
  caps: undoCaps,
  limits: undoLimits,
  priceBook: undoBook,
  products: undoProducts,
};
