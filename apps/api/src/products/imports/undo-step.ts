import {
  deleteLink,
  deleteProducts,
  deleteRefs,
  findProducts,
  findUsers,
  insertRefs,
  moveProduct,
  type ProductRow,
  readLinkBefore,
  readPast,
  type TenantTransaction,
  take,
  updateProduct,
  type Writing,
  writeLinks,
} from '@tenantree/db';
import type { AccountId, Refusal, RowId } from '@tenantree/domain';
import { type ParsedDocument, parseDocument, productKind } from '@tenantree/domain/products';
import type { Change } from '../../hall/change.ts';
import { granted, refuseWith } from '../../hall/refused.ts';
import { CHANGED_SINCE } from '../../jobs/define-job.ts';
import { presentRefs, requireFreeNames } from '../writing.ts';
import type { DoneItem } from './import-payload.ts';

type Way = { readonly from: AccountId; readonly to: AccountId };
type Kept = { readonly product: RowId; readonly name: string; readonly reason: string };
type Undone = {
  readonly undone: readonly Pick<DoneItem, 'product' | 'kind' | 'name' | 'act'>[];
  readonly kept: readonly Kept[];
};

/** Products that use one, of which a reason tells. */
const MOST_USERS = 3;

/** Why something that was imported stays as it is; null: it goes, or becomes what it was. */
async function reasonToKeep(
  trx: TenantTransaction,
  account: AccountId,
  { product, act, version }: DoneItem,
  row: ProductRow | undefined,
  going: ReadonlySet<RowId>,
): Promise<string | null> {
  if (!row) return 'It is not there any more.';
  if (row.version !== version) return CHANGED_SINCE;
  if (act !== 'new' && act !== 'move') return null;
  const users = await findUsers(trx, account, [product], {
    need: act === 'new' ? 'any' : 'required',
    limit: going.size + MOST_USERS,
  });
  const others = users.filter(({ id }) => !going.has(id));
  return others.length === 0
    ? null
    : `It is used by ${others
        .slice(0, MOST_USERS)
        .map(({ name }) => `“${name}”`)
        .join(', ')}.`;
}

const rowOf = async (
  trx: TenantTransaction,
  account: AccountId,
  { kind, product }: DoneItem,
): Promise<ProductRow | undefined> => (await findProducts(trx, account, kind, [product]))[0];

/** Why an account keeps some of what was imported; null: all of it goes. */
export async function foreseeUndo(
  trx: TenantTransaction,
  account: AccountId,
  items: readonly DoneItem[],
): Promise<Refusal | null> {
  const going = new Set(items.map(({ product }) => product));
  for (const item of items) {
    const reason = await reasonToKeep(trx, account, item, await rowOf(trx, account, item), going);
    if (reason !== null) return { code: 'VERSION_CONFLICT', message: `“${item.name}” stays: ${reason}` };
  }
  return null;
}

/**
 * Takes back what one step of an import did (rules/products 16): what nobody touched goes, or becomes what it was; all else stays, with the
 * reason.
 */
