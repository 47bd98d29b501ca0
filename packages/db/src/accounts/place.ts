import type { AccountId } from '@tenantree/domain';

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
