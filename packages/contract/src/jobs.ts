import { JOB_ITEM_STATES, JOB_STATES, type RowId, SUSPENSION_KINDS } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { limitKind, limitTerms } from './limits.ts';
import { type AnswerOf, EVERYBODY, mutation, query, reach, subscription } from './procedure.ts';
import * as shapes from './shapes.ts';

// What of a job is offered goes by its procedure, and in `get` by the items of the page, too: what single ones take more is asked when it is done.
// Which jobs are seen, and what it takes to stop or undo one, is what it took to ask for them (jobs/define-job.ts). Of an embedded screen, too:
// it sees those that it could have asked for.
const asked = z.strictObject({ account: inputs.account, job: inputs.id<RowId>('job') });

/** Items that one call names at the most. */
const MOST_ITEMS = 500;

const counts = { total: shapes.count, done: shapes.count, skipped: shapes.count, failed: shapes.count };
const state = z.enum(JOB_STATES);
/** How long it will go on, by its speed so far; null: nobody knows, or it has ended. */
const etaSeconds = shapes.count.nullable();

const job = z.strictObject({
  id: shapes.rowId,
  kind: z.string(),
  /** What it does, in words. */
  label: z.string(),
  /** What all of it is about, as that was called when it was asked for; null: nothing that has a name, or that the caller may see. */
  subject: z.string().nullable(),
  state,
  ...counts,
  askedBy: z.strictObject({ kind: z.enum(['person', 'key', 'embed', 'system']), name: z.string() }),
  createdAt: shapes.instant,
  startedAt: shapes.instant.nullable(),
  endedAt: shapes.instant.nullable(),
  cancelAskedAt: shapes.instant.nullable(),
  /** It goes on, and the caller may stop it (`jobs.cancel`). */
  stoppable: z.boolean(),
  /** It has ended, did something, and all of that can be undone by the caller (`jobs.undo`). */
  undoable: z.boolean(),
  /** Some of it failed, and the caller may let that be tried again (`jobs.retry`). */
  retryable: z.boolean(),
  /** The file it wrote (`jobs.file`), while that is kept, for whoever may see all that is in it. */
  file: z.strictObject({ filename: z.string(), expiresAt: shapes.instant }).nullable(),
  etaSeconds,
});

/** Who set it, and when; null where the log doesn't say so any more. */
const set = { by: z.string().nullable(), at: shapes.instant.nullable() };
const level = shapes.level.nullable();
const suspension = z.enum(SUSPENSION_KINDS).nullable();

/** Something that is another than whoever asked had seen: what was to be set, and what stands there instead. */
const conflict = z.discriminatedUnion('about', [
  z.strictObject({
    about: z.literal('limit'),
    kind: limitKind,
    /** What isn't named was to stay. */
    meant: z.strictObject({
      ...limitTerms,
      max: limitTerms.max.exactOptional(),
      reserve: limitTerms.reserve.exactOptional(),
      atLimit: limitTerms.atLimit.exactOptional(),
      thresholds: limitTerms.thresholds.exactOptional(),
    }),
    present: z.strictObject(limitTerms),
    ...set,
  }),
  /** Null: undecided. */
  z.strictObject({ about: z.literal('permission'), key: shapes.permissionKey, meant: level, present: level, ...set }),
  /** Null: none. */
  z.strictObject({ about: z.literal('suspension'), meant: suspension, present: suspension, ...set }),
]);

/** One thing to be done. */
const item = z.strictObject({
  /** Its number in the job, from 1. */
  n: shapes.count,
  /** The account it is about, if it is about one. */
  target: shapes.accountId.nullable(),
  /** What that is called now; null: it is gone, or stands elsewhere. */
  name: z.string().nullable(),
  /** What of it, by name; of an import the products of one step. Null: all of it. */
  about: shapes.list(z.string()).nullable(),
  state: z.enum(JOB_ITEM_STATES),
  attempts: shapes.count,
  result: shapes.json,
  /** Of an account that somebody else changed meanwhile, and that was left as it was. */
  conflict: shapes.list(conflict),
  /** Why its last attempt failed. */
  error: shapes.refusal.nullable(),
});

