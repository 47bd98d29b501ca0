import { createHash } from 'node:crypto';
import type { AssignmentInput, AssignmentPreview, ShownAssignment } from '@tenantree/contract';
import {
  cutAssignments,
  readAccountState,
  readAssignmentsOf,
  readCustomerName,
  readLastStated,
  readMadeAt,
  type StoredAssignment,
  type StoredBook,
  type TenantTransaction,
  takeTurnInBilling,
  writeAssignment,
} from '@tenantree/db';
import {
  type AccountId,
  type AssignmentSpan,
  type BillingPeriod,
  billingPeriodOf,
  DAY_MS,
  type Decision,
  decideAssignment,
  type Instant,
  instantOf,
  msOf,
  quoted,
  termsOfBook,
  warningsOf,
} from '@tenantree/domain';
import { z } from 'zod';
import type { Change } from '../../hall/change.ts';
import { readSigned, writeCursor } from '../../hall/cursor.ts';
import { type Hall, nowOf } from '../../hall/hall.ts';
import { granted, refuseWith } from '../../hall/refused.ts';
import { resolveAll } from '../../hall/resolve-all.ts';
import { shownMoney } from '../shown-plan.ts';
import { readPeriod, shownPeriod } from './customers.ts';
import { bookOf, ratePeriod, readOwnTerms, sumOf } from './rate-period.ts';
import { findVersion } from './save-book.ts';
import { bookNameOf } from './shown-book.ts';

/** A wish for assignments, without the account that sells. */
export type AssignmentWishes = Omit<AssignmentInput, 'account' | 'period'>;

/** What is to become of one customer. */
type Planned = {
  readonly customer: AccountId;
  readonly name: string | null;
  readonly held: readonly StoredAssignment[];
  readonly span: Decision<AssignmentSpan>;
};

type Plan = {
  readonly book: StoredBook;
  readonly from: Instant;
  readonly rows: readonly Planned[];
};

const closedEnd = (start: Instant | undefined): Instant | null =>
  start === undefined ? null : billingPeriodOf(start).end;

/** What a wish would do to each customer. @throws Refused NOT_FOUND, MARKUP_IMPOSSIBLE */
async function planFor(
  { settings }: Hall,
  trx: TenantTransaction,
  seller: AccountId,
  wish: AssignmentWishes,
  now: Instant,
  openPeriod: 'previewed' | 'not_previewed',
): Promise<Plan> {
  const customers = [...new Set(await resolveAll(trx, wish.customers, 'customers'))];
  const book = await findVersion(trx, seller, wish.book, wish.version);
  const from = wish.from ?? billingPeriodOf(now).end;
  const parsed = bookOf(book);
  const own = await readOwnTerms(trx, seller, from);
  granted(termsOfBook(parsed, own ?? { currency: parsed.currency, monthlyFee: 0n, rates: [] }));
  const all = await readAssignmentsOf(trx, seller, customers);
  const stated = await readLastStated(trx, seller, customers);
  const madeAt = await readMadeAt(trx, customers);
  const rows: Planned[] = [];
  for (const customer of customers) {
    const held = all.filter((one) => one.customer === customer);
    const state = await readAccountState(trx, customer);
    const name = state?.name ?? (await readCustomerName(trx, customer));
    const others = (wish.present === 'end' ? cutAt(held, from) : held).map((one) => ({
      from: one.from,
      to: one.to,
      currency: one.book.terms.currency,
    }));
    const span = decideAssignment(
      {
        seller,
        customer: { name: name ?? customer, parentId: state?.parentId ?? null },
        others,
        earliest: instantOf(msOf(madeAt.get(customer) ?? now) - settings.usageMaxAgeDays * DAY_MS),
        closedUntil: closedEnd(stated.get(customer)),
      },
      { currency: parsed.currency.code, from, to: wish.to ?? null, openPeriod },
      msOf(now),
    );
    rows.push({ customer, name, held, span });
  }
  return { book, from, rows };
}

/** What is left of assignments when all of them end at an instant at the latest. */
const cutAt = <A extends AssignmentSpan>(held: readonly A[], at: Instant): A[] =>
  held.filter(({ from }) => from < at).map((one) => (one.to === null || one.to > at ? { ...one, to: at } : one));

/** One preview is of one wish; no other assignment takes it. */
const kindOf = (seller: AccountId, { customers, book, version, from, to, present }: AssignmentWishes): string =>
  `assignment:${seller}:${digest([customers, book, version, from ?? null, to ?? null, present])}`;
const digest = (what: unknown): string => createHash('sha256').update(JSON.stringify(what)).digest('base64url');
/** What the customers had when it was shown, and in which period. */
const seenOf = ({ rows }: Plan, now: Instant): string =>
  digest([
    billingPeriodOf(now).key,
    rows.map(({ customer, held }) => [customer, held.map(({ book, from, to }) => [book.id, book.version, from, to])]),
  ]);

/** What a period, or the running one, would come to for each customer with a book. Nothing is saved. @throws Refused NOT_FOUND, MARKUP_IMPOSSIBLE */
export function previewAssignment(
  hall: Hall,
  seller: AccountId,
  { period: asked, ...wish }: AssignmentWishes & Pick<AssignmentInput, 'period'>,
): Promise<AssignmentPreview> {
  return hall.db.withTenant(
    seller,
    async (trx) => {
      const now = nowOf(hall);
      const period = readPeriod(hall, asked);
      const plan = await planFor(hall, trx, seller, wish, now, 'previewed');
      const rows: AssignmentPreview['rows'][number][] = [];
      for (const { customer, name, held, span } of plan.rows) {
        const kept = span.ok && wish.present === 'end' ? cutAt(held, plan.from) : held;
        const supposed = span.ok ? [...kept, { book: plan.book, ...span.value }] : held;
        const of = { seller, customer, period };
        rows.push({
          customer: { id: customer, name },
          before: await outcomeOf(hall, trx, of, held),
          after: await outcomeOf(hall, trx, of, supposed),
          refused: span.ok ? null : span.refusal,
        });
      }
      const own = await readOwnTerms(trx, seller, plan.from);
      const seen = seenOf(plan, now);
      return {
        period: shownPeriod(hall, period),
        from: plan.from,
        warnings: warningsFor(plan.book, own),
        rows,
        preview: writeCursor(hall.settings.secret, kindOf(seller, wish), seen),
      };
    },
    { snapshot: true },
  );
}

