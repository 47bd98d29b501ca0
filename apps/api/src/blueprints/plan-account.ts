import type { BlueprintTarget } from '@tenantree/contract';
import {
  type AccountState,
  type Application,
  findOfferedBlueprint,
  type LimitsAlong,
  type PlacedCaps,
  type ProductLink,
  readAccountStates,
  readApplications,
  readAssignmentsOf,
  readCapsToChange,
  readLimitsOfEach,
  readLinksOf,
  type StoredAssignment,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  type BlueprintSection,
  type CapChange,
  canonicalJson,
  capOutcome,
  type Decision,
  type JsonValue,
  type LimitKindKey,
  limitKind,
  lineUp,
  PERMISSIONS,
  type Refusal,
  type RowId,
  type Rows,
  type SectionMode,
  shownTerms,
} from '@tenantree/domain';
import {
  type ClashAnswer,
  decideValues,
  type Filling,
  fillIn,
  fillText,
  productKind,
  refsWithin,
  type SourceItem,
  type Variable,
  type VariableValues,
} from '@tenantree/domain/products';
import type { Access } from '../guard/admit.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { namedPath } from '../hall/limits/write-decided.ts';
import { faultOfLimits, type LimitChange } from '../limits/set-limits.ts';
import { type PlannedImport, planFrom, type Source } from '../products/imports/plan-import.ts';
import type { Target } from '../products/imports/targets.ts';
import type { Sourced } from '../products/imports/write-step.ts';
import {
  type Blueprint,
  type BlueprintContent,
  type BlueprintTerms,
  blueprintAt,
  placesIn,
  sectionsOf,
  sellsTo,
} from './content.ts';

/** How accounts are to be set up. */
export type SetUpWish = {
  readonly blueprint: Blueprint;
  /** The whole version; or only what it changed since, where nothing was changed here (rules/blueprints 10). */
  readonly how: 'apply' | 'line';
  readonly caps: SectionMode;
  readonly limits: SectionMode;
  /** As they were given, secret ones too. */
  readonly values: VariableValues;
  readonly answers: ReadonlyMap<RowId, ClashAnswer>;
  /** Only what is missing of products: the rest is set up. */
  readonly goesOn?: true;
  /** It is made just now. */
  readonly isNew?: true;
  /** Products are set up by a job afterwards: nothing is planned of them. */
  readonly productsLater?: boolean;
};

/** As which account it is asked for. */
export type Acting = Pick<Access, 'id' | 'root' | 'path' | 'reached'>;

/** What is to be done to one account, as it was found. */
export type PlannedAccount = {
  readonly shown: BlueprintTarget;
  readonly account: AccountState;
  readonly before: Application | null;
  readonly sections: readonly BlueprintSection[];
  readonly values: VariableValues;
  readonly caps: { readonly caps: PlacedCaps; readonly change: CapChange } | null;
  readonly limits: readonly LimitChange[];
  readonly book: { readonly former: StoredAssignment | null } | null;
  readonly products: { readonly planned: PlannedImport; readonly sourced: ReadonlyMap<RowId, Sourced> } | null;
};

const refused = (account: BlueprintTarget['account'], refusal: Refusal): BlueprintTarget => ({
  account,
  refusal,
  caps: null,
  limits: null,
  priceBook: null,
  products: null,
});

/** What is planned of an account; only shown, where nothing can be done. */
export type Planned = PlannedAccount | { readonly shown: BlueprintTarget };

/**
 * What setting accounts up would do now, section by section, as if each were the only one (rules/blueprints 8). Nothing is changed. Of many it
 * takes about as many statements as of one.
 */
export async function planAccounts(
  hall: Hall,
  trx: TenantTransaction,
  acting: Acting,
  targets: readonly Target[],
  wish: SetUpWish,
): Promise<readonly Planned[]> {
  const begun = await begin(trx, acting, targets, wish);
  const spots = begun.flatMap((one) => ('spot' in one ? [one.spot] : []));
  const read = await readSections(hall, trx, acting, spots);
  const products = wish.productsLater ? null : await planProducts(hall, trx, acting, spots);
  // Of those that are made together each finds what those before it were given: it is asked when it is written.
  const areMadeTogether = wish.isNew === true && spots.length > 1;
  const planned = new Map(
    spots.map((spot) => [spot, planSpot(spot, read, products?.get(spot) ?? null, areMadeTogether)]),
  );
  return begun.map((one) => ('spot' in one ? planned.get(one.spot)! : one));
}

