import type { AccountId, Instant, RowId } from '@tenantree/domain';
import type {
  CopiesSource,
  CopyRow,
  RolloutStageView,
  RolloutView,
  WishedStages,
} from '../src/copies/copies-source.ts';
import type { SourceRefusal } from '../src/index.ts';

const NOW = '2026-11-29T10:00:00.000Z' as Instant;

/** Copies of one product in memory, and its roll-out, which goes on when a test says so. */
export class MemoryCopies implements CopiesSource {
  rows: CopyRow[];
  present: RolloutView | null = null;
  /** Every further call fails with this; null ends that. */
  refusal: SourceRefusal | null = null;
  /** What was asked to be done. */
  readonly sent: unknown[] = [];
  #readers: ((view: RolloutView) => void)[] = [];

  /** @param versions of the accounts that have copies */
  constructor(versions: readonly number[]) {
    this.rows = versions.map((version, n) => ({
      account: { id: `account-${n}` as AccountId, name: `Acme ${n + 1}` },
      product: `copy-${n}` as RowId,
      name: 'Front desk',
      version,
      parts: null,
      needs: n === 1 ? ['/auth/apiKey'] : [],
      updateAvailable: version === 1,
      differences: n === 0 ? 2 : 0,
    }));
  }

  copies: CopiesSource['copies'] = (_, { version, cursor, limit }) =>
    this.#answer(() => {
      const all = this.rows.filter((row) => version === null || row.version === version);
      const from = Number(cursor ?? 0);
      const versions = [...Map.groupBy(this.rows, (row) => row.version)].toSorted(([one], [other]) => other - one);
      return {
        rows: all.slice(from, from + limit),
        versions: versions.map(([one, { length: accounts }]) => ({ version: one, accounts })),
        nextCursor: from + limit < all.length ? String(from + limit) : null,
      };
    });

  rollout: CopiesSource['rollout'] = () => this.#answer(() => this.present);

  start: CopiesSource['start'] = (_, stages) =>
    this.#answer(() => {
      this.sent.push(stages);
      return this.begin(stages);
    });

  goOn: CopiesSource['goOn'] = (_of, _rollout, failed) =>
    this.#answer(() => {
      this.sent.push(failed);
      return this.put({ state: 'running' });
    });

  cancel: CopiesSource['cancel'] = () => this.#answer(() => this.put({ state: 'cancelled', endedAt: NOW }));

  rollBack: CopiesSource['rollBack'] = (_of, _rollout, stage) =>
    this.#answer(() => this.put({ state: 'cancelled' }, stage, { rolledBack: ['job' as RowId] }));

  follow: CopiesSource['follow'] = (_of, _rollout, { onFrame }) => {
    this.#readers = [...this.#readers, onFrame];
    return () => {
      this.#readers = this.#readers.filter((one) => one !== onFrame);
    };
  };

  /** A roll-out of two stages, the second one for the rest. */
  begin([first]: WishedStages = []): RolloutView {
    const older = this.rows.filter(({ version }) => version === 1).length;
    const size = typeof first?.accounts === 'number' ? first.accounts : 3;
    const stage = (n: number, accounts: number, state: RolloutStageView['state']): RolloutStageView => ({
      n,
      accounts,
      gate: 'manual',
      state,
      done: 0,
      conflicts: 0,
      skipped: 0,
      failed: 0,
      startsAt: null,
      endedAt: null,
      job: null,
      rolledBack: [],
      failures: [],
    });
    this.present = {
      id: 'r-1' as RowId,
      kind: 'agent',
      product: 'p-1' as RowId,
      name: 'Front desk',
      version: 2,
      stopOn: 1,
      state: 'running',
      stage: 1,
      startedBy: 'Olivia Owner',
      createdAt: NOW,
      endedAt: null,
      stages: [stage(1, size, 'running'), stage(2, older - size, 'pending')],
    };
    return this.present;
  }

  /** The roll-out is another, and whoever watches is told. */
  put(change: Partial<RolloutView>, n = 0, stage: Partial<RolloutStageView> = {}): RolloutView {
    const was = this.present;
    if (!was) throw new Error('no roll-out');
    this.present = { ...was, ...change, stages: was.stages.map((one) => (one.n === n ? { ...one, ...stage } : one)) };
    for (const tell of this.#readers) tell(this.present);
    return this.present;
  }

  async #answer<T>(make: () => T): Promise<T> {
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    return make();
  }
}
