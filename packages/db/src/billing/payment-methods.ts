import type { AccountId, Card, Instant, PayerMethod, PayerMethods, PaymentState } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';

const IN_USE: ReadonlySet<PaymentState> = new Set<PaymentState>(['set', 'lost']);

/** Reads how the acting account pays through providers. */
export async function readPayerMethods(trx: TenantTransaction, account: AccountId): Promise<PayerMethods> {
  type Raw = { method: string; state: PaymentState; card: Card | null; customer: string | null };
  const { rows } = await sql<Raw>`
    SELECT method, state, card, customer FROM payment_methods WHERE account_id = ${account}`.execute(trx);
  return {
    inUse: rows.find(({ state }) => IN_USE.has(state)) ?? null,
    next: rows.find(({ state }) => !IN_USE.has(state)) ?? null,
  };
}

/** Writes how the acting account pays from now on. */
export async function writePayerMethods(
  trx: TenantTransaction,
  account: AccountId,
  { inUse, next }: PayerMethods,
  now: Instant,
): Promise<void> {
  await sql`DELETE FROM payment_methods WHERE account_id = ${account}`.execute(trx);
  for (const one of [inUse, next]) if (one) await insert(trx, account, one, now);
}

async function insert(
  trx: TenantTransaction,
  account: AccountId,
  { method, state, card, customer }: PayerMethod,
  now: Instant,
): Promise<void> {
  const shown = card === null ? null : JSON.stringify(card);
  await sql`
    INSERT INTO payment_methods (account_id, method, state, card, customer, changed_at)
    VALUES (${account}, ${method}, ${state}, ${shown}::jsonb, ${customer}, ${now}::timestamptz)`.execute(trx);
}

/** Finds the payer whose method a provider calls so, and its tree; null: nobody’s. */
export async function findPayerOfPayment(
  db: Database,
  method: string,
): Promise<{ readonly root: AccountId; readonly account: AccountId } | null> {
  const { rows } = await sql<{ root_id: AccountId; account_id: AccountId }>`
    SELECT * FROM public.payer_of_payment(${method})`.execute(db.app);
  const [row] = rows;
  return row ? { root: row.root_id, account: row.account_id } : null;
}
