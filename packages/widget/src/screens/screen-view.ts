import type { AccountStatus } from '@tenantree/domain';
import type { Order } from '../data/account-source.ts';
import { DEFAULT_ORDER, DEFAULT_STATUS } from '../tree/tree-store.ts';

/** How the subaccounts are looked at. A host keeps it where it belongs, such as in its address (ux.md 2.0, rule 4). */
export type ScreenView = {
  /** What is searched for; empty when the tree is shown. */
  readonly query: string;
  readonly order: Order;
  /** Which accounts are shown, by their own status; never empty. */
  readonly status: readonly AccountStatus[];
};

/** The view until somebody chooses another. */
export const DEFAULT_VIEW: ScreenView = { query: '', order: DEFAULT_ORDER, status: DEFAULT_STATUS };
