import {
  type AccountState,
  type AuditActor,
  beginTreeChange,
  type Database,
  endChange,
  endSignInChange,
  type Happening,
  type JournalNews,
  journalText,
  type NewRow,
  readAccountState,
  refusedByLimit,
  type Shown,
  SIGN_IN_CHAIN,
  type SignInTransaction,
  stopCounting,
  type Target,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  type AuditAction,
  type AuditDetails,
  type Clock,
  type Instant,
  instantOf,
  limitKindStoredAs,
  limitReached,
  type RowId,
  type TouchedRights,
} from '@tenantree/domain';
import { inTurn } from './in-turn.ts';
import { Refused, refuseWith } from './refused.ts';

/** Who does something, as the journal names them. */
export type By = {
  readonly actor: AuditActor;
  readonly requestId: string | null;
  /** Accounts on the way down to the acting one that they reach, and may be told of. */
  readonly reached?: readonly AccountId[];
  /** Accounts above the one of the membership by which they might. */
  readonly above?: readonly AccountId[];
};

/** Who does something, as the log of an account names them: with the account of their membership only where that stands above it (rules/audit 2). */
export const actorIn = (account: AccountId, { actor, above = [] }: Pick<By, 'actor' | 'above'>): AuditActor =>
  actor.via && (actor.via.id === account || above.includes(account)) ? { ...actor, via: null } : actor;

/** The platform itself. */
export const SYSTEM: By = { actor: { kind: 'system', id: null, name: 'Tenantree', via: null }, requestId: null };

/**
 * Where something is changed: in a tree, as one of its accounts. Row-level security shows no more than that account's subtree.
 * `counting: 'stops'`: nobody counts usage of the tree meanwhile, which a change needs that makes a tree of a part of it.
 */
export type Place = { readonly root: AccountId; readonly acting: AccountId; readonly counting?: 'stops' };

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
  /** Says that the same happened to many things, each in the log of an account: what is said of one is put together when it is written. */
  readonly happenedToEach: <Action extends AuditAction, Thing>(
    action: Action,
    things: readonly Thing[],
    said: (thing: Thing) => {
      readonly account: AccountId;
      readonly details: AuditDetails<Action>;
      readonly target: Target;
    },
  ) => void;
  /** Accounts whose rows changed: live viewers are sent them. */
  readonly shows: (ids: readonly AccountId[]) => void;
  /** The target of what happened last stands at the end of this path no more. */
  readonly left: (path: readonly AccountId[]) => void;
  /** Accounts came to where their minutes are news. */
  readonly movesUsage: () => void;
  /** Whose access may have changed: live streams of theirs are asked about again. */
  readonly rights: (touched: TouchedRights) => void;
  /** The tree is of a later version by now: what was done took versions of its own. */
  readonly becomes: (version: number) => void;
  /** The one who acts turns out inside the change only. */
  readonly actsAs: (actor: AuditActor) => void;
};

/** The one way in which anything is changed, for people, keys, embedded screens, jobs and the platform itself. */
export type Changes = {
  /**
   * Changes a tree in one transaction. Changes of one tree happen one after the other. What happened is written into the journal by the
   * transaction's last statement, and live viewers are told of it after the commit.
   *
   * @param work says what happened; where nothing did, nothing is kept
   */
  readonly change: <T>(by: By, at: Place, work: (change: Change) => Promise<T>) => Promise<T>;
  /** The same with somebody's sign-in, which is of no tree. */
  readonly changeSignIn: <T>(by: By, work: (change: SignInChange) => Promise<T>) => Promise<T>;
};

type Parts = {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: () => RowId;
  /** Told of what was committed. */
  readonly happened: (news: JournalNews) => void;
};

/** Rows of the journal that one statement writes: what a change of very many accounts says is never in memory as one text. */
const ROWS_AT_ONCE = 1_000;

/** Ends a transaction in which nothing happened. */
class NothingHappened extends Error {
  override readonly name = 'NothingHappened';
}

/** What a transaction ends with: its answer, and what to tell when it is committed. */
type Outcome<T> = { readonly result: T; readonly news: JournalNews | null };

/** Runs a transaction that is kept when something happened in it; otherwise what was read is answered, and nothing is kept. */
async function unlessNothing<T>(
  begin: (keep: (outcome: Outcome<T>) => Outcome<T>) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const undone: Outcome<T>[] = [];
  try {
    return await begin((outcome) => {
      if (outcome.news) return outcome;
      undone.push(outcome);
      throw new NothingHappened();
    });
  } catch (error) {
    const [outcome] = undone;
    if (outcome && error instanceof NothingHappened) return outcome;
    throw error;
  }
}

/** What is said of one thing. */
type Said = Pick<NewRow, 'action' | 'account' | 'actor' | 'details' | 'target' | 'left'>;
/** Of many things what is said is made when it is asked for: there may be 100 000. */
type SaidOfMany = { readonly n: number; readonly of: (at: number) => Said };

/** What those who say what happened have said so far. */
class Draft {
  readonly #said: (Said | SaidOfMany)[] = [];
  readonly shown = new Set<AccountId>();
  moved: true | undefined;
  touched: TouchedRights | null = null;

  touch(rights: TouchedRights): void {
    this.touched = { ...this.touched, ...rights };
  }

  say(said: Said | SaidOfMany): void {
    this.#said.push(said);
  }

