import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountId } from '../ids.ts';
import type { AccountStatus, SuspensionOrder } from './account.ts';
import { decideCreate, parseNewAccount } from './create.ts';
import { decideMove } from './move.ts';
import { parseName } from './names.ts';
import { type AccountPath, depthOf, movedPath } from './path.ts';
import { decideRename } from './rename.ts';
import { decideStatus, type StatusCommand } from './status.ts';
import { effectiveSuspension } from './suspension.ts';

const MAX_DEPTH = 4;
const NOW = Date.UTC(2026, 10, 23);
const FULL_STOP: SuspensionOrder = { kind: 'full_stop', from: null, until: null, reason: null };

type Account = {
  readonly id: AccountId;
  readonly name: string;
  readonly key: string;
  readonly path: AccountPath;
  readonly status: AccountStatus;
  readonly suspension: SuspensionOrder | null;
};
type Tree = ReadonlyMap<AccountId, Account>;
type Step =
  | { readonly do: 'create'; readonly at: number; readonly name: string }
  | { readonly do: 'rename'; readonly at: number; readonly name: string }
  | { readonly do: 'move'; readonly at: number; readonly to: number }
  | { readonly do: 'status'; readonly at: number; readonly command: StatusCommand };

/** The model: parents by child, nothing else. Everything the decisions keep (paths, depths, children) must follow from it. */
class Model {
  readonly parents = new Map<AccountId, AccountId | null>();
  chain(id: AccountId): AccountId[] {
    const chain: AccountId[] = [];
    for (let at: AccountId | null = id; at !== null; at = this.parents.get(at) ?? null) {
      if (chain.includes(at)) throw new Error('cycle');
      chain.unshift(at);
    }
    return chain;
  }
}

const pick = (tree: Tree, at: number): Account => [...tree.values()][at % tree.size]!;
const parentOf = (tree: Tree, account: Account) => tree.get(account.path.at(-2)!) ?? null;
const liveChild = (tree: Tree, parent: Account | null, key: string, except?: Account) =>
  [...tree.values()].find(
    (each) => each.status !== 'closed' && each.key === key && each !== except && parentOf(tree, each) === parent,
  ) ?? null;

/** Freezes all that a decision sees, so that changing any of it would throw. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const each of Object.values(value)) frozen(each);
  return value;
}

/** Takes one step by the decisions; a refusal leaves the very same tree. */
function take(tree: Tree, model: Model, step: Step): Tree {
  const account = pick(tree, step.at);
  const next = new Map(tree);
  if (step.do === 'create') {
    const wish = parseNewAccount({ name: step.name });
    if (!wish.ok) return tree;
    const siblingOfThatName = liveChild(tree, account, wish.value.name.key);
    const state = { parent: account, siblingOfThatName, accountOfThatExternalId: null, maxDepth: MAX_DEPTH };
    const created = decideCreate(frozen(state), frozen(wish.value));
    if (!created.ok || created.value.outcome !== 'create') return tree;
    const id = `n${tree.size}` as AccountId;
    const path = [...account.path, id];
    expect(created.value.depth).toBe(depthOf(path));
    model.parents.set(id, account.id);
    return next.set(id, { id, ...created.value.account.name, path, status: 'active', suspension: null });
  }
  if (step.do === 'rename') {
    const name = parseName(step.name);
    if (!name.ok) return tree;
    const parent = parentOf(tree, account);
    const siblingOfThatName = parent && liveChild(tree, parent, name.value.key, account);
    const renamed = decideRename(frozen({ account, parent, siblingOfThatName }), name.value);
    if (!renamed.ok || renamed.value.outcome === 'unchanged') return tree;
    return next.set(account.id, { ...account, ...renamed.value.name });
  }
  if (step.do === 'move') {
    const to = pick(tree, step.to);
    const below = [...tree.values()].filter((each) => each.path.includes(account.id));
    const levelsBelow = Math.max(...below.map((each) => each.path.length)) - account.path.length;
    const siblingOfThatName = liveChild(tree, to, account.key, account);
    const state = { account: { ...account, levelsBelow }, to, siblingOfThatName, maxDepth: MAX_DEPTH };
    const moved = decideMove(frozen(state));
    if (!moved.ok) return tree;
    model.parents.set(account.id, moved.value.parentId);
    for (const each of below) {
      const path = movedPath(each.path, account.id, to.path);
      expect(depthOf(path)).toBe(depthOf(each.path) + moved.value.depthChange);
      next.set(each.id, { ...each, path });
    }
    expect(next.get(account.id)?.path).toEqual(moved.value.path);
    return next;
  }
  const parent = parentOf(tree, account);
  const changed = decideStatus(
    frozen({
      ...account,
      protected: false,
      closedAt: null,
      liveChildren: [...tree.values()].filter((each) => each.status !== 'closed' && parentOf(tree, each) === account)
        .length,
      parent,
      siblingOfThatName: parent && liveChild(tree, parent, account.key, account),
    }),
    step.command,
    NOW,
  );
  if (!changed.ok || changed.value.status === 'erased') return tree;
  return next.set(account.id, { ...account, status: changed.value.status, suspension: changed.value.suspension });
}

