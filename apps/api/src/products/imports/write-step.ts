import {
  insertProducts,
  insertRefs,
  type LinkBefore,
  moveProduct,
  type PlacedProduct,
  type ProductLink,
  readApprovedProfiles,
  readInVersions,
  readLinks,
  readLinksOf,
  readPlaced,
  take,
  updateProduct,
  type Writing,
  writeLink,
} from '@tenantree/db';
import type { AccountId, RowId } from '@tenantree/domain';
import {
  type Filling,
  filled,
  isActive,
  type ParsedDocument,
  parseDocument,
  productKind,
  refsOf,
  secretPlaces,
  withIds,
  writeCopy,
} from '@tenantree/domain/products';
import type { Change } from '../../hall/change.ts';
import { granted, refuseWith } from '../../hall/refused.ts';
import { CHANGED_SINCE } from '../../jobs/define-job.ts';
import { baseOf } from '../copies.ts';
import { presentRefs, requireFreeNames } from '../writing.ts';
import type { DoneItem, ImportItem, ImportStep } from './import-payload.ts';
import { canTake, movedDocument, profileFor } from './move-number.ts';

/** Why nothing is done: somebody else did something meanwhile, which is no failure. */
export type NotDone = { readonly skipped: string };

/** Where it comes from and goes to. */
type Way = { readonly from: AccountId; readonly to: AccountId };

/** Something that is copied. */
export type Sourced = Pick<PlacedProduct, 'id' | 'kind' | 'name' | 'version' | 'document' | 'secrets'> & {
  /** It waits for secrets itself. */
  readonly waits: readonly string[];
  /** Of what a blueprint sets up: what stands in it for variables, and secrets that were given for it, by place. */
  readonly filling?: Filling;
  readonly given?: ReadonlyMap<string, string>;
};

/** Where the things of a step are read, in the versions that were shown. */
export type ReadSources = (items: readonly ImportItem[]) => Promise<readonly Sourced[]>;

/** They are read in the account that they come from, as it is now. */
const readThere =
  ({ trx }: Change, from: AccountId): ReadSources =>
  async (items) => {
    const ids = items.map(({ source }) => source);
    const waits = new Map((await readLinks(trx, from, ids)).map((one) => [one.product, one.needs]));
    const found = await readInVersions(
      trx,
      from,
      items.map(({ source: product, version }) => ({ product, version })),
    );
    return found.map((source) => ({ ...source, waits: waits.get(source.id) ?? [] }));
  };

/** An item with all that it takes to write it. */
type Ready = {
  readonly item: ImportItem;
  readonly source: Sourced;
  readonly present: PlacedProduct | null;
  readonly link: ProductLink | null;
};

/** An item as it is written. */
type Written = Ready & {
  readonly parsed: ParsedDocument;
  readonly version: number;
  readonly needs: readonly string[];
  /** What stands there for what it names at the source. */
  readonly ids: ReadonlyMap<RowId, RowId>;
  readonly base: ReturnType<typeof writeCopy>['base'] | null;
};

/**
 * Does one thing of an import: products that need each other, in one account, all of them or none (rules/products 13). In the versions that were
 * shown, into what is there now.
 *
 * @throws Refused for whatever stands in the way
 */
export async function writeStep(
  scope: Change,
  way: Way,
  by: Writing['by'],
  step: ImportStep,
  sources: ReadSources = readThere(scope, way.from),
): Promise<readonly DoneItem[] | NotDone> {
  const { trx } = scope;
  const account = await scope.account(way.to);
  if (account.status === 'closed')
    refuseWith('ACCOUNT_CLOSED', `“${account.name}” is closed: nothing comes into it.`, 'account');
  const ready = await readReady(scope, way, step, await sources(step.items));
  if ('skipped' in ready) return ready;
  const today = scope.now.slice(0, 10);
  const isMoving = step.items.some(({ act }) => act === 'move');
  const profile = isMoving ? profileFor(way.to, await readApprovedProfiles(trx, [way.to], today)) : null;
  const ids = new Map(step.ids);
  const written = ready.map((one) => asWritten(one, ids, profile));
  for (const [kind, all] of Map.groupBy(written, ({ item }) => item.kind)) {
    const wished = all.map(({ item, parsed }) => ({ id: item.product, parsed }));
    await requireFreeNames(trx, { access: { id: way.to }, kind: productKind(kind) }, wished);
  }
  await writeAll(scope, way, by, written);
  for (const one of written) {
    const { item, parsed } = one;
    const { name } = parsed.name;
    const { label, limit } = productKind(item.kind);
    const details = { account: account.name, kind: label.toLowerCase(), product: name, version: one.version };
    if (item.act === 'move') {
      const there = await scope.account(way.from);
      scope.happened('product.moved', way.from, { ...details, account: there.name }, { id: item.product, name });
    }
    scope.happened('product.imported', way.to, details, { id: item.product, name });
    if (limit === 'agents') scope.shows(account.path);
  }
  return written.map(({ item, parsed, version, needs, present, source }) => ({
    product: item.product,
    kind: item.kind,
    name: parsed.name.name,
    act: item.act,
    version,
    needs: [...needs],
    before: item.act === 'move' && !present ? source.document : null,
  }));
}

