import { issueDrafts, startSubscription } from '@tenantree/db';
import {
  type AccountId,
  type Instant,
  instantOf,
  type PlanInput,
  parseBillingPeriod,
  type RowId,
} from '@tenantree/domain';
import { closeWhatIsDue } from '../../src/billing/close-period.ts';
import { draftInvoice } from '../../src/billing/draft-invoice.ts';
import type { Hall } from '../../src/hall/hall.ts';
import { followPlansDue } from '../../src/limits/follow-plans.ts';
import type { PlansFile } from '../../src/server/plans-file.ts';
import type { Client } from './clients.ts';
import { type Deployment, deploy } from './deployment.ts';

/** A plan of a test: no fee, everything included that is needed. */
export const plan = (
  id: string,
  meters: PlanInput['meters'],
  more: Partial<PlanInput> = {},
): PlansFile['plans'][number] => ({
  id,
  name: id.toUpperCase(),
  terms: {
    currency: 'EUR',
    monthlyFee: '0',
    meters,
    concurrent: null,
    subaccounts: 'included',
    countries: null,
    ...more,
  },
});

export const minutes = (price: string, included?: string): PlanInput['meters'] => ({
  'call.minutes': { model: 'flat', price, ...(included !== undefined && { included }) },
});

export const OCTOBER = Date.UTC(2026, 9, 1);
export const MID_OCTOBER = Date.UTC(2026, 9, 15, 12);
/** Half a day and a minute after October. */
export const OCTOBER_CLOSES = Date.UTC(2026, 10, 1, 12, 1);

export const NOVEMBER_CLOSES = Date.UTC(2026, 11, 1, 12, 1);
export const DECEMBER = Date.UTC(2027, 0, 10);

/** A deployment whose time is set, with a program that may do everything. */
export type BillingStage = Deployment & {
  readonly clock: { ms: number };
  readonly all: Client;
  /** Makes a main account with a program of its own. */
  main(name: string): Promise<{ readonly id: AccountId; readonly client: Client }>;
  make(parent: string, name: string): Promise<AccountId>;
  subscribe(client: Client, account: string, plan: string): Promise<void>;
  /** Records usage; once it is done, that is counted. */
  use(
    client: Client,
    account: string,
    quantity: string,
    more?: { at?: number; meter?: string; key?: string },
  ): Promise<void>;
  /** Everything that is recorded is counted. */
  counted(account: string): Promise<void>;
  closeDue(): Promise<void>;
  /** Drafts an invoice, as a server does that is killed before it issues it. */
  draft(account: AccountId, period: string): Promise<RowId>;
};

export async function openBilling(
  plans: PlansFile['plans'],
  more: Parameters<typeof deploy>[0] = {},
): Promise<BillingStage> {
  const clock = { ms: MID_OCTOBER, nowMs: (): number => clock.ms };
  const api = await deploy({ ...more, clock, config: { plans: { sender: null, plans }, ...more.config } });
  let key = 0;
  const stage: BillingStage = {
    ...api,
    clock,
    all: (await api.key(api.root)).client,
    main: async (name) => {
      const { account } = await api.owner.accounts.createMain.mutate({ name });
      return { id: account.id, client: (await api.key(account.id)).client };
    },
    make: async (parent, name) => (await api.owner.accounts.create.mutate({ account: parent, name })).account.id,
    subscribe: async (client, account, id) => {
      const { plans: offered } = await client.billing.plans.query({ account });
      const version = offered.find((one) => one.id === id)?.version ?? 0;
      await client.billing.subscribe.mutate({ account, plan: id, version });
    },
    use: async (client, account, quantity, { at = clock.ms - 60_000, meter = 'call.minutes', key: given } = {}) => {
      key += 1;
      const event = { meter, quantity, occurredAt: new Date(at).toISOString(), idempotencyKey: given ?? `k${key}` };
      if (quantity.startsWith('-')) await client.usage.adjust.mutate({ account, ...event, reason: 'a test' });
      else {
        const { results } = await client.usage.record.mutate({ account, events: [event] });
        if (results[0]?.status !== 'accepted') throw new Error(JSON.stringify(results));
      }
      await stage.counted(account);
    },
    counted: (account) => api.composed.hall.usageDoor.settle(account as AccountId),
    closeDue: () =>
      closeWhatIsDue(api.composed.hall, (error) => {
        throw error;
      }),
    draft: async (account, period) => {
      const { hall } = api.composed;
      const drafted = await draftInvoice(hall, { account, period: parseBillingPeriod(period)!, kind: 'period' });
      return drafted!.invoice;
    },
  };
  return stage;
}

/** Makes two invoices of a main account, of September and of October 2026. @returns their ids */
export async function invoicesOf(hall: Hall, account: AccountId): Promise<RowId[]> {
  const plan = { id: 'business', version: 1, from: '2026-09-01T00:00:00.000Z' as Instant };
  await hall.db.withTenant(account, (trx) => startSubscription(trx, account, plan));
  // It began long ago: a server has let limits follow it.
  await followPlansDue(hall, (error) => {
    throw error;
  });
  const drafts: RowId[] = [];
  for (const period of ['2026-09', '2026-10']) {
    const drafted = await draftInvoice(hall, { account, period: parseBillingPeriod(period)!, kind: 'period' });
    await hall.db.withTenant(account, (trx) => issueDrafts(trx, [drafted!.invoice], instantOf(hall.clock.nowMs())));
    drafts.push(drafted!.invoice);
  }
  return drafts;
}

/** Amounts of the lines of an invoice, by what they are: `A@P` of an account below another one. */
export async function amountsOf(client: Client, account: string, invoice: string): Promise<Record<string, number>> {
  const { lines } = await client.invoices.get.query({ account, invoice, limit: 500 });
  return Object.fromEntries(
    lines.map(({ type, account: of, amount, ofPeriod, n }) => {
      const name = of
        ? `${of.name}${type === 'usage' ? '' : ` ${type} ${ofPeriod}`}@${of.above.at(-1) ?? ''}`
        : `${type} ${n}`;
      return [name, Number(amount.minor)];
    }),
  );
}
