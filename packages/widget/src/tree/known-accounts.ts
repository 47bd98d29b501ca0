import type { AccountId, AccountRow, UsageFrame } from '@tenantree/domain';
import type { AccountPage } from '../data/account-source.ts';
import type { Account } from './lines.ts';
import { MinutesLedger } from './minutes-ledger.ts';

/**
 * Every account that any page or frame brought, once, however many views show it. Versions decide between pages and frames:
 * the newer one wins, whatever arrives first (performance.md 1, state instead of deltas).
 */
export class KnownAccounts {
  readonly #accounts = new Map<AccountId, Account>();
  readonly #ledger = new MinutesLedger();
  /** Whether the actor may see usage: then an account without any has used nothing, and not something hidden. */
  #usage: 'unknown' | 'visible' = 'unknown';

  get(id: AccountId): Account | undefined {
    return this.#accounts.get(id);
  }

  /** Takes the rows of a page. */
  takePage(page: AccountPage): { readonly accounts: readonly Account[]; readonly turned: boolean } {
    const turn = this.#ledger.turnTo(page.period, page.treeVersion);
    if (turn === 'turned') this.#startAll();
    const accounts = page.rows.map((row) => {
      if (row.minutes !== null) this.#seeUsage();
      const account = this.take(row, page.treeVersion);
      if (row.minutes === null) account.minutes = null;
      else {
        account.minutes ??= this.#ledger.start(row.id);
        if (turn !== 'past') this.#ledger.takePage(account.minutes, row.minutes, page.treeVersion);
      }
      return account;
    });
    return { accounts, turned: turn === 'turned' };
  }

  /** Takes a row of any origin, without its minutes: rows of live frames carry none. */
  take(row: AccountRow, version: number): Account {
    const known = this.#accounts.get(row.id);
    if (known) {
      if (version >= known.rowVersion) {
        if (known.row.name !== row.name) known.nameKey = null;
        known.row = row;
        known.rowVersion = version;
      }
      return known;
    }
    const minutes = this.#usage === 'visible' ? this.#ledger.start(row.id) : null;
    const account = { id: row.id, row, rowVersion: version, minutes, nameKey: null };
    this.#accounts.set(row.id, account);
    return account;
  }

  /** The account was taken out of what the actor reaches. */
  drop(id: AccountId): void {
    const minutes = this.#accounts.get(id)?.minutes;
    if (minutes) this.#ledger.keep(id, minutes);
    this.#accounts.delete(id);
  }

  /**
   * Takes a tick.
   *
   * @param changed called for every known account whose minutes changed
   * @returns whether a new billing period began, so that all minutes changed
   */
  takeUsage(frame: UsageFrame, changed: (account: Account) => void): boolean {
    const turn = this.#ledger.turnTo(frame.period, frame.version);
    if (turn === 'past') return false;
    if (turn === 'turned') this.#startAll();
    this.#seeUsage();
    for (const [id, own, total] of frame.minutes) {
      const account = this.#accounts.get(id);
      const minutes = account?.minutes ?? this.#ledger.start(id);
      const news = this.#ledger.takeFrame(minutes, own, total, frame.version);
      if (account === undefined) this.#ledger.keep(id, minutes);
      else {
        account.minutes = minutes;
        if (news) changed(account);
      }
    }
    return turn === 'turned';
  }

  /** Usage is visible after all; until now that wasn't known. */
  #seeUsage(): void {
    if (this.#usage === 'visible') return;
    this.#usage = 'visible';
    this.#startAll();
  }

  #startAll(): void {
    if (this.#usage === 'unknown') return;
    for (const account of this.#accounts.values()) account.minutes = this.#ledger.start(account.id);
  }
}
