import {
  type Application,
  inSavepoint,
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
import { Refused } from '../hall/refused.ts';
import { setLimits } from '../limits/set-limits.ts';
import { changeCaps } from '../permissions/change-caps.ts';
import type { ImportItem } from '../products/imports/import-payload.ts';
import { stepsOf } from '../products/imports/run-plan.ts';
import { doneOrThrow, writeSteps } from '../products/imports/write-step.ts';
import { seal } from '../products/seal.ts';
import type { Before } from './before.ts';
import { faultOfLimits, isUnanswered, type PlannedAccount, SECTION_NAMES, type SetUpWish } from './plan-account.ts';

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
export async function writeAccount(
  writing: Writing,
  plan: PlannedAccount,
  wish: SetUpWish,
  products: ProductsWhen,
): Promise<SetUpResult> {
  const { scope } = writing;
  const { account, before: last } = plan;
  const before: Before = {
    caps: (await writeCaps(writing, [plan])).get(account.id) ?? null,
    limits: plan.limits.length === 0 ? [] : [...(await setLimits(scope, account.id, plan.limits))],
    priceBook: (await writeBooks(writing, [plan], wish)).get(account.id) ?? null,
    products: products === 'now' ? await writeProducts(writing, plan, wish) : [],
    last: wish.goesOn ? beforeOf(last).last : last,
  };
  const application = await applicationOf(writing, plan, wish, products, before);
  await writeApplications(scope.trx, [application]);
  tell(scope, plan, wish);
  return {
    blueprint: wish.blueprint.id,
    application: application.application,
    version: wish.blueprint.version,
    sections: application.sections,
    products: before.products.flat().map(({ product, name, act }) => ({ product, name, act })),
  };
}

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
  const { hall, scope, by } = writing;
  const caps = await writeCaps(writing, plans);
  const limits = new Map<AccountId, Before['limits']>();
  const refusals = new Map<AccountId, Refusal>();
  for (const { account, limits: changes } of plans) {
    const refusal = await refusalIn(scope, by, async () => {
      if (changes.length > 0) limits.set(account.id, await setLimits(scope, account.id, changes));
    });
    if (refusal) refusals.set(account.id, (await faultOfLimits(hall, scope.trx, account.id, changes)) ?? refusal);
  }
  if (refusals.size > 0) return refusals;
  const books = await writeBooks(writing, plans, wish);
  const applications: Application[] = [];
  for (const plan of plans) {
    const { id } = plan.account;
    const said = { caps: caps.get(id) ?? null, limits: limits.get(id) ?? [], priceBook: books.get(id) ?? null };
    applications.push(await applicationOf(writing, plan, wish, products, { ...said, products: [], last: null }));
  }
  await writeApplications(scope.trx, applications);
  for (const plan of plans) tell(scope, plan, wish);
  return refusals;
}

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

/** What an account was set up from, as it is kept. */
async function applicationOf(
  writing: Writing,
  plan: PlannedAccount,
  wish: SetUpWish,
  products: ProductsWhen,
  before: Before,
): Promise<Application> {
  const { hall, scope, by } = writing;
  const { account, before: last } = plan;
  const { blueprint } = wish;
  return {
    account: account.id,
    blueprint: { account: blueprint.account, id: blueprint.id },
    version: blueprint.version,
    application: hall.newId(),
    sections: [...new Set([...(wish.goesOn ? (last?.sections ?? []) : []), ...plan.sections])],
    variables: Object.fromEntries(Object.entries(plan.values).filter(([key]) => !isSecret(wish, key))),
    products: await productsOf(writing, plan),
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

/** What stood before, as `writeAccount` keeps it. */
export const beforeOf = (application: Application | null): Before =>
  (application?.before as Before | undefined) ?? { caps: null, limits: [], priceBook: null, products: [], last: null };

const isSecret = ({ blueprint }: SetUpWish, key: string): boolean =>
  blueprint.content.variables.some((one) => one.key === key && one.secret);

/** @param plans of accounts whose caps are to become the same */
async function writeCaps(
  { scope, by }: Writing,
  plans: readonly PlannedAccount[],
): Promise<ReadonlyMap<AccountId, Before['caps']>> {
  const planned = plans.flatMap(({ caps }) => caps ?? []);
  const [first] = planned;
  if (!first) return new Map();
  const saved = await changeCaps(
    scope,
    by,
    planned.map(({ caps }) => caps),
    first.change,
  );
  return new Map(
    saved.map(({ result, before }) => {
      if (!before) return [result.account.id, null];
      scope.rights({ subtree: result.account.id });
      const levels = Object.fromEntries(result.changes.map(({ key, before: was }) => [key, was]));
      return [result.account.id, { version: result.version, levels, ...before }];
    }),
  );
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
  { shown, account, products }: PlannedAccount,
  wish: SetUpWish,
): Promise<Before['products']> {
  if (!products) return [];
  const { hall, scope, by } = writing;
  if (isUnanswered(shown)) {
    const clash = shown.products?.items.find(({ act }) => act === 'clash');
    const message = `Something in “${account.name}” is called “${clash?.name ?? ''}”, too: say what becomes of it.`;
    throw new ProductsRefused({ code: 'NAME_TAKEN', message, field: 'answers' });
  }
  const actor = { id: by.actor.id, name: by.actor.name };
  const written: Before['products'][number][] = [];
  try {
    const steps = stepsOf(hall, products.planned);
    const read =
      async () =>
      ({ source }: ImportItem) =>
        products.sourced.get(source);
    const ends = await writeSteps(scope, wish.blueprint.account, actor, steps, read);
    for (const [n, end] of ends.entries()) {
      const items = doneOrThrow(end);
      if ('skipped' in items) throw new ChangedMeanwhile();
      for (const { source, product, kind } of steps[n]?.items ?? [])
        await keepGiven(writing, account.id, product, products.sourced.get(source), kind);
      written.push([...items]);
    }
  } catch (error) {
    const known = orRefused(error, by);
    throw known instanceof Refused ? new ProductsRefused(known.refusal) : error;
  }
  return written;
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

/** Products here, by what they are copies of; those that were set up before and are gone, too. */
async function productsOf(
  { scope }: Writing,
  { account, before, products }: PlannedAccount,
): Promise<Readonly<Record<string, RowId>>> {
  const sources = [...(products?.sourced.keys() ?? [])];
  if (sources.length === 0) return {};
  const links = await readLinksOf(scope.trx, [account.id], sources);
  const had = Object.entries(before?.products ?? {}).filter(([source]) => sources.includes(source as RowId));
  return {
    ...Object.fromEntries(had),
    ...Object.fromEntries(links.map((link) => [link.source.product, link.product])),
  };
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
