import { type AccountId, DAY_MS, type Decimal, formatDecimal, instantOf, parseDecimal } from '@tenantree/domain';
import { SourceRefusal } from '../src/index.ts';
import type { DayOfUse, UsageSource } from '../src/usage/usage-source.ts';
import type { MemoryTree } from './memory-tree.ts';

const NONE = '0' as Decimal;
const plus = (a: Decimal, b: string): Decimal => formatDecimal((parseDecimal(a) ?? 0n) + (parseDecimal(b) ?? 0n));

/** Minutes by day of accounts in memory, told like the server does, one microtask later. */
export class MemoryUsage implements UsageSource {
  readonly #accounts: MemoryTree;
  readonly #use = new Map<AccountId, Map<number, { own: Decimal; total: Decimal }>>();
  /** How often somebody asked. */
  asked = 0;
  /** Every further call fails with this; null ends that. */
  refusal: SourceRefusal | null = null;

  constructor(accounts: MemoryTree) {
    this.#accounts = accounts;
  }

  /** Minutes are used at an instant (UTC milliseconds since 1970), for the account and all above it. */
  use(account: AccountId, minutes: string, at: number): void {
    const day = Math.floor(at / DAY_MS) * DAY_MS;
    for (
      let entry = this.#accounts.entry(account) as ReturnType<MemoryTree['entry']> | null;
      entry;
      entry = entry.parent
    ) {
      const days = this.#use.get(entry.row.id) ?? new Map<number, { own: Decimal; total: Decimal }>();
      this.#use.set(entry.row.id, days);
      const { own, total } = days.get(day) ?? { own: NONE, total: NONE };
      days.set(day, { own: entry.row.id === account ? plus(own, minutes) : own, total: plus(total, minutes) });
    }
  }

  days: UsageSource['days'] = async (account, { from, to }): Promise<readonly DayOfUse[]> => {
    this.asked += 1;
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    this.#accounts.entry(account);
    return [...(this.#use.get(account) ?? [])]
      .filter(([day]) => day >= Date.parse(from) && day < Date.parse(to))
      .sort(([a], [b]) => a - b)
      .map(([day, { own, total }]) => ({ start: instantOf(day), own, total }));
  };
}
