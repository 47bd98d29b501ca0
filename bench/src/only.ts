import type { Target } from './report.ts';

/** `BENCH_ONLY`: a regular expression; of benchmarks with many cases only those run whose names it matches. */
const ONLY = new RegExp(process.env['BENCH_ONLY'] ?? '', 'i');

/** Whether a case is asked for. */
export const isWanted = (name: string): boolean => ONLY.test(name);

/** Targets without those whose cases were not all asked for. */
export const ofWanted = (list: readonly Target[]): Target[] => list.filter(({ measured }) => !Number.isNaN(measured));
