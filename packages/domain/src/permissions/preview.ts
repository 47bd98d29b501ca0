import { BILLING } from './effective.ts';
import { boundByControllers, highest, LEVEL_CODES, type Levels, levelOf, lowest } from './levels.ts';
import { type Level, PERMISSIONS, type PermissionKey } from './registry.ts';
import { ROLE_WORDS, type Role } from './roles.ts';

/** What may lose or gain something where caps change: people, keys, and embedded sessions of keys. */
export type HolderKind = 'person' | 'key' | 'session';

/** Some of one kind in one account, who have the same there. */
export type Holders = {
  readonly kind: HolderKind;
  readonly role: Role;
  /** What a key or session leaves of it; null: all. */
  readonly scopes: Levels | null;
  readonly count: number;
  /** Who owns an account in transfer: caps leave them Billing (rules/permissions 23). */
  readonly setsUpBilling?: true;
};

/** An account of a subtree, as far as caps are concerned. */
export type CappedPlace = {
  /** Position of the nearest one above it that is listed; null: the first one. */
  readonly parent: number | null;
  readonly caps: Levels;
  readonly holders: readonly Holders[];
};

/** How many of a permission's holders go from one level to another. */
export type RowEffect = {
  readonly key: PermissionKey;
  readonly before: Level;
  readonly after: Level;
  readonly counts: Readonly<Record<HolderKind, number>>;
};

/** Who loses or gains what by other caps of one account. */
export type CapEffect = {
  /** Positions of the accounts in which somebody does. */
  readonly accounts: readonly number[];
  /** Each counted once for each account they are in. */
  readonly counts: Readonly<Record<HolderKind, number>>;
  /** In the registry's order. */
  readonly rows: readonly RowEffect[];
};

/** What one kind of holder has before and after: the same wherever caps and terms are. */
type Change = { readonly key: PermissionKey; readonly before: Level; readonly after: Level };

/**
 * Who loses or gains what if the first account of a subtree has other caps (rules/permissions 17). Whoever stands above it is bound by none
 * of them, and is no part of it. One pass; below an account that changes nothing for those beneath, nothing is asked.
 *
 * @param above the lowest of the caps above the subtree
 * @param places parents before their children; accounts with neither caps nor holders may be left out
 */
export function previewCaps(above: Levels, places: readonly CappedPlace[], after: Levels): CapEffect {
  const width = after.length;
  const chains = { before: new Int32Array(places.length * width), after: new Int32Array(places.length * width) };
  const counter = new EffectCounter();
  const accounts: number[] = [];
  for (const [position, { parent, caps, holders }] of places.entries()) {
    let differs = false;
    for (let at = 0; at < width; at++) {
      const to = position * width + at;
      const own = caps[at] ?? 0;
      const [old, now] =
        parent === null
          ? [(above[at] ?? 0) & own, (above[at] ?? 0) & (after[at] ?? 0)]
          : [(chains.before[parent * width + at] ?? 0) & own, (chains.after[parent * width + at] ?? 0) & own];
      chains.before[to] = old;
      chains.after[to] = now;
      differs ||= old !== now;
    }
    if (!differs || holders.length === 0) continue;
    const from = position * width;
    const [old, now] = [chains.before, chains.after].map((words) => words.subarray(from, from + width));
    if (old && now && counter.count(holders, old, now)) accounts.push(position);
  }
  return { accounts, ...counter.result() };
}

/** What holders of one role and scopes have under one chain, before and after, and how many there are. */
type Alike = { readonly changes: readonly Change[]; readonly counts: Record<HolderKind, number> };

const noCounts = (): Record<HolderKind, number> => ({ person: 0, key: 0, session: 0 });

/** Counts who are alike, and works out once for all of them what changes. */
class EffectCounter {
  readonly #byChain = new Map<string, Map<string, Alike>>();

  /** Counts the holders of one account. @returns whether anything changes for any of them */
  count(holders: readonly Holders[], before: Int32Array, after: Int32Array): boolean {
    let changes = false;
    const alike = this.#under(before, after);
    for (const { kind, role, scopes, count, setsUpBilling } of holders) {
      const left = setsUpBilling ? BILLING : null;
      const name = `${role} ${scopes?.join() ?? ''} ${left ? 'sets up' : ''}`;
      let known = alike.get(name);
      if (!known) {
        known = { changes: changesOf({ role, scopes, left }, [...before], [...after]), counts: noCounts() };
        alike.set(name, known);
      }
      if (known.changes.length === 0) continue;
      changes = true;
      known.counts[kind] += count;
    }
    return changes;
  }

  #under(before: Int32Array, after: Int32Array): Map<string, Alike> {
    const name = `${before.join()} ${after.join()}`;
    let alike = this.#byChain.get(name);
    if (!alike) {
      alike = new Map();
      this.#byChain.set(name, alike);
    }
    return alike;
  }

  result(): Omit<CapEffect, 'accounts'> {
    const counts = noCounts();
    const rows = new Map<string, { change: Change; counts: Record<HolderKind, number> }>();
    for (const one of [...this.#byChain.values()].flatMap((alike) => [...alike.values()])) {
      if (one.changes.length > 0) add(counts, one.counts);
      for (const change of one.changes) {
        const name = `${change.key} ${change.before} ${change.after}`;
        const row = rows.get(name) ?? { change, counts: noCounts() };
        add(row.counts, one.counts);
        rows.set(name, row);
      }
    }
    const order = new Map<PermissionKey, number>(PERMISSIONS.map(({ key }, at) => [key, at]));
    return {
      counts,
      rows: [...rows.values()]
        .map((row) => ({ ...row.change, counts: row.counts }))
        .toSorted(
          (a, b) => (order.get(a.key) ?? 0) - (order.get(b.key) ?? 0) || LEVEL_CODES[b.before] - LEVEL_CODES[a.before],
        ),
    };
  }
}

function add(counts: Record<HolderKind, number>, more: Readonly<Record<HolderKind, number>>): void {
  counts.person += more.person;
  counts.key += more.key;
  counts.session += more.session;
}

/** What somebody has of an account's chain: by a role, of which scopes leave some, and caps leave some. */
type Terms = { readonly role: Role; readonly scopes: Levels | null; readonly left: Levels | null };

function changesOf(terms: Terms, before: Levels, after: Levels): Change[] {
  const had = given(terms, before);
  const has = given(terms, after);
  return PERMISSIONS.flatMap(({ key }): Change[] => {
    const change = { key, before: levelOf(had, key), after: levelOf(has, key) };
    return change.before === change.after ? [] : [change];
  });
}

const given = ({ role, scopes, left }: Terms, chain: Levels): Levels => {
  const levels = boundByControllers(lowest(ROLE_WORDS[role], left ? highest(chain, left) : chain));
  return scopes ? lowest(levels, scopes) : levels;
};
