import { type Database, LEAST_CONNECTIONS, openDatabase } from '../src/index.ts';
import type { TestDatabase } from '../src/testing.ts';

/** A step of a plan as auto_explain writes it, with what it did. */
type Step = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Subplan Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly Step[];
};

/** A statement that the database ran, also inside a function. */
export type Ran = { readonly text: string; readonly plan: Step };

/** A database that tells the plan of every statement, with what it read: counted, so that no other load of the machine matters. */
export type Explained = {
  readonly db: Database;
  /** What the database ran for some work. */
  ranFor(work: () => Promise<unknown>): Promise<Ran[]>;
  close(): Promise<void>;
};

const SETTINGS = [
  `session_preload_libraries = 'auto_explain'`,
  'auto_explain.log_min_duration = 0',
  'auto_explain.log_analyze = on',
  'auto_explain.log_buffers = on',
  'auto_explain.log_timing = off',
  'auto_explain.log_nested_statements = on',
  `auto_explain.log_format = 'json'`,
  `auto_explain.log_level = 'notice'`,
  'jit = off',
];

/** Opens a test database, with one connection for the application, so that it tells its plans. */
export async function openExplained(test: TestDatabase): Promise<Explained> {
  await test.asOwner(
    "LOAD 'auto_explain'; " +
      SETTINGS.map((setting) => `ALTER DATABASE ${test.config.database} SET ${setting}`).join('; '),
  );
  // What it keeps of plans is kept, however long its connection has nothing to do meanwhile.
  const db = openDatabase({ ...test.serving, idleTimeoutMillis: 0 }, { connections: LEAST_CONNECTIONS });
  let ran: Ran[] = [];
  db.pool.on('connect', (client) =>
    client.on('notice', ({ message = '' }) => {
      const start = message.indexOf('{');
      if (!message.includes('plan:') || start < 0) return;
      const told = JSON.parse(message.slice(start)) as { readonly 'Query Text': string; readonly Plan: Step };
      ran.push({ text: told['Query Text'], plan: told.Plan });
    }),
  );
  return {
    db,
    ranFor: async (work) => {
      ran = [];
      await work();
      // The plan of a transaction's last statement is told at its end, for which what only reads doesn't wait. This waits, and has no plan.
      await db.pool.query('SHOW server_version');
      return ran;
    },
    close: () => db.close(),
  };
}

function* stepsOf(step: Step): Generator<Step> {
  yield step;
  for (const child of step.Plans ?? []) yield* stepsOf(child);
}

const rowsOf = (step: Step): number => (step['Actual Rows'] ?? 0) * (step['Actual Loops'] ?? 0);

/** Tables that a statement read from one end to the other. */
export const scannedBy = ({ plan }: Ran): string[] =>
  [...stepsOf(plan)].flatMap((step) =>
    step['Node Type'].includes('Seq Scan') && step['Relation Name'] ? [step['Relation Name']] : [],
  );

/** Blocks of tables and indices that a statement looked at. */
export const blocksOf = ({ plan }: Ran): number => (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);

/** Rows that a statement looked at for nothing: those of a table that it did not want, and pairs that did not belong together. */
export const passedOverBy = ({ plan }: Ran): number =>
  [...stepsOf(plan)].reduce(
    (sum, step) =>
      sum +
      ((step['Rows Removed by Filter'] ?? 0) + (step['Rows Removed by Join Filter'] ?? 0)) *
        (step['Actual Loops'] ?? 1),
    0,
  );

/** Rows that a statement returned, or summed up. */
export function rowsFor({ plan }: Ran): number {
  const summed = [...stepsOf(plan)]
    .filter((step) => step['Node Type'].includes('Aggregate'))
    .flatMap((step) => step.Plans ?? [])
    .map(rowsOf);
  return Math.max(rowsOf(plan), ...summed);
}

/** A common table expression of a statement, as a statement of its own. */
export const partOf = ({ text, plan }: Ran, name: string): Ran[] =>
  [...stepsOf(plan)].filter((step) => step['Subplan Name'] === `CTE ${name}`).map((step) => ({ text, plan: step }));
