import {
  type AccountImportRow,
  endImportPlan,
  findImportParents,
  type ImportEntry,
  type ImportRef,
  type JudgedRow,
  judgeImportRows,
  type LockedImport,
  lockImport,
  type NamedRow,
  readImportColumns,
  readImportEntries,
  readImportNames,
  readImports,
  readLastChange,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type Decision,
  EXTERNAL_PREFIX,
  importLevels,
  importRefusal,
  importTurns,
  type PlannedCreation,
  type RowId,
  setsUp,
} from '@tenantree/domain';
import type { Access } from '../../guard/admit.ts';
import { type Hall, type NewSetUp, nowOf } from '../../hall/hall.ts';
import { inTurn } from '../../hall/in-turn.ts';
import { partsOf } from '../../hall/parts-of.ts';
import { refuseWith } from '../../hall/refused.ts';
import { openCreations } from '../open-creations.ts';

/** Rows that are decided about together. */
export const ROWS_AT_ONCE = 2_000;
/** Rows of which it is read together how they name accounts. */
const NAMES_AT_ONCE = 10_000;

/** A file of an account that is stored whole. @throws Refused NOT_FOUND */
export async function findImport(
  trx: TenantTransaction,
  hall: Hall,
  { account, id }: ImportRef,
): Promise<AccountImportRow> {
  const [found] = await readImports(trx, account, nowOf(hall), id);
  return found ?? noSuchImport();
}

const noSuchImport = (): never =>
  refuseWith('NOT_FOUND', 'There is no such file, or it is forgotten: send it again.', 'import');

/** Locks a file that is to be judged or imported. @throws Refused NOT_FOUND, ALREADY_IN_STATE while a job imports it */
export async function lockIdle(trx: TenantTransaction, ref: ImportRef): Promise<LockedImport> {
  const locked = await lockImport(trx, ref);
  if (!locked) return noSuchImport();
  refuseWhileRunning(locked.isRunning);
  return locked;
}

/** Refuses what would get in the way of a job. @throws Refused ALREADY_IN_STATE */
export function refuseWhileRunning(isRunning: boolean): void {
  if (isRunning)
    refuseWith('ALREADY_IN_STATE', 'This file is being imported. Wait until that is over, or stop it.', 'import');
}

/**
 * Judges all rows of a file, as if it were imported now and its bad rows weren't there (rules/accounts 27).
 *
 * @throws Refused NOT_FOUND, ALREADY_IN_STATE
 */
export async function planImport(hall: Hall, acting: Access, id: RowId): Promise<AccountImportRow> {
  const ref = { account: acting.id, id };
  return hall.db.withTenant(acting.id, async (trx) => {
    await lockIdle(trx, ref);
    // What is changed from here on may or may not be seen: then it is judged again before anything is written.
    const change = await readLastChange(trx);
    await judgeAll(hall, trx, acting, ref, await readSetUps(hall, trx, acting, ref));
    await endImportPlan(trx, ref, { at: nowOf(hall), change });
    return findImport(trx, hall, ref);
  });
}

/** What rows of a file may name as blueprints; undefined: they name none. */
export type SetUps = ((named: string) => Decision<NewSetUp>) | undefined;

/** Reads what rows of a file may name as blueprints. */
export const readSetUps = async (
  { setUpRows }: Pick<Hall, 'setUpRows'>,
  trx: TenantTransaction,
  access: Access,
  ref: ImportRef,
): Promise<SetUps> => (setsUp(await readImportColumns(trx, ref)) ? setUpRows.read(trx, access) : undefined);

async function judgeAll(
  hall: Hall,
  trx: TenantTransaction,
  acting: Access,
  ref: ImportRef,
  setUps: SetUps,
): Promise<void> {
  const rows = await readNames(trx, ref);
  const there = new Set(await findImportParents(trx, ref));
  const { levels, refusals } = importLevels(rows, (name) => there.has(name));
  const turns = importTurns(rows, { levels });
  const refused = [...refusals].map(
    ([n, refusal]): JudgedRow => ({ line: rows[n]!.line, level: null, turn: null, outcome: refusal.code, refusal }),
  );
  for (const part of partsOf(refused, ROWS_AT_ONCE)) await judgeImportRows(trx, ref, part);
  const named = new Set(rows.flatMap(({ parent }) => (parent === null || there.has(parent) ? [] : [parent])));
  const creations = openCreations(hall, acting, {
    keeps: ({ externalId }) => named.has(`${EXTERNAL_PREFIX}${externalId}`),
    setUp: setUps,
  });
  const order = [...rows.keys()].filter((n) => levels[n] !== 0).sort((a, b) => levels[a]! - levels[b]! || a - b);
  await inTurn(partsOf(order, ROWS_AT_ONCE), {
    read: async (part) => {
      const lines = part.map((n) => rows[n]!.line);
      const entries = await readImportEntries(trx, ref, lines);
      return { part, entries, ground: await creations.read(trx, entries) };
    },
    make: ({ part, entries, ground }) => {
      const decisions = creations.decide(ground, entries);
      return entries.map((entry, at) => {
        const n = part[at]!;
        return judgedRow({ ...entry, level: levels[n]!, turn: turns[n]! }, decisions[at]!);
      });
    },
    write: (judged) => judgeImportRows(trx, ref, judged),
  });
}

async function readNames(trx: TenantTransaction, ref: ImportRef): Promise<NamedRow[]> {
  const rows: NamedRow[] = [];
  for (;;) {
    const page = await readImportNames(trx, ref, rows.at(-1)?.line ?? 0, NAMES_AT_ONCE);
    rows.push(...page);
    if (page.length < NAMES_AT_ONCE) return rows;
  }
}

/** What becomes of a row, by what is decided about it. */
export function judgedRow({ line, level, turn, wish }: ImportEntry, decision: Decision<PlannedCreation>): JudgedRow {
  if (decision.ok)
    return { line, level, turn, outcome: decision.value.outcome === 'create' ? 'new' : 'same', refusal: null };
  if (!wish.ok) throw new Error('a row that can’t be read has no turn');
  const refusal = importRefusal(decision.refusal, wish.value.parent, level ?? 1);
  return { line, level, turn, outcome: refusal.code, refusal };
}
