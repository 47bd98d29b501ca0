import type { Product } from '@tenantree/contract';
import {
  findProducts,
  insertProducts,
  type ProductRow,
  type ProductToWrite,
  readLinks,
  readPast,
  setLinkNeeds,
  type TenantTransaction,
  take,
  updateProduct,
} from '@tenantree/db';
import { isRecord, type RowId } from '@tenantree/domain';
import { type ParsedDocument, parseDocument, refsOf, rowsChanged } from '@tenantree/domain/products';
import type { Change } from '../hall/change.ts';
import { granted, Refused, refuseWith } from '../hall/refused.ts';
import { levelsOf, type Reader, readable, shown } from './shown-product.ts';
import { keepSecrets, presentRefs, requireFreeNames, requireRows, type Writer, writingOf } from './writing.ts';

type Of = { readonly product: RowId; readonly expectedVersion: number };

/** A product of an account. @throws Refused NOT_FOUND */
export async function productAt(
  trx: TenantTransaction,
  { access, kind }: Pick<Writer, 'access' | 'kind'>,
  product: RowId,
): Promise<ProductRow> {
  const [row] = await findProducts(trx, access.id, kind.kind, [product]);
  return row ?? noSuchProduct(kind.label);
}

export const noSuchProduct = (label: string): never =>
  refuseWith('NOT_FOUND', `There is no such ${label.toLowerCase()}.`, 'product');

/** @throws Refused VERSION_CONFLICT with what is there now, as far as they may read it, when it is another version than they saw */
async function requireVersion(
  trx: TenantTransaction,
  reader: Reader,
  row: ProductRow,
  expected: number,
): Promise<void> {
  if (row.version === expected) return;
  const { name } = row.savedBy;
  throw new Refused({
    code: 'VERSION_CONFLICT',
    message: `“${row.name}” was saved by ${name} meanwhile: it is at version ${row.version}.`,
    field: 'expectedVersion',
    present: { version: row.version, document: await readable(trx, reader, row) },
  });
}

/**
 * Makes another version of a product. What is the same as before makes none.
 *
 * @throws Refused VERSION_CONFLICT, FORBIDDEN of a part that the writer may not write, or for what is wrong with the document
 */
export function saveProduct(
  writer: Writer,
  reader: Reader,
  { product, expectedVersion, document }: Of & { readonly document: unknown },
): Promise<Product> {
  const { hall, caller, access, kind } = writer;
  refuseHidden(writer, reader, document);
  return hall.change(caller, { root: access.root, acting: access.id }, async (scope) => {
    const row = await productAt(scope.trx, writer, product);
    await requireVersion(scope.trx, reader, row, expectedVersion);
    const parsed = granted(parseDocument(kind, document, row.document));
    const tolerated = new Set(refsOf(kind, row.document).map(({ id }) => id));
    const saved = await write(scope, writer, row, parsed, tolerated);
    if (saved) {
      const account = await scope.account(access.id);
      const { name } = parsed.name;
      const details = { account: account.name, kind: kind.label.toLowerCase(), product: name, version: saved.version };
      scope.happened('product.saved', access.id, details, { id: product, name });
    }
    return shown(scope.trx, reader, await productAt(scope.trx, writer, product));
  });
}

/** @throws Refused FORBIDDEN of a part that they may not even read: whoever wrote it would write what they don't know */
function refuseHidden({ access, kind }: Writer, reader: Reader, document: unknown): void {
  const levels = levelsOf(reader, kind);
  const hidden = isRecord(document) ? Object.keys(document).find((name) => levels[name] === 'none') : undefined;
  if (hidden !== undefined)
    refuseWith('FORBIDDEN', `“${hidden}” is not for you to see in “${access.name}”: leave it out.`, `/${hidden}`);
}

/**
 * What is saved of a copy that waited for secrets: when the last of them is set it is switched on, if its source was. @returns what was sent, if it
 * waits for nothing
 */
async function withNeedsMet(
  trx: TenantTransaction,
  { access, kind }: Writer,
  product: RowId,
  sent: ParsedDocument,
): Promise<ParsedDocument> {
  const set = sent.secrets.flatMap(({ place, value }) => (value === null ? [] : [place]));
  const [link] = set.length === 0 ? [] : await readLinks(trx, access.id, [product]);
  if (!link || link.needs.length === 0) return sent;
  const needs = link.needs.filter((place) => !set.includes(place));
  const on =
    needs.length === 0 && link.activates && kind.activeAt !== undefined ? { [kind.activeAt.slice(1)]: true } : {};
  await setLinkNeeds(trx, { account: access.id, product, needs, base: { ...link.base, ...on } });
  return { ...sent, document: { ...sent.document, ...on } };
}

