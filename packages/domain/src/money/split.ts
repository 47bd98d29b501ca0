import { magnitudeOf } from '../usage/quantity.ts';
import { divFloor } from './rounding.ts';

/** Something that gets its share by its weight. Ids are different, and order those that are equal otherwise. */
export type Share = { readonly id: string; readonly weight: bigint };

/**
 * Splits a whole amount over shares by largest remainder, so that the parts are the total exactly (rules/money 4): each gets its part rounded
 * down, and the units that are missing go one each to the largest remainders; of equals to the larger weight, then to the smaller id. A
 * negative total mirrors the positive one. Where all weights are 0, or cancel each other, nothing can be shared: everybody gets 0.
 *
 * @returns the parts in the order of the shares
 */
export function split(total: bigint, shares: readonly Share[]): bigint[] {
  const sum = shares.reduce((all, { weight }) => all + weight, 0n);
  if (sum === 0n) return shares.map(() => 0n);
  if (total < 0n) return split(-total, shares).map((part) => -part);
  // weights that are negative together are the same proportions as their mirror
  const whole = magnitudeOf(sum);
  const parts = shares.map(({ id, weight }) => {
    const due = total * (sum < 0n ? -weight : weight);
    const amount = divFloor(due, whole);
    return { id, weight, amount, rest: due - amount * whole };
  });
  const missing = total - parts.reduce((all, { amount }) => all + amount, 0n);
  const first = [...parts].sort((a, b) => descending(a.rest, b.rest) || descending(a.weight, b.weight) || byId(a, b));
  for (const part of first.slice(0, Number(missing))) part.amount += 1n;
  return parts.map(({ amount }) => amount);
}

const descending = (a: bigint, b: bigint): number => (a === b ? 0 : a > b ? -1 : 1);

/** Ids in ascending order of their code units, as the database's collation "C" has UUIDs. */
export const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
