import type { AccountRow } from '@tenantree/domain';
import type { AccountSource } from '../data/account-source.ts';
import type { AccountChanges } from './account-changes.ts';

/** What dialogs need of the screen that opens them. */
export type DialogContext = {
  readonly source: AccountSource;
  readonly acts: AccountChanges;
  /** An account was created. */
  readonly created: (row: AccountRow) => void;
  /** An account was moved to another parent. */
  readonly moved: (row: AccountRow) => void;
};
