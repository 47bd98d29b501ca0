import type { Product } from '@tenantree/contract';
import {
  findUsers,
  labelProducts,
  membersAmong,
  type ProductLabel,
  type ProductRow,
  readSecretEnds,
  type TenantTransaction,
} from '@tenantree/db';
import { highestLevelWithin, type Level, type PermissionKey, permission } from '@tenantree/domain';
import {
  columnsOf,
  type Document,
  differencesOf,
  type NamedThing,
  type ProductKind,
  partLevels,
  productKind,
  refsOf,
  shownDocument,
} from '@tenantree/domain/products';
import type { Actor } from '../context/actor.ts';
import type { Access } from '../guard/admit.ts';
import { type CopyState, readCopies } from './copies.ts';
import { namedBy } from './writing.ts';

/** Products that name one, of which somebody is told. */
const MOST_USERS = 100;

/** Who reads, and where. */
export type Reader = { readonly actor: Actor; readonly access: Access };

/** What a reader may do with a permission: a screen that was opened for reading never more than that. */
const levelOf =
  ({ actor, access }: Reader) =>
  (row: PermissionKey): Level => {
    const level = access.levels[row];
    const isForReading = actor.kind === 'embed' && actor.grant.access === 'read';
    return isForReading && level === 'full' ? highestLevelWithin(permission(row), 'read') : level;
  };

/** What a reader may do with each part of products of a kind, and with all of one (`''`). */
export const levelsOf = (reader: Reader, kind: ProductKind): Record<string, Level> => ({
  '': levelOf(reader)(kind.rows.write ?? kind.rows.read),
  ...partLevels(kind, levelOf(reader)),
});

/** A product as lists show it. @param copy how it stands to what it is a copy of, if it is one */
export const listed = ({ id, kind, name, externalId, version, savedAt, document }: ProductRow, copy?: CopyState) => ({
  ...(copy && { link: { state: copy.source.state, updateAvailable: copy.updateAvailable } }),
  id,
  kind,
  name,
  externalId,
  version,
  savedAt,
  columns: columnsOf(productKind(kind), document),
});

/** Those of some products that a reader may know of. */
export const seenAmong = (reader: Reader, products: readonly ProductLabel[]): ProductLabel[] =>
  products.filter(({ kind }) => levelOf(reader)(productKind(kind).rows.read) !== 'none');

/** A document as a reader may read it. */
export const readable = async (
  trx: TenantTransaction,
  reader: Reader,
  { id, kind, document }: Pick<ProductRow, 'id' | 'kind' | 'document'>,
): Promise<Document> => {
  const entry = productKind(kind);
  const ends = entry.secrets.length === 0 ? new Map<string, string>() : await readSecretEnds(trx, reader.access.id, id);
  return shownDocument(entry, document, ends, levelsOf(reader, entry));
};

/** A product as a reader may read it, with what it names and what names it. */
export async function shown(trx: TenantTransaction, reader: Reader, row: ProductRow): Promise<Product> {
  const kind = productKind(row.kind);
  const document = await readable(trx, reader, row);
  const named = refsOf(kind, document);
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    externalId: row.externalId,
    version: row.version,
    savedAt: row.savedAt,
    savedBy: row.savedBy,
    document,
    levels: levelsOf(reader, kind),
    refs: await shownRefs(trx, reader, named),
    ...(await shownLink(trx, reader, row)),
    usedBy: seenAmong(reader, await findUsers(trx, reader.access.id, [row.id], { need: 'any', limit: MOST_USERS })),
  };
}

/** What a product is a copy of, as far as a reader may know; nothing, where it is none. */
async function shownLink(trx: TenantTransaction, reader: Reader, row: ProductRow): Promise<Pick<Product, 'link'>> {
  const copy = (await readCopies(trx, reader.access.id, [row.id])).get(row.id);
  if (!copy) return {};
  const { link, source, updateAvailable } = copy;
  const { account, product } = link.source;
  const isReached = reader.access.reached.includes(account) && source.accountName !== null;
  const kind = productKind(row.kind);
  const levels = levelsOf(reader, kind);
  const isRead = (at: string): boolean => levels[at.split('/')[1] ?? ''] !== 'none';
  return {
    link: {
      state: source.state,
      updateAvailable,
      source: isReached
        ? { account: { id: account, name: source.accountName ?? '' }, product, version: source.version }
        : null,
      version: link.source.version,
      parts: link.parts,
      needs: link.needs,
      differences: differencesOf(kind, link.base, row.document).flatMap(({ at, base, local }) =>
        isRead(at) ? [{ at, base: base ?? null, local: local ?? null }] : [],
      ),
    },
  };
}

async function shownRefs(
  trx: TenantTransaction,
  reader: Reader,
  named: readonly NamedThing[],
): Promise<Product['refs']> {
  const { id: account } = reader.access;
  const labels = await labelProducts(
    trx,
    account,
    named.map(({ id }) => id),
  );
  const byId = new Map(labels.map((label) => [label.id, label]));
  const seen = new Set(seenAmong(reader, labels).map(({ id }) => id));
  const members = new Set((await membersAmong(trx, namedBy(account, named).members)).map(({ id }) => id));
  return named.map(({ place, kind, id }) => {
    const there = kind === 'member' ? members.has(id) : byId.get(id)?.kind === kind;
    const name = seen.has(id) ? (byId.get(id)?.name ?? null) : null;
    return { at: place, kind, id, name, state: !there ? 'missing' : name === null ? 'hidden' : 'there' };
  });
}
