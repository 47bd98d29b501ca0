import {
  type Application,
  inSavepoint,
  readLimits,
  readLinksOf,
  writeApplication,
  writeApplications,
  writeSecrets,
} from '@tenantree/db';
import type { AccountId, BlueprintSection, Refusal, RowId } from '@tenantree/domain';
import { productKind, secretPlaces } from '@tenantree/domain/products';
import { assignBook } from '../billing/rebilling/assign-book.ts';
import { type By, type Change, orRefused } from '../hall/change.ts';
import type { Hall } from '../hall/hall.ts';
import { namedPath } from '../hall/limits/write-decided.ts';
import { Refused } from '../hall/refused.ts';
import { faultOfLimits, setLimits } from '../limits/set-limits.ts';
import { changeCaps } from '../permissions/change-caps.ts';
import type { ImportItem } from '../products/imports/import-payload.ts';
import { stepsOf } from '../products/imports/run-plan.ts';
import { doneOrThrow, writeSteps } from '../products/imports/write-step.ts';
import { seal } from '../products/seal.ts';
import type { Before } from './before.ts';
import { isUnanswered, type PlannedAccount, SECTION_NAMES, type SetUpWish } from './plan-account.ts';

/** Where and by whom an account is set up. */
export type Writing = {
  readonly hall: Hall;
  readonly scope: Change;
  readonly by: Pick<By, 'actor' | 'reached'>;
  /** The acting account. */
  readonly acting: AccountId;
};

/** What became of an account. */
export type SetUpResult = {
  readonly blueprint: RowId;
  readonly application: RowId;
  readonly version: number;
  readonly sections: readonly BlueprintSection[];
  readonly products: readonly { readonly product: RowId; readonly name: string; readonly act: string }[];
};

/** Somebody else did something between plan and act: nothing of it is kept. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}

/** Products could not be set up: the rest could. */
export class ProductsRefused extends Refused {}

/** When the products of an account are set up: with the rest, by a job afterwards, or not, for what stands in their way. */
export type ProductsWhen = 'now' | 'later' | { readonly fault: Refusal };

/**
 * Sets an account up as it was planned, in the transaction that planned it: caps, limits, price book, products (rules/blueprints 5).
 *
 * @throws Refused for whatever stands in the way: ProductsRefused, where it is products
 */
export const writeAccount = async (
  writing: Writing,
  plan: PlannedAccount,
  wish: SetUpWish,
  products: ProductsWhen,
): Promise<SetUpResult> => (await writeAccounts(writing, [plan], wish, products))[0]!;

/**
 * The same of some accounts, all of them or none: but for limits and price books by as many statements as of one.
 *
 * @throws Refused, ProductsRefused, ChangedMeanwhile for whatever stands in the way of one of them
 */
export async function writeAccounts(
  writing: Writing,
  plans: readonly PlannedAccount[],
  wish: SetUpWish,
  products: ProductsWhen,
): Promise<SetUpResult[]> {
  const { scope, acting } = writing;
  const caps = await writeCaps(writing, plans);
  touchRights(scope, acting, [...caps.keys()]);
  const limits = new Map<PlannedAccount, Before['limits']>();
  // Whoever takes slots holds counters without the tree's lock, the deepest first (rules/data 6).
  for (const plan of plans.toSorted(deepestFirst))
    if (plan.limits.length > 0) limits.set(plan, await setLimits(scope, plan.account.id, plan.limits));
  const books = new Map<PlannedAccount, Before['priceBook']>();
  for (const plan of plans) books.set(plan, (await writeBooks(writing, [plan], wish)).get(plan.account.id) ?? null);
  const written = products === 'now' ? await writeProducts(writing, plans, wish) : null;
  const copies = await copiesIn(writing, plans);
  const applications = plans.map((plan) => {
    const last = wish.goesOn ? beforeOf(plan.before).last : plan.before;
    const before: Before = {
      caps: caps.get(plan.account.id) ?? null,
      limits: limits.get(plan) ?? [],
      priceBook: books.get(plan) ?? null,
      products: written?.get(plan) ?? [],
      last,
    };
    return applicationOf(writing, plan, wish, { products, before, copies: copies.get(plan) ?? {} });
  });
  await writeApplications(scope.trx, applications);
  for (const plan of plans) tell(scope, plan, wish);
  return plans.map((plan, n) => ({
    blueprint: wish.blueprint.id,
    application: applications[n]!.application,
    version: wish.blueprint.version,
    sections: applications[n]!.sections,
    products: (written?.get(plan) ?? []).flat().map(({ product, name, act }) => ({ product, name, act })),
  }));
}

