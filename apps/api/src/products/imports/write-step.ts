import {
  type AccountState,
  insertPlaced,
  insertPlacedSecrets,
  insertRefs,
  type LinkBefore,
  moveProduct,
  type PlacedProduct,
  type PlacedToWrite,
  type ProductLink,
  readAccountStates,
  readApprovedProfiles,
  readInVersions,
  readLinks,
  readLinksOf,
  readNumbersInCall,
  readPlaced,
  readPlacedLinks,
  type SealedSecret,
  type Taken,
  take,
  updatePlaced,
  type Writing,
  writeLinks,
} from '@tenantree/db';
import type { AccountId, Refusal, RowId } from '@tenantree/domain';
import {
  type Filling,
  filled,
  isActive,
  type NamedPlaces,
  type NamedThing,
  namedPlaces,
  type ParsedDocument,
  parseDocument,
  productKind,
  refsOf,
  withIds,
  withIdsAt,
  writeCopy,
} from '@tenantree/domain/products';
import type { Change } from '../../hall/change.ts';
import { granted, Refused, refuseWith } from '../../hall/refused.ts';
import { CHANGED_SINCE } from '../../jobs/define-job.ts';
import { baseOf } from '../copies.ts';
import type { DoneItem, ImportItem, ImportStep } from './import-payload.ts';
import { canTake, movedDocument, profileFor } from './move-number.ts';
import { at, goneFromSource, Standing } from './standing.ts';

/** Why nothing is done: somebody else did something meanwhile, which is no failure. */
export type NotDone = { readonly skipped: string };

/** Something that is copied. */
export type Sourced = Pick<PlacedProduct, 'id' | 'kind' | 'name' | 'version' | 'document' | 'secrets'> & {
  /** It waits for secrets itself. */
  readonly waits: readonly string[];
  /** Of what a blueprint sets up: what stands in it for variables, and secrets that were given for it, by place. */
  readonly filling?: Filling;
  readonly given?: ReadonlyMap<string, string>;
};

/** Where the things of steps are read, in the versions that were shown. */
export type ReadSources = (items: readonly ImportItem[]) => Promise<(item: ImportItem) => Sourced | undefined>;

/** They are read in the account that they come from, as it is now. */
const readThere =
  ({ trx }: Change, from: AccountId): ReadSources =>
  async (items) => {
    const inVersion = (product: RowId, version: number): string => `${product} ${version}`;
    const wanted = new Map(
      items.map(({ source, version }) => [inVersion(source, version), { product: source, version }]),
    );
    const ids = [...new Set(items.map(({ source }) => source))];
    const waits = new Map((await readLinks(trx, from, ids)).map((one) => [one.product, one.needs]));
    const found = new Map(
      (await readInVersions(trx, from, [...wanted.values()])).map((source) => [
        inVersion(source.id, source.version),
        { ...source, waits: waits.get(source.id) ?? [] },
      ]),
    );
    return ({ source, version }) => found.get(inVersion(source, version));
  };

