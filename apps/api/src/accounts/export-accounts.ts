import {
  type AccountBelow,
  type DriftOf,
  type MinutesVisibility,
  readAccountNames,
  readAccountsBelow,
  readDriftOf,
  type TenantTransaction,
} from '@tenantree/db';
import {
  ACCOUNT_ABOVE,
  ACTIVITY_FILTERS,
  type AccountFilters,
  type AccountId,
  type AccountStatus,
  CAPS_FILTERS,
  COUNT_FILTERS,
  type CsvColumn,
  csvHeader,
  csvLines,
  DRIFT_STATES,
  filtersOf,
  type Instant,
  isId,
  LIMIT_FILTERS,
  nameKey,
  type RowId,
  TRANSFER_FILTERS,
  USUAL_RETRY,
} from '@tenantree/domain';
import { z } from 'zod';
import type { Access } from '../guard/admit.ts';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { defineJob, type ItemOutcome, type JobItem } from '../jobs/define-job.ts';
import { accountsBelow, enqueue } from '../jobs/enqueue.ts';
import { writePart } from '../jobs/job-files.ts';
import { accountId, instant } from '../jobs/payloads.ts';
import { branchOf } from './read-accounts.ts';

/** Accounts in one file; what stands behind them in the tree is left out, and the job says so. */
const MOST_ROWS = 100_000;
/** Of them, in one part. */
const PART_ROWS = 1_000;

/** What an export is to have in it. */
export type AccountsToExport = AccountFilters & {
  readonly accounts?: readonly string[] | undefined;
  /** What was typed. */
  readonly text?: string | undefined;
  readonly status: readonly AccountStatus[];
  /** Only those below this account. */
  readonly under?: string | undefined;
  readonly visibility: MinutesVisibility;
};

const payload = z.object({
  only: z.array(accountId).nullable(),
  text: z.string().optional(),
  caps: z.enum(CAPS_FILTERS).optional(),
  limits: z.enum(LIMIT_FILTERS).optional(),
  activity: z.enum(ACTIVITY_FILTERS).optional(),
  billing: z.enum(['parent', 'direct']).optional(),
  transfer: z.enum(TRANSFER_FILTERS).optional(),
  members: z.enum(COUNT_FILTERS).optional(),
  agents: z.enum(COUNT_FILTERS).optional(),
  createdFrom: instant.optional(),
  createdBefore: instant.optional(),
  level: z.number().optional(),
  blueprint: z.custom<RowId>((id) => typeof id === 'string' && isId(id)).optional(),
  drift: z.enum(DRIFT_STATES).optional(),
  under: accountId.optional(),
  statuses: z.array(z.enum(['active', 'suspended', 'closed'])),
  visibility: z.enum(['with_minutes', 'without_minutes']),
});
type Payload = z.infer<typeof payload>;

/** A line of the file. */
type Exported = AccountBelow & {
  readonly names: readonly string[];
  /** What set it up; mostly one blueprint, or none. */
  readonly applied: readonly DriftOf[];
  /** The account that was asked for. */
  readonly within: AccountId;
};

const shownCount = (n: number): string => String(n);

/** What there is to say of each blueprint that set an account up. */
const ofEach = ({ applied }: Exported, say: (one: DriftOf) => string): string | null =>
  applied.length === 0 ? null : applied.map(say).join('; ');

/** All that lists show of an account, and where it stands below the one that was asked for. */
const COLUMNS: readonly CsvColumn<Exported>[] = [
  { name: 'id', kind: 'text', of: ({ row }) => row.id },
  { name: 'externalId', kind: 'text', of: ({ row }) => row.externalId },
  { name: 'parentId', kind: 'text', of: ({ row }) => row.parentId },
  { name: 'parentExternalId', kind: 'text', of: ({ parentExternalId }) => parentExternalId },
  { name: 'depth', kind: 'number', of: ({ path }) => shownCount(path.length) },
  { name: 'path', kind: 'text', of: ({ names }) => names.join(' / ') },
  { name: 'name', kind: 'text', of: ({ row }) => row.name },
  { name: 'status', kind: 'text', of: ({ row }) => row.status },
  { name: 'suspension', kind: 'text', of: ({ row }) => row.suspension?.kind ?? null },
  { name: 'billingMode', kind: 'text', of: ({ row }) => row.billingMode },
  { name: 'subaccounts', kind: 'number', of: ({ row }) => shownCount(row.subaccounts) },
  { name: 'members', kind: 'number', of: ({ row }) => shownCount(row.members.total) },
  { name: 'agents', kind: 'number', of: ({ row }) => shownCount(row.agents.total) },
  { name: 'minutes', kind: 'number', of: ({ row }) => row.minutes?.total ?? null },
  { name: 'minutesMax', kind: 'number', of: ({ row }) => row.minutesMax },
  {
    name: 'permissionsRestricted',
    kind: 'number',
    of: ({ row }) => (row.caps ? shownCount(row.caps.restricted) : null),
  },
  {
    name: 'permissionsUnreviewed',
    kind: 'number',
    of: ({ row }) => (row.caps ? shownCount(row.caps.unreviewed) : null),
  },
  {
    name: 'blueprint',
    kind: 'text',
    // Whoever may have the file may not be let know what one of an account above is called (rules/blueprints 4).
    of: (one) =>
      ofEach(one, ({ blueprint: { owner, name } }) =>
        owner === one.within || one.path.includes(owner) ? name : ACCOUNT_ABOVE,
      ),
  },
  { name: 'blueprintVersion', kind: 'text', of: (one) => ofEach(one, ({ version }) => shownCount(version)) },
  {
    name: 'drift',
    kind: 'text',
    of: (one) => ofEach(one, ({ state, drift }) => (state === 'set_up' ? drift : state)),
  },
  { name: 'createdAt', kind: 'instant', of: ({ row }) => row.createdAt },
  { name: 'closedAt', kind: 'instant', of: ({ row }) => row.closedAt },
];

