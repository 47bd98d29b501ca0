import { deleteProducts, findProducts, findUsers, take } from '@tenantree/db';
import type { RowId } from '@tenantree/domain';
import { Refused } from '../hall/refused.ts';
import { noSuchProduct } from './save-product.ts';
import { type Reader, seenAmong } from './shown-product.ts';
import { type Writer, writingOf } from './writing.ts';

/** Products that need one, of which a refusal tells. */
const MOST_USERS = 20;

/**
 * Deletes products, all of them or none. What people write can come back for 90 days.
 *
 * @throws Refused NOT_FOUND, or STILL_NEEDED when others need one that stay
 */
export function deleteAll(writer: Writer, reader: Reader, wanted: readonly RowId[]): Promise<number> {
  const { hall, caller, access, kind } = writer;
  const ids = [...new Set(wanted)];
  return hall.change(caller, { root: access.root, acting: access.id }, async (scope) => {
    const { trx } = scope;
    const rows = await findProducts(trx, access.id, kind.kind, ids);
    if (rows.length < ids.length) return noSuchProduct(kind.label);
    const users = await findUsers(trx, access.id, ids, { need: 'required', limit: MOST_USERS });
    if (users.length > 0) {
      const seen = seenAmong(reader, users);
      const names = seen.map(({ name }) => `“${name}”`).join(', ');
      const who = names === '' ? 'Something that you don’t see needs it' : `It is needed by ${names}`;
      throw new Refused({ code: 'STILL_NEEDED', message: `${who}.`, field: 'products', users: seen });
    }
    const account = await scope.account(access.id);
    // What nobody writes nobody brings back: it is gone.
    await deleteProducts(trx, writingOf(writer, scope), ids, kind.rows.write ? 'kept' : 'forgotten');
    if (kind.limit) await take(trx, [{ account: access.id, resource: kind.limit, n: -ids.length }], scope.version);
    for (const { id, name } of rows)
      scope.happened(
        'product.deleted',
        access.id,
        { account: account.name, kind: kind.label.toLowerCase(), product: name },
        { id, name },
      );
    if (kind.limit === 'agents') scope.shows(account.path);
    return ids.length;
  });
}
