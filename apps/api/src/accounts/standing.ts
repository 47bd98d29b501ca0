import type { AccountId } from '@tenantree/domain';

/** Where an account stands in its tree: what a change has to know before it may look. */
export type Standing = {
  readonly id: AccountId;
  readonly root: AccountId;
  /** Null for a main account; without a name when the caller can't reach it. */
  readonly parent: { readonly id: AccountId; readonly name: string | null } | null;
};