export async function undoStep(
  scope: Change,
  way: Way,
  by: Writing['by'],
  items: readonly DoneItem[],
): Promise<Undone> {
  const { trx } = scope;
  const account = await scope.account(way.to);
  if (account.status === 'closed')
    refuseWith('ACCOUNT_CLOSED', `“${account.name}” is closed: it stays as it is.`, 'account');
  const undone: DoneItem[] = [];
  const kept: Kept[] = [];
  const going = new Set(items.map(({ product }) => product));
  const rows = new Map<RowId, ProductRow>();
  for (const item of items) {
    const row = await rowOf(trx, way.to, item);
    const reason = await reasonToKeep(trx, way.to, item, row, going);
    if (reason === null && row) rows.set(item.product, row);
    else kept.push({ product: item.product, name: item.name, reason: reason ?? '' });
  }
  // What something uses that stays stays, too.
  for (const { product, name } of items) {
    if (!rows.has(product) || kept.length === 0) continue;
    const users = await findUsers(trx, way.to, [product], { need: 'any', limit: MOST_USERS });
    const staying = users.find(({ id }) => kept.some((one) => one.product === id));
    if (!staying) continue;
    rows.delete(product);
    kept.push({ product, name, reason: `It is used by “${staying.name}”.` });
  }
  const removed = items.filter(({ act, product }) => act === 'new' && rows.has(product));
  // What becomes what it was may name what goes, and is written anew below.
  const restored = items.filter(({ act, product }) => act !== 'new' && act !== 'move' && rows.has(product));
  await deleteRefs(
    trx,
    restored.map(({ product: id }) => ({ account: way.to, id })),
  );
  for (const [kind, all] of Map.groupBy(removed, (item) => item.kind)) await remove(scope, way.to, by, kind, all);
  for (const item of items) {
    const row = rows.get(item.product);
    if (!row) continue;
    if (item.act === 'move') await moveBack(scope, way, by, item, row);
    else if (item.act !== 'new') await putBack(scope, way.to, by, item, row);
    undone.push(item);
    const details = { account: account.name, kind: productKind(item.kind).label.toLowerCase(), product: item.name };
    scope.happened('product.importUndone', way.to, details, { id: item.product, name: item.name });
    if (productKind(item.kind).limit === 'agents') scope.shows(account.path);
  }
  return { undone: undone.map(({ product, kind, name, act }) => ({ product, kind, name, act })), kept };
}

const writingAt = (
  { now: at, version: treeVersion }: Change,
  account: AccountId,
  by: Writing['by'],
  kind: DoneItem['kind'],
) => ({
  account,
  kind,
  at,
  by,
  treeVersion,
});

async function remove(
  scope: Change,
  account: AccountId,
  by: Writing['by'],
  kind: DoneItem['kind'],
  items: readonly DoneItem[],
): Promise<void> {
  const ids = items.map(({ product }) => product);
  await deleteProducts(scope.trx, writingAt(scope, account, by, kind), ids, 'kept');
  const { limit } = productKind(kind);
  if (limit) await take(scope.trx, [{ account, resource: limit, n: -ids.length }], scope.version);
}

/** A product as it was in the version before, and of which it was a copy then. */
async function putBack(
  scope: Change,
  account: AccountId,
  by: Writing['by'],
  item: DoneItem,
  row: ProductRow,
): Promise<void> {
  const { trx } = scope;
  const kind = productKind(item.kind);
  const [past] = await readPast(trx, { account, kind: item.kind, product: row.id }, row.version, 1);
  if (!past) throw new Error(`of “${row.name}” there is no version before ${row.version}`);
  const parsed = granted(parseDocument(kind, past.document, null));
  await requireFreeNames(trx, { access: { id: account }, kind }, [{ id: row.id, parsed }]);
  const refs = await refsOf(trx, account, parsed);
  const { name } = parsed;
  const was = { id: row.id, externalId: row.externalId, version: row.version + 1, name, document: past.document, refs };
  const before = await readLinkBefore(trx, account, row.id);
  await updateProduct(trx, writingAt(scope, account, by, item.kind), was);
  if (before) await writeLinks(trx, [{ link: before, before: null }]);
  else await deleteLink(trx, account, row.id);
}

/** What it named then may be gone by now. */
const refsOf = (trx: TenantTransaction, account: AccountId, parsed: ParsedDocument) =>
  presentRefs(trx, account, parsed.refs, new Set(parsed.refs.map(({ id }) => id)));

async function moveBack(
  scope: Change,
  { from, to }: Way,
  by: Writing['by'],
  item: DoneItem,
  row: ProductRow,
): Promise<void> {
  const { trx, version } = scope;
  const kind = productKind(item.kind);
  const parsed = granted(parseDocument(kind, item.before ?? row.document, null));
  await requireFreeNames(trx, { access: { id: from }, kind }, [{ id: row.id, parsed }]);
  const { name, document } = parsed;
  const back = { id: row.id, externalId: row.externalId, version: row.version + 1, name, document, refs: [] };
  await moveProduct(trx, to, writingAt(scope, from, by, item.kind), back);
  await insertRefs(trx, [{ account: from, id: row.id, refs: await refsOf(trx, from, parsed) }]);
  const { limit: resource } = kind;
  if (!resource) return;
  const taken = [
    { account: to, resource, n: -1 },
    { account: from, resource, n: 1 },
  ];
  await take(trx, taken, version);
}
