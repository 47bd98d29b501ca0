import type { AccountId } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';

/** Bytes of an id in a key. */
const ID_BYTES = 16;

/**
 * The ids from the root down to an account.
 *
 * @param key its `path_key`: the ids below the root, 16 bytes a level; empty for the root itself
 */
export function pathOf(root: AccountId, key: Buffer): AccountId[] {
  const path = [root];
  for (let at = 0; at < key.length; at += ID_BYTES) {
    const hex = key.toString('hex', at, at + ID_BYTES);
    path.push(
      `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as AccountId,
    );
  }
  return path;
}

/** The key of the account at the end of a path, as the database reads it from a text: the reverse of `pathOf`. */
export const keyText = (path: readonly AccountId[]): string => `\\x${path.slice(1).join('').replaceAll('-', '')}`;

/** The tree of the acting account: leads every statement of a tree's table. Null without an acting account, and nothing equals that. */
export const ACTING_ROOT: RawBuilder<string> = sql<string>`acting_root()`;

/**
 * Condition: a row stands at or below an account of the acting account's subtree; never, where that account is out of it. A range of
 * `(root_id, path_key)`, with the account's place known to the planner.
 *
 * @param alias of a table with `root_id` and `path_key`
 */
export const atOrBelow = (alias: string, account: AccountId): RawBuilder<boolean> => {
  const place = sql`place_of(${account}::uuid)`;
  const key = sql.ref(`${alias}.path_key`);
  return sql`(${sql.ref(`${alias}.root_id`)} = ${ACTING_ROOT} AND ${key} >= ${place} AND ${key} < ${place} || '\\xff'::bytea)`;
};
