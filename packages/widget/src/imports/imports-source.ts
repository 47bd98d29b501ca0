import { refusalOf, type Tenantree } from '@tenantree/client';
import type {
  AccountDetail,
  AnswerOf,
  CONTRACT,
  ImportPlan,
  Job,
  JobFrame,
  SentTo,
  WaitingCopy,
} from '@tenantree/contract';
import type { AccountId, JobItemState, RowId } from '@tenantree/domain';
import { call } from '../data/call.ts';
import { type LiveReader, SourceRefusal } from '../data/refusals.ts';
import type { ProductsSource } from '../products/products-source.ts';

export type {
  AccountDetail,
  CopyChange,
  ImportPlan,
  Job,
  JobFrame,
  PlannedItem,
  PlannedTarget,
  WaitingCopy,
} from '@tenantree/contract';
export type { KindKey, Product, ProductRow, ShownKind } from '../products/products-source.ts';

type Procedures = (typeof CONTRACT)['imports'];
/** Which products are imported into which accounts, and what becomes of what has their names. */
export type ImportWish = Omit<SentTo<Procedures['plan']>, 'account'>;
/** What becomes of another product that has the name. */
export type ClashAnswer = NonNullable<ImportWish['answers']>[number]['as'];
/** A secret for a place of a product, in all accounts into which that comes. */
export type GivenSecret = NonNullable<SentTo<Procedures['run']>['secrets']>[number];
/** A copy that an account has of a product. */
export type CopyLink = AnswerOf<Procedures['links']>['links'][number];

/** One thing that an import does, and what became of it. */
export type ImportStep = {
  readonly n: number;
  readonly account: { readonly id: AccountId; readonly name: string };
  /** What the products are called. */
  readonly names: readonly string[];
  readonly state: JobItemState;
  /** Why it was not done, or not all of it. */
  readonly why: string;
  readonly done: readonly DoneProduct[];
};

/** What was done with a product. */
export type DoneProduct = {
  readonly product: RowId;
  readonly kind: string;
  readonly name: string;
  readonly act: string;
  /** Secrets to be set. */
  readonly needs: readonly string[];
};

/** An import, or how it was taken back, with what became of its steps. */
export type ImportJob = {
  readonly job: Job;
  readonly steps: readonly ImportStep[];
  /** Where further steps are asked for; null: these are all. */
  readonly nextCursor: string | null;
};

/** What taking an import back leaves as it is in an account, and why; null: nothing. */
export type ForeseenUndo = AnswerOf<(typeof CONTRACT)['jobs']['previewUndo']>['accounts'][number];

/** Where the screen that imports products gets them from and asks for it. Every promise rejects with a `SourceRefusal`. */
export type ImportsSource = {
  readonly products: ProductsSource;
  /** An account that things come from. */
  readonly account: (account: AccountId, signal?: AbortSignal) => Promise<AccountDetail>;
  /** Which of some products an account below has copies of. @param products at most 500 */
  readonly links: (
    account: AccountId,
    target: AccountId,
    products: readonly RowId[],
    signal?: AbortSignal,
  ) => Promise<readonly CopyLink[]>;
  readonly plan: (account: AccountId, wish: ImportWish) => Promise<ImportPlan>;
  /** Runs a plan; gives the job. @param secrets that what comes waits for */
  readonly run: (account: AccountId, plan: RowId, secrets: readonly GivenSecret[]) => Promise<RowId>;
  /** The latest imports of an account and how they were taken back, newest first. */
  readonly recent: (account: AccountId, signal?: AbortSignal) => Promise<readonly Job[]>;
  readonly job: (
    account: AccountId,
    job: RowId,
    from?: { readonly cursor?: string; readonly state?: JobItemState },
    signal?: AbortSignal,
  ) => Promise<ImportJob>;
  /** The first copies that an import brought and that wait for secrets, and whether there are more. */
  readonly waiting: (
    account: AccountId,
    job: RowId,
    signal?: AbortSignal,
  ) => Promise<{ readonly rows: readonly WaitingCopy[]; readonly nextCursor: string | null }>;
  /** How a job goes. Returns how to stop. */
  readonly follow: (account: AccountId, job: RowId, reader: LiveReader<JobFrame>) => () => void;
  /** Stops a job: what is done stays. */
  readonly cancel: (account: AccountId, job: RowId) => Promise<void>;
  /** Lets what failed of a job that has ended be tried again, as the same job. @param steps only these, by their numbers */
  readonly retry: (account: AccountId, job: RowId, steps?: readonly number[]) => Promise<void>;
  /** What taking it back would leave as it is. */
  readonly foreseeUndo: (account: AccountId, job: RowId) => Promise<readonly ForeseenUndo[]>;
  /** Takes an import back, as another job. */
  readonly undo: (account: AccountId, job: RowId) => Promise<RowId>;
};

