import type { AccountDetail, AccountPage, SearchPage } from '@tenantree/contract';
import {
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
  type AccountSort,
  type AccountStatus,
  billingPeriodOf,
  type CapsFilter,
  daysUntilErasure,
  type EmbedFeature,
  effectiveSuspension,
  holdsAt,
  type Level,
  nameKey,
  nextTurn,
  type PermissionKey,
} from '@tenantree/domain';
import { type Hall, nowOf } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';

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
  readonly caps?: CapsFilter | undefined;
  readonly after: PageKey | null;
  readonly limit: number;
};

/** A page of rows; the place of the next one is still to be written as a cursor. */
type Found<Page, Key> = Omit<Page, 'nextCursor' | 'rows'> & {
  readonly rows: readonly AccountRow[];
  readonly next: Key | null;
};

/** Lists the children of an account (rules/accounts 6). */
export async function listAccounts(
  hall: Hall,
  parent: AccountId,
  input: ListInput,
  visibility: MinutesVisibility,
): Promise<Found<AccountPage, PageKey>> {
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

/** Searches below an account; matches come with the accounts between. */
export async function searchAccounts(
  hall: Hall,
  within: AccountId,
  input: SearchInput,
  visibility: MinutesVisibility,
): Promise<Found<SearchPage, SearchKey>> {
  const now = nowOf(hall);
  const { query: text, ...rest } = input;
  const query = { ...rest, within, text: text.trim(), textKey: nameKey(text), now, visibility };
  const found = await hall.db.withTenant(within, (trx) => searchSubtree(trx, query), { snapshot: true });
  return { ...found, period: billingPeriodOf(now).start };
}
