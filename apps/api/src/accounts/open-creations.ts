import { CONTRACT } from '@tenantree/contract';
import {
  type CreationGround,
  isSoldWithoutSubaccounts,
  readCreationGround,
  readSubaccountLimits,
  type SubaccountLimit,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  type AccountPath,
  accept,
  addAlong,
  type BatchEntry,
  Creations,
  type Decision,
  freeAlong,
  type Instant,
  instantOf,
  limitKind,
  limitReached,
  type PlannedAccount,
  type PlannedCreation,
  refuse,
  UNIT,
} from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import type { Hall } from '../hall/hall.ts';

/** The account as which accounts are made: the caller was admitted there. */
export type Acting = Pick<Access, 'id' | 'root' | 'chain' | 'memberships' | 'reached'>;

/** Decides about accounts that are asked for, part by part, each as if it came after those before it. */
export type OpenCreations = {
  /** Reads what decides about a part. */
  readonly read: (trx: TenantTransaction, entries: readonly BatchEntry[]) => Promise<CreationGround>;
  readonly decide: (ground: CreationGround, entries: readonly BatchEntry[]) => Decision<PlannedCreation>[];
};

/**
 * Begins to decide about accounts below the acting one.
 *
 * @param how `keeps`: which of the planned accounts later parts may name; all, where there is one part. `setUp`: whether accounts can be made that a
 * blueprint is to set up. `judged`: that nothing is in the way of any is known, and no part looks at what those before it plan
 */
export function openCreations(
  hall: Hall,
  acting: Acting,
  {
    keeps,
    setUp,
    judged,
  }: {
    readonly keeps?: (planned: PlannedAccount) => boolean;
    readonly setUp?: ((blueprint: string) => Decision<unknown>) | undefined;
    readonly judged?: boolean;
  } = {},
): OpenCreations {
  const { id, chain, memberships, reached } = acting;
  const room = new Room(reached, instantOf(hall.clock.nowMs()));
  const terms = {
    chain,
    memberships,
    need: CONTRACT.accounts.create.needs,
    nowMs: hall.clock.nowMs(),
    maxDepth: hall.settings.maxDepth,
    newId: () => hall.newId<AccountId>(),
    takeRoom: (parent: AccountPath) => room.take(parent),
    ...(setUp && { setUp }),
  };
  const creations = new Creations(terms, keeps);
  return {
    read: async (trx, entries) => {
      const ground = await readCreationGround(trx, id, entries, judged);
      await room.learn(
        trx,
        ground.accounts.flatMap(({ path }) => path),
      );
      return ground;
    },
    decide: (ground, entries) => (judged ? new Creations(terms) : creations).decide(ground, entries),
  };
}

/**
 * Room for subaccounts: none where the plan of whoever pays includes none (rules/money 16), and else taken one after the other as long as there is some (rules/limits 4). What accounts bound is read once: those that the
 * batch makes itself bound nothing yet.
 */
class Room {
  readonly #kind = { ...limitKind('subaccounts'), key: 'subaccounts' } as const;
  readonly #nodes = new Map<AccountId, SubaccountLimit>();
  readonly #known = new Set<AccountId>();
  /** Accounts above the acting one that the caller may be told of. */
  readonly #reached: readonly AccountId[];
  readonly #now: Instant;
  #plan: 'unread' | 'includes' | 'excludes' = 'unread';

  constructor(reached: readonly AccountId[], now: Instant) {
    this.#reached = reached;
    this.#now = now;
  }

  async learn(trx: TenantTransaction, accounts: readonly AccountId[]): Promise<void> {
    if (this.#plan === 'unread')
      this.#plan = (await isSoldWithoutSubaccounts(trx, this.#now)) ? 'excludes' : 'includes';
    const fresh = [...new Set(accounts)].filter((id) => !this.#known.has(id));
    if (fresh.length === 0) return;
    for (const id of fresh) this.#known.add(id);
    for (const [id, node] of await readSubaccountLimits(trx, fresh)) this.#nodes.set(id, node);
  }

  take(parent: AccountPath): Decision<null> {
    if (this.#plan === 'excludes')
      return refuse(
        'PLAN_UNAVAILABLE',
        'The plan that this is paid by includes no subaccounts. Choose another one first.',
      );
    const chain = parent.toReversed().flatMap((id) => this.#nodes.get(id) ?? []);
    const { free, binding } = freeAlong(chain, UNIT);
    if (binding !== null) {
      const { id, name, isAbove, max, used, held } = binding;
      const account = isAbove && !this.#reached.includes(id) ? null : { id, name };
      return {
        ok: false,
        refusal: limitReached(this.#kind, { account, max: max ?? 0n, used, held }, { wanted: UNIT, free }),
      };
    }
    for (const node of addAlong(chain, UNIT)) this.#nodes.set(node.id, node);
    return accept(null);
  }
}