/** An item with all that it takes to write it. */
type Ready = {
  readonly item: ImportItem;
  readonly source: Sourced;
  /** What that names. */
  readonly named: readonly NamedThing[];
  readonly present: PlacedProduct | null;
  readonly link: ProductLink | null;
  /** Secrets that were given for it. */
  readonly given: readonly SealedSecret[];
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

/** A step that can be done, if what it names is there. */
type WrittenStep = {
  readonly account: AccountState;
  readonly written: readonly Written[];
  /** The same without some things of its account that it could do without. */
  readonly without: (lacking: ReadonlySet<RowId>) => WrittenStep;
};
/** A step that is done, with what its products name in their account, in their order. */
type SureStep = WrittenStep & { readonly refs: readonly NamedThing[][] };

/** What stands in the way of a step. */
export type RefusedStep = { readonly refused: Refusal };
/** What became of a step. */
export type StepEnd = { readonly items: readonly DoneItem[] } | NotDone | RefusedStep;

/** What a step did. @throws Refused when it was refused */
export function doneOrThrow(end: StepEnd): readonly DoneItem[] | NotDone {
  if ('refused' in end) throw new Refused(end.refused);
  return 'items' in end ? end.items : end;
}

/**
 * Does things of an import: each of them products that need each other, in one account, all of them or none (rules/products 13). In the versions
 * that were shown, into what is there now. What stands in the way of one refuses that one, as if they were done one after the other; of
 * many accounts it takes as many statements as of one.
 *
 * @throws Refused, or what `refusedByLimit` reads, where limits don't let all of them through: which of them they do let shows by fewer at once
 */
export async function writeSteps(
  scope: Change,
  from: AccountId,
  by: Writing['by'],
  steps: readonly ImportStep[],
  read: ReadSources = readThere(scope, from),
): Promise<readonly StepEnd[]> {
  const ready = await readSteps(scope, from, steps, read);
  const standing = await Standing.of(
    scope.trx,
    ready.flatMap((one) => ('written' in one ? [one] : [])),
  );
  const sure = ready.map((one) => ('written' in one ? orRefusal((): SureStep => sureOf(one, standing)) : one));
  const done = sure.flatMap((one) => ('written' in one ? [one] : []));
  await writeAll(scope, from, by, done);
  for (const one of done) await tell(scope, from, one);
  return sure.map((one) => ('written' in one ? { items: one.written.map(doneItem) } : one));
}

/** A step without what isn't there and it could do without, as that was refused before it, or is gone. @throws Refused */
function sureOf(step: WrittenStep, standing: Standing): SureStep {
  const lacking = standing.lackedBy(step);
  const sure = lacking.size === 0 ? step : step.without(lacking);
  return { ...sure, refs: standing.add(sure) };
}

/** What something comes to, or why it is refused. */
export function orRefusal<T>(work: () => T): T | RefusedStep {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) return { refused: error.refusal };
    throw error;
  }
}

/** What there is in accounts of what steps do, and how they become. */
async function readSteps(
  { trx, now }: Change,
  from: AccountId,
  steps: readonly ImportStep[],
  read: ReadSources,
): Promise<readonly (WrittenStep | NotDone | RefusedStep)[]> {
  const targets = [...new Set(steps.map(({ account }) => account))];
  const all = steps.flatMap(({ account, items }) => items.map((item) => ({ account, ...item })));
  const accounts = new Map((await readAccountStates(trx, targets)).map((state) => [state.id, state]));
  const sources = [...new Set(all.map(({ source }) => source))];
  const links = new Map(
    (await readLinksOf(trx, targets, sources)).map((one) => [at(one.account, one.source.product), one]),
  );
  const placed = new Map((await readPlaced(trx, all)).map((row) => [at(row.account, row.id), row]));
  const there = all.filter(({ account, product }) => placed.has(at(account, product)));
  const byProduct = new Map((await readPlacedLinks(trx, there)).map((one) => [at(one.account, one.product), one]));
  const moving = [...new Set(all.flatMap(({ act, account }) => (act === 'move' ? [account] : [])))];
  const numbers = all.flatMap(({ act, product }) => (act === 'move' ? [{ account: from, id: product }] : []));
  const inCall = new Set(await readNumbersInCall(trx, numbers, 'held'));
  const profiles = moving.length === 0 ? [] : await readApprovedProfiles(trx, moving, now.slice(0, 10));
  const sourceOf = await read(all);
  const drafts = new Drafts();
  // Of each source once, in however many accounts it comes.
  const refs = new Map<Sourced, readonly NamedThing[]>();
  for (const item of all) {
    const source = sourceOf(item);
    if (source && !refs.has(source)) refs.set(source, refsOf(productKind(source.kind), source.document));
  }
  return steps.map((step) =>
    orRefusal(() => {
      const account = accounts.get(step.account) ?? refuseWith('NOT_FOUND', 'There is no such account.', 'account');
      if (account.status === 'closed')
        refuseWith('ACCOUNT_CLOSED', `“${account.name}” is closed: nothing comes into it.`, 'account');
      const found = step.items.map((item) => ({
        item,
        source: sourceOf(item),
        named: refs.get(sourceOf(item)!) ?? [],
        present: placed.get(at(account.id, item.product)) ?? null,
        link: links.get(at(account.id, item.source)) ?? null,
        own: byProduct.get(at(account.id, item.product)) ?? null,
        given: (step.secrets ?? []).flatMap(({ product, place, sealed, last4 }) =>
          product === item.product ? [{ place, ciphertext: Buffer.from(sealed, 'base64'), last4 }] : [],
        ),
      }));
      const ready = readyOf(found);
      if ('skipped' in ready) return ready;
      for (const { item } of ready)
        if (inCall.has(item.product))
          refuseWith('NUMBER_IN_CALL', `A call is on “${item.name}”: it can move when that is over.`, 'product');
      const ids = new Map(step.ids);
      const profile = profileFor(account.id, profiles);
      return stepOf(account, ready, ids, (one, there) =>
        one.item.act === 'new' ? drafts.written(one, there) : asWritten(one, there, profile),
      );
    }),
  );
}

