import type { AccountId, Instant } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';

/** Which call it is: whose, in which account (null: in none), under which key. */
export type CallKey = { readonly account: AccountId | null; readonly caller: string; readonly key: string };

/** What was asked: the procedure's path, and a digest of the content. */
export type CallContent = { readonly procedure: string; readonly content: Buffer };

/**
 * What a call was answered. A secret is not kept: then there is no answer (null), and the id of what was made, if it has one. Nor is a long
 * answer: then there is what it is made from again.
 */
export type KeptAnswer = CallContent & {
  readonly keptAt: Instant;
  /** JSON. */
  readonly answer: string | null;
  /** An id, or of a long answer JSON. */
  readonly made: string | null;
};

/** Of what is done in no account. */
const NOWHERE = '00000000-0000-0000-0000-000000000000';

/** What a call was answered; null when nothing is kept under its key since an instant. */
export async function findKeptAnswer(
  db: Database,
  { account, caller, key }: CallKey,
  since: Instant,
): Promise<KeptAnswer | null> {
  type Raw = { procedure: string; content: Buffer; kept_at: Date; answer: string | null; made: string | null };
  const { rows } = await sql<Raw>`
    SELECT * FROM public.find_kept_answer(${account ?? NOWHERE}, ${caller}, ${key}, ${since}::timestamptz)`.execute(
    db.app,
  );
  const [row] = rows;
  if (!row) return null;
  const { kept_at: keptAt, ...kept } = row;
  return { ...kept, keptAt: keptAt.toISOString() as Instant };
}

/**
 * Keeps what a call was answered; within the transaction of what it changed, when there is one.
 *
 * @param since what was kept before gives way
 * @returns `taken` when another call kept its answer under this key meanwhile; `held` when another one is about to, for longer than 5 s
 */
export async function keepAnswer(
  within: Database | TenantTransaction,
  { account, caller, key }: CallKey,
  { procedure, content, keptAt, answer, made }: KeptAnswer,
  since: Instant,
): Promise<'kept' | 'taken' | 'held'> {
  const keeping: RawBuilder<{ kept: boolean }> = sql`
    SELECT public.keep_answer(${account ?? NOWHERE}, ${caller}, ${key}, ${procedure}, ${content}, ${keptAt}::timestamptz,
      ${since}::timestamptz, ${answer}, ${made}) AS kept`;
  try {
    const { rows } = await keeping.execute('app' in within ? within.app : within);
    return rows[0]?.kept ? 'kept' : 'taken';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE) return 'held';
    throw error;
  }
}

const LOCK_NOT_AVAILABLE = '55P03';

/** Forgets answers that were kept until an instant, `most` of them. @returns how many */
export async function forgetKeptAnswers(db: Database, until: Instant, most: number): Promise<number> {
  const { rows } = await sql<{ forgotten: number }>`
    SELECT public.forget_kept_answers(${until}::timestamptz, ${most}) AS forgotten`.execute(db.app);
  return rows[0]?.forgotten ?? 0;
}
