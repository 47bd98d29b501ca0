import type { ShownStatement } from '@tenantree/contract';
import {
  findFirstUnstated,
  findStatementOf,
  findStatementsDue,
  freezeStatement,
  type LinesOf,
  type NewLine,
  noteNoneLate,
  noteStated,
  readAccountState,
  readAssignmentsOf,
  readCustomerName,
  readStatementsOf,
  readTreeOf,
  type StatementDue,
  type StatementKind,
  type TenantTransaction,
  takeTurnInBilling,
  writeLines,
  writeStatement,
  writeUsageLines,
} from '@tenantree/db';
import {
  type AccountId,
  amountText,
  type BillingPeriod,
  billingPeriodOf,
  type Currency,
  DAY_MS,
  formatDecimal,
  instantOf,
  msOf,
  type Refusal,
  type RowId,
  totalOf,
} from '@tenantree/domain';
import type { Access } from '../../guard/admit.ts';
import { type Change, SYSTEM } from '../../hall/change.ts';
import { type Caller, type Hall, nowOf } from '../../hall/hall.ts';
import { granted, Refused, refuseWith } from '../../hall/refused.ts';
import {
  feeOf,
  type OfCustomer,
  type PlannedPart,
  planParts,
  type Rating,
  rateMeter,
  ratingsOf,
  readLate,
  statedPart,
  sumOf,
} from './rate-period.ts';
import { shownStatement } from './read-statements.ts';
import { type StatedPart, storedStatementTerms } from './statement-terms.ts';

/** So often usage may change between rating it and writing its lines. */
const ATTEMPTS = 10;

/**
 * Drafts the statement of a period of a customer, or finds the one that there is: what was counted by then, without a lock on the tree. What is
 * counted later is a difference, which the next statement has. A transaction of its own: whoever freezes what it left goes on from there.
 *
 * @returns null when there is nothing to be stated
 * @throws Refused where nobody can say what it comes to
 */
export async function draftStatement(
  hall: Hall,
  { kind, ...of }: OfCustomer & { readonly kind: StatementKind },
): Promise<RowId | null> {
  const { seller, customer, period } = of;
  await hall.usageDoor.settle(seller);
  return hall.db.apart(() =>
    hall.db.withTenant(seller, async (trx) => {
      await takeTurnInBilling(trx);
      const found = await findStatementOf(trx, seller, { customer, kind, period: period.start });
      if (found) return found.id;
      const drafted = await new StatementWriter(hall, trx, of, kind).write();
      if (kind === 'period') await noteStated(trx, seller, customer, period.end);
      else await noteNoneLate(trx, seller, customer, period.end);
      return drafted;
    }),
  );
}

/** Writes one statement: line after line, then itself. */
class StatementWriter {
  readonly #hall: Hall;
  readonly #trx: TenantTransaction;
  readonly #of: OfCustomer;
  readonly #kind: StatementKind;
  readonly #id: RowId;
  readonly #lines: LinesOf;
  /** Lines written so far. */
  #n = 0;

  constructor(hall: Hall, trx: TenantTransaction, of: OfCustomer, kind: StatementKind) {
    this.#hall = hall;
    this.#trx = trx;
    this.#of = of;
    this.#kind = kind;
    this.#id = hall.newId();
    this.#lines = { table: 'statement_lines', account: of.seller, document: this.#id };
  }

