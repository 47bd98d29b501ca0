import { refusalOf, type Tenantree } from '@tenantree/client';
import type {
  AnswerOf,
  BillingState,
  CONTRACT,
  CustomerMargins,
  SentTo,
  TransferList,
  TransferPreview,
  TransferView,
  UsageOfPeriod,
} from '@tenantree/contract';
import type { AccountId, RowId } from '@tenantree/domain';
import { type LiveReader, SourceRefusal } from '../data/account-source.ts';
import { call } from '../data/call.ts';

export type { BillingState, CustomerMargins, TransferList, TransferPreview, TransferView } from '@tenantree/contract';

type Procedures = (typeof CONTRACT)['transfers'];

/** The transfer itself: the one under way, or the newest that ended. */
export type Transfer = NonNullable<TransferView['transfer']>;
/** What a transfer is started with. */
export type TransferOrder = Omit<SentTo<Procedures['start']>, 'account'>;
/** Whom invoices will be addressed to. */
export type BillingDetails = Omit<SentTo<Procedures['setDetails']>, 'account'>;
/** The plans that can be chosen, with what last month would have cost. */
export type PlanOffers = AnswerOf<Procedures['plans']>;
export type PlanOffer = PlanOffers['plans'][number];

/** Where the screens of billing get what they show and send changes to. Every promise rejects with a `SourceRefusal`. */
export type BillingSource = {
  readonly get: (account: AccountId, signal?: AbortSignal) => Promise<BillingState>;
  readonly transfer: (account: AccountId, signal?: AbortSignal) => Promise<TransferView>;
  /** Where the account stands, then as it changes. Returns how to stop. */
  readonly follow: (account: AccountId, reader: LiveReader<TransferView>) => () => void;
  /** Transfers below an account. */
  readonly below: (account: AccountId, signal?: AbortSignal) => Promise<TransferList>;
  /** What the account costs, brings and leaves, for who looks from above. */
  readonly costs: (account: AccountId, signal?: AbortSignal) => Promise<CustomerMargins>;
  /** Opens a frozen statement; null: there is no page for it. */
  readonly openStatement: ((seller: AccountId, statement: RowId) => void) | null;
  /** Opens what is kept of an account that left another one; null: there is no page for it. */
  readonly openDeparture: ((from: AccountId, departure: RowId) => void) | null;
  /** Minutes of this period. */
  readonly usage: (account: AccountId, signal?: AbortSignal) => Promise<UsageOfPeriod>;
  readonly preview: (account: AccountId, signal?: AbortSignal) => Promise<TransferPreview>;
  readonly start: (account: AccountId, order: TransferOrder) => Promise<TransferView>;
  readonly cancel: (account: AccountId, reason: string) => Promise<TransferView>;
  readonly extend: (account: AccountId, days: number) => Promise<TransferView>;
  /** @param recipient null: the same as before */
  readonly resend: (account: AccountId, recipient: string | null) => Promise<TransferView>;
  readonly plans: (account: AccountId, signal?: AbortSignal) => Promise<PlanOffers>;
  readonly confirmOwner: (account: AccountId) => Promise<TransferView>;
  readonly setDetails: (account: AccountId, details: BillingDetails) => Promise<TransferView>;
  readonly setPayment: (account: AccountId, provider: string) => Promise<TransferView>;
  readonly choosePlan: (
    account: AccountId,
    plan: { readonly id: string; readonly version: number },
  ) => Promise<TransferView>;
  readonly complete: (account: AccountId) => Promise<void>;
  readonly decline: (account: AccountId, reason: string) => Promise<TransferView>;
};

const because = (reason: string) => (reason.trim() === '' ? {} : { reason: reason.trim() });

/** Billing from a Tenantree server. */
export function billingFrom({ trpc: { billing, margins, transfers, usage } }: Pick<Tenantree, 'trpc'>): BillingSource {
  return {
    get: (account, signal) => call(billing.get.query, { account }, signal),
    transfer: (account, signal) => call(transfers.get.query, { account }, signal),
    follow: (account, { onFrame, onRefused }) => {
      const subscription = transfers.live.subscribe(
        { account },
        { onData: ({ data }) => onFrame(data), onError: (error) => onRefused(new SourceRefusal(refusalOf(error))) },
      );
      return () => subscription.unsubscribe();
    },
    below: (account, signal) => call(transfers.list.query, { account }, signal),
    costs: (account, signal) => call(margins.ofCustomer.query, { account }, signal),
    openStatement: null,
    openDeparture: null,
    usage: (account, signal) => call(usage.totals.query, { account }, signal),
    preview: (account, signal) => call(transfers.preview.query, { account }, signal),
    start: (account, order) => call(transfers.start.mutate, { account, ...order }),
    cancel: (account, reason) => call(transfers.cancel.mutate, { account, ...because(reason) }),
    extend: (account, days) => call(transfers.extend.mutate, { account, days }),
    resend: (account, recipient) =>
      call(transfers.resend.mutate, { account, ...(recipient !== null && { recipient }) }),
    plans: (account, signal) => call(transfers.plans.query, { account }, signal),
    confirmOwner: (account) => call(transfers.confirmOwner.mutate, { account }),
    setDetails: (account, details) => call(transfers.setDetails.mutate, { account, ...details }),
    setPayment: async (account, provider) => (await call(transfers.setPayment.mutate, { account, provider })).state,
    choosePlan: (account, { id, version }) => call(transfers.choosePlan.mutate, { account, plan: id, version }),
    complete: async (account) => {
      await call(transfers.complete.mutate, { account });
    },
    decline: (account, reason) => call(transfers.decline.mutate, { account, ...because(reason) }),
  };
}
