import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountId } from '../ids.ts';
import { addAlong, admitAlong, freeAlong, type LimitNode } from './admission.ts';

type Account = { readonly name: string; readonly up: number | null; cap: bigint | null; reserve: bigint; own: bigint };

/** The definition, computed from scratch: own use, caps and reserves of a tree. */
class Model {
  readonly accounts: Account[];

  constructor(accounts: Account[]) {
    this.accounts = accounts;
  }

  below(at: number): number[] {
    return this.accounts.flatMap(({ up }, n) => (up === at ? [n] : []));
  }

  used(at: number): bigint {
    return this.below(at).reduce((sum, child) => sum + this.used(child), this.accounts[at]!.own);
  }

  held(at: number): bigint {
    return this.below(at).reduce((sum, child) => sum + this.demand(child) - this.used(child), 0n);
  }

  demand(at: number): bigint {
    const [load, { reserve }] = [this.used(at) + this.held(at), this.accounts[at]!];
    return load > reserve ? load : reserve;
  }

  /** Every account's load, and whether it is within its cap. */
  fits(at: number): boolean {
    const { cap } = this.accounts[at]!;
    return cap === null || this.used(at) + this.held(at) <= cap;
  }

  load(at: number): bigint {
    return this.used(at) + this.held(at);
  }

  chain(at: number): LimitNode[] {
    const { up, cap, reserve, name } = this.accounts[at]!;
    const id = name as AccountId;
    const node = { id, max: cap, reserve, used: this.used(at), held: this.held(at) };
    return up === null ? [node] : [node, ...this.chain(up)];
  }

  /** The most of what is wanted that raises no load above its cap, found by trying. */
  most(at: number, want: bigint): bigint {
    const account = this.accounts[at]!;
    const before = this.accounts.map((_, n) => this.load(n));
    for (let n = want; n > 0n; n--) {
      account.own += n;
      const isFree = this.accounts.every((_, k) => this.fits(k) || this.load(k) <= before[k]!);
      account.own -= n;
      if (isFree) return n;
    }
    return 0n;
  }
}

const place = (name: string, up: number | null, cap: bigint | null, reserve = 0n): Account => ({
  name,
  up,
  cap,
  reserve,
  own: 0n,
});

/** Example L: R 100; A 60 with 40 promised, B 50; below A: A1 30 with 25 promised, A2 without a limit. */
const exampleL = (): Model =>
  new Model([
    place('R', null, 100n),
    place('A', 0, 60n, 40n),
    place('B', 0, 50n),
    place('A1', 1, 30n, 25n),
    place('A2', 1, null),
  ]);
const [R, A, B, A1, A2] = [0, 1, 2, 3, 4];

/** Asks for so many at an account, by the rule; keeps what is granted in the model. */
function ask(model: Model, at: number, n: bigint): string {
  const outcome = admitAlong(model.chain(at), n);
  if (!outcome.ok) return `refused at ${outcome.binding.id}`;
  model.accounts[at]!.own += n;
  return 'ok';
}

describe('Admission along a chain (rules/limits 4)', () => {
  it('is example L, step by step', () => {
    const tree = exampleL();
    const stands = (): string => [R, A].map((at) => `${tree.used(at)},${tree.held(at)}`).join(' ');
    expect(stands()).toBe('0,40 0,25');
    expect([ask(tree, B, 50n), stands()]).toEqual(['ok', '50,40 0,25']);
    expect(ask(tree, B, 1n)).toBe('refused at B');
    expect([ask(tree, R, 10n), stands()]).toEqual(['ok', '60,40 0,25']);
    expect(ask(tree, R, 1n)).toBe('refused at R');
    expect([ask(tree, A2, 15n), stands()]).toEqual(['ok', '75,25 15,25']);
    expect(ask(tree, A2, 1n)).toBe('refused at R');
    expect([ask(tree, A1, 25n), stands()]).toEqual(['ok', '100,0 40,0']);
    expect(ask(tree, A1, 1n)).toBe('refused at R');
    tree.accounts[B]!.own -= 5n;
    expect([ask(tree, A2, 5n), stands()]).toEqual(['ok', '100,0 45,0']);
    expect(ask(tree, B, 5n)).toBe('refused at R');
  });

  it('lets through what an unmet reserve absorbs, even while an account above is over', () => {
    const tree = exampleL();
    tree.accounts[R]!.own = 200n;
    expect(ask(tree, R, 1n)).toBe('refused at R');
    expect(ask(tree, A1, 25n)).toBe('ok');
    expect(ask(tree, A2, 15n)).toBe('ok');
    expect(ask(tree, A2, 1n)).toBe('refused at R');
  });

  it('says how much is free, and grants as much of it as is worth granting', () => {
    const tree = exampleL();
    expect(freeAlong(tree.chain(B), 80n)).toMatchObject({ free: 50n, binding: { id: 'B' } });
    expect(admitAlong(tree.chain(B), 80n)).toMatchObject({ ok: false, free: 50n });
    expect(admitAlong(tree.chain(B), 80n, 1n)).toMatchObject({ ok: true, granted: 50n });
  });

  it('bounds nothing where there is no maximum, and a child may have more than its parent', () => {
    const tree = new Model([place('R', null, null), place('A', 0, 5n), place('A1', 1, 1_000n)]);
    expect(ask(tree, 2, 5n)).toBe('ok');
    expect(ask(tree, 2, 1n)).toBe('refused at A');
    expect(ask(tree, 0, 1_000_000n)).toBe('ok');
  });

  it('is, on any tree and after anything that happened, what trying comes to', () => {
    const some = fc.integer({ min: 0, max: 30 });
    const account = fc.record({ up: some, cap: fc.option(some), reserve: fc.integer({ min: 0, max: 12 }) });
    const step = fc.record({ at: some, n: fc.integer({ min: 1, max: 9 }), gives: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(account, { minLength: 1, maxLength: 9 }),
        fc.array(step, { maxLength: 25 }),
        (given, steps) => {
          const tree = new Model([]);
          given.forEach(({ up, cap, reserve }, n) => {
            const added = place(`#${n}`, n === 0 ? null : up % n, cap === null ? null : BigInt(cap));
            tree.accounts.push(added);
            // Only what can be kept is promised.
            if (n > 0 && (cap === null || reserve <= cap)) added.reserve = BigInt(reserve);
            if (tree.accounts.some((_, k) => !tree.fits(k))) added.reserve = 0n;
          });
          for (const { at: where, n, gives } of steps) {
            const at = where % tree.accounts.length;
            const one = tree.accounts[at]!;
            const before = tree.chain(at);
            if (gives) {
              const back = BigInt(n) > one.own ? one.own : BigInt(n);
              one.own -= back;
              expect(addAlong(before, -back)).toEqual(tree.chain(at));
              continue;
            }
            const most = tree.most(at, BigInt(n));
            expect(freeAlong(before, BigInt(n)).free).toBe(most);
            one.own += most;
            expect(addAlong(before, most)).toEqual(tree.chain(at));
            expect(tree.accounts.every((_, k) => tree.fits(k))).toBe(true);
            // Whoever was promised something can have it, all at once.
            const met = tree.accounts.map(({ own }) => own);
            for (let k = tree.accounts.length - 1; k > 0; k--) {
              const unmet = tree.demand(k) - tree.used(k) - tree.held(k);
              if (unmet > 0n) tree.accounts[k]!.own += unmet;
            }
            expect(tree.accounts.every((_, k) => tree.fits(k))).toBe(true);
            tree.accounts.forEach((account, k) => (account.own = met[k]!));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
