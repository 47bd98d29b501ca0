import type { ImportPlan } from '@tenantree/contract';
import { readCampaignsUsing, readLimits, readNumbersInCall, type TenantTransaction } from '@tenantree/db';
import { type AccountId, limitKind, wholeOf } from '@tenantree/domain';
import { type Hall, nowOf } from '../../hall/hall.ts';
import type { ShownPlan } from './plan-import.ts';
import type { Target } from './targets.ts';

/** Campaigns of an account that are named. */
const MOST_CAMPAIGNS = 20;

/**
 * What goes on in accounts where an import changes something that is there (rules/products 12): campaigns that run by it, and calls that hold a
 * slot there, whoever speaks in them; where numbers leave, calls on these. It is no part of what a plan is compared by: it differs by the second.
 */
export async function runningUse(
  hall: Hall,
  trx: TenantTransaction,
  source: { readonly id: AccountId; readonly name: string },
  { targets: shown }: ShownPlan,
  targets: readonly Target[],
): Promise<ImportPlan['running']> {
  const changed = shown.flatMap(({ account, items }) =>
    items.flatMap(({ product, into, act }) => {
      // A number is missing where it comes from.
      if (act === 'move') return [{ account: source.id, product, of: product }];
      const isChanged = act === 'update' || act === 'replace' || act === 'merge';
      return isChanged && into ? [{ account: account.id, product: into.id, of: product }] : [];
    }),
  );
  if (changed.length === 0) return [];
  const ofSource = new Map(changed.map(({ account, product, of }) => [`${account} ${product}`, of]));
  const campaigns = Map.groupBy(await readCampaignsUsing(trx, changed), ({ account }) => account);
  const leaving = shown.flatMap(({ items }) => items.filter(({ act }) => act === 'move'));
  const lines = await readNumbersInCall(
    trx,
    leaving.map(({ product: number }) => ({ account: source.id, id: number })),
  );
  const running: ImportPlan['running'][number][] = [];
  for (const id of new Set(changed.map(({ account }) => account))) {
    const target = targets.find((one) => one.id === id);
    const calls = target?.access
      ? (await readLimits(trx, target.access.chain, nowOf(hall))).get('calls')?.[0]?.own
      : 0n;
    const using = Map.groupBy(campaigns.get(id) ?? [], ({ campaign }) => campaign);
    const held = id === source.id ? lines.length : wholeOf(limitKind('calls'), calls ?? 0n);
    if (held === 0 && using.size === 0) continue;
    running.push({
      account: { id, name: target?.name ?? source.name },
      calls: held,
      campaigns: using.size,
      sample: [...using].slice(0, MOST_CAMPAIGNS).map(([campaign, uses]) => ({
        id: campaign,
        name: uses[0]?.name ?? '',
        uses: uses.map(({ product }) => ofSource.get(`${id} ${product}`) ?? product),
      })),
    });
  }
  return running;
}