async function readReady(
  { trx }: Change,
  { to }: Way,
  { items }: ImportStep,
  sources: readonly Sourced[],
): Promise<readonly Ready[] | NotDone> {
  const links = await readLinksOf(
    trx,
    [to],
    items.map(({ source }) => source),
  );
  const byProduct = await readLinks(
    trx,
    to,
    items.map(({ product }) => product),
  );
  const placed = new Map(
    (
      await readPlaced(
        trx,
        items.map(({ product }) => ({ account: to, product })),
      )
    ).map((row) => [row.id, row]),
  );
  const ready: Ready[] = [];
  for (const item of items) {
    const source = sources.find(({ id }) => id === item.source);
    if (!source) refuseWith('NOT_FOUND', `“${item.name}” was deleted, or moved, where it comes from.`, 'product');
    const link = links.find(({ source: { product } }) => product === item.source) ?? null;
    const present = placed.get(item.product) ?? null;
    const isNew = item.act === 'new' || item.act === 'move';
    if (isNew ? present : !present || (item.act !== 'update' && present.version !== item.at))
      return { skipped: CHANGED_SINCE };
    if (item.act === 'update' ? link?.product !== item.product : link && link.product !== item.product)
      return { skipped: CHANGED_SINCE };
    const own = link ?? byProduct.find(({ product }) => product === item.product) ?? null;
    ready.push({ item, source, present, link: own });
  }
  return ready;
}

function asWritten(one: Ready, ids: ReadonlyMap<RowId, RowId>, profile: RowId | null): Written {
  const { item, source, present, link } = one;
  const kind = productKind(item.kind);
  const all = new Map([...(item.act === 'update' ? (link?.ids ?? []) : []), ...ids]);
  if (item.act === 'move') {
    if (!canTake(source, profile))
      refuseWith(
        'REFERENCE_MISSING',
        `“${item.name}” needs an approved compliance profile there first.`,
        '/compliance',
      );
    const mapped = movedDocument(withIds(kind, filled(kind, source.document), all), source.document, profile);
    return {
      ...one,
      parsed: granted(parseDocument(kind, mapped, null)),
      version: source.version + 1,
      needs: [],
      ids: new Map(),
      base: null,
    };
  }
  const asked = [...new Set([...source.secrets, ...source.waits])];
  const missing = asked.filter((place) => !present?.secrets.includes(place) && !source.given?.has(place));
  const { document, base } = writeCopy(kind, {
    act: item.act,
    source,
    parts: item.parts,
    name: item.name,
    ids: all,
    isWaiting: missing.length > 0,
    present: present && { document: present.document, base: item.act === 'update' && link ? baseOf(link) : null },
  });
  const parsed = granted(parseDocument(kind, document, null));
  const places = secretPlaces(kind, parsed.document);
  const needs = missing.filter((place) => places.includes(place));
  return {
    ...one,
    parsed,
    version: (present?.version ?? 0) + 1,
    needs,
    ids: among(all, refsOf(kind, source.document)),
    // Values of variables may stand in names, which are read as people write them.
    base: {
      ...base,
      document:
        base.document['name'] === document['name'] ? { ...base.document, name: parsed.name.name } : base.document,
    },
  };
}

/** Of ids those of what is named. */
const among = (ids: ReadonlyMap<RowId, RowId>, named: readonly { readonly id: RowId }[]): ReadonlyMap<RowId, RowId> =>
  new Map(
    named.flatMap(({ id }) => {
      const there = ids.get(id);
      return there === undefined ? [] : [[id, there] as const];
    }),
  );

/** Writes products before what they name, as they may name each other. */
async function writeAll(scope: Change, way: Way, by: Writing['by'], written: readonly Written[]): Promise<void> {
  const { trx, version: treeVersion, now: at } = scope;
  const writingOf = ({ item }: Written): Writing => ({
    account: way.to,
    kind: item.kind,
    at,
    by,
    treeVersion,
  });
  const productOf = ({ item, parsed, version }: Written) => ({
    id: item.product,
    externalId: null,
    version,
    name: parsed.name,
    document: parsed.document,
    refs: [],
  });
  for (const one of written) {
    const { act, kind } = one.item;
    const { limit } = productKind(kind);
    if (act === 'new') await insertProducts(trx, writingOf(one), [productOf(one)]);
    else if (act === 'move') await moveProduct(trx, way.from, writingOf(one), productOf(one));
    else await updateProduct(trx, writingOf(one), productOf(one));
    if (limit && act === 'move') await take(trx, way.from, limit, -1, treeVersion);
    if (limit && (act === 'new' || act === 'move')) await take(trx, way.to, limit, 1, treeVersion);
  }
  for (const one of written) {
    const kind = productKind(one.item.kind);
    // What a copy named before, and could do without, may be gone.
    const tolerated = new Set(one.present ? refIdsOf(one) : []);
    const refs = await presentRefs(trx, way.to, one.parsed.refs, tolerated);
    await insertRefs(trx, way.to, [{ id: one.item.product, refs }]);
    if (one.base) await writeLink(trx, linkFor(way, one, one.base, isActive(kind, one.source.document)), beforeOf(one));
  }
}

const refIdsOf = ({ parsed }: Written): RowId[] => parsed.refs.map(({ id }) => id);

function linkFor(
  { from, to }: Way,
  { item, source, version, needs, ids, link }: Written,
  base: NonNullable<Written['base']>,
  isOn: boolean,
): ProductLink {
  return {
    account: to,
    product: item.product,
    source: { account: from, product: source.id, version: base.version, name: base.name },
    parts: base.parts,
    base: base.document,
    ids,
    needs,
    activates: isOn,
    version,
    filling: source.filling ?? (item.act === 'update' ? (link?.filling ?? null) : null),
  };
}

/** A link as it is kept for whoever takes back what is written. */
const beforeOf = ({ link }: Written): LinkBefore | null => link && { ...link, ids: [...link.ids] };