  async write(): Promise<RowId | null> {
    const { seller, customer, period } = this.#of;
    const lateDays = this.#hall.settings.usageMaxAgeDays;
    if (this.#kind === 'supplement') {
      const { currency, lines } = await readLate(this.#trx, this.#of, { before: period.end, currency: null, lateDays });
      if (currency === null) return null;
      await this.#addLate(lines);
      return this.#finish(currency, [], totalOf(lines));
    }
    const held = await readAssignmentsOf(this.#trx, seller, [customer]);
    const planned = granted(await planParts(this.#trx, seller, period, held));
    const [first] = planned;
    if (!first) return null;
    const { currency } = first.terms;
    const parts: StatedPart[] = [];
    for (const part of planned) parts.push(await this.#writePart(part));
    const late = await readLate(this.#trx, this.#of, { before: period.start, currency: currency.code, lateDays });
    await this.#addLate(late.lines);
    return this.#finish(currency, parts, totalOf(late.lines));
  }

  async #add(lines: readonly NewLine[]): Promise<void> {
    await writeLines(this.#trx, this.#lines, this.#n, lines);
    this.#n += lines.length;
  }

  async #writePart(part: PlannedPart): Promise<StatedPart> {
    const { period } = this.#of;
    const { from, to } = part;
    await this.#add([{ type: 'fee', ofPeriod: period.start, from, to, amount: feeOf(period, part) }]);
    const used: StatedPart['used'] = [];
    for (const rating of ratingsOf(this.#of, part)) used.push(await this.#writeMeter(part.terms.currency, rating));
    return statedPart(period, part, used);
  }

  async #writeMeter(currency: Currency, rating: Rating): Promise<StatedPart['used'][number]> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const rated = await rateMeter(this.#trx, currency, rating);
      const billed = { quantity: rated.quantity, amount: rated.amount };
      const written = await writeUsageLines(this.#trx, this.#lines, rating.used, billed, rating.valid, this.#n);
      if (written === null) continue;
      this.#n += written;
      return rated;
    }
    throw new Error(`usage of ${this.#of.customer} changed ${ATTEMPTS} times while it was stated`);
  }

  async #addLate(lines: Awaited<ReturnType<typeof readLate>>['lines']): Promise<void> {
    await this.#add(
      lines.map(({ account, meter, ofPeriod, valid, quantity, amount }) => ({
        type: 'late',
        account,
        meter,
        ofPeriod,
        ...valid,
        quantity: formatDecimal(quantity),
        amount,
      })),
    );
  }

  async #finish(currency: Currency, parts: StatedPart[], late: bigint): Promise<RowId> {
    const { seller, customer, period } = this.#of;
    const state = await readAccountState(this.#trx, seller);
    await writeStatement(this.#trx, seller, {
      id: this.#id,
      customer,
      customerName: await readCustomerName(this.#trx, customer),
      kind: this.#kind,
      period: period.start,
      currency,
      total: sumOf(parts) + late,
      lines: this.#n,
      terms: storedStatementTerms({ seller: state?.name ?? '', parts, late }),
      draftedAt: nowOf(this.#hall),
    });
    return this.#id;
  }
}

/** Freezes a draft, inside a change of its seller; one that is frozen already is left as it is. */
async function freeze({ trx, now, happened }: Change, seller: AccountId, id: RowId): Promise<void> {
  const frozen = await freezeStatement(trx, seller, id, now);
  if (frozen?.frozen == null) return;
  const { number } = frozen.frozen;
  const name = frozen.customerName ?? frozen.customer;
  const total = `${frozen.currency.code} ${amountText({ currency: frozen.currency, minor: frozen.total })}`;
  const details = { customer: name, number, period: billingPeriodOf(frozen.period).key, total };
  happened('statement.frozen', seller, details, { id, name: number });
}

/**
 * Freezes the statement of a customer by hand, as soon as its period has ended; one that is frozen already is answered as it is.
 *
 * @throws Refused PERIOD_OPEN, ASSIGNMENT_INVALID, MARKUP_IMPOSSIBLE
 */
export async function freezeByHand(
  hall: Hall,
  caller: Caller,
  access: Access,
  { customer, period }: Pick<OfCustomer, 'customer' | 'period'>,
): Promise<ShownStatement> {
  const seller = access.id;
  const of = { customer, period: period.start, kind: 'period' } as const;
  await hall.db.withTenant(
    seller,
    async (trx) => {
      if (await findStatementOf(trx, seller, of)) return;
      if (hall.clock.nowMs() < msOf(period.end))
        refuseWith('PERIOD_OPEN', `${period.key} goes on until ${period.end}.`, 'period');
      const first = await findFirstUnstated(trx, seller, customer);
      if (first !== null && first < period.start)
        refuseWith('PERIOD_OPEN', `${billingPeriodOf(first).key} is to be frozen before it.`, 'period');
    },
    { snapshot: true },
  );
  const id =
    (await draftStatement(hall, { seller, customer, period, kind: 'period' })) ??
    refuseWith('ASSIGNMENT_INVALID', `This customer had no price book in ${period.key}.`, 'period');
  return hall.change(caller, { root: access.root, acting: seller }, async (change) => {
    await freeze(change, seller, id);
    const statement = await findStatementOf(change.trx, seller, of);
    return shownStatement(
      access,
      statement?.frozen ? statement : refuseWith('NOT_FOUND', 'There is no such statement.'),
    );
  });
}

/** Customers that one round looks at, and for how long it goes on: others wait for their minute. */
const CUSTOMERS_AT_ONCE = 200;
const ROUND_MS = 45_000;

/**
 * Freezes what is due, of whichever sellers (rules/money 19): drafts each statement by itself, then numbers those of a seller together. One that
 * nobody can work out waits, and holds up no other; what fails is tried again a minute later.
 */
export async function freezeWhatIsDue(hall: Hall, onError: (error: unknown, where: object) => void): Promise<void> {
  const nowMs = hall.clock.nowMs();
  const { closingGraceMs, usageMaxAgeDays } = hall.settings;
  const until = {
    closed: lastEndedAt(nowMs - closingGraceMs),
    late: lastEndedAt(nowMs - closingGraceMs - usageMaxAgeDays * DAY_MS),
  };
  const failed = new Set<string>();
  const endsMs = performance.now() + ROUND_MS;
  while (performance.now() < endsMs) {
    const found = await findStatementsDue(hall.db, until, CUSTOMERS_AT_ONCE + failed.size);
    const due = found.filter((one) => !failed.has(keyOf(one)));
    for (const [seller, some] of bySeller(due)) await freezeOf(hall, seller, some, failed, onError);
    if (due.length === 0) return;
  }
}

const keyOf = ({ account, customer }: StatementDue): string => `${account} ${customer}`;

function bySeller(due: readonly StatementDue[]): ReadonlyMap<AccountId, readonly StatementDue[]> {
  const all = new Map<AccountId, StatementDue[]>();
  for (const one of due) all.set(one.account, [...(all.get(one.account) ?? []), one]);
  return all;
}

async function freezeOf(
  hall: Hall,
  seller: AccountId,
  due: readonly StatementDue[],
  failed: Set<string>,
  onError: (error: unknown, where: object) => void,
): Promise<void> {
  const drafts: RowId[] = [];
  for (const one of due) {
    const { account: _, period, ...rest } = one;
    try {
      const id = await draftStatement(hall, { seller, ...rest, period: billingPeriodOf(period) });
      if (id !== null) drafts.push(id);
    } catch (error) {
      failed.add(keyOf(one));
      // What nobody can work out says so to whoever looks at the draft.
      if (!isImpossible(error)) onError(error, one);
    }
  }
  const root = drafts.length === 0 ? null : await readTreeOf(hall.db, seller);
  if (root === null) return;
  await hall
    .change(SYSTEM, { root, acting: seller }, async (change) => {
      for (const id of drafts) await freeze(change, seller, id);
    })
    .catch((error: unknown) => {
      for (const one of due) failed.add(keyOf(one));
      onError(error, { seller });
    });
}

const isImpossible = (error: unknown): boolean => {
  const codes: readonly Refusal['code'][] = ['MARKUP_IMPOSSIBLE', 'ASSIGNMENT_INVALID'];
  return error instanceof Refused && codes.includes(error.refusal.code);
};

/** The start of the last period that has ended by then. */
const lastEndedAt = (ms: number) => billingPeriodOf(instantOf(msOf(billingPeriodOf(instantOf(ms)).start) - 1)).start;

/** Statements of a period that the acting account sends, by customer: frozen ones, and drafts that wait for their number as if they were. */
export const statedIn = async (trx: TenantTransaction, seller: AccountId, { start }: BillingPeriod) =>
  new Map((await readStatementsOf(trx, seller, start)).map((statement) => [statement.customer, statement]));
