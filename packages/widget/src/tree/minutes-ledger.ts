import { type AccountId, type Decimal, formatDecimal, type Instant } from '@tenantree/domain';

/** Minutes of one account in the present billing period, and the tree version that they were read at. Changed in place. */
export type Minutes = { own: Decimal; total: Decimal; version: number };

const ZERO = formatDecimal(0n);

/**
 * The newest known minutes of every account, whether its row is loaded or not. Pages and live frames may arrive in any
 * order: the higher tree version wins, so a page that was read before a tick never sets a number back.
 */
export class MinutesLedger {
  #entries = new Map<AccountId, Minutes>();
  #period: Instant | null = null;
  /** Last version of the period before. */
  #before = 0;

  /** Start of the billing period that the minutes belong to. */
  get period(): Instant | null {
    return this.#period;
  }

  of(id: AccountId): Minutes | undefined {
    return this.#entries.get(id);
  }

  /** Notes what a page says. A page is at least as new as its version, so it also wins against an equal one. */
  notePage(id: AccountId, minutes: { readonly own: Decimal; readonly total: Decimal }, version: number): Minutes {
    const entry = this.#entries.get(id);
    if (entry === undefined) return this.#add(id, minutes.own, minutes.total, version);
    if (version >= entry.version) this.#write(entry, minutes.own, minutes.total, version);
    return entry;
  }

  /** Notes what a live frame says; null when something as new is known already. */
  noteFrame(id: AccountId, own: Decimal, total: Decimal, version: number): Minutes | null {
    const entry = this.#entries.get(id);
    if (entry === undefined) return this.#add(id, own, total, version);
    if (version <= entry.version) return null;
    this.#write(entry, own, total, version);
    return entry;
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
    this.#entries.clear();
    return 'turned';
  }

  /** The entry of an account of which nothing was heard in this period: zero. */
  start(id: AccountId): Minutes {
    return this.#entries.get(id) ?? this.#add(id, ZERO, ZERO, this.#before);
  }

  #add(id: AccountId, own: Decimal, total: Decimal, version: number): Minutes {
    const entry = { own, total, version };
    this.#entries.set(id, entry);
    return entry;
  }

  #write(entry: Minutes, own: Decimal, total: Decimal, version: number): void {
    entry.own = own;
    entry.total = total;
    entry.version = version;
  }
}
