import type { ImportPlan, PlannedItem } from '@tenantree/contract';
import {
  labelProducts,
  type PlacedProduct,
  type ProductLink,
  readApprovedProfiles,
  readInVersions,
  readLinks,
  readLinksOf,
  readNames,
  readPlaced,
  readWithRequired,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  canonicalJson,
  type JsonValue,
  levelOf,
  nameKey,
  type PermissionKey,
  type Refusal,
  type RowId,
} from '@tenantree/domain';
import {
  type ClashAnswer,
  nameIn,
  type ProductKind,
  parseDocument,
  productKind,
  type ResolvedItem,
  refsOf,
  refsWithin,
  resolve,
  type SourceItem,
  type TargetState,
  writeCopy,
} from '@tenantree/domain/products';
import type { Access } from '../../guard/admit.ts';
import type { Hall } from '../../hall/hall.ts';
import { Refused, refuseWith } from '../../hall/refused.ts';
import { baseOf } from '../copies.ts';
import { nameTaken } from '../writing.ts';
import { type ComplianceProfile, canTake, profileFor } from './move-number.ts';
import { roomIn } from './room.ts';
import type { Target } from './targets.ts';

/** What is to be imported, with accounts by id. */
export type ImportWish = {
  readonly targets: readonly AccountId[];
  readonly products: readonly {
    readonly product: RowId;
    readonly parts?: readonly string[] | undefined;
    /** An earlier one; absent: as it is. */
    readonly version?: number;
    /** What parts of it come into, in which targets. */
    readonly into?: readonly { readonly target: string; readonly product: RowId }[] | undefined;
  }[];
  readonly answers: readonly {
    readonly product?: RowId | undefined;
    readonly kind?: string | undefined;
    readonly target?: string | undefined;
    readonly as: ClashAnswer;
  }[];
  /** Where the source's is to stand in what is there already; without a target, in all of them. Absent: nowhere. */
  readonly takes?: readonly {
    readonly product: RowId;
    readonly target?: string | undefined;
    readonly at: readonly string[];
  }[];
};

/** What an import would do, before it has an id: what has to be so still when it is run. */
export type ShownPlan = Omit<ImportPlan, 'plan' | 'running'>;

export type PlannedImport = {
  readonly shown: ShownPlan;
  /** What a product names, of what is wanted of it. */
  readonly namedBy: (product: RowId) => readonly RowId[];
};

/** Characters of text of which a plan shows a difference. */
const SHOWN_CHARACTERS = 500;
/** Things that one plan does at the most. */
const MOST_STEPS = 10_000;

/** What is imported, as it is where it comes from. */
export type Source = {
  readonly items: ReadonlyMap<RowId, SourceItem>;
  readonly rows: ReadonlyMap<RowId, PlacedProduct>;
  readonly partsOf: (id: RowId) => readonly string[] | null;
  /** Of what a blueprint sets up: whether a copy has to be written anew for what stands in it for variables. */
  readonly isFilledAnew?: (copy: ProductLink) => boolean;
};

/** That products are not there, each by its id. */
export const noSuchProducts = (ids: readonly RowId[]): Refusal => ({
  code: 'NOT_FOUND',
  message: 'There is no such product.',
  field: 'products',
  faults: ids.map((id) => ({ at: `/products/${id}`, message: 'There is no such product.' })),
});

/** The permissions that importing some parts of a kind takes in full. */
export function rowsFor({ rows }: ProductKind, parts: readonly string[] | null): PermissionKey[] {
  const ofParts = Object.entries(rows.parts ?? {}).flatMap(([part, row]) =>
    parts === null || parts.includes(part) ? [row] : [],
  );
  return [...new Set([...(rows.write === null ? [] : [rows.write]), ...ofParts])];
}

/**
 * Why somebody can't have a product imported (rules/products 12): whoever has a permission in full at the source has it so in every account below,
 * as caps bind nobody who comes from above them.
 */
export function refusedTo(
  { levels }: Pick<Access, 'levels'>,
  kind: ProductKind,
  parts: readonly string[] | null,
): 'hidden' | 'forbidden' | undefined {
  if (levels[kind.rows.read] === 'none') return 'hidden';
  return rowsFor(kind, parts).every((row) => levels[row] === 'full') ? undefined : 'forbidden';
}

