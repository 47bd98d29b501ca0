import type { AccountsFrame, UsageFrame } from '@tenantree/domain';

/** Who takes live changes, and can have them held back. */
type FrameTaker = {
  held: HeldFrames | null;
  takeUsage(frame: UsageFrame): void;
  takeAccounts(frame: AccountsFrame): void;
};

/**
 * Live changes that are held back while somebody has paused them. Frames carry state, so of each account only the newest
 * is kept: an hour's pause costs no more memory than the accounts that changed in it. Loaded with the first pause.
 */
export class HeldFrames {
  readonly #minutes = new Map<string, UsageFrame>();
  readonly #accounts = new Map<string, AccountsFrame>();

  holdUsage(frame: UsageFrame): void {
    for (const tick of frame.minutes) putLast(this.#minutes, tick[0], { ...frame, minutes: [tick] });
  }

  holdAccounts({ version, changed, gone }: AccountsFrame): void {
    for (const row of changed) putLast(this.#accounts, row.id, { version, changed: [row], gone: [] });
    for (const id of gone) putLast(this.#accounts, id, { version, changed: [], gone: [id] });
  }

  /** Gives a store what was held, in the order in which it came. */
  release(store: FrameTaker): void {
    for (const frame of this.#accounts.values()) store.takeAccounts(frame);
    for (const frame of this.#minutes.values()) store.takeUsage(frame);
  }
}

function putLast<Frame>(frames: Map<string, Frame>, id: string, frame: Frame): void {
  frames.delete(id);
  frames.set(id, frame);
}

/** Holds live changes of a store back, or lets them in again: in order, in one repaint. */
export function pause(store: FrameTaker, state: 'paused' | 'running'): void {
  const { held } = store;
  store.held = state === 'paused' ? (held ?? new HeldFrames()) : null;
  if (state === 'running') held?.release(store);
}