/** In the order in which counters are held. */
const deepestFirst = ({ account: one }: PlannedAccount, { account: other }: PlannedAccount): number =>
  other.path.length - one.path.length || (one.id < other.id ? -1 : 1);

/**
 * The same with many accounts that are made just now, whose products come later or not at all: but for their limits by as many statements as of one.
 *
 * @returns why some of them can't be set up: nothing of the change may be kept then
 */
export async function writeNewAccounts(
  writing: Writing,
  plans: readonly PlannedAccount[],
  wish: SetUpWish,
  products: Exclude<ProductsWhen, object>,
): Promise<ReadonlyMap<AccountId, Refusal>> {
  const { scope, by } = writing;
  const caps = await writeCaps(writing, plans);
  const limits = new Map<AccountId, Before['limits']>();
  const refusals = new Map<AccountId, Refusal>();
  for (const { account, limits: changes } of plans) {
    const refusal = await refusalIn(scope, by, async () => {
      if (changes.length > 0) limits.set(account.id, await setLimits(scope, account.id, changes));
    });
    if (refusal) refusals.set(account.id, (await faultIn(scope, account, changes)) ?? refusal);
  }
  if (refusals.size > 0) return refusals;
  const books = await writeBooks(writing, plans, wish);
  const applications = plans.map((plan) => {
    const { id } = plan.account;
    const said = { caps: caps.get(id) ?? null, limits: limits.get(id) ?? [], priceBook: books.get(id) ?? null };
    return applicationOf(writing, plan, wish, { products, before: { ...said, products: [], last: null }, copies: {} });
  });
  await writeApplications(scope.trx, applications);
  for (const plan of plans) tell(scope, plan, wish);
  return refusals;
}

/** Why limits of an account can't be set, as they stand now, at the field it is about. */
const faultIn = async (
  { trx, now }: Pick<Change, 'trx' | 'now'>,
  account: PlannedAccount['account'],
  changes: PlannedAccount['limits'],
): Promise<Refusal | null> => faultOfLimits(await readLimits(trx, namedPath(account.path), now), account, changes);

/** Why something is refused: then it wrote nothing; null: it is done. @throws whatever is no refusal, and ProductsRefused */
export async function refusalIn(
  { trx }: Pick<Change, 'trx'>,
  by: Pick<By, 'reached'>,
  act: () => Promise<void>,
): Promise<Refusal | null> {
  try {
    await inSavepoint(trx, act);
    return null;
  } catch (error) {
    const known = orRefused(error, by);
    if (!(known instanceof Refused) || known instanceof ProductsRefused) throw error;
    return known.refusal;
  }
}

/** What an account was set up from, as it is kept. @param copies by what they are copies of */
function applicationOf(
  { hall, scope, by }: Writing,
  plan: PlannedAccount,
  wish: SetUpWish,
  {
    products,
    before,
    copies,
  }: { readonly products: ProductsWhen; readonly before: Before; readonly copies: Application['products'] },
): Application {
  const { account, before: last } = plan;
  const { blueprint } = wish;
  return {
    account: account.id,
    blueprint: { account: blueprint.account, id: blueprint.id },
    version: blueprint.version,
    application: hall.newId(),
    sections: [...new Set([...(wish.goesOn ? (last?.sections ?? []) : []), ...plan.sections])],
    variables: Object.fromEntries(Object.entries(plan.values).filter(([key]) => !isSecret(wish, key))),
    products: copies,
    before: wish.goesOn ? { ...beforeOf(last), products: [...beforeOf(last).products, ...before.products] } : before,
    state: products === 'now' ? 'set_up' : products === 'later' ? 'being_set_up' : 'incomplete',
    fault: typeof products === 'string' ? null : briefly(products.fault),
    by: { id: by.actor.id, name: by.actor.name },
    at: scope.now,
  };
}