/** Products with all that they can't do without, as they are, but for those that are wanted as they were: one that isn't known any more is left out. */
async function readWanted(
  trx: TenantTransaction,
  account: AccountId,
  wanted: ImportWish['products'],
): Promise<PlacedProduct[]> {
  const found = await readWithRequired(
    trx,
    account,
    wanted.map(({ product }) => product),
  );
  const versions = new Map(found.map(({ id, version }) => [id, version]));
  const earlier = wanted.flatMap(({ product, version }) =>
    version === undefined || versions.get(product) === version ? [] : [{ product, version }],
  );
  if (earlier.length === 0) return found;
  const was = new Map((await readInVersions(trx, account, earlier)).map((row) => [row.id, row]));
  const named = [...was.values()].flatMap((row) => refsOf(productKind(row.kind), row.document));
  const needed = named.flatMap(({ id, need }) => (need === 'required' && !versions.has(id) ? [id] : []));
  const more = needed.length === 0 ? [] : await readWithRequired(trx, account, needed);
  const gone = new Set(earlier.flatMap(({ product }) => (was.has(product) ? [] : [product])));
  const all = new Map([...found, ...more].map((row) => [row.id, { ...row, ...was.get(row.id) }]));
  return [...all.values()].filter(({ id }) => !gone.has(id));
}

/** Products of an account as they are now, with all that they need. @throws Refused NOT_FOUND, BAD_REQUEST */
export async function readSource(
  trx: TenantTransaction,
  access: Access,
  { products }: Pick<ImportWish, 'products'>,
): Promise<Source> {
  if (products.some(({ parts, into }) => into !== undefined && parts === undefined))
    refuseWith('BAD_REQUEST', 'Say which parts come into another product.', 'products');
  const wanted = new Map(products.map(({ product, parts }) => [product, parts ?? null]));
  const found = await readWanted(trx, access.id, products);
  const rows = new Map(found.map((row) => [row.id, row]));
  for (const [id, parts] of wanted) {
    const row = rows.get(id);
    if (!row) throw new Refused(noSuchProducts([id]));
    const known = productKind(row.kind).rows.parts ?? {};
    const unknown = parts?.find((part) => !Object.hasOwn(known, part));
    if (unknown !== undefined)
      refuseWith('BAD_REQUEST', `${productKind(row.kind).plural} have no part “${unknown}”.`, 'products');
  }
  const partsOf = (id: RowId) => wanted.get(id) ?? null;
  const refs = new Map(found.map((row) => [row.id, refsWithin(productKind(row.kind), row.document, partsOf(row.id))]));
  const named = [...refs.values()].flat().flatMap(({ id }) => (rows.has(id) ? [] : [id]));
  const labels = await labelProducts(trx, access.id, [...new Set(named)]);
  // What waits for secrets itself is copied as waiting for them.
  const waiting = new Map(
    (await readLinks(trx, access.id, [...rows.keys()])).map(({ product, needs }) => [product, needs]),
  );
  const items = new Map<RowId, SourceItem>();
  const note = (
    id: RowId,
    kind: ProductKind,
    more: Pick<SourceItem, 'name' | 'version' | 'refs' | 'secrets'>,
  ): void => {
    const refused = refusedTo(access, kind, partsOf(id));
    items.set(id, {
      id,
      kind: kind.kind,
      fromParent: kind.fromParent,
      ...(kind.single && { single: kind.single }),
      ...(refused && { refused }),
      ...more,
    });
  };
  for (const { id, kind, name } of labels) note(id, productKind(kind), { name, version: 1, refs: [], secrets: [] });
  for (const { id, kind, name, version, secrets } of found)
    note(id, productKind(kind), {
      name,
      version,
      refs: refs.get(id) ?? [],
      secrets: [...new Set([...secrets, ...(waiting.get(id) ?? [])])].toSorted(),
    });
  return { items, rows, partsOf };
}

/** What there is in the targets that matters to what comes. */
type Standing = {
  readonly links: ReadonlyMap<string, ProductLink>;
  readonly named: ReadonlyMap<AccountId, ReadonlyMap<RowId, RowId>>;
  readonly names: ReadonlyMap<AccountId, ReadonlyMap<string, RowId>>;
  readonly singles: ReadonlyMap<AccountId, ReadonlyMap<string, RowId>>;
  readonly placed: ReadonlyMap<string, PlacedProduct>;
  readonly secrets: ReadonlyMap<AccountId, TargetState['secrets']>;
  readonly profiles: readonly ComplianceProfile[];
};

const at = (account: AccountId, id: RowId): string => `${account} ${id}`;

/** A product of the source, and what of a target it comes into. */
type Named = { readonly account: AccountId; readonly product: RowId; readonly into: RowId };

const namedIn = (wanted: ImportWish['products'], targets: readonly AccountId[]): Named[] =>
  wanted.flatMap(({ product, into = [] }) =>
    into.flatMap(({ target, product: other }) =>
      targets.filter((id) => id === target).map((account) => ({ account, product, into: other })),
    ),
  );

