import { type Database, readAccountsState, readLiveVersion, readUsageState } from '@tenantree/db';
import type { AccountId } from '@tenantree/domain';
import type { LiveSource } from './ports.ts';

/**
 * The hub's source over the database. Every read runs as the watched account: row-level security shows no more than its subtree.
 *
 * @param settleUsage counts what is recorded in an account's tree, so that a first frame has all that was acknowledged before it was asked for
 */
export const dbSource = (db: Database, settleUsage: (account: AccountId) => Promise<void>): LiveSource => ({
  // The hub takes turns between viewers itself, and reads for many at once.
  usage: (query) =>
    db.onBehalfOf(null, async () => {
      await settleUsage(query.subtree);
      return readUsageState(db, query);
    }),
  accounts: (query) => db.onBehalfOf(null, () => readAccountsState(db, query)),
  version: (account) => db.onBehalfOf(null, () => readLiveVersion(db, account)),
});
