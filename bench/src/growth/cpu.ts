import { readFileSync } from 'node:fs';
import { median } from '../measure.ts';

/** CPU that a process has used so far (ms); on Linux. What others do on the machine doesn't count. */
export const cpuMs = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;

/** Work, and the process of the database that does it. */
export type Case = { readonly pid: number; readonly work: () => Promise<unknown> };

/** CPU in the database of each case (ms, median), in turn: A B A B …; the first round warms up. */
export async function databaseCpu(
  cases: Readonly<Record<string, Case>>,
  repeats: number,
): Promise<Map<string, number>> {
  const used = new Map<string, number[]>();
  for (let round = 0; round <= repeats; round++) {
    for (const [name, { pid, work }] of Object.entries(cases)) {
      const before = cpuMs(pid);
      await work();
      const spent = cpuMs(pid) - before;
      if (round > 0) used.set(name, [...(used.get(name) ?? []), spent]);
    }
  }
  return new Map([...used].map(([name, values]) => [name, median(values)]));
}
