import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** A number that the product has promised, and what was measured. */
export type Target = {
  readonly what: string;
  readonly measured: number;
  readonly atLeast?: number;
  readonly atMost?: number;
};

export type Column = { readonly title: string; readonly align?: 'left' };

/** A markdown table. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = columns.map((column) => (column.align === 'left' ? '---' : '---:'));
  return [line(columns.map((column) => column.title)), line(rule), ...rows.map(line)].join('\n');
}

/** Three significant digits, thousands apart. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
  return Number(value.toPrecision(3)).toString();
}

export const ratio = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(2)}×` : '–');

export function isMet({ measured, atLeast, atMost }: Target): boolean {
  return measured >= (atLeast ?? Number.NEGATIVE_INFINITY) && measured <= (atMost ?? Number.POSITIVE_INFINITY);
}

/** The promises as a table with PASS or MISS. */
export function targets(list: readonly Target[]): string {
  const bound = ({ atLeast, atMost }: Target): string => (atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`);
  return table(
    [{ title: 'target', align: 'left' }, { title: 'wanted' }, { title: 'measured' }, { title: '' }],
    list.map((target) => [target.what, bound(target), digits(target.measured), isMet(target) ? 'PASS' : 'MISS']),
  );
}

/** The machine, as it was when the run began: without it no figure means anything. */
export function machine(): string {
  const load = loadavg().map((value) => value.toFixed(1));
  return [
    `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.version}, ${process.platform}-${process.arch}, load average ${load.join(' / ')}`,
  ].join('; ');
}

/** Command that keeps a program on one core, or the program itself where that is not possible. */
export function pinned(core: number, command: readonly string[]): string[] {
  return canPin() ? ['taskset', '-c', String(core), ...command] : [...command];
}

let pinning: boolean | undefined;
function canPin(): boolean {
  pinning ??= availableParallelism() > 1 && answers('taskset', ['-c', '1', 'true']);
  return pinning;
}

function answers(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
