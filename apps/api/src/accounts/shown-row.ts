import type { AccountId, AccountRow } from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import { seesWholeWay } from '../guard/reach.ts';

/**
 * A row as it is shown to a caller (product.md 2.5): who doesn't see the whole way down learns neither how deep the account stands nor which
 * one it hangs under, if that one is not theirs.
 *
 * @param parent a place that the row was moved to, which the caller reaches
 */
export function shownRow<Row extends AccountRow>(access: Access, row: Row, parent?: AccountId): Row {
  if (seesWholeWay(access)) return row;
  const hides = row.id === access.id && row.parentId !== parent && !access.reached.some((id) => id === row.parentId);
  return { ...row, depth: null, parentId: hides ? null : row.parentId };
}