/** Writes accounts below one into a file of the job: all of it as of one moment. */
export const exportAccountsJob = defineJob({
  name: 'accounts.export',
  label: 'Export',
  procedure: 'accounts.export',
  payload,
  retry: USUAL_RETRY,
  run: (item) => exportInto(item),
});

async function exportInto(item: JobItem<Payload>): Promise<ItemOutcome> {
  const { hall, job, payload: asked, done } = item;
  const now = nowOf(hall);
  const { parts, rows, complete } = await hall.db.withTenant(
    job.account,
    (trx) => partsOf(trx, job.account, asked, now),
    {
      snapshot: true,
    },
  );
  const filename = `subaccounts-${now.slice(0, 10)}.csv`;
  const usage = asked.visibility === 'with_minutes' ? 'usage' : 'no usage';
  await hall.db.withTenant(job.account, async (trx) => {
    for (const [part, content] of parts.entries())
      await writePart(item, trx, { filename, usage }, { part, type: 'csv', content, now });
    await done(trx, { filename, rows, complete });
  });
  return 'done';
}

async function partsOf(trx: TenantTransaction, within: AccountId, { text, ...asked }: Payload, now: Instant) {
  const search = text === undefined ? null : { text, textKey: nameKey(text) };
  const parts: string[] = [];
  const names = new Map<AccountId, string>();
  let rows = 0;
  for (let after: AccountId | null = null; ; ) {
    const limit = Math.min(PART_ROWS, MOST_ROWS - rows) + 1;
    const found: AccountBelow[] = await readAccountsBelow(trx, { within, search, after, now, limit, ...asked });
    const page = found.slice(0, limit - 1);
    await learnNames(trx, names, page);
    const applied = Map.groupBy(
      await readDriftOf(
        trx,
        page.map(({ row }) => row.id),
      ),
      ({ account }) => account,
    );
    const lines = page.map((one) => ({
      ...one,
      within,
      names: one.path.map((id) => names.get(id) ?? ''),
      applied: applied.get(one.row.id) ?? [],
    }));
    parts.push((parts.length === 0 ? csvHeader(COLUMNS) : '') + csvLines(COLUMNS, lines));
    rows += page.length;
    after = page.at(-1)?.row.id ?? null;
    if (found.length <= page.length) return { parts, rows, complete: true };
    if (rows >= MOST_ROWS) return { parts, rows, complete: false };
  }
}

/** Learns what the accounts are called that the way leads through; most have come by already. */
async function learnNames(
  trx: TenantTransaction,
  names: Map<AccountId, string>,
  page: readonly AccountBelow[],
): Promise<void> {
  for (const { row } of page) names.set(row.id, row.name);
  const missing = new Set(page.flatMap(({ path }) => path.filter((id) => !names.has(id))));
  for (const { id, name } of await readAccountNames(trx, [...missing])) names.set(id, name);
}

/** Asks for a file of accounts below the acting one. @throws Refused NOT_FOUND, BAD_REQUEST */
export async function exportAccounts(
  hall: Hall,
  { actor, user, key, requestId, reached }: Caller,
  { id, root }: Access,
  { accounts, status, text, under, visibility, ...filters }: AccountsToExport,
): Promise<RowId> {
  const by = { actor, user, key, requestId };
  const job = await hall.change({ ...by, ...(reached && { reached }) }, { root, acting: id }, async (change) => {
    const only = accounts ? await accountsBelow(change.trx, id, accounts, 'accounts') : null;
    const branch = await branchOf(change.trx, under);
    const asked = { only, text, statuses: [...status], under: branch, visibility, ...filtersOf(filters) };
    return enqueue(hall, change, exportAccountsJob, { by, account: id, items: [{ payload: asked }] });
  });
  return job ?? refuseWith('BAD_REQUEST', 'Name accounts.', 'accounts');
}