/** Which accounts may be set up, with which values, and how the others are shown. */
async function begin(
  trx: TenantTransaction,
  acting: Acting,
  targets: readonly Target[],
  wish: SetUpWish,
): Promise<({ readonly spot: Spot } | { readonly shown: BlueprintTarget })[]> {
  const open = targets.flatMap(({ access, id, refusal }) => (access && !refusal ? [id] : []));
  const states = new Map((await readAccountStates(trx, open)).map((state) => [state.id, state]));
  const applications = Map.groupBy(await readApplications(trx, open, null), ({ account }) => account);
  const { blueprint } = wish;
  const otherName = once((id: RowId) => nameReached(trx, acting, id));
  const contentOf = once(async (version: number) =>
    version === blueprint.version ? blueprint.content : (await blueprintAt(trx, blueprint.id, version)).content,
  );
  const begun: ({ readonly spot: Spot } | { readonly shown: BlueprintTarget })[] = [];
  for (const target of targets) {
    const label = { id: target.id, name: target.name };
    const account = states.get(target.id);
    const refusal = target.refusal ?? (account ? null : gone(target));
    if (refusal || !account) {
      begun.push({ shown: refused(label, refusal ?? gone(target)) });
      continue;
    }
    const all = applications.get(account.id) ?? [];
    const before = all.find((one) => one.blueprint.id === blueprint.id) ?? null;
    const content = contentIn(wish, acting, account);
    const decision = await decideSetUp(otherName, wish, { account, all, before, content });
    if (!decision.ok) {
      begun.push({ shown: refused(label, decision.refusal) });
      continue;
    }
    const applied = before ? await contentOf(before.version) : null;
    begun.push({ spot: { account, target, wish, content, before, applied, values: decision.value } });
  }
  return begun;
}

const gone = ({ name }: Target): Refusal => ({ code: 'NOT_FOUND', message: `“${name}” is not there any more.` });

/** Asks for each thing once. */
function once<Key, Value>(ask: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const asked = new Map<Key, Promise<Value>>();
  return (key) => {
    const known = asked.get(key) ?? ask(key);
    asked.set(key, known);
    return known;
  };
}

/** What a blueprint is called to whoever reaches the account that it belongs to. */
async function nameReached(trx: TenantTransaction, { reached }: Acting, id: RowId): Promise<string> {
  const its = await findOfferedBlueprint(trx, id, null);
  return its && reached.includes(its.account) ? `“${its.name}”` : 'another blueprint';
}

/** What sections are compared with, by account. */
type Sections = {
  readonly caps: ReadonlyMap<AccountId, PlacedCaps>;
  readonly limits: ReadonlyMap<AccountId, LimitsAlong>;
  readonly books: ReadonlyMap<AccountId, readonly StoredAssignment[]>;
};

async function readSections(
  hall: Hall,
  trx: TenantTransaction,
  acting: Acting,
  spots: readonly Spot[],
): Promise<Sections> {
  const having = (section: 'caps' | 'limits' | 'priceBook'): AccountState[] =>
    spots.flatMap(({ account, content }) => (content[section] ? [account] : []));
  const of = async <T>(accounts: readonly AccountState[], read: (ids: AccountId[]) => Promise<T[]>): Promise<T[]> =>
    accounts.length === 0 ? [] : read(accounts.map(({ id }) => id));
  const limited = having('limits');
  const caps = await of(having('caps'), (ids) => readCapsToChange(trx, ids));
  const along = await of(limited, () =>
    readLimitsOfEach(
      trx,
      limited.map(({ path }) => namedPath(path)),
      nowOf(hall),
    ),
  );
  const books = await of(having('priceBook'), (ids) => readAssignmentsOf(trx, acting.id, ids));
  return {
    caps: new Map(caps.map((one) => [one.account, one])),
    limits: new Map(limited.map(({ id }, n) => [id, along[n]!])),
    books: Map.groupBy(books, ({ customer }) => customer),
  };
}

function planSpot(spot: Spot, read: Sections, products: PlannedProducts | null, areMadeTogether: boolean): Planned {
  const { account, target, content, before, values } = spot;
  const label = { id: target.id, name: target.name };
  const along = read.limits.get(account.id);
  const caps = planCaps(spot, read.caps.get(account.id));
  const limits = planLimits(spot, along);
  const book = planBook(spot, read.books.get(account.id) ?? []);
  const fault = along && !areMadeTogether ? faultOfLimits(along, account, limits.changes) : null;
  if (fault) return { shown: refused(label, fault) };
  return {
    shown: {
      account: label,
      refusal: null,
      caps: caps?.shown ?? null,
      limits: limits.shown,
      priceBook: book.shown,
      products: products?.shown ?? null,
    },
    account,
    before,
    sections: sectionsOf(content),
    values,
    caps: caps && { caps: caps.caps, change: caps.change },
    limits: limits.changes,
    book: book.isGiven ? { former: book.former } : null,
    products: products && { planned: products.planned, sourced: products.sourced },
  };
}

