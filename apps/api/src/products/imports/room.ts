import type { ImportPlan, PlannedItem } from '@tenantree/contract';
import { type LimitsAlong, readLimitsOfEach, type TenantTransaction } from '@tenantree/db';
import {
  type AccountId,
  freeAlong,
  type LimitKindKey,
  limitKind,
  limitKindStoredAs,
  type RowId,
  UNIT,
  wholeOf,
} from '@tenantree/domain';
import { productKind } from '@tenantree/domain/products';
import type { Access } from '../../guard/admit.ts';
import { type Hall, nowOf } from '../../hall/hall.ts';
import type { Target } from './targets.ts';

/** What limits leave room for. */
export type Room = {
  readonly limits: ImportPlan['limits'];
  readonly fits: (target: AccountId, product: RowId) => boolean;
};

type Coming = { readonly account: { readonly id: AccountId }; readonly items: readonly PlannedItem[] };

/** What of an item counts as what; nothing, where it adds nothing. */
const countsAs = ({ kind, act }: PlannedItem): LimitKindKey | null => {
  if (act !== 'new' && act !== 'move') return null;
  return limitKindStoredAs(productKind(kind).limit ?? '')?.key ?? null;
};

/**
 * What limits leave room for of what comes, in the order in which it comes (rules/products 12). Inside the import they are asked again: this is
 * what they say now.
 */
export async function roomIn(
  hall: Hall,
  trx: TenantTransaction,
  { reached, path }: Pick<Access, 'reached' | 'path'>,
  targets: readonly Target[],
  coming: readonly Coming[],
): Promise<Room> {
  const now = nowOf(hall);
  const tooMuch = new Set<string>();
  const added = new Map<string, bigint>();
  const bounds = new Map<
    string,
    { kind: LimitKindKey; account: { id: AccountId; name: string }; max: bigint; used: bigint }
  >();
  const chains = new Map(targets.map(({ id, access }) => [id, access?.chain]));
  const counting = coming.flatMap(({ account, items }) => {
    const counted = items.flatMap((item) => {
      const kind = countsAs(item);
      return kind ? [{ kind, item }] : [];
    });
    const chain = chains.get(account.id);
    return counted.length === 0 || !chain ? [] : [{ account, counted, chain }];
  });
  const limitsOf = await readLimitsOfEach(
    trx,
    counting.map(({ chain }) => chain),
    now,
  );
  for (const [n, { account, counted }] of counting.entries()) {
    const along = limitsOf[n]!;
    for (const { kind, item } of counted) {
      // Where nothing bounds it, it fits, and nobody is told how much there is.
      if ((along.get(kind) ?? []).every(({ max }) => max === null)) continue;
      const each = limitKind(kind).each * UNIT;
      if (!fitsIn(along, kind, each, added)) tooMuch.add(`${account.id} ${item.product}`);
      for (const { id, name, max, used } of along.get(kind) ?? []) {
        added.set(`${id} ${kind}`, (added.get(`${id} ${kind}`) ?? 0n) + each);
        if (max !== null) bounds.set(`${id} ${kind}`, { kind, account: { id, name }, max, used });
      }
    }
  }
  const limits = [...bounds].map(([key, { kind, account, max, used }]) => {
    const whole = (nanos: bigint): number => wholeOf(limitKind(kind), nanos);
    return {
      kind,
      // What stands below the source is told to whoever imports into it.
      account: reached.includes(account.id) || !path.includes(account.id) ? account : null,
      max: whole(max),
      before: whole(used),
      after: whole(used + (added.get(key) ?? 0n)),
    };
  });
  return { limits, fits: (target, product) => !tooMuch.has(`${target} ${product}`) };
}

/** Whether one more of a kind is free along a way, beside what comes before it. */
function fitsIn(along: LimitsAlong, kind: LimitKindKey, each: bigint, added: ReadonlyMap<string, bigint>): boolean {
  const chain = (along.get(kind) ?? []).map((node) => ({
    ...node,
    used: node.used + (added.get(`${node.id} ${kind}`) ?? 0n),
  }));
  return freeAlong(chain, each).free >= each;
}
