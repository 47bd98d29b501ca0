import {
  findByExternalId,
  insertAccounts,
  type SentAccounts,
  sentAccounts,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  type AccountRow,
  accept,
  type BatchEntry,
  counted,
  type Decision,
  ERROR_CODES,
  type ErrorCode,
  type PlannedAccount,
  type PlannedCreation,
  parseNewAccount,
  type Refusal,
  readBatchEntry,
  type UserId,
} from '@tenantree/domain';
import { z } from 'zod';
import { briefRefusal, longAnswer, refusedThen } from '../guard/long-answer.ts';
import type { Change } from '../hall/change.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, Refused, RefusedFor, refuseWith } from '../hall/refused.ts';
import { type Acting, openCreations } from './open-creations.ts';
import { readBack } from './read-back.ts';

/** Accounts that one call makes and sets up: all of that is one transaction. */
export const MOST_SET_UP = 100;

/** Does to new accounts what belongs to their making. @throws RefusedFor those of them that can't be */
type SetUpNew = (change: Change, accounts: readonly AccountId[]) => Promise<void>;

export type CreateInput = {
  readonly name: string;
  readonly externalId?: string | undefined;
  readonly metadata?: unknown;
};

/** The account, and whether this call made it or an earlier one with the same external id and content did. */
export type Created = { readonly account: AccountRow; readonly created: boolean };

/** Creates a subaccount under a parent; its first owner is invited (rules/people 4), its creator reaches it from above. @throws Refused */
export function createSubaccount(
  hall: Hall,
  caller: Caller,
  parent: Acting,
  input: CreateInput,
  setUp?: SetUpNew,
): Promise<Created> {
  const account = granted(parseNewAccount(input));
  return create(hall, caller, parent, {
    entries: [{ wish: accept({ parent: { kind: 'acting' }, account }), externalId: account.externalId }],
    judge: (decisions) => decisions.forEach(granted),
    answer: async (trx, [decision]) => {
      if (!decision?.ok) throw new Error('a creation that is refused has no answer');
      const { id, created } = outcomeOf(decision.value);
      return { account: await readBack(hall, { trx }, id), created };
    },
    ...(setUp && { setUp }),
  });
}

/** What became of one entry of a batch: the account, and whether this call made it; or why there is none. */
export type CreationResult =
  | { readonly id: AccountId; readonly created: boolean }
  | { readonly code: ErrorCode; readonly message: string; readonly field?: string; readonly retryable: boolean };

/**
 * Creates accounts below the acting one, each as if it were asked for by itself, one after the other.
 *
 * @param mode `all`: when any is refused nothing is written; `each`: as if those weren't there
 * @throws Refused BATCH_REFUSED with all that is refused, in mode `all`
 */
export async function createAccounts(
  hall: Hall,
  caller: Caller,
  acting: Acting,
  { entries: sent, mode }: { readonly entries: readonly unknown[]; readonly mode: 'all' | 'each' },
  setUp?: SetUpNew,
): Promise<CreationResult[]> {
  if (setUp && sent.length > MOST_SET_UP)
    refuseWith('BAD_REQUEST', `With a blueprint a call makes at most ${MOST_SET_UP} accounts.`, 'accounts');
  let entries = sent.map(readBatchEntry);
  for (;;) {
    let decided: readonly Decision<PlannedCreation>[] = [];
    try {
      return await create(hall, caller, acting, {
        entries,
        judge: (decisions) => {
          decided = decisions;
          if (mode === 'all') refuseUnlessAll(decisions);
        },
        answer: async (_, decisions) => decisions.map(resultOf),
        ...(setUp && { setUp }),
      });
    } catch (error) {
      if (!(error instanceof RefusedFor)) throw error;
      const { refusals } = error;
      const all = decided.map((one): Decision<PlannedCreation> => {
        const refusal = isNew(one) ? refusals.get(one.value.account.id) : undefined;
        return refusal ? { ok: false, refusal } : one;
      });
      if (mode === 'all') refuseUnlessAll(all);
      // The others are made as if these weren't there.
      entries = entries.map((entry, n) => {
        const one = all[n];
        return one && !one.ok ? { externalId: entry.externalId, wish: one } : entry;
      });
    }
  }
}

/** A long answer is kept as the ids in it; there is nothing more in it of accounts. */
export const createdMany = longAnswer({
  kept: z.array(
    z.union([
      z
        .tuple([z.string(), z.boolean()])
        .transform(([id, created]): CreationResult => ({ id: id as AccountId, created })),
      refusedThen,
    ]),
  ),
  brief: ({ results }: { readonly results: readonly CreationResult[] }) =>
    results.map((result) =>
      'id' in result ? ([result.id, result.created] satisfies [string, boolean]) : briefRefusal(result),
    ),
  again: (_, results) => ({ results }),
});

