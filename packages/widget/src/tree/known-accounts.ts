import { type AccountId, type AccountRow, type Decimal, type UsageFrame, ZERO_DECIMAL } from '@tenantree/domain';
import type { AccountPage } from '../data/account-source.ts';
import type { Account } from './lines.ts';

/** Minutes of one account in the present billing period, and the tree version that they were read at. Changed in place. */
export type Minutes = { own: Decimal; total: Decimal; version: number };

const NONE = { own: ZERO_DECIMAL, total: ZERO_DECIMAL, version: 0 };

/**
 * Every account that any page or frame brought, once, however many views show it. Versions decide between pages and frames:
 * the newer one wins, whatever arrives first (performance.md 1, state instead of deltas).
 */
export class KnownAccounts {
  readonly #accounts = new Map<AccountId, Account>();
  /** Also of accounts that aren't loaded; those that are hold theirs themselves, so that a tick is one look-up. */
  readonly #minutes = new Map<AccountId, Minutes>();
  /** Start of the billing period that the minutes belong to. */
  #period = '';
  /** Whether the actor may see usage: then an account without any has used nothing, and not something hidden. */
  #showsUsage = false;

  get(id: AccountId): Account | undefined {
    return this.#accounts.get(id);
  }

  /** Takes the rows of a page. A page is at least as new as its version, so it also wins against an equal one. */
  takePage({ rows, period, treeVersion: version }: AccountPage): readonly Account[] {
    const isPresent = this.#turnTo(period) !== 'past';
    return rows.map((row) => {
      const account = this.take(row, version);
      const minutes = row.minutes && this.#minutesOf(row.id);
      account.minutes = minutes;
      if (minutes) this.#showUsage();
      if (minutes && isPresent && version >= minutes.version) Object.assign(minutes, row.minutes, { version });
      return account;
    });
  }

  /** Takes a row of any origin, without its minutes: rows of live frames carry none. */
  take(row: AccountRow, version: number): Account {
    const { id } = row;
    let account = this.#accounts.get(id);
    if (!account) {
      account = { id, row, rowVersion: version, minutes: this.#showsUsage ? this.#minutesOf(id) : null, nameKey: null };
      this.#accounts.set(id, account);
    } else if (version >= account.rowVersion) {
      if (account.row.name !== row.name) account.nameKey = null;
      account.row = row;
      account.rowVersion = version;
    }
    return account;
  }

  /** The account was taken out of what the actor reaches. */
  drop(id: AccountId): void {
    this.#accounts.delete(id);
  }

  /**
   * Takes a tick.
   *
   * @param changed called for every known account whose minutes changed
   * @returns whether a new billing period began, so that all minutes changed
   */
  takeUsage({ minutes: ticks, period, version }: UsageFrame, changed: (account: Account) => void): boolean {
    const turn = this.#turnTo(period);
    if (turn === 'past') return false;
    this.#showUsage();
    for (const [id, own, total] of ticks) {
      const account = this.#accounts.get(id);
      const minutes = account?.minutes ?? this.#minutesOf(id);
      if (version <= minutes.version) continue;
      minutes.own = own;
      minutes.total = total;
      minutes.version = version;
      if (!account) continue;
      account.minutes = minutes;
      changed(account);
    }
    return turn === 'turned';
  }

  /** Usage is visible, also that of the accounts that came before this was known. */
  #showUsage(): void {
    if (this.#showsUsage) return;
    this.#showsUsage = true;
    for (const account of this.#accounts.values()) account.minutes ??= this.#minutesOf(account.id);
  }

  #minutesOf(id: AccountId): Minutes {
    let minutes = this.#minutes.get(id);
    if (!minutes) this.#minutes.set(id, (minutes = { ...NONE }));
    return minutes;
  }

  /** Turns to a billing period: every account starts at zero again (contract of `UsageFrame`). */
  #turnTo(period: string): 'same' | 'past' | 'turned' {
    if (period === this.#period) return 'same';
    if (period < this.#period) return 'past';
    this.#period = period;
    for (const minutes of this.#minutes.values()) Object.assign(minutes, NONE);
    return 'turned';
  }
}