/** What of a version is for an account; of what is only gone on with, its products. */
function contentIn({ blueprint, goesOn }: SetUpWish, acting: Acting, account: AccountState): BlueprintContent {
  const { content } = blueprint;
  if (goesOn) return { ...content, caps: null, limits: null, priceBook: null };
  return sellsTo(blueprint, acting.id, account) ? content : { ...content, priceBook: null };
}

type Found = {
  readonly account: AccountState;
  readonly all: readonly Application[];
  readonly before: Application | null;
  readonly content: BlueprintContent;
};

/** Whether a blueprint may set an account up, and with which values. @param otherName of a blueprint that set it up already */
async function decideSetUp(
  otherName: (id: RowId) => Promise<string>,
  { blueprint, how, values, goesOn }: SetUpWish,
  { account, all, before, content }: Found,
): Promise<Decision<VariableValues>> {
  const no = (refusal: Refusal): Decision<never> => ({ ok: false, refusal });
  if (account.status === 'closed') return no({ code: 'ACCOUNT_CLOSED', message: `“${account.name}” is closed.` });
  if (how === 'line' && !before)
    return no({
      code: 'NOT_FOUND',
      message: `“${account.name}” was not set up by “${blueprint.name}”.`,
      field: 'targets',
    });
  for (const other of all.filter((one) => one !== before)) {
    const taken = sectionsOf(content).find((section) => other.sections.includes(section));
    if (taken === undefined) continue;
    const name = await otherName(other.blueprint.id);
    const what = SECTION_NAMES[taken];
    return no({
      code: 'SECTION_TAKEN',
      message: `${what} of “${account.name}” are set up by ${name} already.`,
      field: 'blueprint',
    });
  }
  const isAskedAgain = how === 'line' || goesOn === true;
  const known = isAskedAgain ? before?.variables : {};
  const variables = blueprint.content.variables;
  const kept = Object.fromEntries(
    Object.entries(known ?? {}).filter(([key]) => variables.some((one) => one.key === key)),
  );
  return decideValues(variables, { ...kept, ...values }, isAskedAgain ? 'known' : 'asked');
}

export const SECTION_NAMES: Readonly<Record<BlueprintSection, string>> = {
  caps: 'Permissions',
  limits: 'Limits',
  priceBook: 'Price books',
  products: 'Products',
};

/** An account that may be set up. */
type Spot = {
  readonly account: AccountState;
  readonly target: Target;
  readonly wish: SetUpWish;
  readonly content: BlueprintContent;
  readonly before: Application | null;
  /** What it was set up as. */
  readonly applied: BlueprintContent | null;
  readonly values: VariableValues;
};

const rowOf = (key: string, before: JsonValue | undefined, after: JsonValue | undefined) => ({
  key,
  before: before ?? null,
  after: after ?? null,
});

function planCaps({ wish, content, applied }: Spot, caps: PlacedCaps | undefined) {
  if (!content.caps || !caps) return null;
  const { preset, levels } = content.caps;
  const lined = lineUp(applied?.caps?.levels ?? {}, levels, caps.levels);
  const change: CapChange =
    wish.how === 'line'
      ? { kind: 'preset', preset, levels: lined.taken, mode: 'replace' }
      : { kind: 'preset', preset, levels, mode: wish.caps };
  const { changed, kept } = capOutcome(caps, change);
  const changes = PERMISSIONS.flatMap(({ key }) =>
    changed[key] === undefined ? [] : [rowOf(key, caps.levels[key], changed[key])],
  );
  return { caps, change, shown: { changes, kept: wish.how === 'line' ? lined.kept : [...kept] } };
}

/** Terms as rows are compared: what is kept for an account only where the blueprint says how much. */
const rowFor = ({ max, reserve, atLimit, thresholds }: BlueprintTerms, wished: BlueprintTerms): JsonValue => ({
  max,
  atLimit,
  thresholds,
  ...(wished.reserve !== undefined && { reserve: reserve ?? 0 }),
});

