import { randomBytes } from 'node:crypto';
import {
  type AccountId,
  type AuditAction,
  countedAs,
  DAY_MS,
  formatDecimal,
  type Instant,
  instantOf,
  msOf,
  nameKey,
  newId,
  parseDecimal,
  type Role,
  type RowId,
  type TouchedRights,
  type UserId,
} from '@tenantree/domain';
import {
  type AccountState,
  beginTreeChange,
  type Counted,
  countMember,
  countTree,
  type Database,
  deleteMember,
  type EventOutcome,
  endChange,
  eraseAccount,
  insertAccounts,
  insertMember,
  insertPerson,
  journalText,
  moveSubtree,
  type NewRow,
  readAccountState,
  readUncountedTrees,
  recordUsage,
  type Shown,
  sentAccounts,
  type TenantTransaction,
  type Trace,
  type TreeChange,
  updateStatus,
} from '../src/index.ts';

/** A clock for tests: every reading is one millisecond later than the one before. */
export const ticking = (startMs: number): (() => Instant) => {
  let ms = startMs;
  return () => instantOf(ms++);
};

export const freshId = (): AccountId => newId<AccountId>(Date.now(), randomBytes(10));

const METER = countedAs('call.minutes').as;
/** Days for which usage may be late. */
const WINDOW_DAYS = 35;
export const PERIOD = '2026-11-01T00:00:00.000Z' as Instant;
export const NOVEMBER_10 = Date.UTC(2026, 10, 10, 12);

export async function stateOf(db: Database, account: AccountId): Promise<AccountState> {
  const state = await db.withTenant(account, (trx) => readAccountState(trx, account), { snapshot: true });
  if (!state) throw new Error(`no account ${account}`);
  return state;
}

/** Ends a change as the slices do: with an entry that says what happened in an account. */
export const ended = (
  trx: TenantTransaction,
  root: AccountId,
  version: number,
  account: AccountId,
  {
    action = 'account.metadataSet',
    left = null,
    rights = null,
    ...shown
  }: Shown & Partial<Pick<NewRow, 'left'>> & { readonly action?: AuditAction; readonly rights?: TouchedRights | null },
): Promise<number> => {
  const actor = { kind: 'system', id: null, name: 'Test', via: null } as const;
  const row = {
    action,
    details: { account: 'Test' },
    id: freshId() as string as RowId,
    at: instantOf(NOVEMBER_10),
    actor,
    requestId: null,
  };
  const target = { id: left?.at(-1) ?? account, name: 'Test' };
  return endChange(trx, root, version, journalText([{ ...row, account, target, left }], rights), shown);
};

/** A visit of an account: what only leaves a trace. */
export const visit = (account: AccountId, at: Instant): Trace => ({
  action: 'account.entered',
  details: { account: 'Visited' },
  id: freshId() as string as RowId,
  at,
  actor: { kind: 'system', id: null, name: 'Visitor', via: null },
  requestId: null,
  target: null,
  account,
});

/** Creates an account through the store, as the slices do. */
export async function plant(db: Database, parent: AccountId | null, name: string, now: Instant): Promise<AccountId> {
  const [id] = await plantAll(db, parent, [name], now);
  return id!;
}

/** Creates accounts at once, in the order of their names; a main account is one alone. */
export async function plantAll(
  db: Database,
  parent: AccountId | null,
  names: readonly string[],
  now: Instant,
): Promise<AccountId[]> {
  // Later ones sort behind, as those that are made one after the other.
  const ids = names.map(freshId).toSorted();
  const [first] = ids;
  if (!first) return [];
  await db.withTenant(parent ?? first, async (trx) => {
    const above = parent === null ? null : await readAccountState(trx, parent);
    const version = await beginTreeChange(trx, above?.rootId ?? first);
    const accounts = ids.map((id, n) => ({
      id,
      path: [...(above?.path ?? []), id],
      payerId: above?.payerId ?? id,
      name: { name: names[n]!, key: nameKey(names[n]!) },
      externalId: null,
      metadata: {},
    }));
    await insertAccounts(trx, sentAccounts(accounts), { creator: null, now }, version);
    await ended(trx, above?.rootId ?? first, version, first, {
      action: 'account.created',
      shows: [...(above?.path ?? []), ...ids],
    });
  });
  return ids;
}

