import { CONTRACT } from '@tenantree/contract';
import {
  type AccountImportRow,
  addImported,
  type ImportEntry,
  type ImportRef,
  isStillToCome,
  type JudgedRow,
  judgeImportRows,
  lockImport,
  noteImportJob,
  readImportEntries,
  readImportLevels,
  readLastChange,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  counted,
  type Decision,
  type PlannedCreation,
  type Refusal,
  type RowId,
  USUAL_RETRY,
} from '@tenantree/domain';
import { z } from 'zod';
import type { Access } from '../../guard/admit.ts';
import type { Change } from '../../hall/change.ts';
import type { Caller, Hall, NewSetUp } from '../../hall/hall.ts';
import { inTurn } from '../../hall/in-turn.ts';
import { partsOf } from '../../hall/parts-of.ts';
import { granted, Refused, refuseWith } from '../../hall/refused.ts';
import { admitAsker } from '../../jobs/asker.ts';
import { defineJob, type ItemOutcome, type JobItem } from '../../jobs/define-job.ts';
import { enqueue } from '../../jobs/enqueue.ts';
import { creationsOf, MOST_SET_UP, writeCreations } from '../create-accounts.ts';
import { openCreations } from '../open-creations.ts';
import {
  findImport,
  judgedRow,
  lockIdle,
  planImport,
  ROWS_AT_ONCE,
  readSetUps,
  refuseWhileRunning,
  type SetUps,
} from './plan-import.ts';

/** Rows of one transaction, where bad rows are left out. */
const ROWS_A_PART = 500;

const NOTHING_NEW = 'There is nothing new in this file.';

const importId = z.string().transform((text) => text as RowId);
/** All of a file in one transaction, or some of its lines. */
const payload = z.strictObject({ import: importId, lines: z.union([z.literal('all'), z.array(z.number())]) });
type Payload = z.infer<typeof payload>;

/** Makes the accounts of a file: all in one transaction, or by level so many in one. */
export const importAccountsJob = defineJob({
  name: 'accounts.import',
  label: 'Import accounts',
  procedure: 'accountImports.run',
  payload,
  retry: USUAL_RETRY,
  run: (item) => (item.payload.lines === 'all' ? importAll(item) : importPart(item, item.payload.lines)),
});

type Item = JobItem<Payload>;

/** As whom it is imported: whoever asked for it, with the rights that they have now. @throws Refused FORBIDDEN */
const actingOf = async ({ hall, by, job }: Item): Promise<Access> =>
  granted(await admitAsker(hall, by, job.account, CONTRACT.accountImports.run.needs));

const refOf = ({ job, payload }: Item): ImportRef => ({ account: job.account, id: payload.import });
async function importAll(item: Item): Promise<ItemOutcome> {
  const { hall, job, by, done } = item;
  const ref = refOf(item);
  const acting = await actingOf(item);
  return hall.change(by, { root: job.root, acting: job.account }, async (change): Promise<ItemOutcome> => {
    const { trx } = change;
    const file = await lockImport(trx, ref);
    if (!file) return refuseWith('NOT_FOUND', 'This file is forgotten: send it again.');
    const setUp = await readSetUps(hall, trx, acting, ref);
    // Where nothing has changed since the rows were judged, what is in their way isn't asked again: nothing is.
    const judged = file.plannedChange === (await readLastChange(trx));
    const creations = openCreations(hall, acting, { setUp, judged, keeps: () => false });
    const rows: MadeRow[] = [];
    let made = 0;
    // Of a level no row needs another one, so that what decides about the next is read before these are written.
    for (const { lines } of await readImportLevels(trx, ref, judged ? ['new'] : ['new', 'same']))
      await inTurn(partsOf(lines, ROWS_AT_ONCE), {
        read: async (part) => {
          const entries = await readImportEntries(trx, ref, part);
          return { entries, ground: await creations.read(trx, entries) };
        },
        make: ({ entries, ground }) => {
          const decisions = creations.decide(ground, entries);
          refuseUnlessAsPlanned(entries, decisions);
          rows.push(...madeRows(entries, decisions, setUp));
          return creationsOf(decisions);
        },
        write: async (accounts) => {
          made += await writeCreations(by, change, accounts);
        },
      });
    if (made === 0) return { skipped: NOTHING_NEW };
    const [refused] = await setUpMade(item, acting, change, rows);
    if (refused) {
      const [line, refusal] = refused;
      throw new Refused({ ...refusal, message: `Nothing was imported: line ${line}: ${refusal.message}` });
    }
    await addImported(trx, ref, made);
    // No row is bad here.
    await done(trx, { made, same: file.rows - made });
    return 'done';
  });
}

