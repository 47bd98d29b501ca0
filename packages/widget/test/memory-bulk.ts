import type { JobConflict, JobFrame } from '@tenantree/contract';
import type { AccountId, RowId, SuspensionKind } from '@tenantree/domain';
import type { AccountSource, BulkResult, BulkSource } from '../src/data/account-source.ts';
import { SourceRefusal } from '../src/data/account-source.ts';

type Acts = Pick<Awaited<ReturnType<AccountSource['acts']>>, 'suspend' | 'reactivate' | 'presets'>;
type Asked = { readonly what: string; readonly accounts: readonly AccountId[]; readonly limits?: readonly unknown[] };

/** Bulk work on accounts in memory: a job does all its items as soon as somebody watches it. */
export class MemoryBulk implements BulkSource {
  readonly #acts: Acts;
  readonly #jobs = new Map<RowId, () => Promise<readonly BulkResult[]>>();
  readonly #results = new Map<RowId, readonly BulkResult[]>();
  /** Jobs as they were asked for. */
  readonly asked: Asked[] = [];
  readonly #undoable = new Set<RowId>();
  /** Accounts of which nothing can be set. */
  readonly promised = new Set<AccountId>();
  /** What jobs find changed, instead of doing anything. */
  conflict: readonly JobConflict[] = [];

  constructor(acts: Acts) {
    this.#acts = acts;
  }

  suspend: BulkSource['suspend'] = async (_account, accounts, { kind, reason }) =>
    this.#job({ what: 'suspend', accounts }, (id) => this.#suspend(id, kind, reason));

  setLimits: BulkSource['setLimits'] = async (_account, accounts, limits) =>
    this.#job({ what: 'limits', accounts, limits }, async () => undefined);

  applyPreset: BulkSource['applyPreset'] = async (account, accounts, { preset, mode }) =>
    this.#job({ what: 'preset', accounts }, (id) =>
      this.#acts.presets.applyPreset(account, { preset, mode, accounts: [id] }),
    );

  export: BulkSource['export'] = async (_account, accounts) =>
    this.#job({ what: 'export', accounts }, async () => undefined);

  /** Ends suspensions; of other jobs nothing is kept that could be taken back. */
  undo: BulkSource['undo'] = async (_account, job) => {
    const done = (this.#results.get(job) ?? []).filter(({ state }) => state === 'done');
    return this.#job({ what: 'undo', accounts: done.map(({ account }) => account) }, (id) => this.#acts.reactivate(id));
  };

  file: BulkSource['file'] = async () => ({ filename: 'accounts.csv', csv: ['id\r\n', this.asked.length.toString()] });

  foreseeLimits: BulkSource['foreseeLimits'] = async (_account, accounts, changes) =>
    accounts.map((id) => ({ account: { id, name: '' }, limits: changes.map((change) => this.#foreseen(id, change)) }));

  #foreseen(id: AccountId, change: Parameters<BulkSource['foreseeLimits']>[2][number]) {
    const { kind } = change;
    const before = { max: null, reserve: 0, atLimit: 'block' as const, thresholds: [] };
    const refused = {
      kind,
      code: 'LIMIT_PROMISED' as const,
      message: 'Subaccounts are promised 9.',
      retryable: false,
    };
    const after = {
      kind,
      before,
      after: {
        ...before,
        max: change.max ?? null,
        reserve: change.reserve ?? 0,
        ...(change.nextReserve !== undefined && { nextReserve: change.nextReserve }),
        atLimit: change.atLimit ?? before.atLimit,
        thresholds: change.thresholds ?? [],
      },
      version: 0,
      used: null,
      stops: false,
    };
    return this.promised.has(id) ? refused : after;
  }

  follow: BulkSource['follow'] = (_account, job, { onFrame }) => {
    void this.#work(job, onFrame);
    return () => undefined;
  };

  results: BulkSource['results'] = async (_account, job) => ({
    results: this.#results.get(job) ?? [],
    undoable: this.#undoable.has(job),
    retryable: false,
  });

  async #work(job: RowId, tell: (frame: JobFrame) => void): Promise<void> {
    const results = (await this.#jobs.get(job)?.()) ?? [];
    this.#results.set(job, results);
    const of = (state: BulkResult['state']): number => results.filter((one) => one.state === state).length;
    const counts = { total: results.length, done: of('done'), skipped: of('skipped'), failed: of('failed') };
    tell({ state: counts.failed > 0 ? 'partly' : 'succeeded', ...counts, cancelAsked: false, etaSeconds: null });
  }

  async #suspend(id: AccountId, kind: SuspensionKind, reason: string | null): Promise<void> {
    await this.#acts.suspend(id, { kind, from: null, until: null, reason });
  }

  #job(asked: Asked, act: (id: AccountId) => Promise<unknown>): RowId {
    this.asked.push(asked);
    const job = `job ${this.asked.length}` as RowId;
    if (asked.what === 'suspend') this.#undoable.add(job);
    this.#jobs.set(job, () =>
      Promise.all(
        asked.accounts.map(async (account): Promise<BulkResult> => {
          try {
            await act(account);
            const { conflict } = this;
            if (conflict.length > 0) return { account, name: null, state: 'skipped', why: 'It was changed.', conflict };
            return { account, name: null, state: 'done', why: '', conflict: [] };
          } catch (error) {
            return {
              account,
              name: null,
              state: 'failed',
              why: error instanceof SourceRefusal ? error.message : '',
              conflict: [],
            };
          }
        }),
      ),
    );
    return job;
  }
}
