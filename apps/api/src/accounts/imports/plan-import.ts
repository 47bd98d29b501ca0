import {
  type AccountImportRow,
  endImportPlan,
  findImportParents,
  type ImportEntry,
  type ImportRef,
  type JudgedRow,
  judgeImportRows,
  lockImport,
  type NamedRow,
  readHeads,
  readImportColumns,
  readImportEntries,
  readImportNames,
  readImports,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type Decision,
  EXTERNAL_PREFIX,
  importLevels,
  importRefusal,
  type PlannedCreation,
  type RowId,
  setsUp,
} from '@tenantree/domain';
import type { Access } from '../../guard/admit.ts';
import { type Hall, type NewSetUp, nowOf } from '../../hall/hall.ts';
import { partsOf } from '../../hall/parts-of.ts';
import { refuseWith } from '../../hall/refused.ts';
import { openCreations } from '../open-creations.ts';

/** Rows that are decided about together. */
export const ROWS_AT_ONCE = 5_000;
/** Rows of which it is read together how they name accounts. */
const NAMES_AT_ONCE = 10_000;

/** A file of an account that is stored whole. @throws Refused NOT_FOUND */
export async function findImport(
  trx: TenantTransaction,
  hall: Hall,
  { account, id }: ImportRef,
): Promise<AccountImportRow> {
  const [found] = await readImports(trx, account, nowOf(hall), id);
  return found ?? refuseWith('NOT_FOUND', 'There is no such file, or it is forgotten: send it again.', 'import');
}

/** Refuses what would get in the way of a job. @throws Refused ALREADY_IN_STATE */
export function refuseWhileRunning({ job }: AccountImportRow): void {
  if (job?.isLive)
    refuseWith('ALREADY_IN_STATE', 'This file is being imported. Wait until that is over, or stop it.', 'import');
}

/**
 * Judges all rows of a file, as if it were imported now and its bad rows weren't there (rules/accounts 27).
 *
 * @throws Refused NOT_FOUND, ALREADY_IN_STATE
 */
export async function planImport(hall: Hall, acting: Access, id: RowId): Promise<AccountImportRow> {
  const ref = { account: acting.id, id };
  // What is changed from here on may or may not be seen: then it is judged again before anything is written.
  const [head] = await readHeads(hall.db, [acting.root]);
  return hall.db.withTenant(acting.id, async (trx) => {
    await lockImport(trx, ref);
    refuseWhileRunning(await findImport(trx, hall, ref));
    await judgeAll(hall, trx, acting, ref, await readSetUps(hall, trx, acting, ref));
    await endImportPlan(trx, ref, { at: nowOf(hall), seq: head?.seq ?? 0 });
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
  const refused = [...refusals].map(
    ([n, refusal]): JudgedRow => ({ line: rows[n]!.line, level: null, outcome: refusal.code, refusal }),
  );
  for (const part of partsOf(refused, ROWS_AT_ONCE)) await judgeImportRows(trx, ref, part);
  const named = new Set(rows.flatMap(({ parent }) => (parent === null || there.has(parent) ? [] : [parent])));
  const creations = openCreations(
    hall,
    acting,
    ({ externalId }) => named.has(`${EXTERNAL_PREFIX}${externalId}`),
    setUps,
  );
  const order = [...rows.keys()].filter((n) => levels[n] !== 0).sort((a, b) => levels[a]! - levels[b]! || a - b);
  for (const part of partsOf(order, ROWS_AT_ONCE)) {
    const entries = await readImportEntries(
      trx,
      ref,
      part.map((n) => rows[n]!.line),
    );
    const decisions = await creations.decide(trx, entries);
    const judged = entries.map((entry, at) => judgedRow({ ...entry, level: levels[part[at]!]! }, decisions[at]!));
    await judgeImportRows(trx, ref, judged);
  }
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
export function judgedRow({ line, level, wish }: ImportEntry, decision: Decision<PlannedCreation>): JudgedRow {
  if (decision.ok) return { line, level, outcome: decision.value.outcome === 'create' ? 'new' : 'same', refusal: null };
  if (!wish.ok) throw new Error('a row that can’t be read has no turn');
  const refusal = importRefusal(decision.refusal, wish.value.parent, level ?? 1);
  return { line, level, outcome: refusal.code, refusal };
}