  leave(path: readonly AccountId[]): void {
    const last = this.#said.pop();
    if (!last || 'n' in last) throw new Error('nothing happened that something could leave with');
    this.#said.push({ ...last, left: path });
  }

  get length(): number {
    return this.#said.reduce((sum, said) => sum + ('n' in said ? said.n : 1), 0);
  }

  /** What is said, in parts that one statement writes. */
  *parts(): Generator<readonly Said[]> {
    let part: Said[] = [];
    for (const said of this.#said)
      for (let at = 0; at < ('n' in said ? said.n : 1); at += 1) {
        part.push('n' in said ? said.of(at) : said);
        if (part.length < ROWS_AT_ONCE) continue;
        yield part;
        part = [];
      }
    if (part.length > 0) yield part;
  }
}

/** What a limit doesn't let through, as a refusal; anything else as it is. */
export function orRefused(error: unknown, { reached = [] }: Pick<By, 'reached'>): unknown {
  const refused = refusedByLimit(error);
  const kind = refused && limitKindStoredAs(refused.kind);
  if (!refused || !kind) return error;
  const { account, isAbove, max, used, held, ...asked } = refused;
  const told = isAbove && !reached.includes(account.id) ? null : account;
  return new Refused(limitReached(kind, { account: told, max, used, held }, asked));
}

/** The way in which anything is changed, over a database. */
export const createChanges = (parts: Parts): Changes => ({
  change: (by, place, work) => changeTree(parts, by, place, work),
  changeSignIn: (by, work) => changeSignIn(parts, by, work),
});

async function changeTree<T>(
  { db, clock, newId, happened }: Parts,
  by: By,
  { root, acting, counting }: Place,
  work: (change: Change) => Promise<T>,
): Promise<T> {
  const { result, news } = await unlessNothing<T>((keep) =>
    db.withTenant(acting, async (trx) => {
      if (counting === 'stops') await stopCounting(trx, root);
      const version = await beginTreeChange(trx, root);
      let last = version;
      // Read after the wait for the tree: the moment of the change is when its turn came.
      const now = instantOf(clock.nowMs());
      const draft = new Draft();
      let { actor } = by;
      const result = await work({
        trx,
        version,
        now,
        account: async (id) =>
          (await readAccountState(trx, id)) ?? refuseWith('NOT_FOUND', 'There is no such account.', 'account'),
        happened: (action, account, details, target) => {
          draft.say({ action, account, actor: actorIn(account, { ...by, actor }), details, target, left: null });
        },
        happenedToEach: (action, things, said) => {
          const who = { ...by, actor };
          const of = (at: number): Said => {
            const one = said(things[at]!);
            return { action, actor: actorIn(one.account, who), left: null, ...one };
          };
          draft.say({ n: things.length, of });
        },
        shows: (ids) => {
          for (const id of ids) draft.shown.add(id);
        },
        left: (path) => draft.leave(path),
        movesUsage: () => {
          draft.moved = true;
        },
        rights: (touched) => draft.touch(touched),
        becomes: (later) => {
          last = later;
        },
        actsAs: (other) => {
          actor = other;
        },
      });
      const { requestId } = by;
      const rowOf = (said: Said): NewRow => ({ ...said, at: now, requestId, id: newId() });
      return keep({ result, news: await writeDraft(trx, { root, version: last }, draft, rowOf) });
    }),
  ).catch((error: unknown) => {
    throw orRefused(error, by);
  });
  if (news) happened(news);
  return result;
}

/** Writes what happened in a change. @returns what to tell of it; null: nothing did */
async function writeDraft(
  trx: TenantTransaction,
  { root, version }: { readonly root: AccountId; readonly version: number },
  draft: Draft,
  rowOf: (said: Said) => NewRow,
): Promise<JournalNews | null> {
  const { length, moved, touched: rights } = draft;
  if (length === 0) return null;
  const shows = [...draft.shown];
  // The first part says what all of the change shows.
  let whole: Shown = { shows, ...(moved && { usage: 'moved' as const }) };
  let means = rights;
  let seq = 0;
  await inTurn(draft.parts(), {
    read: async (said) => said,
    make: (said) => {
      const text = journalText(said.map(rowOf), means);
      means = null;
      return text;
    },
    write: async (text) => {
      seq = await endChange(trx, root, version, text, whole);
      whole = { shows: [] };
    },
  });
  return { root, after: seq - length, seq, version, shows, rights, ...(moved && { moved }) };
}

async function changeSignIn<T>(
  { db, clock, newId, happened }: Parts,
  { actor, requestId }: By,
  work: (change: SignInChange) => Promise<T>,
): Promise<T> {
  const now = instantOf(clock.nowMs());
  const { result, news } = await unlessNothing<T>((keep) =>
    db.auth.transaction().execute(async (trx) => {
      const said: Happening[] = [];
      const draft = new Draft();
      const result = await work({
        trx,
        now,
        happened: (action, details) => {
          said.push({ action, details, id: newId(), at: now, actor, target: null, requestId });
        },
        rights: (touched) => draft.touch(touched),
      });
      const [row] = said;
      if (!row) return keep({ result, news: null });
      const { touched: rights } = draft;
      const seq = await endSignInChange(trx, row, rights);
      return keep({ result, news: { root: SIGN_IN_CHAIN, after: seq - 1, seq, version: null, shows: [], rights } });
    }),
  );
  if (news) happened(news);
  return result;
}
