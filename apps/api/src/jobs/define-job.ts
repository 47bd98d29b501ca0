import { type InAccount, type JobConflict, type ProcedurePath, procedureAt } from '@tenantree/contract';
import { type ItemEnd, type JobAsker, type JobEnd, readAudit, type TenantTransaction } from '@tenantree/db';
import type { AccountId, AuditAction, Instant, JsonValue, Refusal, RetryPolicy, RowId } from '@tenantree/domain';
import type { z } from 'zod';
import type { Access } from '../guard/admit.ts';
import type { Change } from '../hall/change.ts';
import type { Hall } from '../hall/hall.ts';
import { Refused } from '../hall/refused.ts';

/** Entries of a log among which one is looked for. */
const LAST_DONE = 50;

/** One item of a job, as it is worked on. */
export type JobItem<Payload> = {
  readonly hall: Hall;
  readonly job: { readonly id: RowId; readonly account: AccountId; readonly root: AccountId };
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
export type ItemOutcome =
  | 'done'
  | {
      readonly skipped: string;
      /** Where somebody else changed it: both sides of all that is another than was seen. */
      readonly conflict?: readonly JobConflict[];
    };

/** What a job did to one account, as its result tells. */
export type Done = { readonly account: AccountId; readonly result: JsonValue };

/** Why an account stays as it is if a job is undone: it was changed since, or is not to be had; null: it becomes what it was. */
export type Left = {
  readonly left: Refusal | null;
  /** Where somebody else changed it: both sides of all that is another than the job left it. */
  readonly conflict?: readonly JobConflict[];
};
export type Foreseen = Left & { readonly account: AccountId };

/** What of a job is to be undone, by whom, and what that job was about. */
export type UndoOrder = {
  readonly by: JobAsker;
  readonly account: AccountId;
  readonly done: readonly Done[];
  readonly subject?: string;
};

/** How what a job did is taken back: by a job, an item for each account that it changed. */
export type Undo = {
  /** What would become of them. */
  readonly foresee: (hall: Hall, trx: TenantTransaction, done: readonly Done[]) => Promise<Foreseen[]>;
  /** Asks for it, in a change of the job's account. Null: there is nothing to undo. */
  readonly ask: (hall: Hall, change: Change, order: UndoOrder) => Promise<RowId | null>;
};

/** How a job has ended, for what goes on from there. */
export type EndedJob = JobEnd & { readonly id: RowId; readonly account: AccountId; readonly by: JobAsker };

/** Items of a job that are worked on in one transaction. */
export type JobPart<Payload> = Omit<JobItem<Payload>, 'payload' | 'done'> & {
  /** What each is done by, in the order of the items. */
  readonly payloads: readonly Payload[];
  /**
   * Notes what became of each, in their order, in the transaction in which something was done for one of them: both are kept, or neither.
   *
   * @throws ItemTaken when somebody else has done one meanwhile: then nothing of the transaction may be kept
   */
  readonly ended: (trx: TenantTransaction, ends: readonly ItemEnd[]) => Promise<void>;
};

/** What items take that the job's procedure doesn't ask for, as it may be about one thing or another. */
export type ItemGuard<Payload> = {
  /** Why somebody may not have items done, stopped, tried again or undone; null: they may. */
  readonly refusal: (access: Access, items: readonly Payload[]) => Refusal | null;
  /** Whether what an item is about is hidden from somebody. */
  readonly isHidden: (access: Pick<Access, 'levels'>, item: Payload) => boolean;
};

/** A declared job, whatever its payload is. */
export type AnyJob = {
  /** Stored for ever: rename none, reuse none. */
  readonly name: string;
  /** What it does, for people: “Erase closed accounts”. */
  readonly label: string;
  /** What it takes to ask for it. */
  readonly needs: InAccount;
  readonly retry: RetryPolicy;
  /** What of its account an item is about, by name, from its stored payload; null: all of it. */
  readonly about: ((stored: unknown) => readonly string[]) | null;
  /** How it is undone; null: it can't be. */
  readonly undo: Undo | null;
  /** What of it is for some of those only who see the job; null: nothing. */
  readonly guard: ItemGuard<unknown> | null;
  /** Whether what failed of it can be tried again. */
  readonly again: boolean;
  /** What its end brings about, in the same change. */
  readonly ended: ((hall: Hall, change: Change, job: EndedJob) => Promise<void>) | null;
  /** Items that are worked on in one transaction, at the most. */
  readonly together: number;
  /**
   * Reads stored payloads, and works on their items.
   *
   * @returns what became of each; noted already where something was done
   * @throws whatever stands in the way of all of them: what can't be done together is done by halves, and what can't be done by itself is
   * tried again, unless it is a refusal
   */
  readonly start: (part: Omit<JobPart<unknown>, 'payloads'>, stored: readonly unknown[]) => Promise<readonly ItemEnd[]>;
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
export function defineJob<Payload>(
  job: {
    readonly name: string;
    readonly label: string;
    readonly procedure: ProcedurePath;
    readonly payload: z.ZodType<Payload>;
    readonly retry: RetryPolicy;
    readonly undo?: Undo;
    readonly about?: (payload: Payload) => readonly string[];
    readonly guard?: ItemGuard<Payload>;
    readonly again?: true;
    readonly ended?: NonNullable<AnyJob['ended']>;
  } & How<Payload>,
): Job<Payload> {
  const { run, together, procedure, undo = null, again = false, ended = null, about, guard, ...declared } = job;
  const { needs } = procedureAt(procedure);
  if (needs.kind !== 'account') throw new Error(`${procedure} is of no account: it asks for no job`);
  const work = together ? together.run : byItself(run);
  return {
    ...declared,
    undo,
    again,
    ended,
    needs,
    about: about ? (stored) => about(job.payload.parse(stored)) : null,
    guard: guard
      ? {
          refusal: (access, stored) =>
            guard.refusal(
              access,
              stored.map((one) => job.payload.parse(one)),
            ),
          isHidden: (access, stored) => guard.isHidden(access, job.payload.parse(stored)),
        }
      : null,
    together: together?.most ?? 1,
    start: (part, stored) => work({ ...part, payloads: stored.map((one) => job.payload.parse(one)) }),
  };
}

/** How the items of a job are worked on: each by itself, or so many of them in one transaction. */
type How<Payload> =
  | { readonly run: (item: JobItem<Payload>) => Promise<ItemOutcome>; readonly together?: never }
  | {
      readonly run?: never;
      readonly together: {
        readonly most: number;
        readonly run: (part: JobPart<Payload>) => Promise<readonly ItemEnd[]>;
      };
    };

/** Works on parts that are one item each. */
const byItself =
  <Payload>(run: (item: JobItem<Payload>) => Promise<ItemOutcome>) =>
  async ({ payloads, ended, ...part }: JobPart<Payload>): Promise<readonly ItemEnd[]> => {
    const ends: ItemEnd[] = [];
    for (const payload of payloads) {
      let result: unknown = null;
      const done: JobItem<Payload>['done'] = async (trx, told) => {
        result = told;
        await ended(trx, [{ state: 'done', result }]);
      };
      const outcome = await run({ ...part, payload, done });
      ends.push(outcome === 'done' ? { state: 'done', result } : skippedBecause(outcome));
    }
    return ends;
  };

/** The end of an item that was left as it was. */
export const skippedBecause = ({ skipped: reason, conflict }: Exclude<ItemOutcome, 'done'>): ItemEnd => ({
  state: 'skipped',
  result: { reason, ...(conflict && { conflict }) },
});

/** An account was changed since it was looked at: it is left as it is, which is no failure. */
export const CHANGED_SINCE = 'It was changed by somebody else since.';

/**
 * Does what names versions; where one of them is old, the account is left as it is.
 *
 * @param sidesOf both sides, from what the refusal says is there now
 * @throws whatever else stands in the way
 */
export async function unlessChanged(
  act: () => Promise<ItemOutcome>,
  sidesOf: (refusal: Refusal) => Promise<readonly JobConflict[]>,
): Promise<ItemOutcome> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refused) || error.refusal.code !== 'VERSION_CONFLICT') throw error;
    return { skipped: CHANGED_SINCE, conflict: await sidesOf(error.refusal) };
  }
}

/** Who did something to an account last, and when, as its log has it; nobody, where it isn't among the last that were done. */
export async function lastDone(
  trx: TenantTransaction,
  { root, account }: { readonly root: AccountId; readonly account: AccountId },
  actions: readonly AuditAction[],
  isIt: (details: Readonly<Record<string, unknown>>) => boolean = () => true,
): Promise<Pick<JobConflict, 'by' | 'at'>> {
  const asked = { root, account, scope: 'own', actions, actor: null, before: null, limit: LAST_DONE } as const;
  const found = (await readAudit(trx, asked)).find(({ details }) => isIt(details));
  return { by: found?.actor.name ?? null, at: found?.at ?? null };
}