function tell(scope: Change, { account, sections }: PlannedAccount, { blueprint }: SetUpWish): void {
  scope.shows([account.id]);
  const told = sections.map((section) => SECTION_NAMES[section].toLowerCase()).join(', ');
  const details = { account: account.name, blueprint: blueprint.name, version: blueprint.version, sections: told };
  scope.happened('blueprint.applied', account.id, details, { id: account.id, name: account.name });
}

/** What stood before, as `writeAccounts` keeps it. */
export const beforeOf = (application: Application | null): Before =>
  (application?.before as Before | undefined) ?? { caps: null, limits: [], priceBook: null, products: [], last: null };

const isSecret = ({ blueprint }: SetUpWish, key: string): boolean =>
  blueprint.content.variables.some((one) => one.key === key && one.secret);

/** Says whose rights are others by caps of some accounts: a change says so of one subtree. */
export function touchRights(scope: Change, acting: AccountId, accounts: readonly AccountId[]): void {
  const [first, ...more] = accounts;
  if (first !== undefined) scope.rights({ subtree: more.length === 0 ? first : acting });
}

async function writeCaps(
  { scope, by }: Writing,
  plans: readonly PlannedAccount[],
): Promise<ReadonlyMap<AccountId, Before['caps']>> {
  const planned = plans.flatMap(({ caps }) => caps ?? []);
  const written = new Map<AccountId, Before['caps']>();
  for (const alike of Map.groupBy(planned, ({ change }) => JSON.stringify(change)).values()) {
    const those = alike.map(({ caps }) => caps);
    for (const { result, before } of await changeCaps(scope, by, those, alike[0]!.change)) {
      if (!before) continue;
      const levels = Object.fromEntries(result.changes.map(({ key, before: was }) => [key, was]));
      written.set(result.account.id, { version: result.version, levels, ...before });
    }
  }
  return written;
}

/** @param plans of accounts that are all new, or one that is not */
async function writeBooks(
  { hall, scope, acting }: Writing,
  plans: readonly PlannedAccount[],
  { blueprint, isNew }: SetUpWish,
): Promise<ReadonlyMap<AccountId, Before['priceBook']>> {
  const { priceBook } = blueprint.content;
  const given = plans.flatMap(({ account, book }) => (book ? [{ account, former: book.former }] : []));
  if (given.length === 0 || !priceBook) return new Map();
  const order = {
    customers: given.map(({ account }) => account.id),
    book: priceBook.id,
    version: priceBook.version,
    present: 'end' as const,
    ...(isNew && priceBook.from === 'now' && { from: scope.now }),
  };
  const { assignments } = await assignBook(hall, scope, acting, order, isNew ? 'new' : 'used');
  const from = assignments[0]?.from ?? scope.now;
  return new Map(
    given.map(({ account, former }) => [
      account.id,
      {
        id: priceBook.id,
        version: priceBook.version,
        from,
        former: former && { id: former.book.id, version: former.book.version },
      },
    ]),
  );
}

