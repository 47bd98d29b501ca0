import type { ImportPlan, Job, JobFrame, PlannedItem } from '@tenantree/contract';
import { type AccountId, instantOf, nameKey, type RowId } from '@tenantree/domain';
import { nameIn, productKind, refsWithin, resolve, type SourceItem } from '@tenantree/domain/products';
import { ENDED } from '../src/data/jobs.ts';
import type { GivenSecret, ImportJob, ImportStep, ImportsSource, ImportWish } from '../src/imports/imports-source.ts';
import { type AccountDetail, type AccountSource, type LiveReader, SourceRefusal } from '../src/index.ts';
import { MemoryProducts } from './memory-products.ts';
import type { MemoryTree } from './memory-tree.ts';

/** Accounts in memory. */
type Accounts = Pick<MemoryTree, 'entry'> & Pick<AccountSource, 'get'>;
type Planned = { readonly account: AccountId; readonly wish: ImportWish; readonly shown: ImportPlan };
type Running = {
  readonly account: AccountId;
  job: Job;
  steps: ImportStep[];
  readonly acts: (() => ImportStep['done'])[];
  readonly readers: Set<LiveReader<JobFrame>>;
};

const NOW = instantOf(Date.UTC(2026, 10, 20, 10));
const refuse = (code: SourceRefusal['code'], message: string, more: object = {}): never => {
  throw new SourceRefusal({ code, message, ...more });
};

/** Imports in memory: by the real rules of what comes along, into products in memory, a step at a time. */
export class MemoryImports implements ImportsSource {
  readonly products: MemoryProducts;
  readonly #accounts: Accounts;
  readonly #plans = new Map<RowId, Planned>();
  readonly #jobs: Running[] = [];
  #serial = 900_000;
  /** What somebody may do where things come from, where it isn't all. */
  levels: Partial<AccountDetail['levels']> = {};
  /** Every further call fails with this; null ends that. */
  refusal: SourceRefusal | null = null;
  /** A step that has this in its name fails, with this message. */
  fails: { readonly name: string; readonly message: string } | null = null;
  /** What goes on where something becomes different. */
  goesOn: ImportPlan['running'] = [];
  /** What was asked for. */
  readonly asked: ImportWish[] = [];
  /** Secrets that came with what was run. */
  readonly given: GivenSecret[] = [];

  constructor(accounts: Accounts, products = new MemoryProducts()) {
    this.#accounts = accounts;
    this.products = products;
  }

  account: ImportsSource['account'] = async (account) => {
    const detail = await this.#answer(() => this.#accounts.get(account));
    return { ...detail, levels: { ...detail.levels, ...this.levels } };
  };

