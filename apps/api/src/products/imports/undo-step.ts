import {
  type AccountState,
  deleteLinks,
  deletePlaced,
  deleteRefs,
  insertRefs,
  moveProduct,
  type PlacedProduct,
  type ProductLink,
  readAccountStates,
  readLast,
  readLinksBefore,
  readNumbersInCall,
  readPlaced,
  readUsers,
  type TenantTransaction,
  take,
  updatePlaced,
  type Writing,
  writeLinks,
} from '@tenantree/db';
import type { AccountId, Refusal, RowId } from '@tenantree/domain';
import {
  type Document,
  type NamedThing,
  type ParsedDocument,
  parseDocument,
  productKind,
} from '@tenantree/domain/products';
import type { Change } from '../../hall/change.ts';
import { granted, Refused, refuseWith } from '../../hall/refused.ts';
import { CHANGED_SINCE } from '../../jobs/define-job.ts';
import { presentRefs, requireFreeNames } from '../writing.ts';
import type { DoneItem } from './import-payload.ts';
import { at, Standing } from './standing.ts';
import { orRefusal, type RefusedStep } from './write-step.ts';

/** What one step of an import did in an account. */
export type DoneStep = { readonly account: AccountId; readonly items: readonly DoneItem[] };
type Kept = { readonly product: RowId; readonly name: string; readonly reason: string };
/** What of a step became what it was, and what stays, with the reason. */
export type Undone = {
  readonly undone: readonly Pick<DoneItem, 'product' | 'kind' | 'name' | 'act'>[];
  readonly kept: readonly Kept[];
};

/** Products that use one, of which a reason tells. */
const MOST_USERS = 3;

const isNew = ({ act }: DoneItem): boolean => act === 'new';
const isMoved = ({ act }: DoneItem): boolean => act === 'move';
const isWritten = (item: DoneItem): boolean => !isNew(item) && !isMoved(item);

type User = { readonly name: string; readonly required: boolean };

/** What there is in accounts of what steps did, and what names it: as it is when those before are taken back. */
class Present {
  readonly #rows: Map<string, PlacedProduct>;
  readonly #users: Map<string, Map<RowId, User>>;
  /** Numbers that moved and that calls are on. */
  readonly inCall: ReadonlySet<RowId>;

  private constructor(
    rows: Map<string, PlacedProduct>,
    users: Map<string, Map<RowId, User>>,
    inCall: ReadonlySet<RowId>,
  ) {
    this.#rows = rows;
    this.#users = users;
    this.inCall = inCall;
  }

  /** @param held it is taken back now: no call begins on what moved meanwhile */
  static async of(trx: TenantTransaction, steps: readonly DoneStep[], held?: 'held'): Promise<Present> {
    const moved = steps.flatMap(({ account, items }) =>
      items.filter(isMoved).map(({ product: id }) => ({ account, id })),
    );
    const inCall = new Set(await readNumbersInCall(trx, moved, held));
    const all = steps.flatMap(({ account, items }) => items.map(({ product }) => ({ account, product, id: product })));
    const rows = await readPlaced(trx, all);
    const users = Map.groupBy(await readUsers(trx, all), ({ account, of }) => at(account, of));
    return new Present(
      new Map(rows.map((row) => [at(row.account, row.id), row])),
      new Map([...users].map(([key, named]) => [key, new Map(named.map((user) => [user.id, user]))])),
      inCall,
    );
  }

  row(account: AccountId, { product, kind }: DoneItem): PlacedProduct | undefined {
    const row = this.#rows.get(at(account, product));
    return row?.kind === kind ? row : undefined;
  }

