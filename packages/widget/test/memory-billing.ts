import type { AccountId, Decimal, Instant, PermissionKey, RowId, TransferStep, UserId } from '@tenantree/domain';
import type {
  BillingDetails,
  BillingSource,
  BillingState,
  CustomerMargins,
  PlanOffer,
  PlanOffers,
  Transfer,
  TransferList,
  TransferPreview,
  TransferView,
} from '../src/billing/billing-source.ts';
import { SourceRefusal } from '../src/index.ts';

const DAY_MS = 86_400_000;
const at = (ms: number): Instant => new Date(ms).toISOString() as Instant;
const eur = (minor: string) => ({ currency: 'EUR', exponent: 2, minor });
/** What minutes cost under a plan. */
const minutes = (quantity: string, included: string, price: string, minor: string): PlanOffer['used'][number] => ({
  meter: 'call.minutes',
  label: 'Call minutes',
  unit: 'minute',
  quantity: quantity as Decimal,
  included: included as Decimal,
  increments: null,
  model: 'flat',
  price: price as Decimal,
  size: null,
  tiers: [],
  amount: eur(minor),
});
const STEPS = ['owner', 'details', 'payment', 'plan'] as const;

/** Whose side looks. */
type Side = 'parent' | 'child' | 'nobody';

/** Billing of one account in memory: its transfer goes as the server lets it go, one microtask later. */
export class MemoryBilling implements BillingSource {
  readonly account: { readonly id: AccountId; readonly name: string };
  side: Side = 'parent';
  /** How much the clock of the server is ahead of this one, in milliseconds. */
  aheadMs = 0;
  current: Transfer | null = null;
  stage: TransferView['stage'] = 'parent_billed';
  payer: BillingState['payer'] = null;
  details: TransferView['details'] = null;
  refused: TransferPreview['refused'] = null;
  ifUnfinished: TransferView['ifUnfinished'] = 'stay';
  list: TransferList = { underWay: [], ended: [], nextCursor: null };
  offers: PlanOffers = {
    month: '2026-10',
    plans: [
      {
        id: 'start',
        version: 1,
        name: 'Start',
        monthlyFee: eur('4900'),
        used: [minutes('2654.2', '500', '0.079', '17018')],
        usage: eur('17018'),
        total: eur('21918'),
        refused: null,
      },
      {
        id: 'scale',
        version: 4,
        name: 'Scale',
        monthlyFee: eur('190000'),
        used: [minutes('2654.2', '100000', '0.039', '0')],
        usage: eur('0'),
        total: eur('190000'),
        refused: null,
      },
    ],
  };
  people: TransferPreview['agency']['people'] = [
    { name: 'Olivia Owner', email: 'olivia@example.com', role: 'owner' },
    { name: 'Adam Admin', email: 'adam@example.com', role: 'admin' },
  ];
  /** Every further call fails with this; null ends that. */
  refusal: SourceRefusal | null = null;
  /** What the account costs and brings; null: it isn’t known here. */
  costsIt: CustomerMargins | null = null;
  /** What came from above as copies. */
  products: TransferPreview['products'] = [];
  /** How accounts can pay. */
  ways: readonly string[] = ['invoice'];
  /** What was sent. */
  readonly sent: unknown[] = [];
  readonly #readers = new Set<{
    readonly tell: (view: TransferView) => void;
    readonly end: (why: SourceRefusal) => void;
  }>();

  constructor(account: { readonly id: AccountId; readonly name: string }) {
    this.account = account;
  }

  get nowMs(): number {
    return Date.now() + this.aheadMs;
  }

  /** A transfer is under way. */
  begin(change: Partial<Transfer> = {}): this {
    this.stage = 'in_progress';
    this.current = {
      id: 't-1' as RowId,
      state: 'in_progress',
      recipient: 'owner@north.example',
      mail: 'sent',
      agency: 'kept',
      completion: 'automatic',
      message: null,
      startedAt: at(this.nowMs - 24 * DAY_MS),
      expiresAt: at(this.nowMs + 6 * DAY_MS + 4 * 3_600_000 + 30_000),
      endedAt: null,
      reason: null,
      steps: { owner: null, details: null, payment: null, plan: null },
      products: [],
      missing: STEPS,
      ...change,
    };
    return this;
  }

  /** Something about the transfer is another, and whoever watches is told. */
  put(change: Partial<Transfer>): TransferView {
    if (!this.current) throw new Error('no transfer');
    const steps = { ...this.current.steps, ...change.steps };
    const missing = STEPS.filter(
      (step) => steps[step] === null || (step === 'payment' && steps.payment?.state !== 'set'),
    );
    this.current = { ...this.current, missing, ...change, steps };
    for (const { tell } of this.#readers) tell(this.view());
    return this.view();
  }

  /** It ends. */
  end(state: 'completed' | 'cancelled' | 'declined' | 'expired', reason: string | null = null): TransferView {
    this.stage = state === 'completed' ? 'independent' : 'parent_billed';
    return this.put({ state, reason, endedAt: at(this.nowMs) });
  }

  /** Nobody is told any more: it left, or was never there. */
  cut(why: SourceRefusal): void {
    for (const { end } of this.#readers) end(why);
  }

  view(): TransferView {
    const { current, side } = this;
    const runs = current?.state === 'in_progress';
    const may = {
      parent: runs
        ? (['cancel', 'extend', 'resend'] as const)
        : this.stage === 'parent_billed'
          ? (['start'] as const)
          : [],
      child: runs
        ? ([
            ...(current.steps.owner ? [] : ['confirmOwner' as const]),
            'setDetails',
            'setPayment',
            'choosePlan',
            ...(current.completion === 'confirmed' ? ['complete' as const] : []),
            'decline',
          ] as const)
        : [],
      nobody: [],
    }[side];
    return {
      account: this.account,
      stage: this.stage,
      badge: '',
      now: at(this.nowMs),
      transfer: current,
      ifUnfinished: this.ifUnfinished,
      ways: this.ways,
      details: side === 'child' ? this.details : null,
      may,
    };
  }

  get = (): Promise<BillingState> =>
    this.#answer(() => ({
      billingMode: this.stage === 'independent' ? 'direct' : 'parent',
      payer: this.payer,
      explains: [],
      plan: null,
      next: null,
      details: null,
      soFar: null,
      balance: [],
      payment: null,
    }));

  costs: BillingSource['costs'] = () =>
    this.costsIt ? Promise.resolve(this.costsIt) : Promise.reject(new Error('not theirs to know'));

  openStatement: BillingSource['openStatement'] = (seller, statement) => void this.sent.push({ seller, statement });
  openDeparture: BillingSource['openDeparture'] = (from, departure) => void this.sent.push({ from, departure });

  transfer = (): Promise<TransferView> => this.#answer(() => this.view());

  follow: BillingSource['follow'] = (_account, { onFrame, onRefused }) => {
    const reader = { tell: onFrame, end: onRefused };
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  };

  below = (): Promise<TransferList> => this.#answer(() => this.list);

  usage: BillingSource['usage'] = () =>
    this.#answer(() => ({
      period: {
        key: '2026-11',
        start: '2026-11-01T00:00:00.000Z' as Instant,
        end: '2026-12-01T00:00:00.000Z' as Instant,
      },
      own: '1180.1' as Decimal,
      total: '2870.4' as Decimal,
      events: { own: 1, total: 2 },
      forecast: { own: '1300' as Decimal, total: '3190' as Decimal },
    }));

  preview = (): Promise<TransferPreview> =>
    this.#answer(() => ({
      account: this.account,
      refused: this.refused,
      ifUnfinished: this.ifUnfinished,
      nested: {
        accounts: 6,
        sample: ['Frankfurt', 'Kassel', 'Gießen', 'Fulda', 'Hanau'].map((name) => ({ id: name as AccountId, name })),
      },
      members: 3,
      agents: 1,
      agency: { from: { id: 'world' as AccountId, name: 'World' }, people: this.people },
      caps: [{ key: 'telephony.numbers' as PermissionKey, level: 'none' }],
      limits: [{ kind: 'minutes', label: 'Call minutes', max: 1000 }],
      leavers: [
        { kind: 'member', account: this.account, name: 'Olivia Owner' },
        { kind: 'key', account: this.account, name: 'Sync' },
      ],
      book: 'Regions 2026',
      origins: [],
      newlySeen: [],
      products: this.products,
      ...this.offers,
    }));

  start: BillingSource['start'] = (_account, order) =>
    this.#answer(() => {
      this.sent.push(order);
      if (order.name !== this.account.name)
        throw new SourceRefusal({ code: 'NAME_MISMATCH', message: 'That is not its name.', field: 'name' });
      this.begin({ recipient: order.recipient, expiresAt: at(this.nowMs + (order.graceDays ?? 30) * DAY_MS) });
      return this.put({});
    });

  cancel = (_account: AccountId, reason: string): Promise<TransferView> =>
    this.#answer(() => this.end('cancelled', reason || null));

  decline = (_account: AccountId, reason: string): Promise<TransferView> =>
    this.#answer(() => this.end('declined', reason || null));

  extend = (_account: AccountId, days: number): Promise<TransferView> =>
    this.#answer(() => {
      if (days < 1 || days > 90)
        throw new SourceRefusal({
          code: 'GRACE_OUT_OF_RANGE',
          message: 'A grace period has 1 to 90 days.',
          field: 'days',
        });
      return this.put({ expiresAt: at(Date.parse(this.current?.expiresAt ?? '') + days * DAY_MS) });
    });

  resend = (_account: AccountId, recipient: string | null): Promise<TransferView> =>
    this.#answer(() => {
      this.sent.push({ recipient });
      return this.put({
        mail: 'sent',
        ...(recipient !== null && { recipient, steps: { ...this.#steps, owner: null } }),
      });
    });

  plans = (): Promise<PlanOffers> => this.#answer(() => this.offers);

  confirmOwner = (): Promise<TransferView> => this.#step('owner', { owner: { userId: 'u-1' as UserId, name: 'Ulla' } });

  setDetails = (_account: AccountId, details: BillingDetails): Promise<TransferView> => {
    this.details = { ...details, address: details.address };
    return this.#step('details', { details: { country: details.country } });
  };

  setPayment = (_account: AccountId, provider: string): Promise<TransferView> =>
    this.#step('payment', { payment: { provider, state: 'set', card: null } });

  choosePlan: BillingSource['choosePlan'] = (_account, { id, version }) =>
    this.#step('plan', { plan: { id, version, name: this.offers.plans.find((one) => one.id === id)?.name ?? id } });

  complete = (): Promise<void> => this.#answer(() => void this.end('completed'));

  get #steps(): Transfer['steps'] {
    return this.current?.steps ?? { owner: null, details: null, payment: null, plan: null };
  }

  #step(_step: TransferStep, change: Partial<Transfer['steps']>): Promise<TransferView> {
    return this.#answer(() => {
      const view = this.put({ steps: { ...this.#steps, ...change } });
      const isLast = this.current?.missing.length === 0 && this.current.completion === 'automatic';
      return isLast ? this.end('completed') : view;
    });
  }

  async #answer<T>(answer: () => T): Promise<T> {
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    return answer();
  }
}
