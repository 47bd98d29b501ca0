import { type AccountId, formatDecimal, type LimitKind, parseDecimal, type RowId } from '@tenantree/domain';
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

/** Where an account stands, and what limits one kind there, as texts that only the database reads. */
export type Place = {
  readonly id: AccountId;
  readonly up: Place | undefined;
  readonly depth: number;
  /** The least use at which an admission looks at its limit; null: none. */
  readonly look: string | null;
  readonly reserve: string;
  /** What was used and held there when the database last said so, where something is promised to it; others change it, too. */
  load: string | null;
};

/** Where accounts of a tree stand and what limits one kind there, as of a number of the tree's shape. */
export type TreePlaces = {
  readonly shape: string;
  /** Those that were asked for and are in the tree. */
  readonly of: Map<AccountId, Place>;
  /** Those, and all above them. */
  readonly all: Map<AccountId, Place>;
};

/** What counters are of. */
export type CountersOf = {
  readonly root: AccountId;
  readonly kind: LimitKind;
  /** The period that counters of the kind are of (`periodOf`). */
  readonly period: string;
};

/**
 * Reads where some accounts of a tree stand and what limits a kind there; those that are not in it are left out.
 *
 * @param known what was read before; these are added to it if the tree still has its shape
 */
export async function readTreePlaces(
  db: Database,
  { root, kind, period }: CountersOf,
  accounts: readonly AccountId[],
  known?: TreePlaces,
): Promise<TreePlaces> {
  const { rows } = await db.pool.query<PlacesRow>({
    name: 'places_in_tree',
    text: 'SELECT * FROM public.places_in_tree($1, $2, $3, $4)',
    values: [root, kind.stored, period, [...accounts]],
  });
  const { shape, places, limits } = rows[0]!;
  const read = known?.shape === (shape ?? '0') ? known : { shape: shape ?? '0', of: new Map(), all: new Map() };
  for (const account of accounts) {
    const key = places[account];
    if (key === undefined) continue;
    let up: Place | undefined;
    for (const [depth, id] of pathOf(root, Buffer.from(key, 'hex')).entries()) {
      const [look, reserve, load] = limits[id] ?? UNLIMITED;
      const place: Place = read.all.get(id) ?? { id, up, depth, look, reserve, load };
      read.all.set(id, place);
      up = place;
    }
    read.of.set(account, up!);
  }
  return read;
}

type Limiting = [look: string | null, reserve: string, load: string | null];
const UNLIMITED: Limiting = [null, '0', null];

type PlacesRow = {
  shape: string | null;
  places: Record<AccountId, string>;
  limits: Record<AccountId, Limiting>;
};

/** What is decided together. */
export type AdmissionTick = CountersOf & {
  readonly asks: readonly Ask[];
  readonly back: readonly GivenBack[];
  /** Something was refused a moment ago: it isn't tried whether everything fits. */
  readonly isTight?: boolean;
  /** Of all that `asks` and `back` name and that are in the tree. */
  readonly places: TreePlaces;
};

type Counter = {
  readonly place: Place;
  readonly up: Counter | undefined;
  own: bigint;
  sum: bigint;
  /** Where it stands in the list, from 1. */
  at: number;
};

/** What a tick asks of each account: deepest first, then by id, which is the order of locks. */
function countersOf({ asks, back, places }: AdmissionTick): {
  readonly byPlace: Map<Place, Counter>;
  readonly list: Counter[];
} {
  const byPlace = new Map<Place, Counter>();
  const counterAt = (place: Place): Counter => {
    const known = byPlace.get(place);
    if (known) return known;
    const up = place.up && counterAt(place.up);
    const counter = { place, up, own: 0n, sum: 0n, at: 0 };
    byPlace.set(place, counter);
    return counter;
  };
  const add = (account: AccountId, n: bigint): void => {
    const place = places.of.get(account);
    if (place) counterAt(place).own += n;
  };
  for (const { account, want } of asks) add(account, want);
  for (const { account } of back) add(account, 0n);
  const list = [...byPlace.values()].sort(({ place: a }, { place: b }) => b.depth - a.depth || (a.id < b.id ? -1 : 1));
  for (const [index, counter] of list.entries()) {
    counter.at = index + 1;
    counter.sum += counter.own;
    if (counter.up) counter.up.sum += counter.sum;
  }
  return { byPlace, list };
}

const arrayOf = (values: readonly (string | number | null)[]): string =>
  `{${values.map((value) => value ?? 'NULL').join(',')}}`;

type Row = {
  state: 'all' | 'some' | 'stale';
  granted: string[] | null;
  refused: RawRefusal[] | null;
  loads: string[] | null;
};
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
  const asks = tick.asks.filter(({ account }) => places.of.has(account));
  const back = tick.back.filter(({ account }) => places.of.has(account));
  const { byPlace, list } = countersOf(tick);
  const promised = list.filter(({ place }) => place.load !== null);
  const ofPromised = (value: (place: Place) => string | null): string =>
    arrayOf(promised.length > 0 ? list.map(({ place }) => value(place)) : []);
  const at = ({ account }: { readonly account: AccountId }): number => byPlace.get(places.of.get(account)!)!.at;
  const { rows } = await db.pool.query<Row>({
    name: 'admit',
    // As texts: the driver makes numbers of the elements of a numeric[], and they lose digits.
    text: 'SELECT state, granted::text[], refused, loads::text[] FROM public.admit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)',
    values: [
      root,
      places.shape,
      kind.stored,
      period,
      kind.counts === 'metered',
      // Less than one is not worth granting; of slots, less than all.
      kind.counts === 'metered' ? String(kind.each) : null,
      tick.isTight ?? false,
      arrayOf(list.map(({ place }) => place.id)),
      arrayOf(list.map(({ up }) => up?.at ?? 0)),
      arrayOf(list.map(({ sum }) => formatDecimal(sum))),
      arrayOf(list.map(({ own }) => formatDecimal(own))),
      arrayOf(list.map(({ place }) => place.look)),
      ofPromised(({ reserve }) => reserve),
      ofPromised(({ load }) => load),
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
  for (const [index, load] of (row.loads ?? []).entries()) promised[index]!.place.load = load;
  const outcomes = outcomesOf(asks, row).values();
  return tick.asks.map(({ account }) => (places.of.has(account) ? outcomes.next().value! : { outcome: 'gone' }));
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

/**
 * Notes which phone number of an account a lease is on the line with, until it ends.
 *
 * @param key null: it is only asked whether the account has such a number
 * @returns `missing`: it has none; `other`: the lease names another one
 */
export async function nameNumber(
  db: Database,
  account: AccountId,
  number: RowId,
  key: string | null,
): Promise<'named' | 'missing' | 'other'> {
  const { rows } = await db.pool.query<{ outcome: 'named' | 'missing' | 'other' }>({
    name: 'name_number',
    text: 'SELECT public.name_number($1, $2, $3) AS outcome',
    values: [account, number, key],
  });
  return rows[0]!.outcome;
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
