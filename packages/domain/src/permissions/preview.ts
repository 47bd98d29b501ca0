import { boundByControllers, LEVEL_CODES, type Levels, levelOf, lowest } from './levels.ts';
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

/** Adds up what changes, and works it out once for all that are alike. */
class EffectCounter {
  readonly #changes = new Map<string, readonly Change[]>();
  readonly #rows = new Map<string, { change: Change; counts: Record<HolderKind, number> }>();
  readonly #counts: Record<HolderKind, number> = { person: 0, key: 0, session: 0 };

  /** Counts the holders of one account. @returns whether anything changes for any of them */
  count(holders: readonly Holders[], before: Int32Array, after: Int32Array): boolean {
    let changes = false;
    const chains = `${before.join()} ${after.join()}`;
    for (const holder of holders) {
      const changed = this.#changesOf(holder, chains, before, after);
      if (changed.length === 0) continue;
      changes = true;
      this.#counts[holder.kind] += holder.count;
      for (const change of changed) this.#add(change, holder);
    }
    return changes;
  }

  #add(change: Change, { kind, count }: Holders): void {
    const name = `${change.key} ${change.before} ${change.after}`;
    const row = this.#rows.get(name) ?? { change, counts: { person: 0, key: 0, session: 0 } };
    row.counts[kind] += count;
    this.#rows.set(name, row);
  }

  #changesOf({ role, scopes }: Holders, chains: string, before: Int32Array, after: Int32Array): readonly Change[] {
    const name = `${role} ${scopes?.join() ?? ''} ${chains}`;
    const known = this.#changes.get(name);
    if (known) return known;
    const had = given(role, scopes, [...before]);
    const has = given(role, scopes, [...after]);
    const changes = PERMISSIONS.flatMap(({ key }): Change[] => {
      const change = { key, before: levelOf(had, key), after: levelOf(has, key) };
      return change.before === change.after ? [] : [change];
    });
    this.#changes.set(name, changes);
    return changes;
  }

  result(): Omit<CapEffect, 'accounts'> {
    const order = new Map<PermissionKey, number>(PERMISSIONS.map(({ key }, at) => [key, at]));
    const rows = [...this.#rows.values()].map(({ change, counts }) => ({ ...change, counts }));
    return {
      counts: this.#counts,
      rows: rows.toSorted(
        (a, b) => (order.get(a.key) ?? 0) - (order.get(b.key) ?? 0) || LEVEL_CODES[b.before] - LEVEL_CODES[a.before],
      ),
    };
  }
}

const given = (role: Role, scopes: Levels | null, chain: Levels): Levels => {
  const levels = boundByControllers(lowest(ROLE_WORDS[role], chain));
  return scopes ? lowest(levels, scopes) : levels;
};