  usersOf(account: AccountId, product: RowId): readonly (readonly [RowId, User])[] {
    return [...(this.#users.get(at(account, product)) ?? [])];
  }

  /** Something is there no more. */
  drop(account: AccountId, product: RowId): void {
    this.#rows.delete(at(account, product));
    this.#names(account, product, []);
  }

  /** Something is as it was again. */
  restore(account: AccountId, { id, name }: PlacedProduct, refs: readonly NamedThing[]): void {
    const key = at(account, id);
    const row = this.#rows.get(key);
    if (row) this.#rows.set(key, { ...row, version: row.version + 1 });
    this.#names(account, id, refs, name);
  }

  #names(account: AccountId, from: RowId, refs: readonly NamedThing[], name = ''): void {
    for (const [key, users] of this.#users) if (key.startsWith(account)) users.delete(from);
    for (const { id, need } of refs) {
      const key = at(account, id);
      const users = this.#users.get(key) ?? new Map<RowId, User>();
      this.#users.set(key, users);
      users.set(from, { name, required: need === 'required' || users.get(from)?.required === true });
    }
  }
}

/** Why something that was imported stays as it is; null: it goes, or becomes what it was. */
function reasonToKeep(present: Present, account: AccountId, item: DoneItem, going: ReadonlySet<RowId>): string | null {
  const row = present.row(account, item);
  if (!row) return 'It is not there any more.';
  if (row.version !== item.version) return CHANGED_SINCE;
  if (isWritten(item)) return null;
  if (present.inCall.has(item.product)) return 'A call is on it.';
  const others = present
    .usersOf(account, item.product)
    .filter(([id, { required }]) => !going.has(id) && (isNew(item) || required))
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return others.length === 0
    ? null
    : `It is used by ${others
        .slice(0, MOST_USERS)
        .map(([, { name }]) => `“${name}”`)
        .join(', ')}.`;
}

/** Why accounts keep some of what was imported; null: all of it goes. @param steps one for each account */
export async function foreseeUndo(
  trx: TenantTransaction,
  steps: readonly DoneStep[],
): Promise<{ readonly account: AccountId; readonly left: Refusal | null }[]> {
  const present = await Present.of(trx, steps);
  return steps.map(({ account, items }) => {
    const going = new Set(items.map(({ product }) => product));
    for (const item of items) {
      const reason = reasonToKeep(present, account, item, going);
      if (reason !== null)
        return { account, left: { code: 'VERSION_CONFLICT', message: `“${item.name}” stays: ${reason}` } };
    }
    return { account, left: null };
  });
}

/** What of a step goes, or becomes what it was, and what stays. */
function decide(
  present: Present,
  { account, items }: DoneStep,
): { readonly undone: DoneItem[]; readonly kept: Kept[] } {
  const going = new Set(items.map(({ product }) => product));
  const reasons = new Map(items.map((item) => [item.product, reasonToKeep(present, account, item, going)]));
  const kept = items.flatMap(({ product, name }): Kept[] => {
    const reason = reasons.get(product) ?? null;
    return reason === null ? [] : [{ product, name, reason }];
  });
  // What something uses that stays stays, too.
  for (const { product, name } of items) {
    if (kept.length === 0 || kept.some((one) => one.product === product)) continue;
    const staying = present.usersOf(account, product).find(([id]) => kept.some((one) => one.product === id));
    if (staying) kept.push({ product, name, reason: `It is used by “${staying[1].name}”.` });
  }
  return { undone: items.filter(({ product }) => kept.every((one) => one.product !== product)), kept };
}

/** What a product becomes again: what it was in the version before, and of what it was a copy then. */
type Past = {
  readonly document: Document;
  readonly parsed: ParsedDocument | null;
  readonly refusal: Refusal | null;
  readonly link: ProductLink | null;
};
type Restored = { readonly item: DoneItem; readonly row: PlacedProduct; readonly past: Past };

/** A step of which something is taken back. */
type SureUndo = {
  readonly account: AccountState;
  readonly undone: readonly DoneItem[];
  readonly kept: readonly Kept[];
  readonly restored: readonly (Restored & { readonly refs: readonly NamedThing[] })[];
  readonly moved: readonly { readonly item: DoneItem; readonly row: PlacedProduct }[];
};

/**
 * Takes back what steps of an import did (rules/products 16): what nobody touched goes, or becomes what it was; all else stays, with the reason.
 * As if they were taken back one after the other; of many accounts it takes as many statements as of one. What stands in the way of one refuses
 * that one.
 *
 * @param from where it came from
 * @throws Refused where a number can't go back, or limits leave no room for it: nothing of all is kept then
 */
export async function undoSteps(
  scope: Change,
  from: AccountId,
  by: Writing['by'],
  steps: readonly DoneStep[],
): Promise<readonly (Undone | RefusedStep)[]> {
  const { trx } = scope;
  const ids = [...new Set(steps.map(({ account }) => account))];
  const accounts = new Map((await readAccountStates(trx, ids)).map((state) => [state.id, state]));
  const present = await Present.of(trx, steps, 'held');
  const { pasts, standing } = await readPasts(trx, steps, present);
  const sure: SureUndo[] = [];
  const ends = steps.map((step) =>
    orRefusal((): Undone => {
      const one = sureUndo(step, accounts.get(step.account), present, pasts, standing);
      sure.push(one);
      const undone = one.undone.map(({ product, kind, name, act }) => ({ product, kind, name, act }));
      return { undone, kept: one.kept };
    }),
  );
  await writeUndone(scope, by, sure);
  for (const { account, moved } of sure)
    for (const { item, row } of moved) await moveBack(scope, { from, to: account.id }, by, item, row);
  for (const one of sure) tell(scope, one);
  return ends;
}

/** What all that is written over becomes again, and what there is of what that names. */
async function readPasts(
  trx: TenantTransaction,
  steps: readonly DoneStep[],
  present: Present,
): Promise<{ readonly pasts: ReadonlyMap<string, Past>; readonly standing: Standing }> {
  const written = steps.flatMap(({ account, items }) =>
    items.flatMap((item) => {
      const row = isWritten(item) ? present.row(account, item) : undefined;
      return row?.version === item.version ? [{ account, product: row.id, version: row.version, item, row }] : [];
    }),
  );
  const last = new Map((await readLast(trx, written)).map((one) => [at(one.account, one.product), one.document]));
  const links = new Map((await readLinksBefore(trx, written)).map((one) => [at(one.account, one.product), one]));
  const pasts = new Map<string, Past>();
  for (const { account, product, row } of written) {
    const document = last.get(at(account, product));
    if (!document) throw new Error(`of “${row.name}” there is no version before ${row.version}`);
    const read = parseDocument(productKind(row.kind), document, null);
    const parsed = read.ok ? read.value : null;
    const refusal = read.ok ? null : read.refusal;
    pasts.set(at(account, product), { document, parsed, refusal, link: links.get(at(account, product)) ?? null });
  }
  const coming = written.flatMap(({ account, item, row }) => {
    const parsed = pasts.get(at(account, row.id))?.parsed;
    return parsed ? [comingBack(account, [{ item, row, parsed }])] : [];
  });
  return { pasts, standing: await Standing.of(trx, coming) };
}

const comingBack = (
  account: AccountId,
  all: readonly { readonly item: DoneItem; readonly row: PlacedProduct; readonly parsed: ParsedDocument }[],
) => ({
  account: { id: account },
  written: all.map(({ item: { product, kind, act, name }, row, parsed }) => ({
    item: { product, kind, act, name, source: product },
    parsed,
    present: row,
  })),
});

/** @throws Refused: then nothing of it is taken back */
function sureUndo(
  step: DoneStep,
  account: AccountState | undefined,
  present: Present,
  pasts: ReadonlyMap<string, Past>,
  standing: Standing,
): SureUndo {
  if (!account) return refuseWith('NOT_FOUND', 'There is no such account.', 'account');
  if (account.status === 'closed')
    refuseWith('ACCOUNT_CLOSED', `“${account.name}” is closed: it stays as it is.`, 'account');
  const { undone, kept } = decide(present, step);
  const rowsOf = (items: readonly DoneItem[]) =>
    items.flatMap((item) => {
      const row = present.row(account.id, item);
      return row ? [{ item, row }] : [];
    });
  const leaving = rowsOf(undone.filter((item) => !isWritten(item)));
  const back = rowsOf(undone.filter(isWritten)).map((one) => {
    const past = pasts.get(at(account.id, one.row.id))!;
    if (!past.parsed) throw new Refused(past.refusal!);
    return { ...one, past, parsed: past.parsed };
  });
  const stay = standing.leave(
    account.id,
    leaving.map(({ row }) => row),
  );
  let refs: readonly NamedThing[][];
  try {
    refs = standing.add(comingBack(account.id, back));
  } catch (error) {
    stay();
    throw error;
  }
  for (const { row } of leaving) present.drop(account.id, row.id);
  const restored = back.map((one, n) => ({ ...one, refs: refs[n] ?? [] }));
  for (const one of restored) present.restore(account.id, { ...one.row, name: one.parsed.name.name }, one.refs);
  return { account, undone, kept, restored, moved: leaving.filter(({ item }) => isMoved(item)) };
}

/** Writes what goes and what becomes what it was. What that was may name what goes otherwise, and have a name that is free by then. */
async function writeUndone(scope: Change, by: Writing['by'], steps: readonly SureUndo[]): Promise<void> {
  const { trx, now, version: treeVersion } = scope;
  const writing = { at: now, by, treeVersion };
  const removed = steps.flatMap(({ account, undone }) =>
    undone.filter(isNew).map(({ product: id, kind }) => ({ account: account.id, id, kind })),
  );
  const restored = steps.flatMap(({ account, restored: all }) =>
    all.map(({ row, past, refs }) => ({
      past,
      write: {
        account: account.id,
        id: row.id,
        kind: row.kind,
        externalId: null,
        version: row.version + 1,
        name: past.parsed!.name,
        document: past.document,
        refs,
      },
    })),
  );
  const again = restored.map(({ write }) => write);
  await deleteRefs(trx, again);
  await deletePlaced(trx, writing, removed, 'kept');
  await updatePlaced(trx, writing, again);
  await writeLinks(
    trx,
    restored.flatMap(({ past: { link } }) => (link ? [{ link, before: null }] : [])),
  );
  await deleteLinks(
    trx,
    restored.flatMap(({ past, write }) => (past.link ? [] : [{ account: write.account, product: write.id }])),
  );
  const taken = removed.flatMap(({ account, kind }) => {
    const { limit: resource } = productKind(kind);
    return resource ? [{ account, resource, n: -1 }] : [];
  });
  await take(trx, taken, treeVersion);
}

/** Gives a number back. What it named where it came from may be gone by now. */
async function moveBack(
  { trx, now, version }: Change,
  { from, to }: { readonly from: AccountId; readonly to: AccountId },
  by: Writing['by'],
  item: DoneItem,
  row: PlacedProduct,
): Promise<void> {
  const kind = productKind(item.kind);
  const parsed = granted(parseDocument(kind, item.before ?? row.document, null));
  await requireFreeNames(trx, { access: { id: from }, kind }, [{ id: row.id, parsed }]);
  const { name, document } = parsed;
  const back = { id: row.id, externalId: null, version: row.version + 1, name, document, refs: [] };
  await moveProduct(trx, to, { account: from, kind: item.kind, at: now, by, treeVersion: version }, back);
  const refs = await presentRefs(trx, from, parsed.refs, new Set(parsed.refs.map(({ id }) => id)));
  await insertRefs(trx, [{ account: from, id: row.id, refs }]);
  const { limit: resource } = kind;
  if (!resource) return;
  const taken = [
    { account: to, resource, n: -1 },
    { account: from, resource, n: 1 },
  ];
  await take(trx, taken, version);
}

function tell(scope: Change, { account, undone }: SureUndo): void {
  for (const { product, kind, name } of undone) {
    const details = { account: account.name, kind: productKind(kind).label.toLowerCase(), product: name };
    scope.happened('product.importUndone', account.id, details, { id: product, name });
    if (productKind(kind).limit === 'agents') scope.shows(account.path);
  }
}
