import { type AccountId, formatDecimal, type LimitKind, parseDecimal } from '@tenantree/domain';
import { pathOf } from '../accounts/place.ts';
import type { Database } from '../database.ts';
import type { RefusedByLimit } from './write-limits.ts';

/** One who asks to be admitted. Quantities are 10⁻⁹ of what is stored. */
export type Ask = {
  readonly account: AccountId;
  readonly want: bigint;
  /** The caller's name of the lease: the same again is the same lease. */
  readonly key: string;
  readonly leaseSeconds: number;
};

/** A lease that is given back. */
export type GivenBack = { readonly account: AccountId; readonly key: string };

/** What became of an ask. */
export type Admitted =
  | { readonly outcome: 'granted'; readonly n: bigint }
  | ({ readonly outcome: 'refused'; readonly account: AccountId } & Pick<
      RefusedByLimit,
      'max' | 'used' | 'held' | 'free'
    >)
  /** Its key is a lease of another kind. */
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'gone' };

/** What limits an account, as the database says it and wants it back: nobody else reads it. */
type Limiting = {
  readonly block: string | null;
  readonly reserve: string;
  readonly first: string | null;
};

const UNLIMITED: Limiting = { block: null, reserve: '0', first: null };

/** Where accounts of a tree stand and what limits one kind there, as of a number of the tree's shape. */
export type TreePlaces = {
  readonly shape: string;
  readonly paths: Map<AccountId, readonly AccountId[]>;
  /** Of the accounts on these paths those that are limited. */
  readonly limits: Map<AccountId, Limiting>;
};

/** Reads where some accounts of a tree stand and what limits a kind there; those that are not in it are left out. */
export async function readTreePlaces(
  db: Database,
  root: AccountId,
  kind: LimitKind,
  accounts: readonly AccountId[],
): Promise<TreePlaces> {
  const { rows } = await db.pool.query<PlacesRow>({
    name: 'places_in_tree',
    text: 'SELECT * FROM public.places_in_tree($1, $2, $3)',
    values: [root, kind.stored, [...accounts]],
  });
  const { shape, places, limits: limited } = rows[0]!;
  const paths = new Map<AccountId, readonly AccountId[]>();
  for (const account of accounts) {
    const key = places[account];
    if (key !== undefined) paths.set(account, pathOf(root, Buffer.from(key, 'hex')));
  }
  const limits = new Map<AccountId, Limiting>();
  for (const [account, [block, reserve, first]] of Object.entries(limited))
    limits.set(account as AccountId, { block, reserve, first });
  return { shape: shape ?? '0', paths, limits };
}

type PlacesRow = {
  shape: string | null;
  places: Record<AccountId, string>;
  limits: Record<AccountId, [block: string | null, reserve: string, first: string | null]>;
};

/** What is decided together: of one tree and kind. */
export type AdmissionTick = {
  readonly root: AccountId;
  readonly kind: LimitKind;
  /** The period that counters of the kind are of (`periodOf`). */
  readonly period: string;
  readonly asks: readonly Ask[];
  readonly back: readonly GivenBack[];
  /** Of all that `asks` and `back` name and that are in the tree. */
  readonly places: TreePlaces;
};

type Counter = {
  readonly id: AccountId;
  readonly up: AccountId | undefined;
  readonly depth: number;
  readonly limit: Limiting;
  sum: bigint;
  own: bigint;
  at: number;
};

/** What a tick asks of each account: deepest first, then by id, which is the order of locks. */
function countersOf({ asks, back, places }: AdmissionTick): {
  readonly byId: Map<AccountId, Counter>;
  readonly list: Counter[];
} {
  const byId = new Map<AccountId, Counter>();
  const add = (account: AccountId, n: bigint): void => {
    const path = places.paths.get(account);
    if (!path) return;
    for (let depth = path.length - 1; depth >= 0; depth--) {
      const id = path[depth]!;
      const known = byId.get(id);
      if (known) known.sum += n;
      else byId.set(id, counterAt(path, depth, n, places));
    }
    byId.get(account)!.own += n;
  };
  for (const { account, want } of asks) add(account, want);
  for (const { account } of back) if (!byId.has(account)) add(account, 0n);
  const list = [...byId.values()].sort((a, b) => b.depth - a.depth || (a.id < b.id ? -1 : 1));
  list.forEach((counter, index) => {
    counter.at = index + 1;
  });
  return { byId, list };
}

const counterAt = (path: readonly AccountId[], depth: number, sum: bigint, { limits }: TreePlaces): Counter => {
  const id = path[depth]!;
  return { id, up: path[depth - 1], depth, limit: limits.get(id) ?? UNLIMITED, sum, own: 0n, at: 0 };
};

const arrayOf = (values: readonly (string | number | null)[]): string =>
  `{${values.map((value) => value ?? 'NULL').join(',')}}`;