type Batch<Answer> = {
  readonly entries: readonly BatchEntry[];
  /** Looks at the decisions before anything is written. @throws Refused */
  readonly judge: (decisions: readonly Decision<PlannedCreation>[]) => void;
  readonly setUp?: SetUpNew;
  /** Makes the answer, in the transaction in which the accounts are, or are found. */
  readonly answer: (trx: TenantTransaction, decisions: readonly Decision<PlannedCreation>[]) => Promise<Answer>;
};

async function create<Answer>(hall: Hall, caller: Caller, acting: Acting, batch: Batch<Answer>): Promise<Answer> {
  const repeat = await answerRepeat(hall, caller, acting, batch);
  if (repeat.found) return repeat.answer;
  return hall.change(caller, { root: acting.root, acting: acting.id }, async (change) => {
    const decisions = await decide(hall, change.trx, acting, batch);
    await writeCreations(caller, change, creationsOf(decisions));
    const made = decisions.filter(isNew).map(({ value: { account } }) => account.id);
    if (made.length > 0) await batch.setUp?.(change, made);
    return batch.answer(change.trx, decisions);
  });
}

async function decide(
  hall: Hall,
  trx: TenantTransaction,
  acting: Acting,
  { entries, judge }: Batch<unknown>,
): Promise<Decision<PlannedCreation>[]> {
  const creations = openCreations(hall, acting);
  const decisions = creations.decide(await creations.read(trx, entries), entries);
  judge(decisions);
  return decisions;
}

/** Accounts that are to be written, ready to be sent. */
export type NewAccounts = { readonly accounts: readonly PlannedAccount[]; readonly sent: SentAccounts };

/** What is to be written of what was decided. */
export function creationsOf(decisions: readonly Decision<PlannedCreation>[]): NewAccounts {
  const accounts = decisions.flatMap((decision) => (isNew(decision) ? [decision.value.account] : []));
  return { accounts, sent: sentAccounts(accounts) };
}

/** Writes accounts. @param by whoever makes them @returns how many */
export async function writeCreations(
  { user }: { readonly user: UserId | null },
  change: Change,
  { accounts, sent }: NewAccounts,
): Promise<number> {
  if (accounts.length === 0) return 0;
  await insertAccounts(change.trx, sent, { creator: user, now: change.now }, change.version);
  const made = accounts.map(({ id, name: { name } }) => ({ id, name }));
  change.happenedToEach('account.created', made, ({ id, name }) => ({
    account: id,
    details: { account: name },
    target: { id, name },
  }));
  change.shows(accounts.flatMap(({ path }) => path));
  return accounts.length;
}

type New = { readonly ok: true; readonly value: Extract<PlannedCreation, { outcome: 'create' }> };

const isNew = (decision: Decision<PlannedCreation>): decision is New =>
  decision.ok && decision.value.outcome === 'create';

type Repeat<Answer> = { readonly found: true; readonly answer: Answer } | { readonly found: false };

/**
 * Where nothing is to be made that is answered without waiting for the tree, so that integrators can repeat whole imports cheaply. Of a
 * repeat every account is there: one that isn't, and it is none.
 */
async function answerRepeat<Answer>(
  hall: Hall,
  caller: Caller,
  acting: Acting,
  batch: Batch<Answer>,
): Promise<Repeat<Answer>> {
  const first = batch.entries.find(({ wish }) => wish.ok)?.externalId ?? null;
  if (first === null) return { found: false };
  const known = await findByExternalId(hall.db, first, caller.user, acting.id);
  if (known.length === 0) return { found: false };
  return hall.db.withTenant(
    acting.id,
    async (trx) => {
      const decisions = await decide(hall, trx, acting, batch);
      if (decisions.some(isNew)) return { found: false };
      return { found: true, answer: await batch.answer(trx, decisions) };
    },
    { snapshot: true },
  );
}

const outcomeOf = (creation: PlannedCreation): { readonly id: AccountId; readonly created: boolean } =>
  creation.outcome === 'create' ? { id: creation.account.id, created: true } : { id: creation.id, created: false };

const resultOf = (decision: Decision<PlannedCreation>): CreationResult =>
  decision.ok ? outcomeOf(decision.value) : sent(decision.refusal);

const sent = ({ code, message, field }: Refusal): Extract<CreationResult, { code: ErrorCode }> => ({
  code,
  message,
  ...(field !== undefined && { field }),
  retryable: ERROR_CODES[code].retryable,
});

/** @throws Refused BATCH_REFUSED when any is refused */
function refuseUnlessAll(decisions: readonly Decision<PlannedCreation>[]): void {
  const refusals = decisions.flatMap((decision, position) =>
    decision.ok ? [] : [{ position, ...sent(decision.refusal) }],
  );
  if (refusals.length === 0) return;
  const message = `Nothing was created: of ${counted(decisions.length, 'account')} ${refusals.length} can’t be.`;
  throw new Refused({ code: 'BATCH_REFUSED', message, field: 'accounts', refusals });
}
