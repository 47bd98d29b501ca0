import type { BlueprintTarget } from '@tenantree/contract';
import {
  type AccountState,
  type Application,
  findOfferedBlueprint,
  type LimitsAlong,
  type PlacedCaps,
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
import { foreseeLimits, type LimitChange } from '../limits/set-limits.ts';
import { type PlannedImport, planFrom, type Source } from '../products/imports/plan-import.ts';
import type { Target } from '../products/imports/targets.ts';
import type { Sourced } from '../products/imports/write-step.ts';
import {
  type Blueprint,
  type BlueprintContent,
  type BlueprintTerms,
  blueprintAt,
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
  /** Its products come by a job afterwards, which plans them. */
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

/** What there is of accounts that are to be set up, read by as many statements as of one. */
type Ground = {
  readonly accounts: ReadonlyMap<AccountId, AccountState>;
  readonly applications: ReadonlyMap<AccountId, readonly Application[]>;
  readonly caps: ReadonlyMap<AccountId, PlacedCaps>;
  readonly limits: ReadonlyMap<AccountId, LimitsAlong>;
  readonly books: readonly StoredAssignment[];
};

async function readGround(
  hall: Hall,
  trx: TenantTransaction,
  acting: Acting,
  targets: readonly Target[],
  { content }: Blueprint,
): Promise<Ground> {
  const states = await readAccountStates(
    trx,
    targets.flatMap(({ id, access }) => (access ? [id] : [])),
  );
  const ids = states.map(({ id }) => id);
  const caps = content.caps ? await readCapsToChange(trx, ids) : [];
  const paths = states.map(({ path }) => path.map((id) => ({ id, name: '' })));
  const limits = content.limits ? await readLimitsOfEach(trx, paths, nowOf(hall)) : [];
  return {
    accounts: new Map(states.map((state) => [state.id, state])),
    applications: Map.groupBy(await readApplications(trx, ids, null), ({ account }) => account),
    caps: new Map(caps.map((one) => [one.account, one])),
    limits: new Map(limits.map((along, n) => [ids[n]!, along])),
    books: content.priceBook ? await readAssignmentsOf(trx, acting.id, ids) : [],
  };
}

type Planned = PlannedAccount | { readonly shown: BlueprintTarget };

/** What setting accounts up would do now, each as if it were the only one, section by section (rules/blueprints 8). Nothing is changed. */
export async function planAccounts(
  hall: Hall,
  trx: TenantTransaction,
  acting: Acting,
  targets: readonly Target[],
  wish: SetUpWish,
): Promise<readonly Planned[]> {
  const ground = await readGround(hall, trx, acting, targets, wish.blueprint);
  const planned: Planned[] = [];
  for (const target of targets) planned.push(await planOne(hall, trx, acting, target, wish, ground));
  return planned;
}

/** The same of one account. */
export async function planAccount(
  hall: Hall,
  trx: TenantTransaction,
  acting: Acting,
  target: Target,
  wish: SetUpWish,
): Promise<Planned> {
  const [planned] = await planAccounts(hall, trx, acting, [target], wish);
  return planned!;
}

async function planOne(
  hall: Hall,
  trx: TenantTransaction,
  acting: Acting,
  target: Target,
  wish: SetUpWish,
  ground: Ground,
): Promise<Planned> {
  const label = { id: target.id, name: target.name };
  const account = ground.accounts.get(target.id);
  if (!account || target.refusal)
    return {
      shown: refused(
        label,
        target.refusal ?? { code: 'NOT_FOUND', message: `“${target.name}” is not there any more.` },
      ),
    };
  const all = ground.applications.get(target.id) ?? [];
  const before = all.find(({ blueprint }) => blueprint.id === wish.blueprint.id) ?? null;
  const content = contentIn(wish, acting, account);
  const decision = await decideSetUp(trx, acting, wish, { account, all, before, content });
  if (!decision.ok) return { shown: refused(label, decision.refusal) };
  const applied = before ? await appliedBy(trx, before) : null;
  const at: Spot = {
    hall,
    trx,
    acting,
    account,
    target,
    wish,
    content,
    before,
    applied,
    values: decision.value,
    ground,
  };
  return planSections(at);
}

/** What becomes of each section of an account that may be set up. */
async function planSections(at: Spot): Promise<Planned> {
  const { hall, trx, account, target, wish, content, before, values, ground } = at;
  const label = { id: target.id, name: target.name };
  const caps = planCaps(at);
  const limits = planLimits(at);
  const book = planBook(at);
  const products = wish.productsLater ? null : await planProducts(at);
  // Of those that are made together each finds what those before it were given: it is asked when it is written.
  const isOneOfMany = wish.isNew && ground.accounts.size > 1;
  const fault = isOneOfMany ? null : await faultOfLimits(hall, trx, account.id, limits.changes);
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

/** Whether a blueprint may set an account up, and with which values. */
async function decideSetUp(
  trx: TenantTransaction,
  acting: Acting,
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
    const its = await findOfferedBlueprint(trx, other.blueprint.id, null);
    const name = its && acting.reached.includes(its.account) ? `“${its.name}”` : 'another blueprint';
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

/** What an account was set up as. */
const appliedBy = async (trx: TenantTransaction, { blueprint, version }: Application): Promise<BlueprintContent> =>
  (await blueprintAt(trx, blueprint.id, version)).content;

type Spot = {
  readonly hall: Hall;
  readonly trx: TenantTransaction;
  readonly acting: Acting;
  readonly account: AccountState;
  readonly target: Target;
  readonly wish: SetUpWish;
  readonly content: BlueprintContent;
  readonly before: Application | null;
  readonly applied: BlueprintContent | null;
  readonly values: VariableValues;
  readonly ground: Ground;
};

const rowOf = (key: string, before: JsonValue | undefined, after: JsonValue | undefined) => ({
  key,
  before: before ?? null,
  after: after ?? null,
});

function planCaps({ account, wish, content, applied, ground }: Spot) {
  if (!content.caps) return null;
  const caps = ground.caps.get(account.id);
  if (!caps) return null;
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

function planLimits({ account, wish, content, before, applied, ground }: Spot) {
  const wished = Object.entries(content.limits ?? {}) as [LimitKindKey, BlueprintTerms][];
  if (!content.limits) return { changes: [], shown: null };
  const along = ground.limits.get(account.id);
  const present = new Map(
    wished.flatMap(([key]) => {
      const state = along?.get(key)?.[0];
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

/** Why limits of an account can't be set, of which kind; null: they can. */
export async function faultOfLimits(
  hall: Hall,
  trx: TenantTransaction,
  account: AccountId,
  changes: readonly LimitChange[],
): Promise<Refusal | null> {
  if (changes.length === 0) return null;
  const [foreseen] = await foreseeLimits(hall, trx, [account], changes, 'no usage');
  for (const one of foreseen?.limits ?? [])
    if ('code' in one) return { code: one.code, message: one.message, field: `limits.${one.kind}` };
  return null;
}

function planBook({ account, wish, content, applied, ground }: Spot) {
  const { priceBook: said } = wish.blueprint.content;
  if (!said || wish.goesOn) return { isGiven: false, former: null, shown: null };
  if (!content.priceBook)
    return { isGiven: false, former: null, shown: { before: null, after: null, kept: false, leftOut: true } };
  const former = ground.books.find(({ customer, to }) => customer === account.id && to === null) ?? null;
  const isIt = (book: { readonly id: RowId; readonly version: number } | null | undefined): boolean =>
    book?.id === former?.book.id && book?.version === former?.book.version;
  const isSame = isIt(said);
  const isKept = wish.how === 'line' && !isSame && applied?.priceBook !== null && !isIt(applied?.priceBook);
  const before = former && { id: former.book.id, version: former.book.version };
  const isGiven = !isSame && !isKept;
  const after = isGiven ? { id: said.id, version: said.version } : before;
  return { isGiven, former, shown: { before, after, kept: isKept, leftOut: false } };
}

async function planProducts(at: Spot) {
  const { hall, trx, acting, account, target, wish, content, before, values } = at;
  if (!content.products) return null;
  const { source, sourced } = sourceOf(content, values);
  const links = new Set(
    (await readLinksOf(trx, [account.id], [...sourced.keys()])).map(({ source: { product } }) => product),
  );
  // What was set up and is a copy no more was deleted, or detached, here: it stays so.
  const isGone = (id: RowId): boolean => wish.how === 'line' && before?.products[id] !== undefined && !links.has(id);
  const chosen = [...sourced.keys()].filter((id) => !isGone(id));
  const answers = chosen.flatMap((product) => {
    const as = wish.answers.get(product) ?? content.products?.find((one) => one.product === product)?.answer;
    return as ? [{ product, as }] : [];
  });
  const asked = { targets: [account.id], products: chosen.map((product) => ({ product })), answers };
  const planned = await planFrom(hall, trx, acting, asked, { targets: [target], source });
  const [first] = planned.shown.targets;
  return {
    planned,
    sourced,
    shown: first && { items: first.items, notCopied: first.notCopied, blocked: first.blocked },
  };
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
  return { source: { items, rows, partsOf: (id) => partsOf.get(id) ?? null }, sourced };
}

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
      places: [...new Set(plain.map(({ place }) => place))],
    },
    given: new Map(
      here.flatMap(({ key, secret, place }) => (secret && values[key] !== undefined ? [[place, values[key]]] : [])),
    ),
  };
}

/** Whether something of what was planned is left to be said. */
export const isUnanswered = ({ products }: BlueprintTarget): boolean =>
  products?.items.some(({ act }) => act === 'clash') ?? false;
