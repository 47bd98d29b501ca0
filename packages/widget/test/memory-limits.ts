import { type AccountId, type Decimal, type Instant, LIMIT_KINDS, type LimitKindKey } from '@tenantree/domain';
import { SourceRefusal } from '../src/index.ts';
import type {
  ForeseenLimits,
  Limit,
  LimitChange,
  LimitDefault,
  Limits,
  LimitsSource,
  LimitsState,
  SavedLimits,
  WhatIf,
} from '../src/limits/limits-source.ts';

/** One that doesn’t end on the day of the test: of that the time would be told. */
const PERIOD = { start: '2020-11-01T00:00:00.000Z' as Instant, end: '2020-12-01T00:00:00.000Z' as Instant };
const ZERO = '0' as Decimal;

const noneOf = ({ key, label }: (typeof LIMIT_KINDS)[number]): Limit => ({
  kind: key,
  label,
  max: null,
  reserve: 0,
  atLimit: 'block',
  thresholds: [],
  version: 0,
  own: ZERO,
  used: ZERO,
  held: ZERO,
  promised: ZERO,
  free: null,
  decides: null,
  bounds: [],
  forecast: null,
  reached: false,
});

/** Limits of one account in memory, set like the server does, one microtask later. */
export class MemoryLimits implements LimitsSource {
  limits: readonly Limit[] = LIMIT_KINDS.map(noneOf);
  defaults: readonly LimitDefault[] = [];
  /** Whether who looks may set them. */
  manages = true;
  /** How much could be promised at the most. */
  promisable = 1_000;
  outcome: WhatIf = { period: PERIOD, events: 0, complete: true, used: ZERO, stops: 0, stopped: [] };
  /** Every further call fails with this; null ends that. */
  refusal: SourceRefusal | null = null;
  readonly #readers = new Set<(state: LimitsState) => void>();

  /** A limit stands at something, and whoever watches is told. */
  put(kind: LimitKindKey, change: Partial<Limit>): void {
    this.limits = this.limits.map((one) => (one.kind === kind ? { ...one, ...change } : one));
    for (const tell of this.#readers) tell(this.#state());
  }

  get = (): Promise<Limits> => this.#answer(() => ({ ...this.#state(), defaults: this.defaults }));

  follow: LimitsSource['follow'] = (_account, { onFrame }) => {
    this.#readers.add(onFrame);
    return () => this.#readers.delete(onFrame);
  };

  managesBelow = (): Promise<boolean> => this.#answer(() => this.manages);

  preview = (
    _above: AccountId,
    _account: AccountId,
    changes: readonly LimitChange[],
  ): Promise<ForeseenLimits['limits']> =>
    this.#answer(() =>
      changes.map((change) => {
        const before = this.#of(change.kind);
        const fault = this.#fault(change);
        if (fault)
          return {
            kind: change.kind,
            code: fault.code as 'LIMIT_INVALID',
            message: fault.message,
            field: fault.field ?? '',
            retryable: false,
          };
        const after = { ...before, ...defined(change) };
        const stops = after.max !== null && after.atLimit === 'block' && Number(before.used) >= after.max;
        return {
          kind: change.kind,
          before: terms(before),
          after: terms(after),
          version: before.version,
          used: before.used,
          stops,
        };
      }),
    );

  set = (_account: AccountId, changes: readonly LimitChange[]): Promise<SavedLimits> =>
    this.#answer(() => {
      const undo = changes.map(({ kind }) => ({ kind, ...terms(this.#of(kind)), version: this.#of(kind).version + 1 }));
      for (const change of changes) {
        const before = this.#of(change.kind);
        if (change.version !== undefined && change.version !== before.version)
          throw new SourceRefusal({
            code: 'VERSION_CONFLICT',
            message: 'This limit was changed meanwhile.',
            field: 'version',
          });
        const fault = this.#fault(change);
        if (fault) throw fault;
        const { reserve = before.reserve, nextReserve = change.reserve ?? before.nextReserve } = change;
        const next = nextReserve === reserve ? undefined : nextReserve;
        this.put(change.kind, { ...defined(change), nextReserve: next, version: before.version + 1 });
      }
      return { ...this.#state(), undo };
    });

  setDefaults: LimitsSource['setDefaults'] = (_account, changes) =>
    this.#answer(() => {
      const others = this.defaults.filter(({ kind }) => !changes.some((change) => change.kind === kind));
      const now = changes.flatMap(({ kind, max, atLimit = 'block' }) =>
        max === null ? [] : [{ kind, max, atLimit, thresholds: [80, 95, 100] }],
      );
      this.defaults = [...others, ...now];
      return this.defaults;
    });

  whatIf = (): Promise<WhatIf> => this.#answer(() => this.outcome);

  #state(): LimitsState {
    return { period: PERIOD, limits: [...this.limits] };
  }

  #of(kind: LimitKindKey): Limit {
    const found = this.limits.find((one) => one.kind === kind);
    if (!found) throw new Error(`no ${kind}`);
    return found;
  }

  #fault({ reserve = 0 }: LimitChange): SourceRefusal | null {
    if (reserve <= this.promisable) return null;
    const message = `So much can’t be promised: ${this.promisable} at the most can, as things stand now.`;
    return new SourceRefusal({ code: 'RESERVE_UNAVAILABLE', message, field: 'reserve' });
  }

  async #answer<T>(answer: () => T): Promise<T> {
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    return answer();
  }
}

const defined = (change: LimitChange): Partial<Limit> =>
  Object.fromEntries(Object.entries(change).filter(([name, value]) => name !== 'version' && value !== undefined));

const terms = ({ max, reserve, nextReserve, atLimit, thresholds }: Limit) => ({
  max,
  reserve,
  ...(nextReserve !== undefined && { nextReserve }),
  atLimit,
  thresholds,
});