/** Stored for ever (the api's import-job.ts). */
const KINDS: ReadonlySet<string> = new Set(['imports.run', 'imports.undo']);
/** Jobs among which imports are looked for, and steps that are shown at a time. */
const [JOBS, STEPS] = [50, 500];

/** What a step's result tells, as far as it is what it should be. */
type Told = {
  readonly items?: readonly DoneProduct[];
  readonly undone?: readonly Omit<DoneProduct, 'needs'>[];
  readonly kept?: readonly { readonly name: string; readonly reason: string }[];
  readonly reason?: string;
};

type JobItem = AnswerOf<(typeof CONTRACT)['jobs']['get']>['items'][number];

function stepOf({ n, target, name, about, state, result, error }: JobItem): ImportStep {
  // As the job wrote it.
  const { items, undone = [], kept = [], reason = '' } = (result ?? {}) as Told;
  const stays = kept.map((one) => `“${one.name}”: ${one.reason}`).join(' ');
  return {
    n,
    account: { id: target ?? ('' as AccountId), name: name ?? '' },
    names: about ?? [],
    state,
    why: (state !== 'done' && error?.message) || reason || stays,
    done: items ?? undone.map((one) => ({ ...one, needs: [] })),
  };
}

/** Imports by a Tenantree server. @param products of the same server */
export function importsFrom({ trpc }: Pick<Tenantree, 'trpc'>, products: ProductsSource): ImportsSource {
  const { accounts, imports, jobs } = trpc;
  return {
    products,
    account: (account, signal) => call(accounts.get.query, { account }, signal),
    links: async (account, target, products, signal) =>
      (await call(imports.links.query, { account, target, products: [...products] }, signal)).links,
    plan: (account, wish) => call(imports.plan.mutate, { account, ...wish }),
    run: async (account, plan, secrets) =>
      (await call(imports.run.mutate, { account, plan, secrets: [...secrets] })).job,
    recent: async (account, signal) =>
      (await call(jobs.list.query, { account, limit: JOBS }, signal)).rows.filter(({ kind }) => KINDS.has(kind)),
    job: async (account, id, from = {}, signal) => {
      const { job, items, nextCursor } = await call(
        jobs.get.query,
        { account, job: id, limit: STEPS, ...from },
        signal,
      );
      return { job, steps: items.map(stepOf), nextCursor };
    },
    waiting: (account, job, signal) => call(imports.waiting.query, { account, job, limit: STEPS }, signal),
    follow: (account, job, { onFrame, onRefused }) => {
      const subscription = jobs.live.subscribe(
        { account, job },
        { onData: ({ data }) => onFrame(data), onError: (error) => onRefused(new SourceRefusal(refusalOf(error))) },
      );
      return () => subscription.unsubscribe();
    },
    cancel: async (account, job) => void (await call(jobs.cancel.mutate, { account, job })),
    retry: async (account, job, steps) =>
      void (await call(jobs.retry.mutate, { account, job, ...(steps && { items: [...steps] }) })),
    foreseeUndo: async (account, job) => (await call(jobs.previewUndo.query, { account, job })).accounts,
    undo: async (account, job) => (await call(jobs.undo.mutate, { account, job })).job,
  };
}