const at = fc.nat({ max: 40 });
const name = fc.constantFrom('Aa', 'aA', 'Bb', 'Cc', 'Dd', 'Ee', 'x');
const command: fc.Arbitrary<StatusCommand> = fc.oneof(
  fc.record({
    event: fc.constant('suspend' as const),
    suspension: fc.constantFrom<SuspensionOrder>(FULL_STOP, { ...FULL_STOP, kind: 'no_new_work' }),
  }),
  fc.record({ event: fc.constantFrom('reactivate' as const, 'close' as const, 'reopen' as const) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('create' as const), at, name }) },
  fc.record({ do: fc.constant('rename' as const), at, name }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('move' as const), at, to: at }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('status' as const), at, command }) },
);

const anySteps = fc.array(step, { minLength: 5, maxLength: 60, size: 'max' });

function grow(steps: readonly Step[]): { tree: Tree; model: Model } {
  const model = new Model();
  let tree: Tree = new Map();
  for (const root of ['r', 's'] as AccountId[]) {
    model.parents.set(root, null);
    tree = new Map(tree).set(root, {
      id: root,
      name: root,
      key: root,
      path: [root],
      status: 'active',
      suspension: null,
    });
  }
  for (const each of steps) tree = take(tree, model, each);
  return { tree, model };
}

describe('a tree after any commands', () => {
  it('has no cycles, paths that are the chains of parents, and depths within the bound (I1)', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const { tree, model } = grow(steps);
        for (const account of tree.values()) {
          expect(account.path).toEqual(model.chain(account.id));
          expect(depthOf(account.path)).toBeLessThanOrEqual(MAX_DEPTH);
        }
      }),
    );
  });

  it('has live parents over live accounts, no two live siblings of one name, and a suspension exactly where one is due', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const { tree } = grow(steps);
        for (const account of tree.values()) {
          const parent = parentOf(tree, account);
          if (account.status === 'active') expect(account.suspension).toBeNull();
          if (account.status === 'suspended') expect(account.suspension).not.toBeNull();
          if (account.status === 'closed' || parent === null) continue;
          expect(parent.status).not.toBe('closed');
          expect(liveChild(tree, parent, account.key, account)).toBeNull();
        }
      }),
    );
  });

  it('has every own status and every effect back after any ancestor was suspended and reactivated (I3)', () => {
    const effects = (tree: Tree) =>
      [...tree.values()].map((account) => {
        const chain = account.path.map((id) => tree.get(id)!);
        return effectiveSuspension(chain, NOW)?.kind ?? null;
      });
    fc.assert(
      fc.property(anySteps, at, (steps, ancestor) => {
        const { tree, model } = grow(steps);
        fc.pre(pick(tree, ancestor).status === 'active');
        const suspend = { do: 'status', at: ancestor, command: { event: 'suspend', suspension: FULL_STOP } } as const;
        const suspended = take(tree, model, suspend);
        for (const account of suspended.values()) {
          if (!account.path.includes(pick(tree, ancestor).id)) continue;
          expect(
            effectiveSuspension(
              account.path.map((id) => suspended.get(id)!),
              NOW,
            )?.kind,
          ).toBe('full_stop');
        }
        const restored = take(suspended, model, { do: 'status', at: ancestor, command: { event: 'reactivate' } });
        expect([...restored.values()]).toEqual([...tree.values()]);
        expect(effects(restored)).toEqual(effects(tree));
      }),
    );
  });
});
