import { readFileSync } from 'node:fs';
import { median } from '../measure.ts';

/** CPU that a process has used so far (ms); on Linux. What others do on the machine doesn't count. */
export const cpuMs = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;

type PoolOfOne = { query<Row>(text: string): Promise<{ rows: Row[] }> };

/** Work, and the one connection that does it. */
export type Case = {
  readonly pool: PoolOfOne;
  readonly work: () => Promise<unknown>;
  /** What each measurement begins after, by other connections. */
  readonly before?: () => Promise<unknown>;
  /** Done once more before each measurement, for another case may have read gigabytes meanwhile. */
  readonly warm?: true;
};

/** Asked before each measurement: a connection that was idle for long is another one. */
async function pidOf(pool: PoolOfOne): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

/** CPU in the database of each case (ms, median), in turn: A B A B …; the first round warms up. */
export async function databaseCpu(
  cases: Readonly<Record<string, Case>>,
  repeats: number,
): Promise<Map<string, number>> {
  const used = new Map<string, number[]>();
  for (let round = 0; round <= repeats; round++) {
    for (const [name, { pool, work, warm, before: first }] of Object.entries(cases)) {
      await first?.();
      if (warm) await work();
      const pid = await pidOf(pool);
      const before = cpuMs(pid);
      await work();
      const spent = cpuMs(pid) - before;
      if (round > 0) used.set(name, [...(used.get(name) ?? []), spent]);
    }
  }
  return new Map([...used].map(([name, values]) => [name, median(values)]));
}
