import type { TransferView } from './billing-source.ts';

/** Something was done about a transfer: where it stands now, and what to tell of it. `state` null: nothing was. */
export class TransferDone extends Event {
  readonly state: TransferView | null;
  readonly words: string;
  constructor(state: TransferView | null, words = '') {
    super('sam-done');
    this.state = state;
    this.words = words;
  }
}
