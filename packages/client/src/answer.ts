import { isRecord } from '@tenantree/domain';
import { TRPCClientError } from '@trpc/client';
import type { Message, Subscriptions } from './line.ts';
import { NO_ANSWER, otherAnswer, Unanswered } from './refusal-of.ts';

/** An answer in tRPC's format, to one call. */
export type Answer = {
  readonly result?: { readonly data?: unknown };
  readonly error?: { readonly code: number; readonly message: string; readonly data: object };
};

const isAnswer = (value: unknown): value is Answer =>
  isRecord(value) && (isRecord(value['result']) || (isRecord(value['error']) && isRecord(value['error']['data'])));

/** Ends a call that {@link otherAnswer} tells of. */
export const notOurs = (status: number, cause?: unknown): Unanswered => new Unanswered(otherAnswer(status), cause);

/** @throws Unanswered when nobody answers */
export async function responseOf(ask: () => Promise<Response>): Promise<Response> {
  try {
    return await ask();
  } catch (cause) {
    throw new Unanswered(NO_ANSWER, cause);
  }
}

/**
 * Reads the answers to `count` calls of one request. A request that was refused as a whole has one answer, for all of them.
 *
 * @throws Unanswered when the answer breaks off, or is not the server's
 */
export async function answersIn(response: Response, count: number): Promise<readonly Answer[]> {
  const text = await response.text().catch((cause: unknown) => {
    throw new Unanswered(NO_ANSWER, cause);
  });
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (cause) {
    throw notOurs(response.status, cause);
  }
  const answers: readonly unknown[] = Array.isArray(read) ? read : Array<unknown>(count).fill(read);
  if (answers.length !== count || !answers.every(isAnswer)) throw notOurs(response.status);
  return answers;
}

/** Hands what the server said to whoever it is for. */
export function hand(message: Message, { takers, unanswered }: Subscriptions): void {
  // What the server could not read has no id: it is one of those that it has not answered.
  const ids = message.id === null ? [...unanswered] : [message.id];
  for (const id of ids) {
    unanswered.delete(id);
    const taker = takers.get(id);
    if (message.result && message.result.type !== 'stopped') taker?.next({ result: message.result });
    else {
      takers.delete(id);
      if (message.error) taker?.error(TRPCClientError.from({ error: message.error }));
      else taker?.complete();
    }
  }
}
