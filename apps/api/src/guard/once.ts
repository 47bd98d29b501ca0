import { createHash, createHmac } from 'node:crypto';
import type { Procedure } from '@tenantree/contract';
import { type CallKey, findKeptAnswer, type KeptAnswer, keepAnswer, type TenantTransaction } from '@tenantree/db';
import {
  type AccountId,
  canonicalJson,
  DAY_MS,
  type Instant,
  instantOf,
  isRecord,
  type JsonValue,
  type Refusal,
} from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import type { Context } from '../context/context.ts';
import { nowOf } from '../hall/hall.ts';
import { Refused } from '../hall/refused.ts';
import { IDEMPOTENCY_KEY } from './idempotency-key.ts';
import { KEPT_WHOLE_BYTES, type LongAnswer } from './long-answer.ts';

/** Days for which answers are kept under their idempotency keys (rules/server 8). */
export const KEPT_DAYS = 7;

/** A call that came with an idempotency key, admitted and read. */
export type KeyedCall = {
  readonly ctx: Context;
  readonly path: string;
  readonly procedure: Procedure;
  readonly key: string;
  /** Null: nobody was asked who they are. */
  readonly actor: Actor | null;
  readonly account: AccountId | null;
  readonly input: unknown;
  /** How its answer is kept when that is long; null: it never is. */
  readonly long: LongAnswer | null;
};

/**
 * Does what a call asks for once, however often it comes (rules/server 8): a repeat is answered as the first one was, and changes
 * nothing. The answer is kept in the transaction of what was changed; what was refused or failed leaves nothing, and is done anew.
 *
 * A repeat that comes while the first one is at work finds out at its own end: both change, one commits.
 *
 * @throws Refused IDEMPOTENCY_CONFLICT, IDEMPOTENCY_IN_PROGRESS, SECRET_SHOWN_ONCE, or what the work refuses
 */
export async function once(call: KeyedCall, work: () => Promise<unknown>): Promise<unknown> {
  const { hall } = call.ctx;
  const place: CallKey = { account: call.account, caller: callerOf(call), key: call.key };
  const content = contentOf(call);
  const since = instantOf(hall.clock.nowMs() - KEPT_DAYS * DAY_MS);
  const repeat = async (): Promise<{ readonly answer: unknown } | null> => {
    const kept = await findKeptAnswer(hall.db, place, since);
    if (!kept) return null;
    const answer = await answerOf(call, content, kept);
    call.ctx.repeated();
    return { answer };
  };
  const earlier = await repeat();
  if (earlier) return earlier.answer;
  try {
    return await hall.db.inOne(work, (answer, trx) => keep(call, place, content, answer, trx, since));
  } catch (error) {
    // Somebody else was quicker; or what was refused was so because it is done already.
    const done = error instanceof Taken || error instanceof Refused ? await repeat() : null;
    if (done) return done.answer;
    throw error instanceof Taken ? new Refused(IN_PROGRESS) : error;
  }
}

/** Another call kept its answer under this key meanwhile. */
class Taken extends Error {}

const IN_PROGRESS: Refusal = {
  code: 'IDEMPOTENCY_IN_PROGRESS',
  message: 'The first call with this idempotency key is still at work. Repeat this one in a moment.',
  field: IDEMPOTENCY_KEY,
  retryAfterSeconds: 1,
};

async function keep(
  call: KeyedCall,
  place: CallKey,
  content: Buffer,
  answer: unknown,
  trx: TenantTransaction | null,
  since: Instant,
): Promise<void> {
  const { hall } = call.ctx;
  const kept: KeptAnswer = { procedure: call.path, content, keptAt: nowOf(hall), ...partKept(call, answer) };
  switch (await keepAnswer(trx ?? hall.db, place, kept, since)) {
    case 'kept':
      return;
    case 'taken':
      throw new Taken();
    case 'held':
      throw new Refused(IN_PROGRESS);
  }
}

/** What is kept of an answer: all of it; the id of what was made, where it holds a secret; what a long one is made from again. */
function partKept({ procedure, long }: KeyedCall, answer: unknown): Pick<KeptAnswer, 'answer' | 'made'> {
  if (procedure.secret === 'shown once') {
    return { answer: null, made: isRecord(answer) && typeof answer['id'] === 'string' ? answer['id'] : null };
  }
  const whole = JSON.stringify(answer);
  // It is an answer of the procedure whose handler declared how it is kept: the compiler can't follow that through a list.
  if (long && Buffer.byteLength(whole) > KEPT_WHOLE_BYTES)
    return { answer: null, made: JSON.stringify(long.brief(answer as never)) };
  return { answer: whole, made: null };
}

/** What the first call was answered. @throws Refused when it was another one, or its answer can't be given twice */
async function answerOf(call: KeyedCall, content: Buffer, kept: KeptAnswer): Promise<unknown> {
  if (kept.procedure !== call.path || !kept.content.equals(content)) {
    const message = `This idempotency key was used for ${kept.procedure} at ${kept.keptAt}, with other content.`;
    throw new Refused({ code: 'IDEMPOTENCY_CONFLICT', message, field: IDEMPOTENCY_KEY });
  }
  if (kept.answer !== null) return JSON.parse(kept.answer);
  if (call.long && call.account && kept.made !== null)
    return call.long.again({ hall: call.ctx.hall, account: call.account }, JSON.parse(kept.made));
  const message = `This was done at ${kept.keptAt}. Its secret is shown once: end what was made, and make another one.`;
  throw new Refused({ code: 'SECRET_SHOWN_ONCE', message, ...(kept.made !== null && { made: kept.made }) });
}

/** Whose key it is: the same text of somebody else is another key. */
function callerOf({ actor, input }: KeyedCall): string {
  switch (actor?.kind) {
    case 'person':
      return `person:${actor.user}`;
    case 'key':
      return `key:${actor.key}`;
    case 'embed':
      // Its token is renewed every few minutes.
      return `embed:${actor.key.id}:${actor.origin}:${actor.userRef}`;
    case undefined: {
      // Whoever is not asked who they are shows the secret of a link.
      const secret = isRecord(input) ? String(input['token']) : '';
      return `link:${createHash('sha256').update(secret).digest('base64url')}`;
    }
  }
}

/** A digest of what is asked. With the deployment's secret: passwords are among the content, and nobody shall try some on it. */
const contentOf = ({ ctx, path, input }: KeyedCall): Buffer =>
  createHmac('sha256', ctx.hall.settings.secret)
    .update(path)
    .update('\0')
    .update(canonicalJson(asJson(input)))
    .digest();

/** A value as it is on the wire. */
const asJson = (value: unknown): JsonValue => (value === undefined ? null : JSON.parse(JSON.stringify(value)));
