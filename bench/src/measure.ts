/** Middle value (the lower one of an even number). */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Value below which the given share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  return (
    sorted[Math.min(sorted.length - 1, Math.floor((sorted.length - (share === 0.5 ? 1 : 0)) * share))] ?? Number.NaN
  );
}

/**
 * Runs every case once per repeat, in turn (A B C A B C …), so that whatever else the machine does hits all of them.
 * @returns the results of each case, in the order of the repeats
 */
export async function interleave<Name extends string, Result>(
  cases: Readonly<Record<Name, () => Promise<Result>>>,
  repeats: number,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(cases) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Result[]>;
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const name of names) results[name].push(await cases[name]());
  }
  return results;
}

/** Milliseconds on a clock that never jumps. */
export const nowMs = (): number => performance.now();
