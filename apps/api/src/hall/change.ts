import {
  type AccountState,
  type AuditActor,
  beginTreeChange,
  type Database,
  endChange,
  endSignInChange,
  type JournalNews,
  type NewRow,
  readAccountState,
  SIGN_IN_CHAIN,
  type SignInTransaction,
  type Target,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  type AuditAction,
  type AuditDetails,
  type AuditEntry,
  type Clock,
  type Instant,
  instantOf,
  type RowId,
  type TouchedRights,
} from '@tenantree/domain';
import { refuseWith } from './refused.ts';

/** Who does something, as the journal names them. */
export type By = { readonly actor: AuditActor; readonly requestId: string | null };

/** The platform itself. */
export const SYSTEM: By = { actor: { kind: 'system', id: null, name: 'Tenantree', via: null }, requestId: null };

/** Where something is changed: in a tree, as one of its accounts. Row-level security shows no more than that account's subtree. */
export type Place = { readonly root: AccountId; readonly acting: AccountId };

/** A change of somebody's sign-in: of no tree. */
export type SignInChange = {
  readonly trx: SignInTransaction;
  readonly now: Instant;
  /** Says what happened. A change in which nothing did is undone. */
  readonly happened: <Action extends AuditAction>(action: Action, details: AuditDetails<Action>) => void;
  /** Whose access may have changed. */
  readonly rights: (touched: TouchedRights) => void;
};

/** An ongoing change of a tree: everything in it is committed together, with its rows of the journal, or not at all. */
export type Change = {
  readonly trx: TenantTransaction;
  readonly version: number;
  /** When the change's turn in its tree came. */
  readonly now: Instant;
  /** Reads an account of the acting subtree as it is now. @throws Refused NOT_FOUND */
  readonly account: (id: AccountId) => Promise<AccountState>;
  /** Says what happened, in the log of an account. A change in which nothing did is undone. */
  readonly happened: <Action extends AuditAction>(
    action: Action,
    account: AccountId,
    details: AuditDetails<Action>,
    target: Target,
  ) => void;
  /** Accounts whose rows changed: live viewers are sent them. */
  readonly shows: (ids: readonly AccountId[]) => void;
  /** The target of what happened last stands at the end of this path no more. */
  readonly left: (path: readonly AccountId[]) => void;
  /** Accounts came to where their minutes are news. */
  readonly movesUsage: () => void;
  /** Whose access may have changed: live streams of theirs are asked about again. */
  readonly rights: (touched: TouchedRights) => void;
  /** The one who acts turns out inside the change only. */
  readonly actsAs: (actor: AuditActor) => void;
};

/** The one way in which anything is changed, for people, keys, embedded screens, jobs and the platform itself. */
export type ChangeAnything = {
  /**
   * Changes a tree in one transaction. Changes of one tree happen one after the other. What happened is written into the journal by the
   * transaction's last statement, and live viewers are told of it after the commit.
   *
   * @param work says what happened; where nothing did, nothing is kept
   */
  <T>(by: By, at: Place, work: (change: Change) => Promise<T>): Promise<T>;
  /** The same with somebody's sign-in. */
  <T>(by: By, at: 'sign-in', work: (change: SignInChange) => Promise<T>): Promise<T>;
};

type Parts = {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: () => RowId;
  /** Told of what was committed. */
  readonly happened: (news: JournalNews) => void;
};

/** Ends a transaction in which nothing happened: what was read is answered, nothing is kept. */
class NothingHappened extends Error {
  override readonly name = 'NothingHappened';
  readonly answer: unknown;

  constructor(answer: unknown) {
    super('nothing happened');
    this.answer = answer;
  }
}

async function unlessNothing<T>(running: Promise<T>): Promise<T> {
  try {
    return await running;
  } catch (error) {
    if (error instanceof NothingHappened) return error.answer as T;
    throw error;
  }
}

/** The way in which anything is changed, over a database. */
export function createChange(parts: Parts): ChangeAnything {
  function change<T>(by: By, at: Place, work: (change: Change) => Promise<T>): Promise<T>;
  function change<T>(by: By, at: 'sign-in', work: (change: SignInChange) => Promise<T>): Promise<T>;
  function change<T>(
    by: By,
    at: Place | 'sign-in',
    work: ((change: Change) => Promise<T>) | ((change: SignInChange) => Promise<T>),
  ): Promise<T> {
    return unlessNothing(
      at === 'sign-in'
        ? changeSignIn(parts, by, work as (change: SignInChange) => Promise<T>)
        : changeTree(parts, by, at, work as (change: Change) => Promise<T>),
    );
  }
  return change;
}

async function changeTree<T>(
  { db, clock, newId, happened }: Parts,
  by: By,
  { root, acting }: Place,
  work: (change: Change) => Promise<T>,
): Promise<T> {
  let { actor } = by;
  let touched: TouchedRights | null = null;
  let moved: true | undefined;
  const rows: NewRow[] = [];
  const shown = new Set<AccountId>();
  const { result, news } = await db.withTenant(acting, async (trx) => {
    const version = await beginTreeChange(trx, root);
    // Read after the wait for the tree: the moment of the change is when its turn came.
    const now = instantOf(clock.nowMs());
    const result = await work({
      trx,
      version,
      now,
      account: async (id) =>
        (await readAccountState(trx, id)) ?? refuseWith('NOT_FOUND', 'There is no such account.', 'account'),
      happened: (action, account, details, target) => {
        const entry = { action, details } as unknown as AuditEntry;
        rows.push({ ...entry, id: newId(), at: now, actor, account, target, left: null, requestId: by.requestId });
      },
      shows: (ids) => {
        for (const id of ids) shown.add(id);
      },
      left: (path) => {
        const last = rows.pop();
        if (!last) throw new Error('nothing happened that something could leave with');
        rows.push({ ...last, left: path });
      },
      movesUsage: () => {
        moved = true;
      },
      rights: (more) => {
        touched = { ...touched, ...more };
      },
      actsAs: (other) => {
        actor = other;
      },
    });
    if (rows.length === 0) throw new NothingHappened(result);
    const shows = [...shown];
    const seq = await endChange(trx, root, version, rows, { shows, rights: touched, ...(moved && { usage: 'moved' }) });
    const after = seq - rows.length;
    return { result, news: { root, after, seq, version, shows, rights: touched, ...(moved && { moved }) } };
  });
  happened(news);
  return result;
}

async function changeSignIn<T>(
  { db, clock, newId, happened }: Parts,
  { actor, requestId }: By,
  work: (change: SignInChange) => Promise<T>,
): Promise<T> {
  const now = instantOf(clock.nowMs());
  const entries: AuditEntry[] = [];
  let touched: TouchedRights | null = null;
  const { result, seq } = await db.auth.transaction().execute(async (trx) => {
    const result = await work({
      trx,
      now,
      happened: (action, details) => {
        entries.push({ action, details } as unknown as AuditEntry);
      },
      rights: (more) => {
        touched = { ...touched, ...more };
      },
    });
    const [entry] = entries;
    if (!entry) throw new NothingHappened(result);
    const row = { ...entry, id: newId(), at: now, actor, target: null, requestId };
    return { result, seq: await endSignInChange(trx, row, touched) };
  });
  happened({ root: SIGN_IN_CHAIN, after: seq - 1, seq, version: null, shows: [], rights: touched });
  return result;
}