/** Writes a version of a product that there is. @returns nothing when it is the same as before */
async function write(
  scope: Change,
  writer: Writer,
  row: ProductRow,
  sent: ParsedDocument,
  tolerated: ReadonlySet<RowId>,
): Promise<ProductToWrite | null> {
  const { kind, access } = writer;
  const rows = rowsChanged(kind, row.document, sent);
  if (rows.length === 0) return null;
  requireRows(writer, rows);
  const parsed = await withNeedsMet(scope.trx, writer, row.id, sent);
  await requireFreeNames(scope.trx, writer, [{ id: row.id, parsed }]);
  const refs = await presentRefs(scope.trx, access.id, parsed.refs, tolerated);
  const { name, document } = parsed;
  const saved = { id: row.id, externalId: row.externalId, version: row.version + 1, name, document, refs };
  await updateProduct(scope.trx, writingOf(writer, scope), saved);
  await keepSecrets(scope.trx, writer, row.id, parsed);
  return saved;
}

/**
 * Makes a product again what it was in an earlier version, as a version of its own; its secrets stay. One that was deleted comes back with its
 * id and without secrets. What it named and could do without may be gone.
 *
 * @throws Refused NOT_FOUND when there is no such version
 */
export function restoreProduct(
  writer: Writer,
  reader: Reader,
  { product, version, expectedVersion }: Of & { readonly version: number },
): Promise<Product> {
  const { hall, caller, access, kind } = writer;
  if (kind.rows.write === null) refuseWith('FORBIDDEN', `Nobody writes a ${kind.label.toLowerCase()}.`);
  return hall.change(caller, { root: access.root, acting: access.id }, async (scope) => {
    const { trx } = scope;
    const [row] = await findProducts(trx, access.id, kind.kind, [product]);
    const [past] = await readPast(trx, { account: access.id, kind: kind.kind, product }, version + 1, 1);
    if (past?.version !== version) return refuseWith('NOT_FOUND', 'There is no such version any more.', 'version');
    if (row) await requireVersion(trx, reader, row, expectedVersion);
    const parsed = granted(parseDocument(kind, past.document, null));
    const tolerated = new Set(parsed.refs.map(({ id }) => id));
    const restored = row
      ? await write(scope, writer, row, parsed, tolerated)
      : await bringBack(scope, writer, { product, expectedVersion, parsed }, tolerated);
    if (restored) {
      const account = await scope.account(access.id);
      const details = { account: account.name, kind: kind.label.toLowerCase(), product: parsed.name.name, version };
      scope.happened('product.restored', access.id, details, { id: product, name: parsed.name.name });
    }
    return shown(trx, reader, await productAt(trx, writer, product));
  });
}

async function bringBack(
  scope: Change,
  writer: Writer,
  { product, expectedVersion, parsed }: Of & { readonly parsed: ParsedDocument },
  tolerated: ReadonlySet<RowId>,
): Promise<ProductToWrite> {
  const { trx } = scope;
  const { access, kind } = writer;
  const [last] = await readPast(trx, { account: access.id, kind: kind.kind, product }, null, 1);
  if (!last || last.version !== expectedVersion)
    return refuseWith('VERSION_CONFLICT', `It was deleted at version ${last?.version ?? 0}.`, 'expectedVersion');
  requireRows(
    writer,
    Object.values(kind.rows.parts ?? { all: kind.rows.write }).flatMap((row) => row ?? []),
  );
  await requireFreeNames(trx, writer, [{ id: product, parsed }]);
  const refs = await presentRefs(trx, access.id, parsed.refs, tolerated);
  const { name, document } = parsed;
  const back = { id: product, externalId: last.externalId, version: last.version + 1, name, document, refs };
  await insertProducts(trx, writingOf(writer, scope), [back]);
  if (kind.limit) await take(trx, [{ account: access.id, resource: kind.limit, n: 1 }], scope.version);
  if (kind.limit === 'agents') scope.shows((await scope.account(access.id)).path);
  return back;
}