const stepOf = (
  account: AccountState,
  ready: readonly Ready[],
  ids: ReadonlyMap<RowId, RowId>,
  as: (one: Ready, ids: ReadonlyMap<RowId, RowId>) => Written,
): WrittenStep => ({
  account,
  written: ready.map((one) => as(one, ids)),
  without: (lacking) => stepOf(account, ready, new Map([...ids].filter(([, there]) => !lacking.has(there))), as),
});

type Found = Omit<Ready, 'source'> & {
  readonly source: Sourced | undefined;
  /** Of what the product there is a copy. */
  readonly own: ProductLink | null;
};

/** @throws Refused NOT_FOUND of what is gone where it comes from */
function readyOf(found: readonly Found[]): readonly Ready[] | NotDone {
  const ready: Ready[] = [];
  for (const { item, source, named, present, link, own, given } of found) {
    if (!source) return goneFromSource(item);
    const isNew = item.act === 'new' || item.act === 'move';
    if (isNew ? present : !present || (item.act !== 'update' && present.version !== item.at))
      return { skipped: CHANGED_SINCE };
    if (item.act === 'update' ? link?.product !== item.product : link && link.product !== item.product)
      return { skipped: CHANGED_SINCE };
    ready.push({ item, source, named, present, link: link ?? own, given });
  }
  return ready;
}

/** What comes anew into an account, with the ids of its source: as it is in all accounts that have the same of what it names. */
type Draft = Written & { readonly places: NamedPlaces };

/** What comes anew, made and read once for all accounts into which it comes: there it only has other ids. */
class Drafts {
  readonly #known = new Map<Sourced, Map<string, Draft>>();

  /** What it becomes in one account. @throws Refused */
  written(one: Ready, all: ReadonlyMap<RowId, RowId>): Written {
    const { parsed, base, places, needs } = this.#draft(one, all);
    const ids = among(all, one.named);
    const document = withIdsAt(parsed.document, places, ids);
    const refs = parsed.refs.map((ref) => ({ ...ref, id: ids.get(ref.id) ?? ref.id }));
    return {
      ...one,
      parsed: { ...parsed, document, refs },
      version: 1,
      needs,
      ids,
      base: base && { ...base, document },
    };
  }

  #draft(one: Ready, ids: ReadonlyMap<RowId, RowId>): Draft {
    const { source, item, named, given } = one;
    const own = new Map(named.flatMap(({ id }) => (ids.has(id) ? [[id, id] as const] : [])));
    const key = JSON.stringify([item.name, item.parts, [...own.keys()], given.map(({ place }) => place)]);
    const known = this.#known.get(source) ?? new Map<string, Draft>();
    this.#known.set(source, known);
    const found = known.get(key);
    if (found) return found;
    const written = asWritten(one, own, null);
    const draft = { ...written, places: namedPlaces(productKind(item.kind), written.parsed.document) };
    known.set(key, draft);
    return draft;
  }
}

