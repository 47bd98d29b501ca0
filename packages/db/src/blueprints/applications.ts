import type { AccountId, BlueprintSection, DriftState, Instant, Refusal, RowId, SetUpState } from '@tenantree/domain';
import { type Expression, type SqlBool, sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { TenantTransaction } from '../database.ts';
import type { StoredActor } from '../schema.ts';

/** What an account was set up from, and as what. */
export type Application = {
  readonly account: AccountId;
  readonly blueprint: { readonly account: AccountId; readonly id: RowId };
  readonly version: number;
  /** Another one with every time. */
  readonly application: RowId;
  readonly sections: readonly BlueprintSection[];
  /** Values of variables, without secret ones. */
  readonly variables: Readonly<Record<string, string>>;
  /** Products here, by what they are copies of. */
  readonly products: Readonly<Record<string, RowId>>;
  /** What stood there before; as whoever wrote it keeps it. */
  readonly before: unknown;
  readonly state: SetUpState;
  /** Why it is incomplete. */
  readonly fault: Refusal | null;
  readonly by: StoredActor;
  readonly at: Instant;
};

/** Applications of blueprints in some accounts. @param blueprint only of this one */
export async function readApplications(
  trx: TenantTransaction,
  accounts: readonly AccountId[],
  blueprint: RowId | null,
): Promise<Application[]> {
  if (accounts.length === 0) return [];
  const rows = await trx
    .selectFrom('blueprint_applications')
    .selectAll()
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', 'in', [...accounts])
    .$if(blueprint !== null, (query) => query.where('blueprint_id', '=', blueprint ?? ''))
    .orderBy('blueprint_id')
    .execute();
  return rows.map((row) => ({
    account: row.account_id as AccountId,
    blueprint: { account: row.blueprint_account as AccountId, id: row.blueprint_id as RowId },
    version: row.version,
    application: row.application as RowId,
    // As writeApplication was given them.
    sections: row.sections as BlueprintSection[],
    variables: row.variables,
    products: row.products as Record<string, RowId>,
    before: row.before,
    state: row.state,
    fault: row.fault as Refusal | null,
    by: row.applied_by,
    at: row.applied_at.toISOString() as Instant,
  }));
}

/** Notes what an account was set up from, and compares it with that. Part of a change of the tree. */
export const writeApplication = (trx: TenantTransaction, one: Application): Promise<void> =>
  writeApplications(trx, [one]);

/** The same of many accounts, each by one blueprint. */
export async function writeApplications(trx: TenantTransaction, all: readonly Application[]): Promise<void> {
  if (all.length === 0) return;
  const rows = all.map((one) => ({
    account_id: one.account,
    blueprint_id: one.blueprint.id,
    blueprint_account: one.blueprint.account,
    version: one.version,
    application: one.application,
    sections: [...one.sections],
    variables: JSON.stringify(one.variables),
    products: JSON.stringify(one.products),
    before: JSON.stringify(one.before),
    state: one.state,
    fault: one.fault && JSON.stringify(one.fault),
    applied_by: JSON.stringify(one.by),
    applied_at: one.at,
  }));
  await trx
    .insertInto('blueprint_applications')
    .values(rows)
    .onConflict((same) =>
      same.columns(['root_id', 'account_id', 'blueprint_id']).doUpdateSet((of) => ({
        blueprint_account: of.ref('excluded.blueprint_account'),
        version: of.ref('excluded.version'),
        application: of.ref('excluded.application'),
        sections: of.ref('excluded.sections'),
        variables: of.ref('excluded.variables'),
        products: of.ref('excluded.products'),
        before: of.ref('excluded.before'),
        state: of.ref('excluded.state'),
        fault: of.ref('excluded.fault'),
        applied_by: of.ref('excluded.applied_by'),
        applied_at: of.ref('excluded.applied_at'),
      })),
    )
    .execute();
  await sql`
    SELECT judge_application(n.account, n.blueprint)
    FROM unnest(${all.map(({ account }) => account)}::uuid[], ${all.map(({ blueprint }) => blueprint.id)}::uuid[]) n(account, blueprint)`.execute(
    trx,
  );
}

/** Ends applications: what they set up stays. */
export async function deleteApplications(
  trx: TenantTransaction,
  all: readonly Pick<Application, 'account' | 'blueprint'>[],
): Promise<void> {
  if (all.length === 0) return;
  await sql`
    DELETE FROM blueprint_applications b
    USING unnest(${all.map(({ account }) => account)}::uuid[], ${all.map(({ blueprint }) => blueprint.id)}::uuid[]) n(account, blueprint)
    WHERE b.root_id = acting_root() AND b.account_id = n.account AND b.blueprint_id = n.blueprint`.execute(trx);
}

/** How an account stands to its blueprint, section by section; null: the blueprint says nothing of it there. */
export type AccountDrift = {
  readonly account: { readonly id: AccountId; readonly name: string };
  readonly version: number;
  readonly state: SetUpState;
  readonly sections: { readonly [Section in BlueprintSection]: DriftState | null };
  readonly drift: DriftState;
};

type RawDrift = {
  account_id: AccountId;
  name: string;
  version: number;
  state: SetUpState;
  caps: DriftState | null;
  limits: DriftState | null;
  price_book: DriftState | null;
  products: DriftState | null;
  drift: DriftState;
};

/** How many accounts of the acting subtree stand how to a blueprint, and how many of them are not all set up yet. */
export async function countDrift(
  trx: TenantTransaction,
  blueprint: RowId,
): Promise<{ readonly drift: DriftState; readonly state: SetUpState; readonly n: number }[]> {
  const { rows } = await sql<{ drift: DriftState; state: SetUpState; n: number }>`
    SELECT d.drift, d.state, count(*)::int AS n FROM blueprint_drift(${blueprint}, NULL) d GROUP BY 1, 2`.execute(trx);
  return rows;
}

/** Accounts of the acting subtree with how they stand to a blueprint, in the order of the tree. */
export async function listDrift(
  trx: TenantTransaction,
  blueprint: RowId,
  {
    drift,
    state,
    account,
    after,
    limit,
  }: {
    readonly drift: DriftState | null;
    readonly state: SetUpState | null;
    /** Only this one. */
    readonly account: AccountId | null;
    readonly after: AccountId | null;
    readonly limit: number;
  },
): Promise<AccountDrift[]> {
  const conditions: Expression<SqlBool>[] = [
    sql<SqlBool>`(${drift}::text IS NULL OR d.drift = ${drift})`,
    sql<SqlBool>`(${state}::text IS NULL OR d.state = ${state})`,
    ...(after === null ? [] : [sql<SqlBool>`d.path_key > place_of(${after}::uuid)`]),
  ];
  const { rows } = await sql<RawDrift>`
    SELECT d.account_id, d.name, d.version, d.state, d.caps, d.limits, d.price_book, d.products, d.drift
    FROM blueprint_drift(${blueprint}, ${account && [account]}::uuid[]) d WHERE ${sql.join(conditions, sql` AND `)} ORDER BY d.path_key LIMIT ${limit}`.execute(
    trx,
  );
  return rows.map(
    ({ account_id: id, name, version, state: setUp, drift: whole, caps, limits, price_book, products }) => ({
      account: { id, name },
      version,
      state: setUp,
      sections: { caps, limits, priceBook: price_book, products },
      drift: whole,
    }),
  );
}

/** A blueprint that set an account up, and how the account stands to it. */
export type DriftOf = {
  readonly account: AccountId;
  readonly blueprint: { readonly id: RowId; readonly name: string; readonly owner: AccountId };
  /** That the account was set up as. */
  readonly version: number;
  readonly state: SetUpState;
  readonly drift: DriftState;
};

/**
 * What set accounts of the acting subtree up, be it of an account above or below the acting one, in the order of the tree. Of accounts out of
 * that subtree, and of those that nothing set up, there is none. Costs what these accounts cost, however large the tree is.
 */
export async function readDriftOf(trx: TenantTransaction, accounts: readonly AccountId[]): Promise<DriftOf[]> {
  if (accounts.length === 0) return [];
  type Raw = Pick<RawDrift, 'account_id' | 'version' | 'state' | 'drift'> & {
    owner: AccountId;
    id: RowId;
    name: string;
  };
  const { rows } = await sql<Raw>`
    SELECT d.account_id, d.version, d.state, d.drift, d.owner_id AS owner, d.blueprint_id AS id, d.blueprint_name AS name
    FROM blueprint_drift(NULL, ${[...accounts]}::uuid[]) d ORDER BY d.path_key, d.blueprint_id`.execute(trx);
  return rows.map(({ account_id: account, id, name, owner, version, state, drift }) => ({
    account,
    blueprint: { id, name, owner },
    version,
    state,
    drift,
  }));
}