export async function move(
  db: Database,
  root: AccountId,
  account: AccountId,
  to: AccountId,
  now: Instant,
): Promise<void> {
  await db.withTenant(root, async (trx) => {
    const version = await beginTreeChange(trx, root);
    const [from, above] = [await readAccountState(trx, account), await readAccountState(trx, to)];
    await moveSubtree(trx, account, to, version, now);
    const shows = [...(from?.path ?? []), ...(above?.path ?? [])];
    await ended(trx, root, version, account, {
      action: 'account.moved',
      shows,
      usage: 'moved',
      left: from?.path ?? null,
    });
  });
}

export async function close(db: Database, root: AccountId, account: AccountId, closedAt: Instant): Promise<void> {
  await changeStatus(db, root, account, { status: 'closed', closedAt });
}

export async function reopen(db: Database, root: AccountId, account: AccountId): Promise<void> {
  await changeStatus(db, root, account, { status: 'active', closedAt: null });
}

async function changeStatus(
  db: Database,
  root: AccountId,
  account: AccountId,
  next: { readonly status: 'active' | 'closed'; readonly closedAt: Instant | null },
): Promise<void> {
  await db.withTenant(root, async (trx) => {
    const version = await beginTreeChange(trx, root);
    const state = await readAccountState(trx, account);
    if (state) await updateStatus(trx, state, { ...next, suspension: null, suspendedAt: null }, version);
    await ended(trx, root, version, account, { shows: state?.path ?? [] });
  });
}

/** Somebody who can sign in and is nowhere a member. */
export async function person(db: Database, name: string, now: Instant): Promise<UserId> {
  const id = newId<UserId>(Date.now(), randomBytes(10));
  const credential = newId(Date.now(), randomBytes(10));
  const email = `${name}-${id}@example.com`;
  await insertPerson(db, { id, credential, email, shownEmail: email, name, password: 'none', now });
  return id;
}

/** Makes a person a member of an account, as the slices do. */
export async function enrol(db: Database, account: AccountId, user: UserId, role: Role, now: Instant): Promise<void> {
  const { rootId, path } = await stateOf(db, account);
  await db.withTenant(account, async (trx) => {
    const version = await beginTreeChange(trx, rootId);
    await insertMember(trx, account, user, role, now);
    await countMember(trx, account, user, 'came', version);
    await ended(trx, rootId, version, account, { shows: path });
  });
}

/** Takes a person out of an account, as the slices do. */
export async function dismiss(db: Database, account: AccountId, user: UserId): Promise<void> {
  const { rootId, path } = await stateOf(db, account);
  await db.withTenant(account, async (trx) => {
    const version = await beginTreeChange(trx, rootId);
    await deleteMember(trx, account, user);
    await countMember(trx, account, user, 'left', version);
    await ended(trx, rootId, version, account, { shows: path });
  });
}

export async function erase(db: Database, root: AccountId, account: AccountId): Promise<void> {
  await db.withTenant(root, async (trx) => {
    const version = await beginTreeChange(trx, root);
    const state = await readAccountState(trx, account);
    await eraseAccount(trx, account, version);
    await ended(trx, root, version, root, { action: 'account.erased', shows: [account], left: state?.path ?? null });
  });
}

/** An event of so many minutes, as it is stored. */
export const event = (account: AccountId, key: string, minutes: string, occurredAt: Instant) => ({
  account,
  key,
  quantity: formatDecimal((parseDecimal(minutes) ?? 0n) * countedAs('call.minutes').each),
  occurredAt,
  attributes: {},
});

export async function record(db: Database, events: ReturnType<typeof event>[], now: Instant): Promise<EventOutcome[]> {
  const accounts = [...new Set(events.map(({ account }) => account))];
  const roots = new Map(
    await Promise.all(accounts.map(async (account) => [account, (await stateOf(db, account)).rootId] as const)),
  );
  const rooted = events.map((one) => ({ ...one, root: roots.get(one.account)! }));
  return recordUsage(db, rooted, { meter: METER, now, keysSince: instantOf(msOf(now) - WINDOW_DAYS * DAY_MS) });
}

/** Counts all trees, waiting for others who count them. */
export async function count(db: Database, now: Instant): Promise<TreeChange[]> {
  const counted: Counted[] = [];
  for (const { root } of await readUncountedTrees(db))
    counted.push(await countTree(db, root, { meter: METER, now, wait: true }));
  return counted.filter((change) => typeof change === 'object');
}
