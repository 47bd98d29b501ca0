import type { TransferPreview } from '@tenantree/contract';
import {
  findTransfer,
  readAccountRows,
  readAccountState,
  readAccountsBelow,
  readAssignmentsOf,
  readCaretakers,
  readCopiesFromAbove,
  readLeavers,
  readLimits,
  readOriginsBelow,
  readTransferGround,
  type StoredTransfer,
  type TenantTransaction,
} from '@tenantree/db';
import {
  decideTransfer,
  effectiveLevels,
  type Instant,
  LIMIT_KINDS,
  levelOf,
  limitKind,
  type Membership,
  msOf,
  PERMISSIONS,
  type Refusal,
  statusAt,
  UNBOUNDED,
  wholeOf,
} from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { unfitOf } from './checklist.ts';
import { lastMonth, pricePlans } from './price-plans.ts';

/** So many are named of what goes along, and of what ends. */
const SAMPLE = 50;
const MOST_LEAVERS = 500;
/** Copies that are looked at, and things they are copies of that are named. */
const MOST_COPIES = 20_000;
const MOST_PRODUCTS = 500;

/** What a transfer of an account would bring along, end and cost. @throws Refused ALREADY_INDEPENDENT, TRANSFER_EXPIRED */
export async function previewTransfer(hall: Hall, access: Access): Promise<TransferPreview> {
  const preview = await hall.db.withTenant(access.root, (trx) => previewIn(hall, trx, access), { snapshot: true });
  return { ...preview, book: await bookOf(hall, access) };
}

/** The name of the book that the account directly above sells it by, now or from when that begins. */
async function bookOf(hall: Hall, { id, chain, reached }: Access): Promise<string | null> {
  const seller = chain.at(-2)?.id;
  if (seller === undefined || !reached.includes(seller)) return null;
  const now = nowOf(hall);
  const held = await hall.db.withTenant(seller, (trx) => readAssignmentsOf(trx, seller, [id]), { snapshot: true });
  return held.find(({ to }) => to === null || to > now)?.book.name ?? null;
}

async function previewIn(hall: Hall, trx: TenantTransaction, access: Access): Promise<Omit<TransferPreview, 'book'>> {
  const { id } = access;
  const now = nowOf(hall);
  const account = (await readAccountState(trx, id)) ?? refuseWith('NOT_FOUND', 'There is no such account.', 'account');
  const stored = await findTransfer(trx, id);
  const ground = await readTransferGround(trx, id);
  const nowMs = msOf(ground.now);
  const situation = {
    ...ground,
    account: { ...account, ...ground, status: statusAt(account.status, account.suspension, nowMs) },
    transfer: stored?.transfer ?? null,
  };
  granted(decideTransfer(situation, { event: 'preview' }, nowMs));
  return {
    account: { id, name: account.name },
    refused: refusalOf(hall, situation, await unfitOf({ trx }, hall, account, situation.transfer), nowMs),
    ifUnfinished: hall.settings.transferExpiry,
    ...(await effectOf(trx, access, now, stored)),
  };
}

/** What of the account and of others a completion would touch. */
async function effectOf(
  trx: TenantTransaction,
  access: Access,
  now: Instant,
  stored: StoredTransfer | null,
): Promise<Omit<TransferPreview, 'account' | 'refused' | 'ifUnfinished' | 'book'>> {
  const { id, name, chain } = access;
  const [row] = await readAccountRows(trx, [id], now, 'without_minutes');
  // Of accounts above those that the caller reaches nobody is named.
  const caretakers = (await readCaretakers(trx, id)).filter(({ account: at }) => access.reached.includes(at.id));
  const leavers = await readLeavers(trx, id, stored?.transfer.steps.owner ?? null, { now, limit: MOST_LEAVERS });
  const nested = await readAccountsBelow(trx, {
    within: id,
    only: null,
    statuses: ['active', 'suspended'],
    after: null,
    limit: SAMPLE,
    now,
    visibility: 'without_minutes',
  });
  const named = new Map(
    (await readAccountRows(trx, [...new Set(leavers.map((one) => one.account))], now, 'without_minutes')).map((one) => [
      one.id,
      one.name,
    ]),
  );
  const month = lastMonth(now);
  const chooser = {
    accountName: name,
    subaccounts: row?.subaccounts ?? 0,
    country: stored?.transfer.steps.details?.country ?? null,
  };
  return {
    nested: {
      accounts: row?.subaccounts ?? 0,
      sample: nested.map(({ row: { id: below, name: called } }) => ({ id: below, name: called })),
    },
    members: row?.members.total ?? 0,
    agents: row?.agents.total ?? 0,
    agency: {
      from: caretakers[0]?.account ?? null,
      people: caretakers.map(({ name: called, email, role }) => ({ name: called, email, role })),
    },
    caps: capsOf(chain),
    limits: limitsOf((await readLimits(trx, chain, now)).entries()),
    leavers: leavers.map(({ kind, account: at, name: called }) => ({
      kind,
      account: { id: at, name: named.get(at) ?? '' },
      name: called,
    })),
    origins: await readOriginsBelow(trx, id, MOST_LEAVERS),
    newlySeen: newlySeenBy(access),
    products: await handedProducts(trx, access),
    month: month.key,
    plans: await pricePlans(trx, id, chooser, month),
  };
}