/** @throws Refused NOT_FOUND of what isn't there or is of another kind, BAD_REQUEST where the target has a copy already, or two come into one */
function requireNamed(
  named: readonly Named[],
  {
    rows,
    placed,
    links,
  }: Pick<Source, 'rows'> & { readonly placed: readonly PlacedProduct[]; readonly links: readonly ProductLink[] },
): void {
  for (const { account, product, into } of named) {
    const there = placed.find((row) => row.account === account && row.id === into);
    if (!there || there.kind !== rows.get(product)?.kind)
      refuseWith('NOT_FOUND', 'There is no such product in the target.', 'products');
    if (named.some((one) => one.account === account && one.into === into && one.product !== product))
      refuseWith('BAD_REQUEST', `Only one product at a time can come into “${there?.name}”.`, 'products');
    const link = links.find((one) => one.account === account && one.source.product === product);
    if (link && link.product !== into)
      refuseWith('BAD_REQUEST', `The target has a copy of it that is another one than “${there?.name}”.`, 'products');
  }
}

async function readStanding(
  trx: TenantTransaction,
  targets: readonly AccountId[],
  { items, rows }: Pick<Source, 'items' | 'rows'>,
  today: string,
  wanted: ImportWish['products'],
): Promise<Standing> {
  const copied = [...items.values()].filter(({ fromParent }) => fromParent !== 'never');
  const links = await readLinksOf(
    trx,
    targets,
    copied.map(({ id }) => id),
  );
  // Of our own rows: their kinds are of the registry.
  const kinds = copied.map(({ kind, name, single }) => ({
    kind: kind as PlacedProduct['kind'],
    key: nameKey(name),
    single,
  }));
  const singleKinds = [...new Set(kinds.flatMap(({ kind, single }) => (single ? [kind] : [])))];
  const standing = await readNames(trx, targets, kinds, singleKinds);
  const named = namedIn(wanted, targets);
  const standsThere = standing.map(({ account, id }) => ({ account, product: id }));
  const placed = await readPlaced(trx, [
    ...links,
    ...standsThere,
    ...named.map(({ account, into: product }) => ({ account, product })),
  ]);
  requireNamed(named, { rows, placed, links });
  const by = (holds: (one: (typeof standing)[number]) => [string, RowId] | null) =>
    new Map(
      [...Map.groupBy(standing, ({ account }) => account)].map(([account, all]) => [
        account,
        new Map(
          all.flatMap((one) => {
            const entry = holds(one);
            return entry ? [entry] : [];
          }),
        ),
      ]),
    );
  return {
    links: new Map(links.map((link) => [at(link.account, link.source.product), link])),
    named: new Map(
      [...Map.groupBy(named, ({ account }) => account)].map(([account, all]) => [
        account,
        new Map(all.map(({ product, into }) => [product, into])),
      ]),
    ),
    names: by(({ kind, key, id }) => [nameIn(kind, key), id]),
    singles: by(({ kind, id }) => (singleKinds.includes(kind) ? [kind, id] : null)),
    placed: new Map(placed.map((row) => [at(row.account, row.id), row])),
    secrets: secretsIn(placed),
    profiles: copied.some(({ fromParent }) => fromParent === 'move')
      ? await readApprovedProfiles(trx, targets, today)
      : [],
  };
}

/** Places of secrets that are set, by account and product. */
const secretsIn = (placed: readonly PlacedProduct[]): Standing['secrets'] =>
  new Map(
    [...Map.groupBy(placed, ({ account }) => account)].map(([account, all]) => [
      account,
      new Map(all.map(({ id, secrets }) => [id, secrets])),
    ]),
  );

function stateOf(target: AccountId, { items, partsOf, isFilledAnew }: Source, standing: Standing): TargetState {
  const links = [...items.keys()].flatMap((id) => {
    const link = standing.links.get(at(target, id));
    if (!link) return [];
    const lacksParts = link.parts !== null && !(partsOf(id)?.every((part) => link.parts?.includes(part)) ?? false);
    const lacks = lacksParts || isFilledAnew?.(link) === true;
    return [[id, { product: link.product, version: link.source.version, lacks }] as const];
  });
  return {
    links: new Map(links),
    named: standing.named.get(target) ?? new Map(),
    names: standing.names.get(target) ?? new Map(),
    singles: standing.singles.get(target) ?? new Map(),
    secrets: standing.secrets.get(target) ?? new Map(),
  };
}

