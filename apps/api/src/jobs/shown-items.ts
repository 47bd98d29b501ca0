import type { JobConflict, JobItem as Shown } from '@tenantree/contract';
import { type JobItemRow, type JobRow, readAccountNames, readJobItems, type TenantTransaction } from '@tenantree/db';
import { type AccountId, type CsvColumn, isRecord, type RowId } from '@tenantree/domain';
import { z } from 'zod';
import { readCursor, writeCursor } from '../hall/cursor.ts';
import type { AnyJob } from './define-job.ts';
import { findJob, type JobCall } from './shown-jobs.ts';

const itemNumber = z.number().int();

/** Which items of a job are asked for. */
type Which = { readonly state?: JobItemRow['state'] | undefined; readonly cursor?: string | undefined };

type Page = {
  readonly found: JobRow;
  readonly kind: AnyJob | undefined;
  /** As they are kept, and one more, where there is one. */
  readonly kept: readonly JobItemRow[];
  /** As the caller may see them. */
  readonly items: readonly Shown[];
  readonly nextCursor: string | null;
};

/** A page of what became of a job's items, and the job. @throws Refused NOT_FOUND */
export async function readItems(
  call: Pick<JobCall, 'hall' | 'access' | 'jobs'>,
  id: RowId,
  which: Which,
  limit: number,
): Promise<Page> {
  const { hall, access, jobs } = call;
  const { state = null, cursor } = which;
  const { secret } = hall.settings;
  const place = `job:${id}:${state}`;
  const after = readCursor(secret, place, itemNumber, cursor) ?? 0;
  const found = await findJob(call, id);
  const { kept, names } = await hall.db.withTenant(
    access.id,
    async (trx) => {
      const items = await readJobItems(trx, { account: access.id, job: id }, { state, after, limit: limit + 1 });
      return { kept: items, names: await namesOf(trx, items) };
    },
    { snapshot: true },
  );
  const kind = jobs.find(({ name }) => name === found.kind);
  const items = kept.slice(0, limit).map(({ payload, ...item }) => ({
    ...item,
    ...(kind?.guard?.isHidden(access, payload)
      ? hiddenItem(item)
      : { ...conflictIn(item), error: toldOf(item), about: kind?.about?.(payload) ?? null }),
    name: nameOf(names, item.target),
  }));
  const last = kept.length > limit ? items.at(-1) : undefined;
  return { found, kind, kept, items, nextCursor: last ? writeCursor(secret, place, last.n) : null };
}

/** What a file says of each item; `result` is JSON, as `jobs.get` tells it. */
export const ITEM_COLUMNS: readonly CsvColumn<Shown>[] = [
  { name: 'item', kind: 'number', of: ({ n }) => String(n) },
  { name: 'account', kind: 'text', of: ({ target }) => target },
  { name: 'name', kind: 'text', of: ({ name }) => name },
  { name: 'about', kind: 'text', of: ({ about }) => about?.join(', ') ?? null },
  { name: 'state', kind: 'text', of: ({ state }) => state },
  { name: 'attempts', kind: 'number', of: ({ attempts }) => String(attempts) },
  { name: 'code', kind: 'text', of: ({ error }) => error?.code ?? null },
  { name: 'reason', kind: 'text', of: ({ error, result }) => error?.message ?? reasonOf(result) },
  { name: 'result', kind: 'text', of: ({ result }) => (result === null ? null : JSON.stringify(result)) },
];

/** Why an item was left as it was. */
const reasonOf = (result: Shown['result']): string | null =>
  isRecord(result) && typeof result['reason'] === 'string' ? result['reason'] : null;

/** Why an item failed, in a sentence: what else a refusal says is for whoever calls. */
const toldOf = ({ error }: Pick<JobItemRow, 'error'>): JobItemRow['error'] =>
  error && { code: error.code, message: error.message, ...(error.field !== undefined && { field: error.field }) };

/** What is told of an item that is about something that is hidden: that there is one, and how it ended. */
const hiddenItem = ({ error }: Pick<JobItemRow, 'error'>) => ({
  about: [],
  result: null,
  conflict: [],
  error: error && { code: error.code, message: 'What it was about is not for you to see.' },
});

/** What of its result an item tells apart. */
function conflictIn({
  result,
}: Pick<JobItemRow, 'result'>): Pick<JobItemRow, 'result'> & { readonly conflict: readonly JobConflict[] } {
  if (!isRecord(result) || !Array.isArray(result['conflict'])) return { result, conflict: [] };
  const { conflict, ...rest } = result;
  // As `skippedBecause` wrote it.
  return { result: rest, conflict: conflict as readonly JobConflict[] };
}

/** What the accounts are called that items are about. */
export async function namesOf(
  trx: TenantTransaction,
  items: readonly { readonly target: AccountId | null }[],
): Promise<ReadonlyMap<AccountId, string>> {
  const targets = items.flatMap(({ target }) => (target === null ? [] : [target]));
  return new Map((await readAccountNames(trx, targets)).map(({ id, name }) => [id, name]));
}

const nameOf = (names: ReadonlyMap<AccountId, string>, target: AccountId | null): string | null =>
  target === null ? null : (names.get(target) ?? null);