/** Products that came from above, by what they are copies of. */
export async function handedProducts(
  trx: TenantTransaction,
  { path, chain, reached }: Pick<Access, 'path' | 'chain' | 'reached'>,
): Promise<TransferPreview['products']> {
  const copies = await readCopiesFromAbove(trx, path, { only: null, limit: MOST_COPIES });
  const bySource = [...Map.groupBy(copies, ({ source }) => source.product)].slice(0, MOST_PRODUCTS);
  return bySource.flatMap(([product, all]) => {
    const [copy] = all;
    if (!copy) return [];
    const above = chain.find(({ id }) => id === copy.source.account && reached.includes(id));
    const from = above ? { id: above.id, name: above.name } : null;
    const accounts = new Set(all.map(({ account }) => account)).size;
    return [{ product, kind: copy.kind, name: from ? copy.source.name : copy.name, from, accounts }];
  });
}

/** Whether it could start now; or of one under way, complete. */
function refusalOf(
  hall: Pick<Hall, 'newId'>,
  situation: Parameters<typeof decideTransfer>[0],
  unfit: Refusal | null,
  nowMs: number,
): TransferPreview['refused'] {
  const { account, transfer } = situation;
  if (transfer?.state === 'in_progress') {
    const decision = decideTransfer(situation, { event: 'complete', unfit }, nowMs);
    return decision.ok ? null : decision.refusal;
  }
  const terms = { recipient: '', graceDays: 1, agency: 'kept', completion: 'automatic', message: null } as const;
  const start = { event: 'start', id: hall.newId(), key: '', terms, typedName: account.name } as const;
  const decision = decideTransfer(situation, start, nowMs);
  return decision.ok ? null : decision.refusal;
}

/** Own caps that take something: they end, those of accounts below stay. */
const capsOf = (chain: Access['chain']): TransferPreview['caps'] =>
  PERMISSIONS.flatMap(({ key, levels }) => {
    const level = levelOf(chain.at(-1)?.caps ?? UNBOUNDED, key);
    return level === levels.at(-1) ? [] : [{ key, level }];
  });

/** Own limits that are set: they end, those of accounts below stay. */
const limitsOf = (all: ReturnType<Awaited<ReturnType<typeof readLimits>>['entries']>): TransferPreview['limits'] => {
  const set = new Map([...all].map(([key, [own]]) => [key, own]));
  return LIMIT_KINDS.flatMap(({ key, label }) => {
    const own = set.get(key);
    if (!own || (own.cap === null && own.reserve === 0n)) return [];
    return [{ kind: key, label, max: own.cap === null ? null : wholeOf(limitKind(key), own.cap) }];
  });
};

/** What an owner of the account itself has by caps now, and without them. */
function newlySeenBy({ id, chain }: Access): TransferPreview['newlySeen'] {
  const owner: Membership[] = [{ account: id, role: 'owner' }];
  const before = effectiveLevels(owner, chain);
  const after = effectiveLevels(owner, [{ id, caps: UNBOUNDED }]);
  return PERMISSIONS.flatMap(({ key }) => {
    const levels = { before: levelOf(before, key), after: levelOf(after, key) };
    return levels.before === levels.after ? [] : [{ key, ...levels }];
  });
}
