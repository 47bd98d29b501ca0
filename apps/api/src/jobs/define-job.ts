import { type InAccount, type ProcedurePath, procedureAt } from '@tenantree/contract';
import type { ItemEnd, JobAsker, TenantTransaction } from '@tenantree/db';
import type { AccountId, Instant, RetryPolicy, RowId } from '@tenantree/domain';
import type { z } from 'zod';
import type { Hall } from '../hall/hall.ts';

/** One item of a job, as it is worked on. */
export type JobItem<Payload> = {
  readonly hall: Hall;
  readonly job: { readonly id: RowId; readonly account: AccountId };
  /** Who asked for the job, and does what it does. */
  readonly by: JobAsker;
  readonly payload: Payload;
  /** When the job was asked for. */
  readonly askedAt: Instant;
  /**
   * Notes that it is done, in the transaction that does it: both are kept, or neither.
   *
   * @param result what people are told of it, as JSON
   * @throws ItemTaken when somebody else has done it meanwhile: then nothing of the transaction may be kept
   */
  readonly done: (trx: TenantTransaction, result?: unknown) => Promise<void>;
};

/** How the attempt at an item went: it was noted as done, or there was nothing to do. */
export type ItemOutcome = 'done' | { readonly skipped: string };

/** A declared job, whatever its payload is. */
export type AnyJob = {
  /** Stored for ever: rename none, reuse none. */
  readonly name: string;
  /** What it does, for people: “Erase closed accounts”. */
  readonly label: string;
  /** What it takes to ask for it. */
  readonly needs: InAccount;
  readonly retry: RetryPolicy;
  /** Reads a stored payload, and works on its item. @throws whatever stands in the way: it is tried again, unless it is a refusal */
  readonly start: (item: Omit<JobItem<unknown>, 'payload'>, stored: unknown) => Promise<ItemOutcome>;
};

/** A declared job. Its items each have a payload. */
export type Job<Payload> = AnyJob & { readonly payload: z.ZodType<Payload> };

/** What was done to an item is not its job's to do again. */
export class ItemTaken extends Error {
  override readonly name = 'ItemTaken';
}

/**
 * Declares work that is done later, by whichever server comes first, however often one is killed meanwhile (docs/decisions/0019-jobs.md).
 * It has to be in the list of jobs (jobs.ts) to be found.
 *
 * @param job its `procedure` is the one that asks for it: whoever may see what that does may see the job, and what it needs is asked again
 * before each step of a job that a person or a key asked for
 */
export function defineJob<Payload>(job: {
  readonly name: string;
  readonly label: string;
  readonly procedure: ProcedurePath;
  readonly payload: z.ZodType<Payload>;
  readonly retry: RetryPolicy;
  readonly run: (item: JobItem<Payload>) => Promise<ItemOutcome>;
}): Job<Payload> {
  const { run, procedure, ...declared } = job;
  const { needs } = procedureAt(procedure);
  if (needs.kind !== 'account') throw new Error(`${procedure} is of no account: it asks for no job`);
  return {
    ...declared,
    needs,
    start: (item, stored) => run({ ...item, payload: job.payload.parse(stored) }),
  };
}

/** The end of an item that was left as it was. */
export const skippedBecause = (reason: string): ItemEnd => ({ state: 'skipped', result: { reason } });
