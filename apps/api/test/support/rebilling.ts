import type { BookTermsInput, Margins } from '@tenantree/contract';
import { readStatements, writeAssignment, writeBook } from '@tenantree/db';
import type { AccountId, Instant, RowId } from '@tenantree/domain';
import { freezeWhatIsDue } from '../../src/billing/rebilling/freeze-statement.ts';
import type { Hall } from '../../src/hall/hall.ts';
import type { BillingStage } from './billing.ts';
import type { Client } from './clients.ts';

/** A book of a test, over minutes. */
export const book = (
  rates: BookTermsInput['meters'][string],
  { monthlyFee = '0', currency = 'EUR' }: { monthlyFee?: string; currency?: string } = {},
): BookTermsInput => ({ currency, monthlyFee, meters: { 'call.minutes': rates } });

/** Gives a customer a new book, from an instant on: with a preview, wherever that is. */
export async function sell(
  client: Client,
  { account, customer, name = `Book of ${customer}` }: { account: string; customer: string; name?: string },
  terms: BookTermsInput,
  { from = '2026-10-01T00:00:00Z', present = 'refuse' }: { from?: string; present?: 'refuse' | 'end' } = {},
): Promise<{ readonly id: string; readonly version: number }> {
  const { book: saved } = await client.books.save.mutate({ account, name, terms });
  const wish = { account, customers: [customer], book: saved.id, version: saved.version, from, present };
  const { preview } = await client.books.previewAssignment.query(wish);
  await client.books.assign.mutate({ ...wish, preview });
  return { id: saved.id, version: saved.version };
}

/** A book that an account sells to a customer since September, and its frozen statements; of a deployment whose clock is right. */
export async function statementsOf(
  hall: Hall,
  seller: AccountId,
  customer: AccountId,
): Promise<{ readonly books: RowId[]; readonly statements: RowId[] }> {
  const from = '2026-09-01T00:00:00.000Z' as Instant;
  const terms = book({ model: 'flat', price: '1' }, { monthlyFee: '1' });
  const sold = { id: hall.newId(), version: 1, name: 'Sold', terms, savedAt: from };
  await hall.db.withTenant(seller, async (trx) => {
    await writeBook(trx, seller, sold);
    await writeBook(trx, seller, { ...sold, id: hall.newId(), name: 'Not sold' });
    await writeAssignment(trx, seller, { customer, book: sold, from, to: null });
  });
  await freezeWhatIsDue(hall, (error) => {
    throw error;
  });
  const page = { customer: null, period: null, before: null, limit: 100 };
  const stated = await hall.db.withTenant(seller, (trx) => readStatements(trx, seller, page));
  return { books: [sold.id], statements: stated.map(({ id }) => id) };
}

/** Freezes what is due, as a server does every minute. */
export const freezeDue = (stage: BillingStage): Promise<void> =>
  freezeWhatIsDue(stage.composed.hall, (error) => {
    throw error;
  });

export const freeze = async (client: Client, account: string, customer: AccountId, period = '2026-10') =>
  (await client.statements.freeze.mutate({ account, customer, period })).statement;

/** Cost, revenue, margin and its percent of a customer, minor units. */
export const rowOf = (margins: Margins, customer: string) => {
  const row = margins.rows.find((one) => one.customer.id === customer);
  return [row?.cost?.minor, row?.revenue?.minor, row?.margin?.amount.minor, row?.margin?.percent];
};