/** What would become of one account if a job were undone. */
const foreseen = z.strictObject({
  account: shapes.accountName,
  /** Why it stays as it is: it was changed since, or is not to be had any more. Null: it becomes what it was. */
  left: shapes.refusal.nullable(),
  /** Where somebody else changed it since: what it was to become, what stands there instead, and who set that. */
  conflict: shapes.list(conflict),
});

export const jobs = {
  list: query({
    says: 'Jobs of the account, newest first: those whose procedure does what the caller may see.',
    needs: reach('read', EVERYBODY),
    input: z.strictObject({ account: inputs.account, cursor: inputs.cursor, limit: inputs.limit(200) }),
    output: shapes.pageOf(job),
  }),

  get: query({
    says: 'A job, and what became of each of its items.',
    needs: reach('read', EVERYBODY),
    input: asked.extend({ state: z.enum(JOB_ITEM_STATES).optional(), cursor: inputs.cursor, limit: inputs.limit(500) }),
    output: z.strictObject({ job, items: shapes.list(item), nextCursor: z.string().nullable() }),
  }),

  export: query({
    says: 'A page of what became of a job’s items as a CSV file, in their order.',
    needs: reach('read', EVERYBODY),
    input: asked.extend({ state: z.enum(JOB_ITEM_STATES).optional(), cursor: inputs.cursor }),
    output: shapes.csvFile.extend({ nextCursor: z.string().nullable() }),
  }),

  live: subscription({
    says: 'How a job goes: its present state, then each that differs.',
    needs: reach('read', EVERYBODY),
    input: asked.extend({ lastEventId: inputs.lastEventId }),
    output: z.strictObject({ state, ...counts, cancelAsked: z.boolean(), etaSeconds }),
  }),

  cancel: mutation({
    says: 'Stops a job: nothing more of it begins, what is done stays.',
    needs: reach('change', EVERYBODY),
    input: asked,
    output: z.strictObject({ job }),
  }),

  previewUndo: query({
    says: 'Which accounts would become again what they were before a job, and which stay as they are, and why.',
    needs: reach('read', EVERYBODY),
    input: asked,
    output: z.strictObject({ accounts: shapes.list(foreseen) }),
    refusals: ['NOT_UNDOABLE'],
  }),

  undo: mutation({
    says: 'Undoes what a job did, as a job: each account that was not changed since becomes what it was.',
    needs: reach('change', EVERYBODY),
    input: asked,
    output: z.strictObject({ job: shapes.rowId }),
    refusals: ['NOT_UNDOABLE'],
  }),

  retry: mutation({
    says: 'Lets a job that has ended try again what failed of it, or some of that, as the same job; one that goes on goes on.',
    needs: reach('change', EVERYBODY),
    input: asked.extend({
      /** Only these of what failed, by their numbers. */
      items: z.array(z.number().int().min(1).max(2_147_483_647)).min(1).max(MOST_ITEMS).optional(),
    }),
    output: z.strictObject({ job }),
    refusals: ['NOTHING_FAILED'],
  }),

  file: query({
    says: 'The file that a job wrote, a part at a time, for whoever may see all that is in it.',
    needs: reach('read', EVERYBODY),
    input: asked.extend({ cursor: inputs.cursor }),
    output: shapes.filePart.extend({ expiresAt: shapes.instant, nextCursor: z.string().nullable() }),
  }),
};

/** A job as people see it. */
export type Job = AnswerOf<typeof jobs.cancel>['job'];
/** One thing that a job does, and what became of it. */
export type JobItem = z.infer<typeof item>;
/** What of an account somebody else changed before a job came to it. */
export type JobConflict = z.infer<typeof conflict>;
/** How a job goes. */
export type JobFrame = AnswerOf<typeof jobs.live>;
