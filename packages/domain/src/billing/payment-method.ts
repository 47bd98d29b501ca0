import { type Instant, instantOf } from '../time.ts';

/** A card as far as it is shown. Its number stays with its provider. */
export type Card = {
  readonly brand: string;
  /** The last four digits of its number. */
  readonly last4: string;
  /** 1 to 12. */
  readonly expMonth: number;
  readonly expYear: number;
};

/** Whether a card is taken no more: it is until the end (UTC) of the month that is printed on it. */
export const isExpired = ({ expMonth, expYear }: Card, now: Instant): boolean =>
  now >= instantOf(Date.UTC(expYear, expMonth, 1));

/** How far a method is at its provider. `lost`: it was set, and is gone there or expired. */
export const PAYMENT_STATES = ['pending', 'failed', 'set', 'lost'] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

/** A method through a provider. */
export type PayerMethod = {
  /** Its kept name: the provider, then what the provider calls it. */
  readonly method: string;
  readonly state: PaymentState;
  /** Null: not known yet, or it is no card. */
  readonly card: Card | null;
  /** What the provider calls who pays; null: it knows them not yet. */
  readonly customer: string | null;
};

/** How a payer pays (rules/money 25). */
export type PayerMethods = {
  /** `set` or `lost`; null: by invoice and bank transfer. */
  readonly inUse: PayerMethod | null;
  /** `pending` or `failed`: what is to take its place. */
  readonly next: PayerMethod | null;
};

/** What can happen to how a payer pays. */
export type PayerMethodEvent =
  /** Another one is wanted; `method` is a name of ours until its provider has one. */
  | { readonly event: 'chosen'; readonly method: string }
  | ({ readonly event: 'begun'; readonly reference: string } & PayerMethod)
  | ({ readonly event: 'reported' } & Omit<PayerMethod, 'customer'>)
  /** From now on by invoice. */
  | { readonly event: 'removed' };

/** What came of it: how it is now, and what its provider is to take away. */
export type PayerMethodChange = {
  readonly methods: PayerMethods;
  /** Kept names. */
  readonly detach: readonly string[];
  /** What is to be told; null: nothing. */
  readonly happened: 'set' | 'failed' | 'lost' | 'removed' | null;
};

/**
 * What an event does to how a payer pays. One that is being set up replaces the one in use when its provider has it, and not before; one that
 * nobody waits for is taken away.
 */
export function decidePayerMethod(methods: PayerMethods, event: PayerMethodEvent): PayerMethodChange {
  const { inUse, next } = methods;
  const nameOf = (one: PayerMethod | null): string[] => (one ? [one.method] : []);
  switch (event.event) {
    case 'chosen': {
      const customer = next?.customer ?? inUse?.customer ?? null;
      const chosen: PayerMethod = { method: event.method, state: 'pending', card: null, customer };
      return { methods: { inUse, next: chosen }, detach: nameOf(next), happened: null };
    }
    case 'begun': {
      const { reference, method, state, card, customer } = event;
      // Begun before, under the name that it has there.
      if (next?.method === method) return reported(methods, { method, state, card });
      if (next?.method !== reference) return { methods, detach: [method], happened: null };
      const begun: PayerMethod = { method, state: 'pending', card: null, customer };
      return reported({ inUse, next: begun }, { method, state, card });
    }
    case 'reported':
      return reported(methods, event);
    case 'removed':
      return {
        methods: { inUse: null, next: null },
        detach: [...nameOf(inUse), ...nameOf(next)],
        happened: inUse || next ? 'removed' : null,
      };
  }
}

const isSame = (a: Card | null, b: Card | null): boolean =>
  a?.brand === b?.brand && a?.last4 === b?.last4 && a?.expMonth === b?.expMonth && a?.expYear === b?.expYear;

function reported(methods: PayerMethods, { method, state, card }: Omit<PayerMethod, 'customer'>): PayerMethodChange {
  const { inUse, next } = methods;
  const nothing: PayerMethodChange = { methods, detach: [], happened: null };
  if (next?.method === method) {
    if (state === 'set') {
      const detach = inUse ? [inUse.method] : [];
      return { methods: { inUse: { ...next, state, card }, next: null }, detach, happened: 'set' };
    }
    if (state === 'pending' || next.state === 'failed') return nothing;
    return { methods: { inUse, next: { ...next, state: 'failed' } }, detach: [], happened: 'failed' };
  }
  if (inUse?.method === method) {
    if (state !== 'set' && state !== 'lost') return nothing;
    const present = { ...inUse, state, card: card ?? inUse.card };
    if (state === inUse.state)
      return isSame(present.card, inUse.card) ? nothing : { ...nothing, methods: { inUse: present, next } };
    return { methods: { inUse: present, next }, detach: [], happened: state };
  }
  return { methods, detach: state === 'set' ? [method] : [], happened: null };
}