function asWritten(one: Ready, ids: ReadonlyMap<RowId, RowId>, profile: RowId | null): Written {
  const { item, source, named, present, link, given } = one;
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
  const missing = asked.filter(
    (place) =>
      !present?.secrets.includes(place) && !source.given?.has(place) && given.every((secret) => secret.place !== place),
  );
  const { document, base } = writeCopy(kind, {
    act: item.act,
    source,
    parts: item.parts,
    name: item.name,
    ids: all,
    isWaiting: missing.length > 0,
    ...(item.take && { take: new Set(item.take) }),
    present: present && { document: present.document, base: item.act === 'update' && link ? baseOf(link) : null },
  });
  const parsed = granted(parseDocument(kind, document, null));
  const needs = missing.filter((place) => parsed.secretPlaces.includes(place));
  return {
    ...one,
    parsed,
    version: (present?.version ?? 0) + 1,
    needs,
    ids: among(all, named),
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

/** Writes products before what they name, as they may name each other. What limits don't let through stops it before anything is written. */
async function writeAll(
  { trx, version: treeVersion, now }: Change,
  from: AccountId,
  by: Writing['by'],
  steps: readonly SureStep[],
): Promise<void> {
  const all = steps.flatMap(({ account, written, refs }) =>
    written.map((one, n) => ({ ...one, account: account.id, refs: refs[n] ?? [] })),
  );
  const writing = { at: now, by, treeVersion };
  await take(
    trx,
    all.flatMap((one) => takenBy(from, one)),
    treeVersion,
  );
  const acting = (act: 'new' | 'move' | 'other'): PlacedToWrite[] =>
    all.flatMap(({ account, item, parsed, version }) => {
      if ((item.act === 'new' || item.act === 'move' ? item.act : 'other') !== act) return [];
      const { name, document } = parsed;
      return [{ account, id: item.product, kind: item.kind, externalId: null, version, name, document, refs: [] }];
    });
  await updatePlaced(trx, writing, acting('other'));
  for (const { account, kind, ...one } of acting('move'))
    await moveProduct(trx, from, { ...writing, account, kind }, one);
  await insertPlaced(trx, writing, acting('new'));
  await insertPlacedSecrets(
    trx,
    all.flatMap(({ account, item: { product }, given, parsed, present }) =>
      given.flatMap((secret) =>
        // Somebody may have set it meanwhile.
        parsed.secretPlaces.includes(secret.place) && !present?.secrets.includes(secret.place)
          ? [{ ...secret, account, product }]
          : [],
      ),
    ),
  );
  await insertRefs(
    trx,
    all.map(({ account, item, refs }) => ({ account, id: item.product, refs })),
  );
  await writeLinks(
    trx,
    all.flatMap((one) =>
      one.base
        ? [
            {
              link: linkFor(
                { from, to: one.account },
                one,
                one.base,
                isActive(productKind(one.item.kind), one.source.document),
              ),
              before: beforeOf(one),
              isAsWritten: one.base.document === one.parsed.document,
            },
          ]
        : [],
    ),
  );
}

/** What accounts have more of by something that comes. */
function takenBy(
  from: AccountId,
  { account, item: { act, kind } }: { readonly account: AccountId; readonly item: ImportItem },
): Taken[] {
  const { limit: resource } = productKind(kind);
  if (!resource || (act !== 'new' && act !== 'move')) return [];
  const here = { account, resource, n: 1 };
  return act === 'move' ? [{ account: from, resource, n: -1 }, here] : [here];
}

/** Says what was done. */
async function tell(scope: Change, from: AccountId, { account, written }: WrittenStep): Promise<void> {
  for (const { item, parsed, version } of written) {
    const { name } = parsed.name;
    const { label, limit } = productKind(item.kind);
    const details = { account: account.name, kind: label.toLowerCase(), product: name, version };
    if (item.act === 'move') {
      const there = await scope.account(from);
      scope.happened('product.moved', from, { ...details, account: there.name }, { id: item.product, name });
    }
    scope.happened('product.imported', account.id, details, { id: item.product, name });
    if (limit === 'agents') scope.shows(account.path);
  }
}

const doneItem = ({ item, parsed, version, needs, present, source }: Written): DoneItem => ({
  product: item.product,
  kind: item.kind,
  name: parsed.name.name,
  act: item.act,
  version,
  needs: [...needs],
  parts: item.parts,
  before: item.act === 'move' && !present ? source.document : null,
});

function linkFor(
  { from, to }: { readonly from: AccountId; readonly to: AccountId },
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