/** Of several answers that fit the nearest: of the product, then of the kind; of the target, then of all. */
const answersFor =
  (target: AccountId, { answers }: ImportWish) =>
  ({ id, kind }: SourceItem): ClashAnswer | undefined => {
    const fitting = answers.filter(
      (one) =>
        (one.product === undefined || one.product === id) &&
        (one.kind === undefined || one.kind === kind) &&
        (one.target === undefined || one.target === target),
    );
    const nearness = (one: (typeof answers)[number]): number =>
      (one.product === undefined ? 0 : 4) + (one.kind === undefined ? 0 : 1) + (one.target === undefined ? 0 : 2);
    return fitting.toSorted((one, other) => nearness(other) - nearness(one))[0]?.as;
  };

/** Where the source's is to stand in what a target has of a product. */
const takenIn = (target: AccountId, product: RowId, { takes = [] }: ImportWish): ReadonlySet<string> =>
  new Set(
    takes.flatMap((one) =>
      one.product === product && (one.target === undefined || one.target === target) ? one.at : [],
    ),
  );

/** What an import does now, if somebody lets it (rules/products 12). Nothing is changed. */
export async function planImport(
  hall: Hall,
  trx: TenantTransaction,
  access: Access,
  wish: ImportWish,
  targets: readonly Target[],
): Promise<PlannedImport> {
  return planFrom(hall, trx, access, wish, { targets, source: await readSource(trx, access, wish) });
}

/** What importing from somewhere does now. */
export async function planFrom(
  hall: Hall,
  trx: TenantTransaction,
  access: Pick<Access, 'reached' | 'path'>,
  wish: ImportWish,
  { targets, source }: { readonly targets: readonly Target[]; readonly source: Source },
): Promise<PlannedImport> {
  const open = targets.flatMap(({ access: there }) => (there ? [there.id] : []));
  const today = new Date(hall.clock.nowMs()).toISOString().slice(0, 10);
  const standing = await readStanding(trx, open, source, today, wish.products);
  const isOne = open.length === 1;
  const shown = targets.map(({ id, name, access: there, refusal }): ShownPlan['targets'][number] => {
    const account = { id, name };
    if (!there) return { account, refusal, items: [], notCopied: [], blocked: [] };
    return { account, refusal, ...planFor(there, wish, source, standing, isOne) };
  });
  const { limits, fits } = await roomIn(hall, trx, access, targets, shown);
  const steps = shown.reduce((sum, { items }) => sum + new Set(doneOf(items).map(({ step }) => step)).size, 0);
  if (steps > MOST_STEPS)
    refuseWith(
      'BAD_REQUEST',
      `This would be ${steps} things to be done; ${MOST_STEPS} are the most at once.`,
      'targets',
    );
  const isOpen = shown.some(({ items }) => items.some(({ act }) => act === 'clash'));
  return {
    shown: {
      ready: steps > 0 && !isOpen,
      steps,
      targets: shown.map((one) => ({
        ...one,
        items: one.items.map((item) => ({ ...item, fits: fits(one.account.id, item.product) })),
      })),
      limits,
    },
    namedBy: (product) => source.items.get(product)?.refs.map(({ id }) => id) ?? [],
  };
}

/** Those of some items that something is done for. */
export const doneOf = <Item extends Pick<PlannedItem, 'act'>>(items: readonly Item[]): Item[] =>
  items.filter(({ act }) => act !== 'use_existing');

function planFor(
  there: NonNullable<Target['access']>,
  wish: ImportWish,
  source: Source,
  standing: Standing,
  isOne: boolean,
): Omit<ShownPlan['targets'][number], 'account' | 'refusal'> {
  const state = stateOf(there.id, source, standing);
  const answerTo = answersFor(there.id, wish);
  const chosen = wish.products.map(({ product }) => product);
  const profile = profileFor(there.id, standing.profiles);
  const stuck = new Map(
    chosen.flatMap((id) => {
      const why = whyStuck(source, id, { profile, isOne });
      return why ? [[id, why] as const] : [];
    }),
  );
  const { components, notCopied, blocked } = resolve({
    chosen: chosen.filter((id) => !stuck.has(id)),
    source: source.items,
    target: state,
    answerTo,
  });
  const all = components.flat();
  const ids = new Map(all.map(({ id, into }) => [id, into ?? id]));
  return {
    items: components.flatMap((component, n) =>
      component.map((item) =>
        shownItem({ item, step: n + 1, there, source, standing, ids, take: takenIn(there.id, item.id, wish) }),
      ),
    ),
    notCopied: notCopied.map(({ id, by, place, kind, name, why }) => ({
      product: id,
      kind,
      name,
      by,
      at: place,
      // It was chosen.
      why: stuck.has(id) ? 'blocked' : why,
    })),
    blocked: [
      ...blocked.map(({ id, kind, name, needs, why }) => ({
        product: id,
        kind,
        name,
        needs: needs && { product: needs.id, at: needs.place },
        why,
      })),
      ...[...stuck].map(([id, why]) => {
        const { kind = '', name = null } = source.rows.get(id) ?? {};
        return { product: id, kind, name, needs: null, why };
      }),
    ],
  };
}

