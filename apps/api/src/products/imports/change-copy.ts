import type { Product } from '@tenantree/contract';
import { deleteLinks, readLinks } from '@tenantree/db';
import { canonicalJson, type JsonValue, type RowId } from '@tenantree/domain';
import { filled, merge } from '@tenantree/domain/products';
import { refuseWith } from '../../hall/refused.ts';
import { productAt, saveProduct } from '../save-product.ts';
import { type Reader, shown } from '../shown-product.ts';
import type { Writer } from '../writing.ts';

const same = (one: JsonValue, other: JsonValue): boolean => canonicalJson(one) === canonicalJson(other);

const notACopy = (name: string): never => refuseWith('NOT_A_COPY', `“${name}” is not a copy of anything.`, 'product');

/**
 * Makes a copy at some places again what was written from its source.
 *
 * @throws Refused NOT_FOUND, NOT_A_COPY, VERSION_CONFLICT, or for what the document would be
 */
export async function takeSource(
  writer: Writer,
  reader: Reader,
  {
    product,
    expectedVersion,
    at,
  }: { readonly product: RowId; readonly expectedVersion: number; readonly at: readonly string[] },
): Promise<Product> {
  const { hall, access, kind } = writer;
  const document = await hall.db.withTenant(
    access.id,
    async (trx) => {
      const row = await productAt(trx, writer, product);
      const [link] = await readLinks(trx, access.id, [product]);
      if (!link) return notACopy(row.name);
      const base = filled(kind, link.base);
      const sides = { base, source: base, local: filled(kind, row.document) };
      const taken = merge(kind, sides, { take: new Set(at) }).document;
      if (!kind.rows.parts) return taken;
      // Of a kind with parts what isn't sent stays: nobody sends what they may not see.
      return Object.fromEntries(
        Object.entries(taken).filter(([name, value]) => !same(value, sides.local[name] ?? null)),
      );
    },
    { snapshot: true },
  );
  return saveProduct(writer, reader, { product, expectedVersion, document });
}

/** Lets a copy be a product of its own. @throws Refused NOT_FOUND, NOT_A_COPY */
export function detach(writer: Writer, reader: Reader, product: RowId): Promise<Product> {
  const { hall, caller, access, kind } = writer;
  return hall.change(caller, { root: access.root, acting: access.id }, async (scope) => {
    const row = await productAt(scope.trx, writer, product);
    if ((await deleteLinks(scope.trx, [{ account: access.id, product }])) === 0) return notACopy(row.name);
    const account = await scope.account(access.id);
    const details = { account: account.name, kind: kind.label.toLowerCase(), product: row.name };
    scope.happened('product.detached', access.id, details, { id: product, name: row.name });
    return shown(scope.trx, reader, row);
  });
}
