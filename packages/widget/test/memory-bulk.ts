import type { JobFrame } from '@tenantree/contract';
import type { AccountId, RowId, SuspensionKind } from '@tenantree/domain';
import type { AccountSource, BulkResult, BulkSource } from '../src/data/account-source.ts';
import { SourceRefusal } from '../src/data/account-source.ts';

type Acts = Pick<Awaited<ReturnType<AccountSource['acts']>>, 'suspend' | 'reactivate'>;

/** Bulk work on accounts in memory: a job does all its items as soon as somebody watches it. */
export class MemoryBulk implements BulkSource {
  readonly #acts: Acts;
  readonly #jobs = new Map<RowId, () => Promise<readonly BulkResult[]>>();
  readonly #results = new Map<RowId, readonly BulkResult[]>();
  /** Jobs as they were asked for. */
  readonly asked: { readonly what: string; readonly accounts: readonly AccountId[] }[] = [];
  /** Accounts of which nothing can be set. */
  readonly promised = new Set<AccountId>();

  constructor(acts: Acts) {
    this.#acts = acts;
  }

  suspend: BulkSource['suspend'] = async (_account, accounts, { kind, reason }) =>
    this.#job('suspend', accounts, (id) => this.#suspend(id, kind, reason));

  reactivate: BulkSource['reactivate'] = async (_account, accounts) =>
    this.#job('reactivate', accounts, async (id) => void (await this.#acts.reactivate(id)));

  setLimits: BulkSource['setLimits'] = async (_account, accounts) =>
    this.#job('limits', accounts, async () => undefined);

  foreseeLimits: BulkSource['foreseeLimits'] = async (_account, accounts, [change]) =>
    accounts.map((id) => {
      const kind = change?.kind ?? 'minutes';
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
        after: { ...before, max: change?.max ?? null },
        version: 0,
        used: null,
        stops: false,
      };
      return { account: { id, name: '' }, limits: [this.promised.has(id) ? refused : after] };
    });

  follow: BulkSource['follow'] = (_account, job, { onFrame }) => {
    void this.#work(job, onFrame);
    return () => undefined;
  };

  results: BulkSource['results'] = async (_account, job) => this.#results.get(job) ?? [];

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

  #job(what: string, accounts: readonly AccountId[], act: (id: AccountId) => Promise<void>): RowId {
    this.asked.push({ what, accounts });
    const job = `job ${this.asked.length}` as RowId;
    this.#jobs.set(job, () =>
      Promise.all(
        accounts.map(async (account): Promise<BulkResult> => {
          try {
            await act(account);
            return { account, state: 'done', why: '' };
          } catch (error) {
            return { account, state: 'failed', why: error instanceof SourceRefusal ? error.message : '' };
          }
        }),
      ),
    );
    return job;
  }
}