/** A row whose account was made and is to be set up. */
type MadeRow = { readonly line: number; readonly account: AccountId; readonly by: NewSetUp };

function madeRows(
  entries: readonly ImportEntry[],
  decisions: readonly Decision<PlannedCreation>[],
  setUps: SetUps,
): MadeRow[] {
  return entries.flatMap(({ line, wish }, at): MadeRow[] => {
    const decision = decisions[at];
    if (!setUps || !wish.ok || wish.value.blueprint === undefined) return [];
    if (!decision?.ok || decision.value.outcome !== 'create') return [];
    return [{ line, account: decision.value.account.id, by: granted(setUps(wish.value.blueprint)) }];
  });
}

/** Sets up what rows have made, in the change that made it. @returns why some can't be, by line: nothing of the change may be kept then */
async function setUpMade(
  { hall, by }: Item,
  access: Access,
  change: Change,
  rows: readonly MadeRow[],
): Promise<ReadonlyMap<number, Refusal>> {
  const refused = new Map<number, Refusal>();
  for (const [id, all] of Map.groupBy(rows, (row) => row.by.id)) {
    const [first] = all;
    if (!first || by.user === null) throw new Error(`nobody sets accounts up with ${id}`);
    const caller = { ...by, user: by.user, requestId: by.requestId ?? '', reached: access.reached };
    const accounts = all.map(({ account }) => account);
    const refusals = await hall.setUpRows.made({ hall, caller, access }, change, accounts, first.by);
    for (const { line, account } of all) {
      const refusal = refusals.get(account);
      if (refusal) refused.set(line, refusal);
    }
  }
  return refused;
}

/** @throws Refused PLAN_STALE when something else becomes of a row than was shown */
function refuseUnlessAsPlanned(entries: readonly ImportEntry[], decisions: readonly Decision<PlannedCreation>[]): void {
  for (const [at, entry] of entries.entries()) {
    const { outcome } = judgedRow(entry, decisions[at]!);
    if (outcome !== entry.outcome) {
      const message = `Nothing was imported: line ${entry.line} was ${entry.outcome} and is ${outcome} now. Check the file again.`;
      refuseWith('PLAN_STALE', message, 'import');
    }
  }
}

/** Rows whose accounts can't be set up: nothing of the change that made them is kept. */
class NotSetUp extends Error {
  override readonly name = 'NotSetUp';
  readonly refusals: ReadonlyMap<number, Refusal>;

  constructor(refusals: ReadonlyMap<number, Refusal>) {
    super('rows can’t be set up');
    this.refusals = refusals;
  }
}

async function importPart(item: Item, lines: readonly number[]): Promise<ItemOutcome> {
  const refused = new Map<number, Refusal>();
  for (;;) {
    try {
      return await importRows(item, lines, refused);
    } catch (error) {
      if (!(error instanceof NotSetUp)) throw error;
      // The others are made as if these weren't there.
      for (const [line, refusal] of error.refusals) refused.set(line, refusal);
    }
  }
}

/** @param refused lines that can't be set up */
async function importRows(
  item: Item,
  lines: readonly number[],
  refused: ReadonlyMap<number, Refusal>,
): Promise<ItemOutcome> {
  const { hall, job, by, done } = item;
  const ref = refOf(item);
  const acting = await actingOf(item);
  const note = async (trx: TenantTransaction, made: number, bad: readonly JudgedRow[]): Promise<ItemOutcome> => {
    await judgeImportRows(trx, ref, bad);
    await addImported(trx, ref, made);
    await done(trx, { made, bad: bad.length });
    return 'done';
  };
  const none = await hall.change(by, { root: job.root, acting: job.account }, async (change) => {
    const { trx } = change;
    const entries = await readImportEntries(
      trx,
      ref,
      lines.filter((line) => !refused.has(line)),
    );
    const setUp = await readSetUps(hall, trx, acting, ref);
    const creations = openCreations(hall, acting, { setUp });
    const decisions = creations.decide(await creations.read(trx, entries), entries);
    const bad = [
      ...entries.map((entry, at) => judgedRow(entry, decisions[at]!)).filter(({ refusal }) => refusal !== null),
      ...[...refused].map(
        ([line, refusal]): JudgedRow => ({ line, level: null, turn: null, outcome: refusal.code, refusal }),
      ),
    ];
    await waitForParents(trx, ref, entries, bad);
    const made = await writeCreations(by, change, creationsOf(decisions));
    // A change in which nothing is made is undone, with what it notes.
    if (made === 0) return bad;
    const refusals = await setUpMade(item, acting, change, madeRows(entries, decisions, setUp));
    if (refusals.size > 0) throw new NotSetUp(refusals);
    await note(trx, made, bad);
    return null;
  });
  return none === null ? 'done' : hall.db.withTenant(job.account, (trx) => note(trx, 0, none));
}

