import type { AccountRow } from '@tenantree/domain';
import type { AccountSource } from '../data/account-source.ts';

/** The accounts that are selected, and where one stands. */
export type Selected = {
  readonly source: AccountSource;
  /** The acting account. */
  readonly account: AccountRow;
  /** Those that are selected, with those below them where that is wanted. */
  readonly rows: readonly AccountRow[];
};
