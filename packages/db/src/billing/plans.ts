import type { AccountId, Instant, PlanInput, PlanVersion } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';

/** A plan as a deployment offers it. */
export type OfferedPlan = { readonly id: string; readonly name: string; readonly terms: PlanInput };

/** A version of a plan as it is stored: it never changes, but for whether it is offered still. */
export type StoredPlan = PlanVersion & {
  readonly name: string;
  readonly terms: PlanInput;
  readonly state: 'offered' | 'withdrawn';
};

/** Keeps what a deployment offers: other terms are another version of a plan, and what isn't named is withdrawn. */
export async function storePlans(db: Database, plans: readonly OfferedPlan[], now: Instant): Promise<void> {
  await sql`SELECT public.store_plans(${JSON.stringify(plans)}::jsonb, ${now}::timestamptz)`.execute(db.app);
}

type RawPlan = { id: string; version: number; name: string; terms: PlanInput; offered: boolean };

const planOf = ({ offered, ...plan }: RawPlan): StoredPlan => ({ ...plan, state: offered ? 'offered' : 'withdrawn' });

/** Reads the plans that are offered, by id. */
export async function readOfferedPlans(trx: TenantTransaction): Promise<StoredPlan[]> {
  const { rows } =
    await sql<RawPlan>`SELECT id, version, name, terms, offered FROM plans WHERE offered ORDER BY id`.execute(trx);
  return rows.map(planOf);
}

/** Finds the newest version of a plan; null when there never was one of that id. */
export async function findPlan(trx: TenantTransaction, id: string): Promise<StoredPlan | null> {
  const { rows } = await sql<RawPlan>`
    SELECT id, version, name, terms, offered FROM plans WHERE id = ${id} ORDER BY version DESC LIMIT 1`.execute(trx);
  return rows[0] ? planOf(rows[0]) : null;
}

/** Reads a version of a plan, which stays for ever. */
export async function readPlan(trx: TenantTransaction, { id, version }: PlanVersion): Promise<StoredPlan> {
  const { rows } = await sql<RawPlan>`
    SELECT id, version, name, terms, offered FROM plans WHERE id = ${id} AND version = ${version}`.execute(trx);
  if (!rows[0]) throw new Error(`there is no version ${version} of the plan ${id}`);
  return planOf(rows[0]);
}

/** A plan that an account has over some time. */
export type Subscription = {
  readonly plan: PlanVersion;
  readonly from: Instant;
  /** Not in it any more; null: it goes on. */
  readonly to: Instant | null;
};

/** Reads the subscriptions of the acting account, first to last; none overlaps another. */
export async function readSubscriptions(trx: TenantTransaction, account: AccountId): Promise<Subscription[]> {
  const { rows } = await sql<{ valid_from: Date; valid_to: Date | null; plan_id: string; plan_version: number }>`
    SELECT valid_from, valid_to, plan_id, plan_version FROM subscriptions WHERE account_id = ${account} ORDER BY valid_from`.execute(
    trx,
  );
  return rows.map((row) => ({
    plan: { id: row.plan_id, version: row.plan_version },
    from: row.valid_from.toISOString() as Instant,
    to: instantOrNull(row.valid_to),
  }));
}

/** Whether the main account of the acting tree has a plan, now or to come, that includes no subaccounts. */
export async function isSoldWithoutSubaccounts(trx: TenantTransaction, now: Instant): Promise<boolean> {
  const { rows } = await sql<{ none: boolean }>`SELECT sold_without_subaccounts(${now}::timestamptz) AS none`.execute(
    trx,
  );
  return rows[0]?.none ?? false;
}

/** Gives the acting account a plan from an instant on: the one before ends then, and one that was to begin then never does. */
export async function startSubscription(
  trx: TenantTransaction,
  account: AccountId,
  { id, version, from }: PlanVersion & { readonly from: Instant },
): Promise<void> {
  await sql`UPDATE subscriptions SET valid_to = ${from}::timestamptz
    WHERE account_id = ${account} AND valid_to IS NULL AND valid_from < ${from}::timestamptz`.execute(trx);
  await sql`
    INSERT INTO subscriptions (account_id, valid_from, plan_id, plan_version, billed_to)
    VALUES (${account}, ${from}::timestamptz, ${id}, ${version}, date_trunc('month', ${from}::timestamptz, 'UTC'))
    ON CONFLICT (account_id, valid_from) DO UPDATE SET plan_id = excluded.plan_id, plan_version = excluded.plan_version, in_limits = false`.execute(
    trx,
  );
}

/** Finds main accounts whose limits are to follow a plan that has begun, some at a time. */
export async function findPlansToFollow(db: Database, now: Instant, limit: number): Promise<AccountId[]> {
  const { rows } = await sql<{ account_id: AccountId }>`
    SELECT account_id FROM public.plans_to_follow(${now}::timestamptz, ${limit})`.execute(db.app);
  return rows.map(({ account_id }) => account_id);
}

/** Notes that the limits of the acting account follow the plan that it has by now. */
export async function noteFollowed(trx: TenantTransaction, account: AccountId, now: Instant): Promise<void> {
  await sql`UPDATE subscriptions SET in_limits = true
    WHERE account_id = ${account} AND valid_from <= ${now}::timestamptz AND NOT in_limits`.execute(trx);
}

/** Ends the subscription of the acting account; one that has not begun yet never does. */
export async function endSubscription(trx: TenantTransaction, account: AccountId, at: Instant): Promise<void> {
  await sql`SELECT end_subscription(${account}, ${at}::timestamptz)`.execute(trx);
}

/** Whom invoices are addressed to. */
export type BillingDetails = {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly name: string;
  readonly address: readonly string[];
  readonly taxId: string | null;
};

/** Finds whom invoices of the acting account are addressed to, and the version of that; null: nobody said. */
export async function findBillingDetails(
  trx: TenantTransaction,
  account: AccountId,
): Promise<(BillingDetails & { readonly version: number }) | null> {
  type Raw = { country: string; details: Omit<BillingDetails, 'country'>; version: number };
  const { rows } = await sql<Raw>`
    SELECT country, details, version FROM billing_details WHERE account_id = ${account}`.execute(trx);
  const [row] = rows;
  return row ? { country: row.country, ...row.details, version: row.version } : null;
}

/** Writes whom invoices of the acting account are addressed to. @returns the version of that */
export async function writeBillingDetails(
  trx: TenantTransaction,
  account: AccountId,
  { country, ...details }: BillingDetails,
  now: Instant,
): Promise<number> {
  const { rows } = await sql<{ version: number }>`
    INSERT INTO billing_details AS d (account_id, country, details, version, changed_at)
    VALUES (${account}, ${country}, ${JSON.stringify(details)}::jsonb, 1, ${now}::timestamptz)
    ON CONFLICT (account_id) DO UPDATE SET country = excluded.country, details = excluded.details, version = d.version + 1, changed_at = excluded.changed_at
    RETURNING version`.execute(trx);
  return rows[0]!.version;
}

/**
 * Who paid for an account at an instant, and where it stood then: the ids from the root of that time down to itself. Null when there was no
 * such account. Of the acting account's subtree as it is now.
 */
export async function readPayerAt(
  trx: TenantTransaction,
  account: AccountId,
  at: Instant,
): Promise<{ readonly payer: AccountId; readonly path: readonly AccountId[] } | null> {
  const { rows } = await sql<{ payer: AccountId; path: AccountId[] }>`
    SELECT * FROM payer_at(${account}, ${at}::timestamptz)`.execute(trx);
  return rows[0] ?? null;
}
