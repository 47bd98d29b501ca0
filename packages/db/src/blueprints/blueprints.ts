import type { AccountId, Instant, RowId } from '@tenantree/domain';
import { sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { TenantTransaction } from '../database.ts';
import type { StoredActor } from '../schema.ts';

/** A version of a blueprint as it is offered, with the account that it belongs to. */
export type OfferedBlueprint = {
  readonly account: AccountId;
  readonly accountName: string;
  readonly id: RowId;
  readonly version: number;
  readonly name: string;
  /** As it was given to `insertBlueprintVersion`. */
  readonly content: unknown;
  readonly savedBy: StoredActor;
  readonly savedAt: Instant;
};

type Raw = {
  account_id: AccountId;
  account_name: string;
  id: RowId;
  version: number;
  name: string;
  content: unknown;
  saved_by: StoredActor;
  saved_at: Date;
};

const blueprintOf = (row: Raw): OfferedBlueprint => ({
  account: row.account_id,
  accountName: row.account_name,
  id: row.id,
  version: row.version,
  name: row.name,
  content: row.content,
  savedBy: row.saved_by,
  savedAt: row.saved_at.toISOString() as Instant,
});

/** The blueprints of the acting account and of those above it in their newest versions, nearest first. */
export async function readOfferedBlueprints(trx: TenantTransaction): Promise<OfferedBlueprint[]> {
  const { rows } = await sql<Raw>`SELECT * FROM blueprints_offered()`.execute(trx);
  return rows.map(blueprintOf);
}

/** A version of a blueprint that is offered in the acting account, and which one is the newest. @param version null: that */
export async function findOfferedBlueprint(
  trx: TenantTransaction,
  id: RowId,
  version: number | null,
): Promise<(OfferedBlueprint & { readonly newest: number }) | null> {
  const { rows } = await sql<Raw & { newest: number }>`
    SELECT * FROM offered_blueprint(${id}::uuid, ${version}::int)`.execute(trx);
  const [row] = rows;
  return row ? { ...blueprintOf(row), newest: row.newest } : null;
}

/** A blueprint of the acting account as it is, with its newest version; null: it has none of that id. */
export async function findOwnBlueprint(
  trx: TenantTransaction,
  account: AccountId,
  id: RowId,
): Promise<{ readonly id: RowId; readonly name: string; readonly version: number } | null> {
  const { rows } = await sql<{ id: RowId; name: string; version: number }>`
    SELECT b.id, b.name, (SELECT max(v.version) FROM blueprint_versions v WHERE v.root_id = b.root_id AND v.account_id = b.account_id AND v.id = b.id) AS version
    FROM blueprints b WHERE b.root_id = ${ACTING_ROOT} AND b.account_id = ${account} AND b.id = ${id}`.execute(trx);
  return rows[0] ?? null;
}

/** The versions of a blueprint of an account, newest first. */
export async function readBlueprintVersions(
  trx: TenantTransaction,
  account: AccountId,
  id: RowId,
): Promise<{ readonly version: number; readonly savedBy: StoredActor; readonly savedAt: Instant }[]> {
  const rows = await trx
    .selectFrom('blueprint_versions')
    .select(['version', 'saved_by', 'saved_at'])
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('id', '=', id)
    .orderBy('version', 'desc')
    .limit(500)
    .execute();
  return rows.map((row) => ({
    version: row.version,
    savedBy: row.saved_by,
    savedAt: row.saved_at.toISOString() as Instant,
  }));
}

type Named = { readonly account: AccountId; readonly id: RowId; readonly name: string; readonly nameKey: string };

/** Whether another blueprint of an account has a name. */
export async function isBlueprintNamed(
  trx: TenantTransaction,
  { account, id, nameKey }: Omit<Named, 'name'>,
): Promise<boolean> {
  const row = await trx
    .selectFrom('blueprints')
    .select('id')
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('name_key', '=', nameKey)
    .where('id', '<>', id)
    .executeTakeFirst();
  return row !== undefined;
}

/** Writes how a blueprint of the acting account is called. */
export async function writeBlueprint(trx: TenantTransaction, { account, id, name, nameKey }: Named): Promise<void> {
  await trx
    .insertInto('blueprints')
    .values({ account_id: account, id, name, name_key: nameKey })
    .onConflict((same) => same.columns(['root_id', 'account_id', 'id']).doUpdateSet({ name, name_key: nameKey }))
    .execute();
}

/** A version to be kept: what it sets up, what of that accounts are compared with, as they store it, and the hashes of its sections. */
export type BlueprintVersion = {
  readonly account: AccountId;
  readonly id: RowId;
  readonly version: number;
  readonly content: unknown;
  readonly judged: unknown;
  readonly hashes: Readonly<Record<string, string>>;
  readonly by: StoredActor;
  readonly at: Instant;
};

/** Writes a version, which never changes. */
export async function insertBlueprintVersion(
  trx: TenantTransaction,
  { account, id, version, content, judged, hashes, by, at }: BlueprintVersion,
): Promise<void> {
  await trx
    .insertInto('blueprint_versions')
    .values({
      account_id: account,
      id,
      version,
      content: JSON.stringify(content),
      judged: JSON.stringify(judged),
      hashes: JSON.stringify(hashes),
      saved_by: JSON.stringify(by),
      saved_at: at,
    })
    .execute();
}

/** Removes a blueprint with its versions and applications; what it set up stays. */
export async function deleteBlueprint(trx: TenantTransaction, account: AccountId, id: RowId): Promise<void> {
  await trx
    .deleteFrom('blueprint_applications')
    .where('root_id', '=', ACTING_ROOT)
    .where('blueprint_id', '=', id)
    .execute();
  await trx
    .deleteFrom('blueprints')
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('id', '=', id)
    .execute();
}