type Row = { state: 'all' | 'some' | 'stale'; granted: string[] | null; refused: RawRefusal[] | null };
type RawRefusal = { k: number; account: AccountId; max: string; used: string; held: string; free: string };

const nanosOf = (text: string): bigint => parseDecimal(text)!;

/**
 * Admits what waits in a tree, by one statement and one commit; when this resolves it is committed.
 *
 * @returns what became of each ask, in order; null: the tree has another shape by now, and nothing was done
 * @throws the driver's error when nothing was done (a deadlock can be tried again)
 */
export async function admitTick(db: Database, tick: AdmissionTick): Promise<Admitted[] | null> {
  const { root, kind, period, places } = tick;
  const asks = tick.asks.filter(({ account }) => places.paths.has(account));
  const back = tick.back.filter(({ account }) => places.paths.has(account));
  const { byId, list } = countersOf(tick);
  const at = ({ account }: { readonly account: AccountId }): number => byId.get(account)!.at;
  const { rows } = await db.pool.query<Row>({
    name: 'admit',
    text: 'SELECT state, granted, refused FROM public.admit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)',
    values: [
      root,
      places.shape,
      kind.stored,
      period,
      kind.counts === 'metered',
      // Less than one is not worth granting; of slots, less than all.
      kind.counts === 'metered' ? String(kind.each) : null,
      arrayOf(list.map(({ id }) => id)),
      arrayOf(list.map(({ up }) => (up === undefined ? 0 : byId.get(up)!.at))),
      arrayOf(list.map(({ sum }) => formatDecimal(sum))),
      arrayOf(list.map(({ own }) => formatDecimal(own))),
      arrayOf(list.map(({ limit }) => limit.block)),
      arrayOf(list.map(({ limit }) => limit.reserve)),
      arrayOf(list.map(({ limit }) => limit.first)),
      arrayOf(asks.map(at)),
      arrayOf(asks.map(({ want }) => formatDecimal(want))),
      asks.map(({ key }) => key),
      arrayOf(asks.map(({ leaseSeconds }) => leaseSeconds)),
      arrayOf(back.map(at)),
      back.map(({ key }) => key),
    ],
  });
  const row = rows[0]!;
  if (row.state === 'stale') return null;
  const outcomes = outcomesOf(asks, row).values();
  return tick.asks.map(({ account }) => (places.paths.has(account) ? outcomes.next().value! : { outcome: 'gone' }));
}

function outcomesOf(asks: readonly Ask[], { state, granted, refused }: Row): Admitted[] {
  if (state === 'all') return asks.map(({ want }) => ({ outcome: 'granted', n: want }));
  const refusals = new Map((refused ?? []).map(({ k, ...numbers }) => [k, numbers]));
  return asks.map((_, index): Admitted => {
    const refusal = refusals.get(index + 1);
    if (refusal) return { outcome: 'refused', ...numbersOf(refusal) };
    const n = granted?.[index] ?? null;
    if (n === null) return { outcome: 'gone' };
    return nanosOf(n) < 0n ? { outcome: 'taken' } : { outcome: 'granted', n: nanosOf(n) };
  });
}

const numbersOf = ({ account, max, used, held, free }: Omit<RawRefusal, 'k'>) => ({
  account,
  max: nanosOf(max),
  used: nanosOf(used),
  held: nanosOf(held),
  free: nanosOf(free),
});

/** Lets a lease live so much longer from now on. False: there is none, or it has ended. */
export async function renewLease(db: Database, account: AccountId, key: string, seconds: number): Promise<boolean> {
  const { rows } = await db.pool.query<{ lives: boolean }>({
    name: 'renew_lease',
    text: 'SELECT public.renew_lease($1, $2, $3) AS lives',
    values: [account, key, seconds],
  });
  return rows[0]!.lives;
}

/** Ends leases whose time is over, of all trees. Several servers may ask at once. */
export async function endOverdueLeases(db: Database): Promise<void> {
  for (;;) {
    const { rows } = await db.pool.query<{ ended: boolean }>('SELECT public.end_overdue_leases() AS ended');
    if (!rows[0]!.ended) return;
  }
}

const LIMIT_REACHED = 'TT003';

/** What the database says of a change that a limit doesn't let through; null: it failed of something else. */
export function refusedByLimit(error: unknown): RefusedByLimit | null {
  if (!(error instanceof Error) || !('code' in error) || error.code !== LIMIT_REACHED || !('detail' in error))
    return null;
  type Detail = Omit<RawRefusal, 'k'> & { kind: string; name: string; isAbove: boolean; wanted: string };
  const { kind, name, isAbove, wanted, ...raw } = JSON.parse(String(error.detail)) as Detail;
  const { account, ...numbers } = numbersOf(raw);
  return { kind, account: { id: account, name }, isAbove, wanted: nanosOf(wanted), ...numbers };
}
