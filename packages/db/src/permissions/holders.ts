import {
  type AccountId,
  type CappedPlace,
  type Holders,
  highestRole,
  type Instant,
  type Levels,
  levelsOfScreen,
  lowest,
  packLevels,
  packScopes,
  ROLE_REACH,
  type Role,
  type SomeLevels,
  UNBOUNDED,
} from '@tenantree/domain';
import { sql } from 'kysely';
import { ACTING_ROOT, pathOf } from '../accounts/place.ts';
import type { TenantTransaction } from '../database.ts';
import { readCapsBelow } from './caps.ts';

/** A row of `holders_below`. */
export type StoredHolders = {
  readonly path_key: Buffer;
  readonly kind: Holders['kind'];
  readonly member_at: Buffer[] | null;
  readonly roles: Role[] | null;
  readonly key_at: Buffer | null;
  readonly scopes: SomeLevels | null;
  readonly features: string[] | null;
  readonly holders: number;
};

/** A subtree as its preview needs it: parents first, and only accounts that have caps of their own, or somebody in them. */
export type CappedSubtree = {
  readonly places: readonly CappedPlace[];
  /** The account at a place. */
  readonly idAt: (position: number) => AccountId;
  /** Accounts of the subtree, listed or not. */
  readonly accounts: number;
};

/** Reads who has rights by something that stands at or below an account, in the order of places: people alike in one row, keys and sessions each by itself. */
export async function readHoldersBelow(
  trx: TenantTransaction,
  account: AccountId,
  now: Instant,
): Promise<readonly StoredHolders[]> {
  const { rows } = await sql<StoredHolders>`
    SELECT * FROM holders_below(${account}::uuid, ${now}::timestamptz) ORDER BY path_key`.execute(trx);
  return rows;
}

/** Reads the subtree of an account with everybody whom caps there may bind. */
export async function readCappedSubtree(
  trx: TenantTransaction,
  account: AccountId,
  now: Instant,
): Promise<CappedSubtree> {
  const capped = await readCapsBelow(trx, account);
  const holders = await readHoldersBelow(trx, account, now);
  const { rows } = await sql<{ root_id: AccountId; subaccounts: number }>`
    SELECT root_id, subaccounts FROM accounts WHERE root_id = ${ACTING_ROOT} AND id = ${account}`.execute(trx);
  const [top] = rows;
  if (!top) return { places: [], idAt: () => account, accounts: 0 };

  return { ...nested(capped, holders, await readInTransfer(trx, account), top.root_id), accounts: top.subaccounts + 1 };
}

/** The places at and below an account whose billing transfer is under way, in hex: few, if any. */
async function readInTransfer(trx: TenantTransaction, account: AccountId): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ place: string }>`
    SELECT encode(x.path_key, 'hex') AS place FROM accounts a
    JOIN accounts x ON x.root_id = a.root_id AND x.transfer_until IS NOT NULL AND x.path_key >= a.path_key AND x.path_key < a.path_key || '\\xff'::bytea
    WHERE a.root_id = ${ACTING_ROOT} AND a.id = ${account}`.execute(trx);
  return new Set(rows.map(({ place }) => place));
}

/** Merges caps and holders, both in the order of places, into places, each with the nearest one above it. */
function nested(
  capped: readonly { readonly key: Buffer; readonly levels: SomeLevels }[],
  holders: readonly StoredHolders[],
  inTransfer: ReadonlySet<string>,
  root: AccountId,
): Pick<CappedSubtree, 'places' | 'idAt'> {
  const places: CappedPlace[] = [];
  const keys: Buffer[] = [];
  const open: number[] = [];
  const addPlace = (key: Buffer, caps: Levels, here: readonly Holders[]): void => {
    while (open.length > 0 && !isWithin(key, keys[open.at(-1) ?? 0])) open.pop();
    places.push({ parent: open.at(-1) ?? null, caps, holders: here });
    open.push(keys.length);
    keys.push(key);
  };
  let next = 0;
  const holdersAt = (key: Buffer): Holders[] => {
    const here: Holders[] = [];
    for (;;) {
      const raw = holders[next];
      if (!raw?.path_key.equals(key)) return here;
      next++;
      const one = holdersOf(raw);
      const setsUp = one?.kind === 'person' && one.role === 'owner' && inTransfer.has(key.toString('hex'));
      if (one) here.push(setsUp ? { ...one, setsUpBilling: true } : one);
    }
  };
  for (const { key, levels } of capped) {
    for (let raw = holders[next]; raw && raw.path_key.compare(key) < 0; raw = holders[next])
      addPlace(raw.path_key, UNBOUNDED, holdersAt(raw.path_key));
    // A main account has no caps.
    addPlace(key, key.length === 0 ? UNBOUNDED : packLevels(levels), holdersAt(key));
  }
  for (let raw = holders[next]; raw; raw = holders[next]) addPlace(raw.path_key, UNBOUNDED, holdersAt(raw.path_key));
  // Written as ids for those that are shown only: of all of them that took as long as the rest.
  return { places, idAt: (position) => pathOf(root, keys[position] ?? Buffer.alloc(0)).at(-1) ?? root };
}

const isWithin = (key: Buffer, above: Buffer | undefined): boolean =>
  above !== undefined && above.length < key.length && key.compare(above, 0, above.length, 0, above.length) === 0;

function holdersOf(raw: StoredHolders): Holders | null {
  const { kind, path_key, member_at, roles, key_at, scopes, features, holders: count } = raw;
  if (kind === 'person') {
    const [role] = roles ?? [];
    return role ? { kind, role, scopes: null, count } : null;
  }
  // The owner's highest role that counts where the key stands (rules/keys 1).
  const at = key_at ?? path_key;
  const counting = (roles ?? []).filter((role, i) => ROLE_REACH[role] === 'subtree' || member_at?.[i]?.equals(at));
  const role = highestRole(counting);
  if (role === null) return null;
  const left = packScopes(scopes ?? '*');
  return { kind, role, scopes: kind === 'session' ? lowest(left, levelsOfScreen(features ?? [])) : left, count };
}
