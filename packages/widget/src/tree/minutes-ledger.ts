import { type AccountId, type Decimal, formatDecimal, type Instant } from '@tenantree/domain';

/** Minutes of one account in the present billing period, and the tree version that they were read at. Changed in place. */
export type Minutes = { own: Decimal; total: Decimal; version: number };

const ZERO = formatDecimal(0n);

/**
 * Whose minutes are how new. Pages and live frames may arrive in any order: the higher tree version wins, so a page that was read
 * before a tick never sets a number back. An account that is loaded holds its entry itself, so that a tick of it is one look-up;
 * here wait those of accounts that aren't.
 */
export class MinutesLedger {
  #waiting = new Map<AccountId, Minutes>();
  #period: Instant | null = null;
  /** Last version of the period before. */
  #before = 0;

  /** Start of the billing period that the minutes belong to. */
  get period(): Instant | null {
    return this.#period;
  }

  /** Takes what a page says. A page is at least as new as its version, so it also wins against an equal one. */
  takePage(entry: Minutes, { own, total }: { readonly own: Decimal; readonly total: Decimal }, version: number): void {
    if (version >= entry.version) write(entry, own, total, version);
  }

  /** @returns whether what a live frame says is news */
  takeFrame(entry: Minutes, own: Decimal, total: Decimal, version: number): boolean {
    if (version <= entry.version) return false;
    write(entry, own, total, version);
    return true;
  }

  /**
   * Turns to a billing period: every account starts at zero again (contract of `UsageFrame`).
   *
   * @returns `same` when it is the present one already, `past` when minutes of that period must be ignored, `turned` when it
   *   replaced an earlier one, `first` when there was none
   */
  turnTo(period: Instant, version: number): 'same' | 'past' | 'first' | 'turned' {
    if (period === this.#period) return 'same';
    if (this.#period === null) {
      this.#period = period;
      return 'first';
    }
    if (period < this.#period) return 'past';
    this.#period = period;
    this.#before = version - 1;
    this.#waiting.clear();
    return 'turned';
  }

  /** The entry of an account that was loaded: what was heard of it before, or zero. */
  start(id: AccountId): Minutes {
    const entry = this.#waiting.get(id);
    if (entry === undefined) return { own: ZERO, total: ZERO, version: this.#before };
    this.#waiting.delete(id);
    return entry;
  }

  /** Keeps the entry of an account that isn't loaded. */
  keep(id: AccountId, entry: Minutes): void {
    this.#waiting.set(id, entry);
  }
}

function write(entry: Minutes, own: Decimal, total: Decimal, version: number): void {
  entry.own = own;
  entry.total = total;
  entry.version = version;
}
