import type { AccountId, AccountRow, AccountsFrame, Decimal, Instant, UsageFrame } from '@tenantree/domain';

/**
 * Live changes that are held back while somebody has paused them. Frames carry state, so of each account only the newest
 * is kept: an hour's pause costs no more memory than the accounts that changed in it.
 */
export class HeldFrames {
  #period: Instant | null = null;
  readonly #minutes = new Map<
    AccountId,
    { readonly version: number; readonly own: Decimal; readonly total: Decimal }
  >();
  readonly #accounts = new Map<AccountId, { readonly version: number; readonly row: AccountRow | null }>();

  holdUsage(frame: UsageFrame): void {
    if (this.#period !== null && frame.period < this.#period) return;
    if (this.#period !== null && frame.period > this.#period) this.#minutes.clear();
    this.#period = frame.period;
    for (const [id, own, total] of frame.minutes) this.#minutes.set(id, { version: frame.version, own, total });
  }

  holdAccounts(frame: AccountsFrame): void {
    for (const row of frame.changed) this.#accounts.set(row.id, { version: frame.version, row });
    for (const id of frame.gone) this.#accounts.set(id, { version: frame.version, row: null });
  }

  /** What was held, as frames in the order of their versions. */
  release(): { readonly accounts: readonly AccountsFrame[]; readonly usage: readonly UsageFrame[] } {
    const period = this.#period;
    const accounts = [...this.#accounts].map(([id, { version, row }]) => ({
      version,
      changed: row === null ? [] : [row],
      gone: row === null ? [id] : [],
    }));
    const usage = [...this.#minutes].flatMap(([id, { version, own, total }]) =>
      period === null ? [] : [{ version, period, minutes: [[id, own, total] as const] }],
    );
    const byVersion = (a: { readonly version: number }, b: { readonly version: number }) => a.version - b.version;
    return { accounts: accounts.sort(byVersion), usage: usage.sort(byVersion) };
  }
}
