import {
  type AccountSort,
  type ChainLink,
  listChildren,
  type MinutesVisibility,
  type PageKey,
  readAccountRows,
  readAccountState,
  readTreeVersion,
  type SearchKey,
  type SortDirection,
  searchSubtree,
} from '@tenantree/db';
import {
  type AccountId,
  type AccountRow,
  type AccountStatus,
  billingPeriodOf,
  daysUntilErasure,
  type EmbedFeature,
  effectiveSuspension,
  holdsAt,
  type Instant,
  type Level,
  type Metadata,
  nameKey,
  nextTurn,
  type PermissionKey,
  type SuspensionKind,
} from '@tenantree/domain';
import { type Hall, nowOf } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';

/** An account as its detail page shows it. */
export type AccountDetail = AccountRow & {
  /** From the topmost account that the actor reaches down to this one. */
  readonly path: readonly { readonly id: AccountId; readonly name: string }[];
  readonly metadata: Metadata;
  /** The suspension that holds now; who decided it only when the actor can reach that account. */
  readonly effective: {
    readonly kind: SuspensionKind | null;
    readonly by: { readonly id: AccountId; readonly name: string } | null;
    /** When time alone changes that next; of what is planned above the actor's reach nothing is told. */
    readonly changesAt: Instant | null;
  };
  /** Who pays for it: the nearest direct-billed account at or above it; null when that lies above the actor's reach. */
  readonly payer: { readonly id: AccountId; readonly name: string } | null;
  /** How many levels of subaccounts there may be below it; 0 for an account at the deepest level of the deployment. */
  readonly levelsBelow: number;
  /** Days that a closed account's data is kept, and it can be reopened. */
  readonly keptDays: number;
  readonly levels: Readonly<Record<PermissionKey, Level>>;
  /** What an embedded screen was opened for, beside reading; null: no such bound. */
  readonly features: readonly EmbedFeature[] | null;
  readonly treeVersion: number;
};

export type DetailAccess = {
  readonly chain: readonly ChainLink[];
  readonly reached: readonly AccountId[];
  readonly levels: Readonly<Record<PermissionKey, Level>>;
  readonly features: readonly EmbedFeature[] | null;
  readonly minutes: MinutesVisibility;
};

/** Reads one account. @throws Refused NOT_FOUND when it has just been erased */
export async function getAccount(hall: Hall, account: AccountId, access: DetailAccess): Promise<AccountDetail> {
  const nowMs = hall.clock.nowMs();
  const effective = effectiveSuspension(access.chain, nowMs);
  const told = access.chain.filter(
    ({ id, suspension }) => access.reached.includes(id) || (suspension !== null && holdsAt(suspension, nowMs)),
  );
  const visible = access.chain.filter((link) => access.reached.includes(link.id)).map(({ id, name }) => ({ id, name }));
  return hall.db.withTenant(
    account,
    async (trx) => {
      const treeVersion = await readTreeVersion(trx);
      const state = await readAccountState(trx, account);
      const [row] = await readAccountRows(trx, [account], nowOf(hall), access.minutes);
      if (!row || !state) return refuseWith('NOT_FOUND', 'There is no such account.', 'account');
      return {
        ...row,
        path: visible,
        metadata: state.metadata,
        effective: {
          kind: effective?.kind ?? null,
          by: visible.find((link) => link.id === effective?.by.id) ?? null,
          changesAt: nextTurn(told, nowMs),
        },
        payer: visible.find((link) => link.id === state.payerId) ?? null,
        levelsBelow: Math.max(0, hall.settings.maxDepth - state.depth),
        keptDays: daysUntilErasure(hall.settings),
        levels: access.levels,
        features: access.features,
        treeVersion,
      };
    },
    { snapshot: true },
  );
}

export type ListInput = {
  readonly sort: AccountSort;
  readonly direction: SortDirection;
  readonly statuses: readonly AccountStatus[];
  readonly after: PageKey | null;
  readonly limit: number;
};

export type AccountPage = {
  readonly rows: AccountRow[];
  readonly next: PageKey | null;
  readonly total: number;
  readonly treeVersion: number;
  readonly period: Instant;
};

/** Lists the children of an account (product.md 2.2). */
export async function listAccounts(
  hall: Hall,
  parent: AccountId,
  input: ListInput,
  visibility: MinutesVisibility,
): Promise<AccountPage> {
  const now = nowOf(hall);
  const page = await hall.db.withTenant(parent, (trx) => listChildren(trx, { ...input, parent, now, visibility }), {
    snapshot: true,
  });
  return { ...page, period: billingPeriodOf(now).start };
}

export type SearchInput = {
  readonly query: string;
  readonly statuses: readonly AccountStatus[];
  readonly after: SearchKey | null;
  readonly limit: number;
};

export type AccountMatches = {
  readonly rows: AccountRow[];
  readonly matches: AccountId[];
  readonly total: number;
  /** Whether more may match than `total`: large subtrees are searched within bounds. */
  readonly more: boolean;
  readonly next: SearchKey | null;
  readonly treeVersion: number;
  readonly period: Instant;
};

/** Searches below an account; matches come with the accounts between. */
export async function searchAccounts(
  hall: Hall,
  within: AccountId,
  input: SearchInput,
  visibility: MinutesVisibility,
): Promise<AccountMatches> {
  const now = nowOf(hall);
  const { query: text, ...rest } = input;
  const query = { ...rest, within, text: text.trim(), textKey: nameKey(text), now, visibility };
  const found = await hall.db.withTenant(within, (trx) => searchSubtree(trx, query), { snapshot: true });
  return { ...found, period: billingPeriodOf(now).start };
}
