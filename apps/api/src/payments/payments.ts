import { type AccountId, type Card, type Instant, isExpired, type PaymentState, type RowId } from '@tenantree/domain';

/** What is to be set up. */
export type PaymentSetup = {
  /** The same for every attempt at the same thing: whatever was begun under it is found again, and made once. */
  readonly reference: string;
  readonly account: AccountId;
  /** The billing transfer that it is for; null: the account pays for itself already. */
  readonly transfer: RowId | null;
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
  /** Null: not known yet, or it is no card. */
  readonly card: Card | null;
  /** What the provider's own form needs to go on; null: nothing. */
  readonly form: { readonly publishableKey: string; readonly clientSecret: string } | null;
};

/** What is loaded from elsewhere into a page that shows a provider's own form, as origins of a content policy. */
export type PageSources = {
  readonly scripts: readonly string[];
  readonly frames: readonly string[];
  readonly connections: readonly string[];
};
const NO_SOURCES: PageSources = { scripts: [], frames: [], connections: [] };

/** Somebody through whom accounts pay. */
export type PaymentProvider = {
  readonly key: string;
  /** What its form needs in a page. */
  readonly sources: PageSources;
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

/** What a provider that is away can't say now, its report will: there is nothing to be told of. */
export async function unlessAway(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ProviderAway)) throw error;
  }
}

/** All ways to pay that a deployment offers. */
export type Payments = {
  readonly keys: readonly string[];
  readonly find: (key: string) => PaymentProvider | null;
  /** What all of their forms need in a page. */
  readonly sources: PageSources;
};

/** By invoice and bank transfer, which every deployment offers: nothing has to be set up anywhere. */
export const INVOICE: PaymentProvider = {
  key: 'invoice',
  sources: NO_SOURCES,
  begin: ({ customer }) => Promise.resolve({ method: 'invoice', state: 'set', customer, card: null, form: null }),
  resume: () => Promise.resolve({ method: 'invoice', state: 'set', customer: null, card: null, form: null }),
  detach: () => Promise.resolve(),
};

/** The ways to pay of a deployment: by invoice, and by those that it is set up for. */
export function createPayments(others: readonly PaymentProvider[]): Payments {
  const all = [INVOICE, ...others];
  const needed = (kind: keyof PageSources): string[] => all.flatMap(({ sources }) => sources[kind]);
  return {
    sources: { scripts: needed('scripts'), frames: needed('frames'), connections: needed('connections') },
    keys: all.map(({ key }) => key),
    find: (key) => all.find((provider) => provider.key === key) ?? null,
  };
}

/** What is begun under a name of ours, until the provider has one of its own for it. */
export const REFERENCE = 'ref_';

/** Names of methods as they are kept: the provider, then what it calls it. */
export const keptMethod = (provider: PaymentProvider, method: string): string =>
  provider.key === method ? method : `${provider.key}:${method}`;

/** The provider of a kept method, and what it calls it. */
export function methodOf(kept: string): { readonly provider: string; readonly method: string } {
  const [provider = '', ...method] = kept.split(':');
  return { provider, method: method.length === 0 ? provider : method.join(':') };
}

/** How a method is now: a card that expired is taken no more, whatever its provider says. */
export const stateNow = ({ state, card }: Pick<PaymentBegun, 'state' | 'card'>, now: Instant): PaymentState =>
  state === 'set' && card && isExpired(card, now) ? 'lost' : state;

/** A method as people are told of it. */
export function methodWords({ method, card }: { readonly method: string; readonly card: Card | null }): string {
  if (card) return `${card.brand} ${card.last4}`;
  const { provider } = methodOf(method);
  return provider;
}
