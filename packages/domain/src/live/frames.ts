import type { AccountRow } from '../hierarchy/account.ts';
import type { AccountId } from '../ids.ts';
import type { LevelMap, SomeLevels } from '../permissions/levels.ts';
import type { Instant } from '../time.ts';
import type { Decimal } from '../usage/decimal.ts';

/** What frames of both channels may say. */
type FrameBounds = {
  /** What changed since the id that was resumed from is not known any more, or too much to be told: read again what is shown beyond this frame. */
  readonly gap?: true;
};

/** One tick of `usage.live`: the state (never a delta) of every watched account whose minutes changed, at a version of its tree (rules/live 3). */
export type UsageFrame = FrameBounds & {
  readonly version: number;
  /** Start of the billing period that the minutes belong to. Another period than before: every account starts at 0 again. */
  readonly period: Instant;
  /** Account, own minutes, minutes of its subtree. */
  readonly minutes: readonly (readonly [AccountId, Decimal, Decimal])[];
};

/** One tick of `permissions.live`: the caps of accounts as they are now, where they or those above them changed. */
export type PermissionsFrame = FrameBounds & {
  readonly version: number;
  readonly caps: readonly CapsItem[];
};
/** The caps of an account as they were saved; what is absent nobody decided. */
export type CapsItem = {
  readonly account: AccountId;
  readonly version: number;
  readonly levels: SomeLevels;
  /** What those above it leave. */
  readonly ceiling: LevelMap;
};

/** One tick of `limits.liveNear`: whether accounts are near a maximum of minutes of their own (`isNearLimit`), as far as that may have changed. */
export type NearFrame = FrameBounds & {
  readonly version: number;
  readonly near: readonly (readonly [AccountId, boolean])[];
};

/** One tick of `accounts.live`: the new rows (without minutes) of accounts that changed, and those that left what is watched. */
export type AccountsFrame = FrameBounds & {
  readonly version: number;
  readonly changed: readonly AccountRow[];
  readonly gone: readonly AccountId[];
};
