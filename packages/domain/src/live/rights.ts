import type { AccountId, KeyId, RowId, UserId } from '../ids.ts';

/** Whose access a change may have changed: whoever matches any of these is asked again for every live stream. */
export type TouchedRights = {
  readonly users?: readonly UserId[];
  readonly sessions?: readonly string[];
  readonly keys?: readonly KeyId[];
  /** Tokens of embedded screens. */
  readonly tokens?: readonly RowId[];
  /** Everybody who watches something in this subtree, or reaches through it. */
  readonly subtree?: AccountId;
};
