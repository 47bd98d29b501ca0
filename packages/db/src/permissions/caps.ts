import {
  type AccountId,
  type AccountStatus,
  type CapMark,
  type CapMarks,
  type Caps,
  type ExplainedAccount,
  type Instant,
  type LastChange,
  type Membership,
  PERMISSIONS,
  type PermissionKey,
  parsePermissionKey,
  type Role,
  type RowId,
  restrictedIn,
  type SomeLevels,
  type Suspension,
  type UserId,
  unreviewedIn,
} from '@tenantree/domain';
import { sql } from 'kysely';
import { LOWERED, suspensionOf, UNREVIEWED } from '../accounts/account-rows.ts';
import { ACTING_ROOT, atOrBelow, pathOf } from '../accounts/place.ts';
import { capsOf } from '../accounts/read-accounts.ts';
import type { TreeVersion } from '../accounts/tree-version.ts';
import type { TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';
import type { StoredMark } from '../schema.ts';

type StoredCaps = {
  readonly levels: SomeLevels;
  readonly marks: readonly StoredMark[];
  readonly version: number;
  readonly preset_id: string | null;
  readonly preset_version: number | null;
};

const toCaps = ({ levels, marks, version, preset_id, preset_version }: StoredCaps): Caps => ({
  version,
  levels,
  marks: marksOf(marks),
  preset: preset_id === null || preset_version === null ? null : { id: preset_id as RowId, version: preset_version },
});

function marksOf(stored: readonly StoredMark[]): CapMarks {
  const marks: { [Key in PermissionKey]?: CapMark } = {};
  for (const { keys, at, ...mark } of stored) {
    for (const text of keys) {
      const key = parsePermissionKey(text);
      if (key !== null) marks[key] = { ...mark, at: at as Instant };
    }
  }
  return marks;
}

/** Marks as they are stored: permissions that were set at once are named together. */
function storedMarks(marks: CapMarks): StoredMark[] {
  const together = new Map<string, StoredMark & { keys: string[] }>();
  for (const { key } of PERMISSIONS) {
    const mark = marks[key];
    if (!mark) continue;
    const name = `${mark.version} ${mark.local}`;
    const one = together.get(name) ?? { ...mark, keys: [] };
    one.keys.push(key);
    together.set(name, one);
  }
  return [...together.values()];
}

/** An account of a chain as `explain` reads it. */
export type ExplainedLink = ExplainedAccount & {
  readonly rootId: AccountId;
  readonly status: AccountStatus;
  readonly suspension: Suspension | null;
  /** Its caps; null: a main account has none. */
  readonly stored: Caps | null;
};

/**
 * The chain down to the acting account with all that explains somebody's levels, and their memberships on it: from the rows themselves, by one
 * statement, and so of one moment. What stands above the acting account is told, too: who reads it is told only what they reach.
 *
 * @param user null: nobody's memberships
 */
export async function readExplainedChain(
  trx: TenantTransaction,
  user: UserId | null,
): Promise<{ readonly chain: readonly ExplainedLink[]; readonly memberships: readonly Membership[] }> {
  type Raw = Omit<StoredCaps, 'levels' | 'marks' | 'version'> & {
    id: AccountId;
    root_id: AccountId;
    name: string;
    status: AccountStatus;
    suspension_kind: Suspension['kind'] | null;
    suspended_from: Date | null;
    suspended_until: Date | null;
    transfer_until: Date | null;
    created_at: Date;
    levels: SomeLevels | null;
    marks: readonly StoredMark[] | null;
    version: number | null;
    role: Role | null;
  };
  const { rows } = await sql<Raw>`SELECT * FROM explained_chain(${user}::uuid)`.execute(trx);
  const chain = rows.map((row, depth): ExplainedLink => {
    const { levels, marks, version } = row;
    const stored =
      depth === 0 || !levels || !marks || version === null ? null : toCaps({ ...row, levels, marks, version });
    return {
      id: row.id,
      rootId: row.root_id,
      name: row.name,
      status: row.status,
      suspension: suspensionOf(row),
      caps: capsOf(depth, levels),
      transferUntil: instantOrNull(row.transfer_until),
      marks: depth === 0 ? null : (stored?.marks ?? {}),
      createdAt: row.created_at.toISOString() as Instant,
      stored,
    };
  });
  const memberships = rows.flatMap(({ id, role }) => (role === null ? [] : [{ account: id, role }]));
  return { chain, memberships };
}

/** The caps of an account, and where it stands. */
export type PlacedCaps = Caps & {
  readonly account: AccountId;
  readonly name: string;
  readonly path: readonly AccountId[];
  /** Null: as the account was made. */
  readonly last: LastChange | null;
};

/** Reads the caps of some accounts below the acting one, to be changed: those of main accounts and of accounts elsewhere are left out. */
export async function readCapsToChange(trx: TenantTransaction, accounts: readonly AccountId[]): Promise<PlacedCaps[]> {
  const { rows } = await sql<
    StoredCaps & Pick<PlacedCaps, 'name' | 'last'> & { id: AccountId; root_id: AccountId; path_key: Buffer }
  >`
    SELECT a.id, a.name, a.root_id, a.path_key, c.levels, c.marks, c.version, c.preset_id, c.preset_version, c.last
    FROM unnest(${[...accounts]}::uuid[]) WITH ORDINALITY n(id, i)
    JOIN accounts a ON a.root_id = ${ACTING_ROOT} AND a.id = n.id
    JOIN account_caps c ON c.account_id = a.id
    WHERE a.id <> acting_account() ORDER BY n.i`.execute(trx);
  return rows.map((row) => ({
    ...toCaps(row),
    account: row.id,
    name: row.name,
    path: pathOf(row.root_id, row.path_key),
    last: row.last,
  }));
}

/** Reads who changed the caps of the acting account last, and what takes it back; null: nobody did. */
export async function readLastOfCaps(trx: TenantTransaction, account: AccountId): Promise<LastChange | null> {
  const { rows } = await sql<{ last: LastChange | null }>`
    SELECT last FROM account_caps WHERE account_id = ${account}`.execute(trx);
  return rows[0]?.last ?? null;
}

/** Writes the caps of some accounts, and what lists show of them. Nobody writes those of the acting account itself. */
export async function writeCaps(
  trx: TenantTransaction,
  changed: readonly { readonly account: AccountId; readonly caps: Caps; readonly last: LastChange }[],
  version: TreeVersion,
): Promise<void> {
  const of = <T>(read: (caps: Caps) => T): T[] => changed.map(({ caps }) => read(caps));
  await sql`
    WITH told AS (
      SELECT * FROM unnest(${changed.map(({ account }) => account)}::uuid[], ${changed.map(({ last }) => JSON.stringify(last))}::jsonb[], ${of(({ levels }) => JSON.stringify(levels))}::jsonb[],
        ${of(({ marks }) => JSON.stringify(storedMarks(marks)))}::jsonb[], ${of((caps) => caps.version)}::int[],
        ${of(({ preset }) => preset?.id ?? null)}::uuid[], ${of(({ preset }) => preset?.version ?? null)}::int[],
        ${of(({ levels }) => restrictedIn(levels).length - unreviewedIn(levels).length)}::int[],
        ${of(({ levels }) => PERMISSIONS.length - unreviewedIn(levels).length)}::int[]
      ) n(id, last, levels, marks, version, preset_id, preset_version, lowered, decided)
    ), written AS (
      UPDATE account_caps c SET last = n.last, levels = n.levels, marks = n.marks, version = n.version, preset_id = n.preset_id, preset_version = n.preset_version
      FROM told n WHERE c.account_id = n.id RETURNING n.id, n.lowered, n.decided
    )
    UPDATE accounts a SET caps_lowered = w.lowered, caps_decided = w.decided, version = ${version}
    FROM written w WHERE a.root_id = ${ACTING_ROOT} AND a.id = w.id`.execute(trx);
}

/** The caps of accounts at or below an account that take something, each with the key of its place; that account's own, in any case. */
export async function readCapsBelow(
  trx: TenantTransaction,
  account: AccountId,
): Promise<readonly { readonly key: Buffer; readonly id: AccountId; readonly levels: SomeLevels }[]> {
  const { rows } = await sql<{ key: Buffer; id: AccountId; levels: SomeLevels }>`
    SELECT a.path_key AS key, a.id, c.levels FROM accounts a
    CROSS JOIN LATERAL (SELECT x.levels FROM account_caps x WHERE x.account_id = a.id LIMIT 1) c
    WHERE ${atOrBelow('a', account)} AND (a.id = ${account} OR ${LOWERED} OR ${UNREVIEWED})
    ORDER BY a.path_key`.execute(trx);
  return rows;
}

/** When a tree, its caps or who is in it changed last: a number that counting usage leaves alone. */
export async function readLastChange(trx: TenantTransaction): Promise<number> {
  const row = await trx.selectFrom('tree_versions').select('changed').executeTakeFirst();
  return Number(row?.changed ?? 0);
}