/** @throws ProductsRefused, ChangedMeanwhile */
async function writeProducts(
  writing: Writing,
  plans: readonly PlannedAccount[],
  wish: SetUpWish,
): Promise<ReadonlyMap<PlannedAccount, Before['products']>> {
  for (const { shown, account } of plans) {
    if (!isUnanswered(shown)) continue;
    const clash = shown.products?.items.find(({ act }) => act === 'clash');
    const message = `Something in “${account.name}” is called “${clash?.name ?? ''}”, too: say what becomes of it.`;
    throw new ProductsRefused({ code: 'NAME_TAKEN', message, field: 'answers' });
  }
  const written = new Map<PlannedAccount, Before['products'][number][]>();
  try {
    // What is filled in for variables is the same in all that were planned together.
    for (const [sourced, alike] of Map.groupBy(plans, ({ products }) => products?.sourced))
      if (sourced) await writeAlike(writing, alike, wish, sourced, written);
  } catch (error) {
    const known = orRefused(error, writing.by);
    throw known instanceof Refused ? new ProductsRefused(known.refusal) : error;
  }
  return written;
}

async function writeAlike(
  writing: Writing,
  plans: readonly PlannedAccount[],
  { blueprint }: SetUpWish,
  sourced: NonNullable<PlannedAccount['products']>['sourced'],
  written: Map<PlannedAccount, Before['products'][number][]>,
): Promise<void> {
  const { hall, scope, by } = writing;
  const steps = plans.flatMap((plan) =>
    plan.products ? stepsOf(hall, plan.products.planned).map((step) => ({ plan, step })) : [],
  );
  const read =
    async () =>
    ({ source }: ImportItem) =>
      sourced.get(source);
  const actor = { id: by.actor.id, name: by.actor.name };
  const asked = steps.map(({ step }) => step);
  const ends = await writeSteps(scope, blueprint.account, actor, asked, read);
  for (const [n, { plan, step }] of steps.entries()) {
    const items = doneOrThrow(ends[n]!);
    if ('skipped' in items) throw new ChangedMeanwhile();
    for (const { source, product, kind } of step.items)
      await keepGiven(writing, plan.account.id, product, sourced.get(source), kind);
    written.set(plan, [...(written.get(plan) ?? []), [...items]]);
  }
}

/** Keeps secrets that were given for a product. */
async function keepGiven(
  { hall, scope }: Writing,
  account: AccountId,
  product: RowId,
  source:
    | { readonly document: Parameters<typeof secretPlaces>[1]; readonly given?: ReadonlyMap<string, string> }
    | undefined,
  kind: ImportItem['kind'],
): Promise<void> {
  if (!source?.given || source.given.size === 0) return;
  const { secret } = hall.settings;
  await writeSecrets(scope.trx, account, product, {
    set: [...source.given].map(([place, value]) => seal(secret, { account, product, place }, value)),
    cleared: [],
    places: secretPlaces(productKind(kind), source.document),
  });
}

/** Products of accounts, by what they are copies of; those that were set up before and are gone, too. */
async function copiesIn(
  { scope }: Writing,
  plans: readonly PlannedAccount[],
): Promise<ReadonlyMap<PlannedAccount, Application['products']>> {
  const sources = [...new Set(plans.flatMap(({ products }) => [...(products?.sourced.keys() ?? [])]))];
  const accounts = plans.map(({ account }) => account.id);
  const links = sources.length === 0 ? [] : await readLinksOf(scope.trx, accounts, sources);
  const byAccount = Map.groupBy(links, ({ account }) => account);
  return new Map(
    plans.map((plan) => {
      const own = plan.products?.sourced ?? new Map();
      const had = Object.entries(plan.before?.products ?? {}).filter(([source]) => own.has(source as RowId));
      const has = (byAccount.get(plan.account.id) ?? []).filter(({ source }) => own.has(source.product));
      return [
        plan,
        { ...Object.fromEntries(had), ...Object.fromEntries(has.map((link) => [link.source.product, link.product])) },
      ];
    }),
  );
}

/** Notes why an account is incomplete. */
export const writeIncomplete = ({ trx }: Pick<Change, 'trx'>, found: Application, fault: Refusal): Promise<void> =>
  writeApplication(trx, { ...found, state: 'incomplete', fault: briefly(fault) });

/** A refusal as it is kept: what to do about it. */
const briefly = ({ code, message, field }: Refusal): Refusal => ({
  code,
  message,
  ...(field !== undefined && { field }),
});
