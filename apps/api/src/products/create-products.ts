import {
  findProducts,
  findProductsByExternalId,
  insertProducts,
  listProducts,
  type ProductRow,
  type ProductToWrite,
  type TenantTransaction,
  take,
} from '@tenantree/db';
import { parseExternalId, type RowId } from '@tenantree/domain';
import { type ParsedDocument, parseDocument, rowsChanged } from '@tenantree/domain/products';
import type { Change } from '../hall/change.ts';
import { granted, Refused, refuseWith } from '../hall/refused.ts';
import { keepSecrets, presentRefs, requireFreeNames, requireRows, type Writer, writingOf } from './writing.ts';

type Wish = { readonly externalId?: string | undefined; readonly document: unknown };
type Parsed = { readonly id: RowId; readonly externalId: string | null; readonly parsed: ParsedDocument };

/**
 * Makes products of a kind. One with an external id that the account has already is answered as it is when its name is the same.
 *
 * @throws Refused; nothing is made then
 */
export async function createProducts(
  writer: Writer,
  wishes: readonly Wish[],
): Promise<{ products: ProductRow[]; created: number }> {
  const { hall, caller, access, kind } = writer;
  const parsed = wishes.map((wish, n) => inEntry(n, () => parseWish(writer, wish)));
  return hall.change(caller, { root: access.root, acting: access.id }, async (scope) => {
    const { ids, fresh } = await sortOut(scope.trx, writer, parsed);
    await insertNew(scope, writer, fresh);
    const rows = new Map((await findProducts(scope.trx, access.id, kind.kind, ids)).map((row) => [row.id, row]));
    return { products: ids.flatMap((id) => rows.get(id) ?? []), created: fresh.length };
  });
}

/** What an entry is refused for is said with its place in the list. */
function inEntry<T>(n: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new Refused({ ...error.refusal, field: `products.${n}${error.refusal.field ?? ''}` });
  }
}

function parseWish(writer: Writer, { externalId, document }: Wish): Parsed {
  const { kind, hall } = writer;
  const parsed = granted(parseDocument(kind, document, null));
  if (kind.rows.parts) {
    // Whoever may not write a part leaves it as it is when nobody says anything of it.
    const plain = granted(parseDocument(kind, { name: parsed.name.name }, null));
    requireRows(writer, rowsChanged(kind, plain.document, parsed));
  }
  return {
    id: hall.newId(),
    externalId: externalId === undefined ? null : granted(parseExternalId(externalId)),
    parsed,
  };
}

/** Which wishes are there already, by their external ids, and which are new. @throws Refused EXTERNAL_ID_CONFLICT when one has another name */
async function sortOut(
  trx: TenantTransaction,
  { access, kind }: Writer,
  wishes: readonly Parsed[],
): Promise<{ readonly ids: RowId[]; readonly fresh: Parsed[] }> {
  const externalIds = wishes.flatMap(({ externalId }) => externalId ?? []);
  const known = await findProductsByExternalId(trx, access.id, kind.kind, externalIds);
  const byExternalId = new Map(known.map(({ externalId, id, name }) => [externalId, { id, name }]));
  const fresh: Parsed[] = [];
  const ids = wishes.map((wish): RowId => {
    const earlier = wish.externalId === null ? undefined : byExternalId.get(wish.externalId);
    const { name } = wish.parsed.name;
    if (earlier && earlier.name !== name) {
      const message = `The external id “${wish.externalId}” belongs to “${earlier.name}”.`;
      return refuseWith('EXTERNAL_ID_CONFLICT', message, 'products');
    }
    if (earlier) return earlier.id;
    if (wish.externalId !== null) byExternalId.set(wish.externalId, { id: wish.id, name });
    fresh.push(wish);
    return wish.id;
  });
  return { ids, fresh };
}

async function insertNew(scope: Change, writer: Writer, fresh: readonly Parsed[]): Promise<void> {
  const [first] = fresh;
  if (!first) return;
  const { trx } = scope;
  const { access, kind } = writer;
  const account = await scope.account(access.id);
  await requireFreeNames(trx, writer, fresh);
  if (kind.single) await requireNone(trx, writer, fresh.length);
  const refs = await presentRefs(
    trx,
    access.id,
    fresh.flatMap(({ parsed }) => parsed.refs),
  );
  const present = new Set(refs.map(({ id }) => id));
  const written = fresh.map(({ id, externalId, parsed }): ProductToWrite => {
    const { name, document } = parsed;
    return { id, externalId, version: 1, name, document, refs: parsed.refs.filter((ref) => present.has(ref.id)) };
  });
  await insertProducts(trx, writingOf(writer, scope), written);
  for (const { id, parsed } of fresh) if (parsed.secrets.length > 0) await keepSecrets(trx, writer, id, parsed);
  if (kind.limit) await take(trx, [{ account: access.id, resource: kind.limit, n: fresh.length }], scope.version);
  const { name } = first.parsed.name;
  const details = {
    account: account.name,
    kind: (fresh.length === 1 ? kind.label : kind.plural).toLowerCase(),
    product: fresh.length === 1 ? name : fresh.length,
  };
  scope.happened('product.created', access.id, details, fresh.length === 1 ? { id: first.id, name } : account);
  if (kind.limit === 'agents') scope.shows(account.path);
}

/** @throws Refused NAME_TAKEN where there is one already, or there would be several */
async function requireNone(trx: TenantTransaction, { access, kind }: Writer, wanted: number): Promise<void> {
  const asked = { search: null, fields: [], order: 'newest', after: null, limit: 1 } as const;
  const found = await listProducts(trx, { ...asked, account: access.id, kind: kind.kind });
  if (found.length + wanted > 1) refuseWith('NAME_TAKEN', `An account has one ${kind.label}.`, kind.nameAt);
}
