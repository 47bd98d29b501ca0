import {
  type Application,
  deleteApplications,
  type PlacedCaps,
  readAccountStates,
  readAssignmentsOf,
  readCapsToChange,
  readLimits,
  writeApplications,
} from '@tenantree/db';
import {
  type AccountId,
  BLUEPRINT_SECTIONS,
  type BlueprintSection,
  billingPeriodOf,
  type CapChange,
  type RowId,
} from '@tenantree/domain';
import { assignBook, unassignBook } from '../billing/rebilling/assign-book.ts';
import type { Change } from '../hall/change.ts';
import { Refused } from '../hall/refused.ts';
import { CHANGED_SINCE } from '../jobs/define-job.ts';
import { setLimits } from '../limits/set-limits.ts';
import { changeCaps } from '../permissions/change-caps.ts';
import { undoSteps } from '../products/imports/undo-step.ts';
import type { Before } from './before.ts';
import { SECTION_NAMES } from './plan-account.ts';
import { beforeOf, touchRights, type Writing } from './write-account.ts';

/** What stays as it is, and why. */
export type Kept = {
  readonly section: BlueprintSection;
  /** A product, or a kind of limit; null: the section. */
  readonly name: string | null;
  readonly product: RowId | null;
  readonly reason: string;
};

export type UndoResult = { readonly undone: readonly BlueprintSection[]; readonly kept: readonly Kept[] };

/** An application that is taken back, with what its blueprint was called. */
export type Undoing = { readonly application: Application; readonly name: string };

type KeptOf = (undoing: Undoing) => readonly Kept[];

/** Nothing was done to it: it is undone as it is. */
const NOTHING: readonly Kept[] = [];

/**
 * Takes back what applications of one blueprint did, one in each account, the last section first: what is as it was set up becomes what it was,
 * the rest stays, with the reason (rules/blueprints 11). But for limits and price books it takes as many statements as of one.
 *
 * @throws Refused where products of one can't be taken back: nothing of all is kept then
 */
export async function undoAccounts(writing: Writing, undoings: readonly Undoing[]): Promise<UndoResult[]> {
  const { scope } = writing;
  const accounts = undoings.map(({ application }) => application.account);
  const names = new Map((await readAccountStates(scope.trx, accounts)).map(({ id, name }) => [id, name]));
  const keptOf = new Map<BlueprintSection, KeptOf>();
  for (const section of BLUEPRINT_SECTIONS.toReversed()) {
    const those = undoings.filter(({ application: { sections } }) => sections.includes(section));
    keptOf.set(section, those.length === 0 ? () => NOTHING : await UNDO[section](writing, those));
  }
  const results = undoings.map((undoing): UndoResult => {
    const { sections } = undoing.application;
    const kept = sections.toReversed().flatMap((section) => keptOf.get(section)?.(undoing) ?? NOTHING);
    return { undone: sections.filter((section) => kept.every((one) => one.section !== section)), kept };
  });
  await leave(writing, undoings, results);
  scope.shows(accounts);
  for (const [n, { application, name }] of undoings.entries())
    tell(scope, { id: application.account, name: names.get(application.account) ?? '' }, name, results[n]!);
  return results;
}

function tell(
  scope: Change,
  account: { readonly id: AccountId; readonly name: string },
  blueprint: string,
  { undone }: UndoResult,
): void {
  const sections = undone.map((section) => SECTION_NAMES[section].toLowerCase()).join(', ') || 'nothing';
  scope.happened('blueprint.undone', account.id, { account: account.name, blueprint, sections }, account);
}

/** What is left of applications: of what went back nothing, or what stood there before. */
async function leave(
  { hall, scope }: Writing,
  undoings: readonly Undoing[],
  results: readonly UndoResult[],
): Promise<void> {
  const staying = undoings.flatMap(({ application }, n) => {
    const stays = remaining(application, results[n]!.kept);
    return stays ? [{ ...stays, application: hall.newId() }] : [];
  });
  const still = new Set(staying.map(({ account }) => account));
  const gone = undoings.filter(({ application }) => !still.has(application.account));
  await deleteApplications(
    scope.trx,
    gone.map(({ application }) => application),
  );
  await writeApplications(scope.trx, staying);
}

