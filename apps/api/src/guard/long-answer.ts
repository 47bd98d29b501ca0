import { type AccountId, ERROR_CODES, type ErrorCode } from '@tenantree/domain';
import { z } from 'zod';
import type { Hall } from '../hall/hall.ts';

/** Bytes of an answer, as JSON, up to which it is kept whole for a repeat of its call (rules/server 18). */
export const KEPT_WHOLE_BYTES = 65_536;

/** Where a repeat is answered. */
export type Repeat = { readonly hall: Hall; readonly account: AccountId };

/** How an answer is kept that is too long to be kept whole: as what it can be made from again. */
export type LongAnswer<Answer = never, Again = unknown> = {
  /** What is kept of it, for JSON: ids, and what has none in as few words as tell it. */
  readonly brief: (answer: Answer) => unknown;
  /** Makes the answer again, reading by id. */
  readonly again: (repeat: Repeat, kept: unknown) => Promise<Again>;
};

/** Declares how a long answer is kept, in a form of its own. */
export const longAnswer = <Answer, Read, Kept>(answer: {
  readonly kept: z.ZodType<Read, Kept>;
  readonly brief: (answer: Answer) => Kept;
  readonly again: (repeat: Repeat, read: Read) => NoInfer<Answer> | Promise<NoInfer<Answer>>;
}): LongAnswer<Answer, Answer> => ({
  brief: answer.brief,
  again: async (repeat, kept) => answer.again(repeat, answer.kept.parse(kept)),
});

/** The refused entry of a batch as it is kept: by what integrators go by. Its sentence is for people, and is another one then. */
export const refusedThen = z
  .strictObject({
    // Of our own codes, as they were written.
    code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
    field: z.string().exactOptional(),
  })
  .transform((refusal) => ({
    ...refusal,
    message: 'This entry was refused when the call was made first.',
    retryable: ERROR_CODES[refusal.code].retryable,
  }));

/** What is kept of the refused entry of a batch. */
export const briefRefusal = ({ code, field }: z.input<typeof refusedThen>): z.input<typeof refusedThen> => ({
  code,
  ...(field !== undefined && { field }),
});
