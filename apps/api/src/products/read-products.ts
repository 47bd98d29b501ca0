import type { AnswerOf, Contract } from '@tenantree/contract';
import {
  findProducts,
  listDeleted,
  listProducts,
  type ProductQuery,
  type ProductRow,
  readPast,
  type TenantTransaction,
} from '@tenantree/db';
import { type AccountId, type CsvColumn, type RowId, writeCsv } from '@tenantree/domain';
import { columnNames, type ProductKind, type ProductKindKey, productKind } from '@tenantree/domain/products';
import { z } from 'zod';
import { readCursor, rowPlace, writeCursor } from '../hall/cursor.ts';
import type { Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { type CopyState, readCopies } from './copies.ts';
import { noSuchProduct, productAt } from './save-product.ts';
import { listed, type Reader, shown } from './shown-product.ts';

type Answers = { readonly [Name in keyof Contract['products']]: AnswerOf<Contract['products'][Name]> };
type Asked = Reader & { readonly hall: Hall; readonly kind: ProductKindKey };

const namePlace = z.strictObject({ nameKey: z.string(), id: rowPlace });

/** What usage tells of conversations is in them once it is counted. */
const settled = async ({ hall, access, kind }: Pick<Asked, 'hall' | 'access' | 'kind'>): Promise<void> => {
  if (kind === 'conversation') await hall.usageDoor.settle(access.id);
};

/** A page of products, by name or newest first. */
export async function pageOfProducts(
  asking: Asked,
  {
    search,
    order,
    cursor,
    limit,
  }: { search: string | null; order: 'name' | 'newest'; cursor: string | undefined; limit: number },
): Promise<Answers['list']> {
  const { hall, access, kind: key } = asking;
  await settled(asking);
  const { secret } = hall.settings;
  const place = `products:${access.id}:${key}:${order}:${search ?? ''}`;
  const after = readCursor(secret, place, namePlace, cursor);
  const fields = columnNames(productKind(key));
  const asked = {
    account: access.id,
    kind: key,
    search: searched(key, search),
    fields,
    order,
    after,
    limit: limit + 1,
  };
  const { found, copies } = await hall.db.withTenant(
    access.id,
    async (trx) => {
      const found = await listProducts(trx, asked);
      return { found, copies: await copiesAmong(trx, access.id, key, found) };
    },
    { snapshot: true },
  );
  const rows = found.slice(0, limit);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return {
    rows: rows.map((row) => listed(row, copies.get(row.id))),
    nextCursor: last ? writeCursor(secret, place, { nameKey: last.nameKey, id: last.id }) : null,
  };
}

/** What is searched for, in names and in what lists show beside them. */
const searched = (key: ProductKindKey, text: string | null): ProductQuery['search'] =>
  text === null ? null : { text, fields: columnNames(productKind(key)) };

/** Those of some products that are copies; of what is never copied, none. */
const copiesAmong = async (
  trx: TenantTransaction,
  account: AccountId,
  key: ProductKindKey,
  rows: readonly ProductRow[],
): Promise<ReadonlyMap<RowId, CopyState>> =>
  productKind(key).fromParent === 'copy'
    ? readCopies(
        trx,
        account,
        rows.map(({ id }) => id),
      )
    : new Map();

/** A product as it is, or as it was in an earlier version. @throws Refused NOT_FOUND */
export async function readProduct(
  asking: Asked,
  product: RowId,
  version: number | undefined,
): Promise<Answers['get']['product']> {
  const { hall, actor, access, kind: key } = asking;
  await settled(asking);
  const reader = { actor, access };
  const kind = productKind(key);
  return hall.db.withTenant(
    access.id,
    async (trx) => {
      if (version === undefined) return shown(trx, reader, await productAt(trx, { access, kind }, product));
      const [past] = await readPast(trx, { account: access.id, kind: key, product }, version + 1, 1);
      if (past?.version === version) return shown(trx, reader, { ...past, kind: key, nameKey: '' });
      const row = await productAt(trx, { access, kind }, product);
      return row.version === version
        ? shown(trx, reader, row)
        : refuseWith('NOT_FOUND', 'There is no such version any more.', 'version');
    },
    { snapshot: true },
  );
}

/** A page of a product's versions, the latest first. @throws Refused NOT_FOUND */
export async function pageOfVersions(
  { hall, access, kind: key }: Asked,
  { product, cursor, limit }: { product: RowId; cursor: string | undefined; limit: number },
): Promise<Answers['versions']> {
  const place = `versions:${access.id}:${product}`;
  const before = readCursor(hall.settings.secret, place, z.number(), cursor);
  return hall.db.withTenant(
    access.id,
    async (trx) => {
      const past = await readPast(trx, { account: access.id, kind: key, product }, before, limit + 1);
      const [row] = before === null ? await findProducts(trx, access.id, key, [product]) : [];
      if (before === null && !row && past.length === 0) return noSuchProduct(productKind(key).label);
      const all = [
        ...(row ? [{ ...row, state: 'present' as const }] : []),
        ...past.map((one) => ({ ...one, state: one.deleted ? ('deleted' as const) : ('past' as const) })),
      ];
      const rows = all.slice(0, limit);
      const last = all.length > limit ? rows.at(-1) : undefined;
      return {
        rows: rows.map(({ version, name, savedAt, savedBy, state }) => ({ version, name, savedAt, savedBy, state })),
        nextCursor: last ? writeCursor(hall.settings.secret, place, last.version) : null,
      };
    },
    { snapshot: true },
  );
}

const deletedPlace = z.strictObject({ treeVersion: z.number(), id: rowPlace });

/** A page of products that were deleted, the latest first. */
export async function pageOfDeleted(
  { hall, access, kind }: Asked,
  { cursor, limit }: { cursor: string | undefined; limit: number },
): Promise<Answers['deleted']> {
  if (productKind(kind).rows.write === null) return { rows: [], nextCursor: null };
  const place = `deleted:${access.id}:${kind}`;
  const after = readCursor(hall.settings.secret, place, deletedPlace, cursor);
  const found = await hall.db.withTenant(access.id, (trx) => listDeleted(trx, access.id, kind, after, limit + 1), {
    snapshot: true,
  });
  const rows = found.slice(0, limit);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return {
    rows: rows.map(({ id, name, version, endedAt, endedBy }) => ({
      id,
      name,
      version,
      deletedAt: endedAt,
      deletedBy: endedBy,
    })),
    nextCursor: last ? writeCursor(hall.settings.secret, place, { treeVersion: last.treeVersion, id: last.id }) : null,
  };
}

/** Products in one file; more go on in the next. */
const FILE_ROWS = 1_000;

/** What of a kind's documents stands in a file: what is at their top, but for secrets, lists of entries and parts. */
const exportedFields = ({ schema, secrets, keyed, rows }: ProductKind): string[] =>
  Object.keys(schema.shape).filter(
    (name) => name !== 'name' && !rows.parts?.[name] && ![...secrets, ...keyed].some((at) => at.startsWith(`/${name}`)),
  );

function csvColumns(fields: readonly string[]): readonly CsvColumn<ProductRow>[] {
  const textOf = (value: unknown): string | null =>
    value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value);
  return [
    { name: 'id', kind: 'text', of: ({ id }) => id },
    { name: 'externalId', kind: 'text', of: ({ externalId }) => externalId },
    { name: 'name', kind: 'text', of: ({ name }) => name },
    ...fields.map((name) => ({
      name,
      kind: 'text' as const,
      of: ({ document }: ProductRow) => textOf(document[name]),
    })),
    { name: 'version', kind: 'number', of: ({ version }) => String(version) },
    { name: 'savedAt', kind: 'instant', of: ({ savedAt }) => savedAt },
  ];
}

/** A page of products as a file, newest first: of those that a search finds, or of all. */
export async function exportProducts(
  asking: Asked,
  { search, cursor }: { readonly search: string | null; readonly cursor: string | undefined },
): Promise<Answers['export']> {
  const { hall, access, kind: key } = asking;
  await settled(asking);
  const place = `export:${access.id}:${key}:${search ?? ''}`;
  const id = readCursor(hall.settings.secret, place, rowPlace, cursor);
  const fields = exportedFields(productKind(key));
  const after = id && { nameKey: '', id };
  const asked = {
    account: access.id,
    kind: key,
    search: searched(key, search),
    fields,
    order: 'newest',
    after,
  } as const;
  const found = await hall.db.withTenant(access.id, (trx) => listProducts(trx, { ...asked, limit: FILE_ROWS + 1 }), {
    snapshot: true,
  });
  const rows = found.slice(0, FILE_ROWS);
  const last = found.length > FILE_ROWS ? rows.at(-1) : undefined;
  return {
    filename: `${key}-${access.id}.csv`,
    csv: writeCsv(csvColumns(fields), rows),
    nextCursor: last ? writeCursor(hall.settings.secret, place, last.id) : null,
  };
}