function remaining(application: Application, kept: readonly Kept[]): Application | null {
  const before = beforeOf(application);
  if (kept.length === 0) return before.last;
  const staying = new Set(kept.map(({ section }) => section));
  const still = new Set(kept.flatMap(({ product }) => product ?? []));
  // Where another one stood before, all of it stays with the blueprint, and what went back shows as changed.
  const sections = before.last ? application.sections : application.sections.filter((section) => staying.has(section));
  const products = before.last
    ? application.products
    : Object.fromEntries(Object.entries(application.products).filter(([, product]) => still.has(product)));
  const nothing: Before = { caps: null, limits: [], priceBook: null, products: [], last: before.last };
  return { ...application, sections, products, before: nothing };
}

/** @returns what stays of each that it was given */
type UndoSection = (writing: Writing, undoings: readonly Undoing[]) => Promise<KeptOf>;

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

/** Takes a section of one after the other back. */
const oneByOne =
  (undo: (writing: Writing, application: Application, before: Before) => Promise<readonly Kept[]>): UndoSection =>
  async (writing, undoings) => {
    const kept = new Map<Undoing, readonly Kept[]>();
    for (const undoing of undoings)
      kept.set(undoing, await undo(writing, undoing.application, beforeOf(undoing.application)));
    return (undoing) => kept.get(undoing) ?? NOTHING;
  };

const undoCaps: UndoSection = async ({ scope, by, acting }, undoings) => {
  const accounts = undoings.map(({ application }) => application.account);
  const present = new Map((await readCapsToChange(scope.trx, accounts)).map((caps) => [caps.account, caps]));
  const changed: Kept = { section: 'caps', name: null, product: null, reason: CHANGED_SINCE };
  const kept = new Map<Undoing, readonly Kept[]>();
  const going: { readonly caps: PlacedCaps; readonly change: CapChange }[] = [];
  for (const undoing of undoings) {
    const { caps: was } = beforeOf(undoing.application);
    if (!was) continue;
    const caps = present.get(undoing.application.account);
    const { version, ...change } = was;
    if (caps?.version === version) going.push({ caps, change: { kind: 'undo', ...change } });
    else kept.set(undoing, [changed]);
  }
  for (const alike of Map.groupBy(going, ({ change }) => JSON.stringify(change)).values())
    await changeCaps(
      scope,
      by,
      alike.map(({ caps }) => caps),
      alike[0]!.change,
    );
  touchRights(
    scope,
    acting,
    going.map(({ caps }) => caps.account),
  );
  return (undoing) => kept.get(undoing) ?? NOTHING;
};

const undoLimits = oneByOne(async ({ scope }, { account }, { limits }) => {
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
});

/** Whoever takes slots holds counters without the tree's lock, the deepest first (rules/data 6). */
const undoLimitsDeepestFirst: UndoSection = async (writing, undoings) => {
  const accounts = undoings.map(({ application }) => application.account);
  const depths = new Map(
    (await readAccountStates(writing.scope.trx, accounts)).map(({ id, path }) => [id, path.length]),
  );
  const depthOf = ({ application }: Undoing): number => depths.get(application.account) ?? 0;
  const idOf = ({ application }: Undoing): string => application.account;
  return undoLimits(
    writing,
    undoings.toSorted((one, other) => depthOf(other) - depthOf(one) || (idOf(one) < idOf(other) ? -1 : 1)),
  );
};

const undoBooks = oneByOne(async ({ hall, scope, acting }, { account }, { priceBook: was }) => {
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
});

const undoProducts: UndoSection = async ({ scope, by }, undoings) => {
  const actor = { id: by.actor.id, name: by.actor.name };
  const steps = undoings.flatMap((undoing) => {
    const { account } = undoing.application;
    return beforeOf(undoing.application)
      .products.toReversed()
      .map((items) => ({ undoing, step: { account, items } }));
  });
  const kept = new Map<Undoing, Kept[]>(undoings.map((undoing) => [undoing, []]));
  const [first] = undoings;
  if (!first || steps.length === 0) return () => NOTHING;
  const from = first.application.blueprint.account;
  const ends = await undoSteps(
    scope,
    from,
    actor,
    steps.map(({ step }) => step),
  );
  for (const [n, { undoing }] of steps.entries()) {
    const end = ends[n]!;
    if ('refused' in end) throw new Refused(end.refused);
    const stays = end.kept.map(({ product, name, reason }) => ({
      section: 'products' as const,
      name,
      product,
      reason,
    }));
    kept.get(undoing)?.push(...stays);
  }
  return (undoing) => kept.get(undoing) ?? NOTHING;
};

const UNDO: Readonly<Record<BlueprintSection, UndoSection>> = {
  caps: undoCaps,
  limits: undoLimitsDeepestFirst,
  priceBook: undoBooks,
  products: undoProducts,
};
