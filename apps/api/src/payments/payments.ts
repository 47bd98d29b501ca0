import type { AccountId, RowId } from '@tenantree/domain';

/** How far a payment method is at its provider. */
export type PaymentState = 'pending' | 'failed' | 'set';

/** What is to be set up. */
export type PaymentSetup = {
  /** The same for every attempt at the same thing: whatever was begun under it is found again, and made once. */
  readonly reference: string;
  readonly account: AccountId;
  readonly transfer: RowId;
  readonly accountName: string;
  /** Whom the provider writes to. */
  readonly email: string;
  /** What the provider calls who pays; null: it knows them not yet. */
  readonly customer: string | null;
};

/** What was begun. */
export type PaymentBegun = {
  /** What the provider calls it. */
  readonly method: string;
  readonly state: PaymentState;
  readonly customer: string | null;
  /** What the provider's own form needs to go on; null: nothing. */
  readonly form: { readonly publishableKey: string; readonly clientSecret: string } | null;
};

/** Somebody through whom accounts pay. */
export type PaymentProvider = {
  readonly key: string;
  /** Begins to set a method up, or goes on with what was begun. @throws ProviderAway */
  begin(setup: PaymentSetup): Promise<PaymentBegun>;
  /** Goes on with a method that was begun. @throws ProviderAway */
  resume(method: string): Promise<PaymentBegun>;
  /** Takes a method away; one that is gone is gone. @throws ProviderAway */
  detach(method: string): Promise<void>;
};

/** A provider that can't be reached, or answers nothing of use: it is asked again later. */
export class ProviderAway extends Error {
  override readonly name = 'ProviderAway';
}

/** All ways to pay that a deployment offers. */
export type Payments = {
  readonly keys: readonly string[];
  readonly find: (key: string) => PaymentProvider | null;
};

/** By invoice and bank transfer, which every deployment offers: nothing has to be set up anywhere. */
export const INVOICE: PaymentProvider = {
  key: 'invoice',
  begin: ({ customer }) => Promise.resolve({ method: 'invoice', state: 'set', customer, form: null }),
  resume: () => Promise.resolve({ method: 'invoice', state: 'set', customer: null, form: null }),
  detach: () => Promise.resolve(),
};

/** The ways to pay of a deployment: by invoice, and by those that it is set up for. */
export function createPayments(others: readonly PaymentProvider[]): Payments {
  const all = [INVOICE, ...others];
  return {
    keys: all.map(({ key }) => key),
    find: (key) => all.find((provider) => provider.key === key) ?? null,
  };
}

/** Names of methods as they are kept: the provider, then what it calls it. */
export const keptMethod = (provider: PaymentProvider, method: string): string =>
  provider.key === method ? method : `${provider.key}:${method}`;

/** The provider of a kept method, and what it calls it. */
export function methodOf(kept: string): { readonly provider: string; readonly method: string } {
  const [provider = '', ...method] = kept.split(':');
  return { provider, method: method.length === 0 ? provider : method.join(':') };
}
