import type { AccountId, Instant, KeyId, KeyScopes, Membership, Role, UserId } from '@tenantree/domain';
import { pathOf } from '../accounts/place.ts';
import { instantOrNull } from '../instant-or-null.ts';

/**
 * What a presented key proves, and what decides about it: whether it still holds (expired, revoked) and what it reaches is the reader's
 * question.
 */
export type PresentedKey = {
  readonly account: AccountId;
  readonly id: KeyId;
  readonly owner: UserId;
  readonly name: string;
  readonly expiresAt: Instant | null;
  readonly revokedAt: Instant | null;
  readonly scopes: KeyScopes;
  /** The part of its account's subtree that it is kept to, as far as that is still there; null: all of it. */
  readonly within: readonly AccountId[] | null;
  /** Of its account, root first. */
  readonly path: readonly AccountId[];
  /** Those of its owner on that path. */
  readonly memberships: readonly Membership[];
};

/** A row of `presented_key` (migration 0013). */
export type RawPresentedKey = {
  root_id: AccountId;
  account_id: AccountId;
  id: KeyId;
  user_id: UserId;
  name: string;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  scopes: Exclude<KeyScopes, '*'> | null;
  within: AccountId[] | null;
  path_key: Buffer;
  member_of: AccountId[];
  roles: Role[];
};

/** Shapes such a row. */
export const toPresentedKey = (row: RawPresentedKey): PresentedKey => ({
  account: row.account_id,
  id: row.id,
  owner: row.user_id,
  name: row.name,
  expiresAt: instantOrNull(row.expires_at),
  revokedAt: instantOrNull(row.revoked_at),
  scopes: row.scopes ?? '*',
  within: row.within,
  path: pathOf(row.root_id, row.path_key),
  memberships: row.member_of.map((account, i) => ({ account, role: row.roles[i]! })),
});