/** Why something that is chosen can't move; undefined: it can, or is copied. */
function whyStuck(
  { items, rows }: Source,
  id: RowId,
  { profile, isOne }: { readonly profile: RowId | null; readonly isOne: boolean },
): 'one_account' | 'compliance' | undefined {
  if (items.get(id)?.fromParent === 'move' && !isOne) return 'one_account';
  return canTake(rows.get(id), profile) ? undefined : 'compliance';
}

type Shown = {
  readonly item: ResolvedItem;
  readonly step: number;
  readonly there: NonNullable<Target['access']>;
  readonly source: Source;
  readonly standing: Standing;
  readonly ids: ReadonlyMap<RowId, RowId>;
  readonly take: ReadonlySet<string>;
};

function shownItem({ item, step, there, source, standing, ids, take }: Shown): PlannedItem {
  const kind = productKind(item.kind as PlacedProduct['kind']);
  const row = source.rows.get(item.id);
  const parts = source.partsOf(item.id);
  const present = item.into === null ? undefined : standing.placed.get(at(there.id, item.into));
  const link = standing.links.get(at(there.id, item.id));
  const shown = {
    product: item.id,
    kind: kind.kind,
    name: item.name,
    version: source.items.get(item.id)?.version ?? 1,
    act: item.act,
    into: item.into === null ? null : { id: item.into, version: present?.version ?? 0 },
    parts,
    because: item.because,
    updateAvailable: item.updateAvailable && { has: item.updateAvailable[0], is: item.updateAvailable[1] },
    needsValue: item.needsValue,
    hidden: hiddenFrom(there, kind.rows.read),
    fits: true,
    changes: [],
    fault: null,
    step,
  };
  const { act } = item;
  const fault = (name: string): PlannedItem['fault'] => nameFault(kind, { name, into: item.into }, standing, there.id);
  if (act === 'move') return { ...shown, fault: fault(item.name) };
  if (!row || !present || (act !== 'update' && act !== 'replace' && act !== 'merge')) return shown;
  const written = writeCopy(kind, {
    act,
    source: row,
    parts,
    name: item.name,
    ids: new Map([...(link?.ids ?? []), ...ids]),
    isWaiting: item.needsValue.length > 0,
    take,
    present: { document: present.document, base: link ? baseOf(link) : null },
  });
  const read = parseDocument(kind, written.document, null);
  return {
    ...shown,
    name: read.ok ? read.value.name.name : shown.name,
    changes: written.changes.map(({ at: place, how, base, source: there_, local }) => ({
      at: place,
      how,
      taken: take.has(place) && (how === 'local' || how === 'conflict'),
      base: brief(base),
      source: brief(there_),
      local: brief(local),
    })),
    fault: read.ok ? fault(read.value.name.name) : { code: read.refusal.code, message: read.refusal.message },
  };
}

/** Why something can't be called what it would be, where nobody is asked: another one of the target is. */
function nameFault(
  kind: ProductKind & Pick<PlacedProduct, 'kind'>,
  { name, into }: { readonly name: string; readonly into: RowId | null },
  { names }: Standing,
  target: AccountId,
): PlannedItem['fault'] {
  const other = names.get(target)?.get(nameIn(kind.kind, nameKey(name)));
  const refusal = nameTaken(kind, { id: into, name }, other);
  return refusal && { code: refusal.code, message: refusal.message };
}

/** A value as a plan shows it: long text is cut. */
function brief(value: JsonValue | undefined): JsonValue {
  if (value === undefined || value === null) return null;
  const text = typeof value === 'string' ? value : canonicalJson(value);
  if (text.length <= SHOWN_CHARACTERS) return value;
  return `${Array.from(text.slice(0, SHOWN_CHARACTERS)).join('').toWellFormed()}…`;
}

/** The permission that an account's own people are left none of; null: they may see it. */
const hiddenFrom = ({ chain }: NonNullable<Target['access']>, row: PermissionKey): PermissionKey | null =>
  chain.some(({ caps }) => levelOf(caps, row) === 'none') ? row : null;
