import {
  type AccountId,
  type AccountRow,
  type Decimal,
  seenAt,
  type UsageFrame,
  ZERO_DECIMAL,
} from '@tenantree/domain';
import type { AccountPage } from '../data/account-source.ts';
import type { Account, Minutes } from './lines.ts';

/**
 * Every account that any page or frame brought, once, however many views show it. Versions decide between pages and frames:
 * the newer one wins, whatever arrives first (rules/live 1, state instead of deltas).
 */
export class KnownAccounts {
  readonly #accounts = new Map<AccountId, Account>();
  /** Those whose status changes by time alone, sooner or later. */
  readonly #turning = new Set<Account>();
  readonly #nowMs: () => number;
  /** Those of accounts that weren't loaded when they came. An account that is loaded holds its own, so that a tick is one look-up. */
  readonly #early = new Map<AccountId, Minutes>();
  /** Start of the billing period that the minutes belong to. */
  #period = '';
  /** Whether the actor may see usage: then an account without any has used nothing, and not something hidden. */
  #showsUsage = false;

  /** @param nowMs UTC milliseconds since 1970: suspensions begin and end by time alone */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get(id: AccountId): Account | undefined {
    return this.#accounts.get(id);
  }

  /** Takes the rows of a page. A page is at least as new as its version, so it also wins against an equal one. */
  takePage({ rows, period, treeVersion: version }: AccountPage): readonly Account[] {
    const isPresent = this.#turnTo(period) !== 'past';
    return rows.map((row) => {
      const account = this.take(row, version);
      if (row.minutes === null) account.minutes = null;
      else {
        this.#showUsage();
        account.minutes ??= this.#minutesOf(row.id);
        if (isPresent && version >= account.minutes.version)
          write(account.minutes, row.minutes.own, row.minutes.total, version);
      }
      return account;
    });
  }

  /** Takes a row of any origin, without its minutes: rows of live frames carry none. */
  take(read: AccountRow, version: number): Account {
    const row = seenAt(read, this.#nowMs());
    const { id } = row;
    let account = this.#accounts.get(id);
    if (!account) {
      const minutes = this.#showsUsage ? this.#minutesOf(id) : null;
      account = { id, row, rowVersion: version, minutes, nameKey: null };
      this.#accounts.set(id, account);
    } else if (version >= account.rowVersion) {
      if (account.row.name !== row.name) account.nameKey = null;
      account.row = row;
      account.rowVersion = version;
    }
    if (account.row.suspension) this.#turning.add(account);
    else this.#turning.delete(account);
    return account;
  }

  /** Accounts that are seen with another status by now than when they were taken. */
  turned(): readonly Account[] {
    const now = this.#nowMs();
    return [...this.#turning].filter(({ row }) => seenAt(row, now) !== row);
  }

  /** The account was taken out of what the actor reaches. */
  drop(id: AccountId): void {
    const account = this.#accounts.get(id);
    if (account) this.#turning.delete(account);
    if (account?.minutes) this.#early.set(id, account.minutes);
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
      write(minutes, own, total, version);
      if (account) {
        account.minutes = minutes;
        changed(account);
      } else this.#early.set(id, minutes);
    }
    return turn === 'turned';
  }

  /** Usage is visible, also that of the accounts that came before this was known. */
  #showUsage(): void {
    if (this.#showsUsage) return;
    this.#showsUsage = true;
    for (const account of this.#accounts.values()) account.minutes ??= this.#minutesOf(account.id);
  }

  /** Turns to a billing period: every account starts at zero again (contract of `UsageFrame`). */
  #turnTo(period: string): 'same' | 'past' | 'turned' {
    if (period === this.#period) return 'same';
    if (period < this.#period) return 'past';
    this.#period = period;
    this.#early.clear();
    for (const { minutes } of this.#accounts.values()) if (minutes) write(minutes, ZERO_DECIMAL, ZERO_DECIMAL, 0);
    return 'turned';
  }

  #minutesOf(id: AccountId): Minutes {
    return this.#early.get(id) ?? { own: ZERO_DECIMAL, total: ZERO_DECIMAL, version: 0 };
  }
}

function write(minutes: Minutes, own: Decimal, total: Decimal, version: number): void {
  minutes.own = own;
  minutes.total = total;
  minutes.version = version;
}