/** An earlier part that could not be done yet comes first. @throws Error when one has the parent of a row; then this part is tried again */
async function waitForParents(
  trx: TenantTransaction,
  ref: ImportRef,
  entries: readonly ImportEntry[],
  bad: readonly JudgedRow[],
): Promise<void> {
  const orphans = new Set(bad.flatMap(({ line, outcome }) => (outcome === 'PARENT_BAD' ? [line] : [])));
  const parents = entries.flatMap(({ line, wish }) =>
    orphans.has(line) && wish.ok && wish.value.parent.kind === 'external' ? [wish.value.parent.externalId] : [],
  );
  if (parents.length > 0 && (await isStillToCome(trx, ref, parents)))
    throw new Error('rows are imported before those of their parents');
}

/**
 * Asks for a file to be imported. Where its tree has changed since it was judged it is judged again, and imported only if that makes no
 * difference.
 *
 * @param mode `each`: as if the bad rows weren't there
 * @throws Refused NOT_FOUND, BAD_REQUEST, ALREADY_IN_STATE, PLAN_STALE, BATCH_REFUSED
 */
export async function runImport(
  hall: Hall,
  { actor, user, key, requestId, reached }: Caller,
  access: Access,
  { id, mode }: { readonly id: RowId; readonly mode: 'all' | 'each' },
): Promise<RowId> {
  const { root, id: account } = access;
  const ref = { account, id };
  const { setUps } = await refuseUnlessReady(hall, access, ref, mode);
  const by = { actor, user, key, requestId };
  const job = await hall.change({ ...by, ...(reached && { reached }) }, { root, acting: account }, async (change) => {
    const { trx } = change;
    const { filename } = await lockIdle(trx, ref);
    if (mode === 'all' && setUps > MOST_SET_UP)
      refuseWith(
        'BAD_REQUEST',
        `At most ${MOST_SET_UP} accounts are set up by blueprints in one transaction; in this file ${setUps} are. Import it without the bad rows.`,
        'mode',
      );
    const most = setUps > 0 ? MOST_SET_UP : ROWS_A_PART;
    const items =
      mode === 'all' ? [{ payload: { import: id, lines: 'all' as const } }] : await partsToImport(trx, ref, most);
    const asked = await enqueue(hall, change, importAccountsJob, {
      by,
      account,
      items,
      subject: filename,
      key: id,
    });
    if (asked !== null) await noteImportJob(trx, ref, asked);
    return asked;
  });
  return job ?? refuseWith('ALREADY_IN_STATE', NOTHING_NEW, 'import');
}

/** A file that can be imported: judged anew where its tree has changed since. @throws Refused */
async function refuseUnlessReady(
  hall: Hall,
  access: Access,
  ref: ImportRef,
  mode: 'all' | 'each',
): Promise<AccountImportRow> {
  const { found, change } = await hall.db.withTenant(
    access.id,
    async (trx) => ({ found: await findImport(trx, hall, ref), change: await readLastChange(trx) }),
    { snapshot: true },
  );
  refuseWhileRunning(found.job?.isLive === true);
  if (found.planned === null)
    refuseWith('BAD_REQUEST', 'Judge the rows of this file first (accountImports.plan).', 'import');
  const isFresh = found.planned.change === change;
  // What was judged anew stays, also when the call is refused for it.
  const ready = isFresh ? found : await hall.db.apart(() => planImport(hall, access, ref.id));
  const { outcomes, changed } = ready;
  if (!isFresh && changed > 0)
    refuseWith(
      'PLAN_STALE',
      `Since this file was judged something else becomes of ${counted(changed, 'row')}. Look again.`,
      'import',
    );
  if (!outcomes['new']) refuseWith('ALREADY_IN_STATE', NOTHING_NEW, 'import');
  const bad = Object.entries(outcomes).reduce(
    (sum, [outcome, n]) => sum + (outcome === 'new' || outcome === 'same' ? 0 : n),
    0,
  );
  if (mode === 'all' && bad > 0)
    refuseWith('BATCH_REFUSED', `Nothing is imported: ${counted(bad, 'row')} can’t be.`, 'mode');
  return ready;
}

async function partsToImport(
  trx: TenantTransaction,
  ref: ImportRef,
  most: number,
): Promise<{ readonly payload: Payload }[]> {
  const levels = await readImportLevels(trx, ref, ['new']);
  return levels.flatMap(({ lines }) =>
    [...partsOf(lines, most)].map((part) => ({ payload: { import: ref.id, lines: [...part] } })),
  );
}
