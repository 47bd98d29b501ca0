import { type Application, readLinksOf, writeApplication, writeSecrets } from '@tenantree/db';
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
export async function writeAccount(
  writing: Writing,
  plan: PlannedAccount,
  wish: SetUpWish,
  products: ProductsWhen,
): Promise<SetUpResult> {
  const { hall, scope, by } = writing;
  const { account, before: last } = plan;
  const before: Before = {
    caps: await writeCaps(writing, plan),
    limits: plan.limits.length === 0 ? [] : [...(await setLimits(scope, account.id, plan.limits))],
    priceBook: await writeBook(writing, plan, wish),
    products: products === 'now' ? await writeProducts(writing, plan, wish) : [],
    last: wish.goesOn ? beforeOf(last).last : last,
  };
  const { blueprint } = wish;
  const sections = [...new Set([...(wish.goesOn ? (last?.sections ?? []) : []), ...plan.sections])];
  const application: Application = {
    account: account.id,
    blueprint: { account: blueprint.account, id: blueprint.id },
    version: blueprint.version,
    application: hall.newId(),
    sections,
    variables: Object.fromEntries(Object.entries(plan.values).filter(([key]) => !isSecret(wish, key))),
    products: await productsOf(writing, plan),
    before: wish.goesOn ? { ...beforeOf(last), products: [...beforeOf(last).products, ...before.products] } : before,
    state: products === 'now' ? 'set_up' : products === 'later' ? 'being_set_up' : 'incomplete',
    fault: typeof products === 'string' ? null : briefly(products.fault),
    by: { id: by.actor.id, name: by.actor.name },
    at: scope.now,
  };
  await writeApplication(scope.trx, application);
  scope.shows([account.id]);
  const told = plan.sections.map((section) => SECTION_NAMES[section].toLowerCase()).join(', ');
  const details = { account: account.name, blueprint: blueprint.name, version: blueprint.version, sections: told };
  scope.happened('blueprint.applied', account.id, details, { id: account.id, name: account.name });
  return {
    blueprint: blueprint.id,
    application: application.application,
    version: blueprint.version,
    sections,
    products: before.products.flat().map(({ product, name, act }) => ({ product, name, act })),
  };
}

/** What stood before, as `writeAccount` keeps it. */
export const beforeOf = (application: Application | null): Before =>
  (application?.before as Before | undefined) ?? { caps: null, limits: [], priceBook: null, products: [], last: null };

const isSecret = ({ blueprint }: SetUpWish, key: string): boolean =>
  blueprint.content.variables.some((one) => one.key === key && one.secret);

async function writeCaps({ scope, by }: Writing, { caps: planned, account }: PlannedAccount): Promise<Before['caps']> {
  if (!planned) return null;
  const [saved] = await changeCaps(scope, by, planned.caps, planned.change);
  if (!saved?.before) return null;
  scope.rights({ subtree: account.id });
  const levels = Object.fromEntries(saved.result.changes.map(({ key, before }) => [key, before]));
  return { version: saved.result.version, levels, ...saved.before };
}

async function writeBook(
  { hall, scope, acting }: Writing,
  { account, book }: PlannedAccount,
  { blueprint, isNew }: SetUpWish,
): Promise<Before['priceBook']> {
  const { priceBook } = blueprint.content;
  if (!book || !priceBook) return null;
  const order = {
    customers: [account.id],
    book: priceBook.id,
    version: priceBook.version,
    present: 'end' as const,
    ...(isNew && priceBook.from === 'now' && { from: scope.now }),
  };
  const { assignments } = await assignBook(hall, scope, acting, order, isNew ? 'new' : 'used');
  const { former } = book;
  return {
    id: priceBook.id,
    version: priceBook.version,
    from: assignments[0]?.from ?? scope.now,
    former: former && { id: former.book.id, version: former.book.version },
  };
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