const warningsFor = (book: StoredBook, own: Awaited<ReturnType<typeof readOwnTerms>>) => {
  const parsed = bookOf(book);
  return warningsOf(parsed, own ?? { currency: parsed.currency, monthlyFee: 0n, rates: [] });
};

/** What a period comes to with assignments, be they supposed; without what came late of others. */
async function outcomeOf(
  hall: Hall,
  trx: TenantTransaction,
  of: { readonly seller: AccountId; readonly customer: AccountId; readonly period: BillingPeriod },
  held: readonly Pick<StoredAssignment, 'book' | 'from' | 'to'>[],
): Promise<AssignmentPreview['rows'][number]['before']> {
  const rated = await ratePeriod(trx, of, hall.settings.usageMaxAgeDays, held);
  if (!rated.ok) return { book: null, total: null, refused: rated.refusal };
  const last = rated.value?.parts.at(-1);
  if (!rated.value || !last) return { book: null, total: null, refused: null };
  return { book: last.book, total: shownMoney(rated.value.currency, sumOf(rated.value.parts)), refused: null };
}

/**
 * Gives customers a book, inside a change of their seller (rules/money 18): all of them or none.
 *
 * @throws Refused NOT_FOUND, ASSIGNMENT_INVALID, ASSIGNMENT_OVERLAP, PERIOD_CLOSED, PREVIEW_STALE, MARKUP_IMPOSSIBLE
 */
export async function assignBook(
  hall: Hall,
  { trx, now, happened }: Change,
  seller: AccountId,
  { preview, ...wish }: AssignmentWishes & { readonly preview?: string | undefined },
  /** An account that is made just now used nothing yet: there is nothing to be shown before. */
  customer: 'used' | 'new' = 'used',
) {
  // A statement that is being drafted was read with what its customer had before.
  await takeTurnInBilling(trx);
  const isSeen = preview !== undefined || customer === 'new';
  const plan = await planFor(hall, trx, seller, wish, now, isSeen ? 'previewed' : 'not_previewed');
  if (preview !== undefined) {
    const seen = readSigned(hall.settings.secret, kindOf(seller, wish), z.string(), preview);
    if (seen !== seenOf(plan, now))
      refuseWith('PREVIEW_STALE', 'What this changes is not what was shown any more. Look at it again.', 'preview');
  }
  const { book } = plan;
  for (const { customer, name, span } of plan.rows) {
    const { from, to } = granted(span);
    if (wish.present === 'end') await cutAssignments(trx, seller, customer, from);
    await writeAssignment(trx, seller, { customer, book, from, to });
    const told = { customer: name ?? customer, book: book.name, version: book.version, from };
    happened('book.assigned', seller, told, { id: customer, name: name ?? customer });
  }
  const customers = plan.rows.map(({ customer }) => customer);
  const assigned = (await readAssignmentsOf(trx, seller, customers)).filter(({ from }) => from === plan.from);
  return {
    assignments: assigned.map((one) => shownAssignment(one, now)),
    warnings: warningsFor(book, await readOwnTerms(trx, seller, plan.from)),
  };
}

/**
 * Ends the book of customers, inside a change of their seller.
 *
 * @param to null: with the running period
 * @throws Refused NOT_FOUND, PERIOD_CLOSED, ALREADY_IN_STATE
 */
export async function unassignBook(
  { trx, now, happened }: Change,
  seller: AccountId,
  asked: readonly string[],
  to: Instant | null,
) {
  await takeTurnInBilling(trx);
  const customers = [...new Set(await resolveAll(trx, asked, 'customers'))];
  const at = to ?? billingPeriodOf(now).end;
  const stated = await readLastStated(trx, seller, customers);
  const all = await readAssignmentsOf(trx, seller, customers);
  for (const customer of customers) {
    const closed = closedEnd(stated.get(customer));
    const name = (await readCustomerName(trx, customer)) ?? customer;
    if (closed !== null && at < closed)
      refuseWith('PERIOD_CLOSED', `The statements of ${quoted(name)} until ${closed} don’t change any more.`, 'to');
    if (!all.some((one) => one.customer === customer && (one.to === null || one.to > at)))
      refuseWith('ALREADY_IN_STATE', `${quoted(name)} has no price book from ${at} on.`, 'customers');
    await cutAssignments(trx, seller, customer, at);
    happened('book.unassigned', seller, { customer: name, to: at }, { id: customer, name });
  }
  const left = await readAssignmentsOf(trx, seller, customers);
  return { assignments: left.filter((one) => one.to === at).map((one) => shownAssignment(one, now)) };
}

/** Who has which book when, as people see it. */
export const shownAssignment = (
  { customer, customerName, book, from, to }: StoredAssignment,
  now: Instant,
): ShownAssignment => ({
  customer: { id: customer, name: customerName },
  book: bookNameOf(book),
  from,
  to,
  state: to !== null && to <= now ? 'past' : from <= now ? 'running' : 'coming',
});