  links: ImportsSource['links'] = (_, target, products) =>
    this.#answer(() =>
      this.products.owned(target).flatMap(({ id, name, copyOf, version }) =>
        copyOf && products.includes(copyOf.product)
          ? [
              {
                source: copyOf.product,
                product: id,
                name,
                version: this.#versionOf(id) ?? version,
                parts: null,
                needs: [],
              },
            ]
          : [],
      ),
    );

  plan: ImportsSource['plan'] = (account, wish) =>
    this.#answer(() => {
      this.asked.push(wish);
      const shown = { ...this.#planned(account, wish), plan: this.#id() };
      this.#plans.set(shown.plan, { account, wish, shown });
      return shown;
    });

  run: ImportsSource['run'] = (account, plan, secrets) =>
    this.#answer(() => {
      const planned = this.#plans.get(plan) ?? refuse('NOT_FOUND', 'There is no such plan.', { field: 'plan' });
      const now = this.#planned(account, planned.wish);
      const { plan: _, ...was } = planned.shown;
      const other = now.targets
        .flatMap(({ account: { id, name }, items }, n) =>
          items.map((item, k) => ({ id, name, item, was: was.targets[n]?.items[k] })),
        )
        .filter(({ item, was: before }) => JSON.stringify(item) !== JSON.stringify(before));
      if (other.length > 0)
        refuse('PLAN_STALE', 'Plan it again.', {
          faults: other.map(({ id, name, item }) => ({
            at: `/${id}/${item.product}`,
            message: `“${item.name}” in “${name}” is not as it was shown.`,
          })),
        });
      this.#plans.delete(plan);
      this.given.push(...secrets);
      return this.#start(account, 'imports.run', this.#acts(account, now, secrets));
    });

  recent: ImportsSource['recent'] = (account) =>
    this.#answer(() =>
      this.#jobs
        .filter((one) => one.account === account)
        .map(({ job }) => job)
        .toReversed(),
    );

  job: ImportsSource['job'] = (_, id, { state } = {}) =>
    this.#answer((): ImportJob => {
      const { job, steps } = this.#at(id);
      return { job, steps: steps.filter((one) => !state || one.state === state), nextCursor: null };
    });

  waiting: ImportsSource['waiting'] = (_, id) =>
    this.#answer(() => ({
      rows: this.#at(id).steps.flatMap(({ account, done }) =>
        done.flatMap(({ product, kind, name }) => {
          const needs = this.products.linkOf(product)?.needs ?? [];
          return needs.length > 0
            ? [{ account, product, kind: kind as PlannedItem['kind'], name, needs: [...needs] }]
            : [];
        }),
      ),
      nextCursor: null,
    }));

  follow: ImportsSource['follow'] = (_, id, reader) => {
    const { readers, job } = this.#at(id);
    readers.add(reader);
    queueMicrotask(() => reader.onFrame(frameOf(job)));
    return () => readers.delete(reader);
  };

  cancel: ImportsSource['cancel'] = (_, id) =>
    this.#answer(() => this.#tell(this.#at(id), { state: 'cancelled', cancelAskedAt: NOW }));

  retry: ImportsSource['retry'] = (_, id, only) =>
    this.#answer(() => {
      const running = this.#at(id);
      running.steps = running.steps.map((one) =>
        one.state === 'failed' && (only?.includes(one.n) ?? true) ? { ...one, state: 'pending', why: '' } : one,
      );
      const failed = running.steps.filter(({ state }) => state === 'failed').length;
      this.#tell(running, { state: 'queued', failed, undoable: false, retryable: false });
    });

  foreseeUndo: ImportsSource['foreseeUndo'] = (_, id) =>
    this.#answer(() =>
      this.#at(id).steps.flatMap(({ account, done }) => {
        const touched = done.find(({ product }) =>
          this.products.owned(account.id).some(({ id: there, version }) => there === product && version > 1),
        );
        return [
          {
            account,
            left: touched
              ? { code: 'VERSION_CONFLICT' as const, message: `“${touched.name}” stays: It was changed.` }
              : null,
            conflict: [],
          },
        ];
      }),
    );

  undo: ImportsSource['undo'] = (account, id) =>
    this.#answer(() => {
      const { steps } = this.#at(id);
      const acts = steps.toReversed().map((step) => ({
        account: step.account,
        names: step.names,
        act: () => {
          for (const { product } of step.done) this.products.drop(product);
          return step.done.map((one) => ({ ...one, needs: [] }));
        },
      }));
      return this.#start(account, 'imports.undo', acts);
    });

  /** The next step of a job is done; true: there was one. */
  step(id: RowId): boolean {
    const running = this.#at(id);
    const n = running.steps.findIndex(({ state }) => state === 'pending');
    const step = running.steps[n];
    if (!step || ENDED.has(running.job.state)) return false;
    const fails = this.fails && step.names.includes(this.fails.name);
    running.steps = running.steps.with(n, {
      ...step,
      state: fails ? 'failed' : 'done',
      why: fails ? (this.fails?.message ?? '') : '',
      done: fails ? [] : (running.acts[n]?.() ?? []),
    });
    const count = (state: string) => running.steps.filter((one) => one.state === state).length;
    const [done, failed] = [count('done'), count('failed')];
    const isOver = done + failed === running.steps.length;
    const state = isOver ? (failed > 0 ? 'partly' : 'succeeded') : 'running';
    this.#tell(running, {
      done,
      failed,
      state,
      undoable: isOver && running.job.kind === 'imports.run' && done > 0,
      retryable: isOver && failed > 0,
    });
    return true;
  }

  #planned(account: AccountId, wish: ImportWish): Omit<ImportPlan, 'plan'> {
    const { targets, products } = wish;
    const rows = this.products.owned(account);
    const gone = products.filter(({ product }) => rows.every(({ id }) => id !== product));
    if (gone.length > 0)
      refuse('NOT_FOUND', 'There is no such product.', {
        field: 'products',
        faults: gone.map(({ product }) => ({ at: `/products/${product}`, message: 'There is no such product.' })),
      });
    const parts = new Map(products.map((one) => [one.product, one.parts ?? null]));
    const source = new Map(
      rows.map((row): [RowId, SourceItem] => {
        const kind = productKind(row.kind);
        const refs = refsWithin(kind, row.document, parts.get(row.id) ?? null);
        const { id, name, version, secrets } = row;
        return [id, { id, kind: row.kind, fromParent: kind.fromParent, name, version, refs, secrets }];
      }),
    );
    const shown = targets.map((target) => this.#target(target as AccountId, source, wish));
    const all = shown.flatMap(({ items }) => items);
    const done = all.filter(({ act }) => act !== 'use_existing');
    return {
      ready: done.length > 0 && all.every(({ act }) => act !== 'clash'),
      steps: done.length,
      targets: shown,
      running: this.goesOn,
      limits: shown.map(({ account: there, items }) => ({
        kind: 'agents',
        account: there,
        max: 5,
        before: 1,
        after: 1 + items.filter(({ act, kind }) => act === 'new' && kind === 'agent').length,
      })),
    };
  }

  /** What would happen in one account. */
  #target(
    target: AccountId,
    source: ReadonlyMap<RowId, SourceItem>,
    { products, answers = [], takes = [] }: ImportWish,
  ): ImportPlan['targets'][number] {
    const parts = new Map(products.map((one) => [one.product, one.parts ?? null]));
    const there = this.products.owned(target);
    const at = (id: RowId | null) => there.find((row) => row.id === id);
    const { components, notCopied, blocked } = resolve({
      chosen: products.map(({ product }) => product as RowId),
      source,
      target: {
        links: new Map(
          there.flatMap(({ id, copyOf }) =>
            copyOf ? [[copyOf.product, { product: id, version: this.#versionOf(id) ?? 1 }] as const] : [],
          ),
        ),
        names: new Map(there.map(({ id, kind, name }) => [nameIn(kind, nameKey(name)), id])),
        singles: new Map(),
        secrets: new Map(there.map(({ id, secrets }) => [id, secrets])),
      },
      answerTo: ({ id, kind }) =>
        (
          answers.find((one) => one.product === id && one.target === target) ??
          answers.find((one) => one.product === id && !one.target) ??
          answers.find((one) => one.kind === kind)
        )?.as,
    });
    return {
      account: { id: target, name: this.#accounts.entry(target).row.name },
      refusal: null,
      items: components.flatMap((component, n) =>
        component.map(
          ({ id, kind, into, updateAvailable, ...item }): PlannedItem => ({
            ...item,
            product: id,
            kind: kind as PlannedItem['kind'],
            version: source.get(id)?.version ?? 1,
            into: into && { id: into, version: at(into)?.version ?? 1 },
            parts: parts.get(id) ?? null,
            updateAvailable: updateAvailable && { has: updateAvailable[0], is: updateAvailable[1] },
            hidden: null,
            fits: true,
            changes:
              item.act === 'update' || item.act === 'replace'
                ? [
                    {
                      at: '/prompt/greeting',
                      how: 'updated',
                      taken: false,
                      base: 'Hello',
                      source: 'Welcome',
                      local: 'Hello',
                    },
                    {
                      at: '/identity/voice',
                      how: 'conflict',
                      taken: takes.some(
                        ({ product, at: places }) => product === id && places.includes('/identity/voice'),
                      ),
                      base: 'a',
                      source: 'b',
                      local: 'c',
                    },
                  ]
                : [],
            fault: null,
            step: n + 1,
          }),
        ),
      ),
      notCopied: notCopied.map(({ id, place, ...one }) => ({ ...one, product: id, at: place })),
      blocked: blocked.map(({ id, needs, ...one }) => ({
        ...one,
        product: id,
        needs: needs && { product: needs.id, at: needs.place },
      })),
    };
  }

  #acts(account: AccountId, { targets }: Omit<ImportPlan, 'plan'>, secrets: readonly GivenSecret[]) {
    const rows = this.products.owned(account);
    return targets.flatMap(({ account: there, items }) =>
      items
        .filter(({ act }) => act !== 'use_existing')
        .map((item) => ({
          account: there,
          names: [item.name],
          act: (): ImportStep['done'] => {
            const row = rows.find(({ id }) => id === item.product);
            const { product: source, kind, name, act, needsValue, version } = item;
            const needs = needsValue.filter((place) =>
              secrets.every(({ product: of, at }) => of !== source || at !== place),
            );
            const product = item.into?.id ?? this.products.make(there.id, kind, { name });
            const link = {
              state: 'linked' as const,
              updateAvailable: false,
              source: {
                account: { id: account, name: 'Acme Group' },
                product: source,
                version: row?.version ?? version,
              },
              version,
              parts: null,
              needs,
              differences: [],
            };
            this.products.link({ account: there.id, kind, product }, link);
            return [{ product, kind, name, act, needs }];
          },
        })),
    );
  }

  #start(
    account: AccountId,
    kind: string,
    acts: readonly {
      readonly account: ImportStep['account'];
      readonly names: readonly string[];
      readonly act: () => ImportStep['done'];
    }[],
  ): RowId {
    const id = this.#id();
    const job: Job = {
      id,
      kind,
      label: 'Import products',
      subject: null,
      state: 'queued',
      total: acts.length,
      done: 0,
      skipped: 0,
      failed: 0,
      askedBy: { kind: 'person', name: 'Olivia Owner' },
      createdAt: NOW,
      startedAt: null,
      endedAt: null,
      cancelAskedAt: null,
      stoppable: true,
      undoable: false,
      retryable: false,
      file: null,
      etaSeconds: null,
    };
    const steps = acts.map(
      (one, n): ImportStep => ({
        n: n + 1,
        account: one.account,
        names: one.names,
        state: 'pending',
        why: '',
        done: [],
      }),
    );
    this.#jobs.push({ account, job, steps, acts: acts.map(({ act }) => act), readers: new Set() });
    return id;
  }

  #at(id: RowId): Running {
    return this.#jobs.find(({ job }) => job.id === id) ?? refuse('NOT_FOUND', 'There is no such job.');
  }

  #tell(running: Running, change: Partial<Job>): void {
    running.job = { ...running.job, ...change };
    for (const reader of running.readers) reader.onFrame(frameOf(running.job));
  }

  /** Of the source, that a copy was last written from. */
  #versionOf(copy: RowId): number | undefined {
    return this.products.linkOf(copy)?.version;
  }

  readonly #id = (): RowId => `01940000-0000-7000-8000-${String(++this.#serial).padStart(12, '0')}` as RowId;

  async #answer<T>(answer: () => T): Promise<Awaited<T>> {
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    return await answer();
  }
}

const frameOf = ({ state, total, done, skipped, failed, cancelAskedAt, etaSeconds }: Job): JobFrame => ({
  state,
  total,
  done,
  skipped,
  failed,
  cancelAsked: cancelAskedAt !== null,
  etaSeconds,
});