function planLimits({ wish, content, before, applied }: Spot, along: LimitsAlong | undefined) {
  const wished = Object.entries(content.limits ?? {}) as [LimitKindKey, BlueprintTerms][];
  if (!content.limits || !along) return { changes: [], shown: null };
  const present = new Map(
    wished.flatMap(([key]) => {
      const state = along.get(key)?.[0];
      return state ? [[key, { ...shownTerms(limitKind(key), state), version: state.version }] as const] : [];
    }),
  );
  const wishes = Object.fromEntries(wished.map(([key, terms]) => [key, rowFor(terms, terms)]));
  const found = Object.fromEntries(
    [...present].map(([key, terms]) => [key, rowFor(terms, content.limits?.[key] ?? terms)]),
  );
  const was = Object.fromEntries(
    wished.flatMap(([key, terms]) => {
      const one = applied?.limits?.[key];
      return one ? [[key, rowFor(one, terms)]] : [];
    }),
  );
  const { taken, kept } = meet(
    wish,
    { wishes, found, was: before ? was : null },
    (key) => present.get(key)?.version ?? 0,
  );
  const changes = wished.flatMap(([kind, terms]) => (kind in taken ? [{ kind, ...terms }] : []));
  const rows = changes.map(({ kind }) => rowOf(kind, found[kind], wishes[kind]));
  return { changes, shown: { changes: rows, kept: [...kept] } };
}

type Sides = { readonly wishes: Rows; readonly found: Rows; readonly was: Rows | null };

/** Which rows of limits become what a blueprint says, by how it is to meet them. */
function meet(
  { how, limits: mode }: SetUpWish,
  { wishes, found, was }: Sides,
  versionOf: (key: LimitKindKey) => number,
) {
  const all = lineUp({}, wishes, found).taken;
  if (how === 'line') return lineUp(was ?? {}, wishes, found);
  if (mode === 'replace') return { taken: all, kept: [] };
  const stays = (key: string): boolean => {
    if (mode === 'lower') return !isLower(wishes[key], found[key]);
    // What was set for this account alone: other than it was set up, or, where nothing was, at all.
    if (was && was[key] !== undefined) return key in lineUp({}, { [key]: was[key] }, found).taken;
    return versionOf(key as LimitKindKey) > 0;
  };
  const kept = Object.keys(all).filter(stays);
  return { taken: Object.fromEntries(Object.entries(all).filter(([key]) => !kept.includes(key))), kept };
}

function isLower(wished: JsonValue | undefined, found: JsonValue | undefined): boolean {
  const maxOf = (row: JsonValue | undefined): number => (row as { max: number | null } | undefined)?.max ?? Infinity;
  return maxOf(wished) < maxOf(found);
}

function planBook({ wish, content, applied }: Spot, held: readonly StoredAssignment[]) {
  const { priceBook: said } = wish.blueprint.content;
  if (!said || wish.goesOn) return { isGiven: false, former: null, shown: null };
  if (!content.priceBook)
    return { isGiven: false, former: null, shown: { before: null, after: null, kept: false, leftOut: true } };
  const former = held.find(({ to }) => to === null) ?? null;
  const isIt = (book: { readonly id: RowId; readonly version: number } | null | undefined): boolean =>
    book?.id === former?.book.id && book?.version === former?.book.version;
  const isSame = isIt(said);
  const isKept = wish.how === 'line' && !isSame && applied?.priceBook !== null && !isIt(applied?.priceBook);
  const before = former && { id: former.book.id, version: former.book.version };
  const isGiven = !isSame && !isKept;
  const after = isGiven ? { id: said.id, version: said.version } : before;
  return { isGiven, former, shown: { before, after, kept: isKept, leftOut: false } };
}

type PlannedProducts = NonNullable<PlannedAccount['products']> & {
  readonly shown: NonNullable<BlueprintTarget['products']>;
};

