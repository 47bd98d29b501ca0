import type { AccountDetail, AccountPage, SearchPage } from '@tenantree/contract';
import {
  type ChainLink,
  filterSubtree,
  listBelow,
  listChildren,
  type MinutesVisibility,
  MOST_SORTED,
  type PageKey,
  readAccountRows,
  readAccountState,
  readLimits,
  readTreeVersion,
  type SearchKey,
  type SortDirection,
  searchSubtree,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountFilters,
  type AccountId,
  type AccountRow,
  type AccountSort,
  type AccountStatus,
  type Bound,
  billingPeriodOf,
  boundsAlong,
  daysUntilErasure,
  decidingOf,
  type EmbedFeature,
  effectiveSuspension,
  holdsAt,
  type Level,
  type LimitState,
  limitKind,
  nameKey,
  nextTurn,
  type PermissionKey,
  shownOf,
} from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { resolveAll } from '../hall/resolve-all.ts';

export type DetailAccess = {
  readonly chain: readonly ChainLink[];
  readonly reached: readonly AccountId[];
  readonly levels: Readonly<Record<PermissionKey, Level>>;
  readonly features: readonly EmbedFeature[] | null;
  readonly minutes: MinutesVisibility;
};

/** Reads one account. @throws Refused NOT_FOUND when it has just been erased */
export async function getAccount(
  hall: Hall,
  account: AccountId,
  access: DetailAccess,
): Promise<Omit<AccountDetail, 'resumeId'>> {
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

export type ListInput = Omit<AccountFilters, 'level'> & {
  readonly sort: AccountSort;
  readonly direction: SortDirection;
  readonly statuses: readonly AccountStatus[];
  readonly after: PageKey | null;
  readonly limit: number;
};

/** A page of rows; where the next one begins, and where live changes go on, is still to be written. */
type Found<Page, Key> = Omit<Page, 'nextCursor' | 'rows' | 'resumeId'> & {
  readonly rows: readonly AccountRow[];
  readonly next: Key | null;
};

/** Lists the children of an account (rules/accounts 6). */
export async function listAccounts(
  hall: Hall,
  { id: parent, chain, reached }: Pick<Access, 'id' | 'chain' | 'reached'>,
  input: ListInput,
  visibility: MinutesVisibility,
): Promise<Found<AccountPage, PageKey>> {
  const now = nowOf(hall);
  return hall.db.withTenant(
    parent,
    async (trx) => {
      const page = await listChildren(trx, { ...input, parent, now, visibility });
      const along = visibility === 'with_minutes' ? await readLimits(trx, chain, now) : null;
      const deciding = along && decidingOf(boundsAlong(along.get('minutes') ?? []));
      const minutesAbove = deciding && shownAbove(deciding, reached);
      return { ...page, period: billingPeriodOf(now).start, ...(minutesAbove && { minutesAbove }) };
    },
    { snapshot: true },
  );
}

/** Who bounds the minutes of all accounts of a page together, as far as the reader may know. */
function shownAbove(
  { node: { id, name, max }, free }: Bound<LimitState>,
  reached: readonly AccountId[],
): NonNullable<AccountPage['minutesAbove']> {
  const kind = limitKind('minutes');
  const isTold = reached.includes(id);
  return {
    account: isTold ? { id, name } : null,
    max: isTold && max !== null ? shownOf(kind, max) : null,
    free: shownOf(kind, free),
  };
}

type Sought = AccountFilters & {
  readonly text: string | undefined;
  /** Only below this account. */
  readonly under: string | undefined;
  readonly statuses: readonly AccountStatus[];
  readonly limit: number;
};
/** What is searched in the order of what matches best, or of the tree. Without a text there is a filter. */
export type SearchInput = Sought & { readonly after: SearchKey | null };
/** What is listed in an order of its own. */
export type FlatInput = Sought & {
  readonly sort: AccountSort;
  readonly direction: SortDirection;
  readonly after: PageKey | null;
};

/** Searches below an account, by what was typed, by filters, or both; matches come with the accounts between. */
export async function searchAccounts(
  hall: Hall,
  within: AccountId,
  { text, under, ...input }: SearchInput,
  visibility: MinutesVisibility,
): Promise<Found<SearchPage, SearchKey>> {
  const now = nowOf(hall);
  const found = await hall.db.withTenant(
    within,
    async (trx) => {
      const query = { ...input, within, under: await branchOf(trx, under), now, visibility };
      return text === undefined
        ? filterSubtree(trx, query)
        : searchSubtree(trx, { ...query, text: text.trim(), textKey: nameKey(text) });
    },
    { snapshot: true },
  );
  return { ...found, period: billingPeriodOf(now).start };
}

/** Lists all accounts below one in one order (rules/accounts 31). @throws Refused BAD_REQUEST where they are too many for it */
export async function listFlat(
  hall: Hall,
  within: AccountId,
  { text, under, ...input }: FlatInput,
  visibility: MinutesVisibility,
): Promise<Found<SearchPage, PageKey>> {
  const now = nowOf(hall);
  const search = text === undefined ? null : { text: text.trim(), textKey: nameKey(text) };
  const found = await hall.db.withTenant(
    within,
    async (trx) => listBelow(trx, { ...input, search, within, under: await branchOf(trx, under), now, visibility }),
    { snapshot: true },
  );
  if (found === null)
    return refuseWith(
      'BAD_REQUEST',
      `More than ${MOST_SORTED} accounts are sorted by name or date only. Keep the list to fewer.`,
      'sort',
    );
  return { ...found, period: billingPeriodOf(now).start };
}

/** The account below which alone is looked. @throws Refused NOT_FOUND */
export const branchOf = async (trx: TenantTransaction, under: string | undefined): Promise<AccountId | undefined> =>
  under === undefined ? undefined : (await resolveAll(trx, [under], 'under'))[0];