/** What becomes of products, by account: those into which the same comes, with the same values, are planned together. */
async function planProducts(
  hall: Hall,
  trx: TenantTransaction,
  acting: Acting,
  all: readonly Spot[],
): Promise<ReadonlyMap<Spot, PlannedProducts>> {
  const planned = new Map<Spot, PlannedProducts>();
  const spots = all.filter(({ content }) => content.products);
  const [some] = spots;
  if (!some) return planned;
  const { content, wish } = some;
  const ids = (content.products ?? []).map(({ product }) => product);
  const found = await readLinksOf(
    trx,
    spots.map(({ account }) => account.id),
    ids,
  );
  const copied = new Set(found.map(({ account, source }) => `${account} ${source.product}`));
  // What was set up and is a copy no more was deleted, or detached, here: it stays so.
  const isGone = ({ account, before }: Spot, id: RowId): boolean =>
    wish.how === 'line' && before?.products[id] !== undefined && !copied.has(`${account.id} ${id}`);
  const chosenOf = (spot: Spot): RowId[] => ids.filter((id) => !isGone(spot, id));
  for (const group of Map.groupBy(spots, (spot) => canonicalJson([spot.values, chosenOf(spot)])).values()) {
    const chosen = chosenOf(group[0]!);
    const { source, sourced } = sourceOf(content, group[0]!.values);
    const answers = chosen.flatMap((product) => {
      const as = wish.answers.get(product) ?? content.products?.find((one) => one.product === product)?.answer;
      return as ? [{ product, as }] : [];
    });
    const targets = group.map(({ target }) => target);
    const asked = {
      targets: targets.map(({ id }) => id),
      products: chosen.map((product) => ({ product })),
      answers,
    };
    const { shown, namedBy } = await planFrom(hall, trx, acting, asked, { targets, source });
    for (const [n, spot] of group.entries()) {
      const one = shown.targets[n]!;
      const { items, notCopied, blocked } = one;
      planned.set(spot, {
        planned: { shown: { ...shown, targets: [one] }, namedBy },
        sourced,
        shown: { items, notCopied, blocked },
      });
    }
  }
  return planned;
}

/** The products of a version as they are copied into one account, with its values for variables. */
function sourceOf(
  { products, variables }: BlueprintContent,
  values: VariableValues,
): { readonly source: Source; readonly sourced: ReadonlyMap<RowId, Sourced> } {
  const items = new Map<RowId, SourceItem>();
  const rows = new Map<RowId, Source['rows'] extends ReadonlyMap<RowId, infer Row> ? Row : never>();
  const sourced = new Map<RowId, Sourced>();
  const partsOf = new Map((products ?? []).map(({ product, parts }) => [product, parts]));
  for (const { product: id, kind: key, version, ...said } of products ?? []) {
    const kind = productKind(key);
    const { filling, given } = standingIn(id, variables, values);
    const document = fillIn(kind, said.document, filling);
    const name = filling.places.includes(kind.nameAt) ? fillText(said.name, filling.values) : said.name;
    const waits = said.secrets.filter((place) => !given.has(place));
    sourced.set(id, { id, kind: key, name, version, document, secrets: said.secrets, waits: [], filling, given });
    rows.set(id, {
      account: '' as AccountId,
      id,
      kind: key,
      name,
      nameKey: '',
      version,
      document,
      secrets: said.secrets,
    });
    items.set(id, {
      id,
      kind: key,
      name,
      version,
      refs: refsWithin(kind, document, said.parts),
      secrets: waits,
      fromParent: kind.fromParent,
      ...(kind.single && { single: kind.single }),
    });
  }
  const isFilledAnew = ({ source: was, filling }: ProductLink): boolean => {
    const one = sourced.get(was.product);
    // A copy that is newer than the blueprint by now doesn't become older for it.
    if (!one?.filling || was.version > one.version) return false;
    return (one.given?.size ?? 0) > 0 || saysOf(one.filling) !== saysOf(filling ?? NOT_FILLED);
  };
  return { source: { items, rows, partsOf: (id) => partsOf.get(id) ?? null, isFilledAnew }, sourced };
}

const NOT_FILLED: Filling = { values: {}, places: [] };

/** Fillings that are the same say the same. */
const saysOf = ({ values, places }: Filling): string => canonicalJson([values, places.toSorted()]);

/** What variables come to in one product. */
function standingIn(
  id: RowId,
  variables: readonly Variable[],
  values: VariableValues,
): { readonly filling: Filling; readonly given: ReadonlyMap<string, string> } {
  const here = variables.flatMap(({ key, secret, at }) =>
    at.flatMap(({ product, place }) => (product === id ? [{ key, secret, place }] : [])),
  );
  const plain = here.filter(({ secret }) => !secret);
  return {
    filling: {
      values: Object.fromEntries(plain.map(({ key }) => [key, values[key] ?? ''])),
      places: placesIn(id, variables),
    },
    given: new Map(
      here.flatMap(({ key, secret, place }) => (secret && values[key] !== undefined ? [[place, values[key]]] : [])),
    ),
  };
}

/** Whether something of what was planned is left to be said. */
export const isUnanswered = ({ products }: BlueprintTarget): boolean =>
  products?.items.some(({ act }) => act === 'clash') ?? false;
