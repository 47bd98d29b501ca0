import type { AccountId, CapSetter, Instant, RowId, SomeLevels } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';

/** A version of a preset, with the account that it belongs to. */
export type Preset = {
  readonly account: AccountId;
  readonly id: RowId;
  readonly version: number;
  readonly name: string;
  readonly levels: SomeLevels;
};

/** A preset as it is offered: in its last version. */
export type OfferedPreset = Preset & {
  readonly accountName: string;
  readonly savedBy: CapSetter;
  readonly savedAt: Instant;
  /** Whether new subaccounts of the acting account begin with it. */
  readonly isDefault: boolean;
};

/** The presets of the acting account and of those above it, nearest first. */
export async function readOfferedPresets(trx: TenantTransaction): Promise<OfferedPreset[]> {
  type Raw = {
    account_id: AccountId;
    account_name: string;
    id: RowId;
    version: number;
    name: string;
    levels: SomeLevels;
    saved_by: CapSetter;
    saved_at: Date;
    is_default: boolean | null;
  };
  const { rows } = await sql<Raw>`SELECT * FROM presets_offered()`.execute(trx);
  return rows.map((row) => ({
    account: row.account_id,
    accountName: row.account_name,
    id: row.id,
    version: row.version,
    name: row.name,
    levels: row.levels,
    savedBy: row.saved_by,
    savedAt: row.saved_at.toISOString() as Instant,
    isDefault: row.is_default ?? false,
  }));
}

/** A version of a preset that is offered in the acting account. @param version null: the last one */
export async function findOfferedPreset(
  trx: TenantTransaction,
  id: RowId,
  version: number | null,
): Promise<Preset | null> {
  const { rows } = await sql<{ account_id: AccountId; id: RowId; version: number; name: string; levels: SomeLevels }>`
    SELECT * FROM offered_preset(${id}::uuid, ${version}::int)`.execute(trx);
  const [row] = rows;
  return row ? { ...row, account: row.account_id } : null;
}

/** Of a version of a preset: how many accounts have it from there, and how many of them have other levels by now. */
export type PresetTakers = { readonly version: number; readonly accounts: number; readonly changed: number };

/** Reads who of the acting subtree took which version of a preset that is offered in the acting account, the last one first; none: it isn't. */
export async function readPresetTakers(trx: TenantTransaction, id: RowId): Promise<PresetTakers[]> {
  const { rows } = await sql<PresetTakers>`SELECT * FROM preset_takers(${id}::uuid)`.execute(trx);
  return rows;
}

/** Writes a version of a preset of the acting account. */
export async function insertPreset(
  trx: TenantTransaction,
  { account, id, version, name, levels }: Preset,
  by: CapSetter,
  now: Instant,
): Promise<void> {
  await trx
    .insertInto('presets')
    .values({
      account_id: account,
      id,
      version,
      name,
      levels: JSON.stringify(levels),
      saved_by: JSON.stringify(by),
      saved_at: now,
    })
    .execute();
}

/** Takes a preset of an account out of what is offered, with all its versions, also as a default. What was taken from it stays. */
export async function hidePreset(trx: TenantTransaction, account: AccountId, id: RowId, now: Instant): Promise<void> {
  await sql`
    UPDATE presets SET removed_at = ${now}::timestamptz
    WHERE account_id = ${account} AND id = ${id} AND removed_at IS NULL`.execute(trx);
}

/** Offers a preset of an account again that was taken out, and to whom it was a default as that. @returns its last version; null: none was taken out */
export async function offerPresetAgain(
  trx: TenantTransaction,
  account: AccountId,
  id: RowId,
): Promise<Pick<Preset, 'name' | 'version'> | null> {
  const { rows } = await sql<Pick<Preset, 'name' | 'version'>>`
    UPDATE presets SET removed_at = NULL
    WHERE account_id = ${account} AND id = ${id} AND removed_at IS NOT NULL RETURNING name, version`.execute(trx);
  return rows.toSorted((a, b) => b.version - a.version)[0] ?? null;
}

/** Forgets presets that were removed until an instant. */
export const forgetPresets = (db: Database, until: Instant): Promise<unknown> =>
  sql`SELECT public.forget_presets(${until}::timestamptz)`.execute(db.app);

/** Makes a preset what new accounts below the account begin with; null: what those above it say, or nothing is taken. */
export async function writeDefaultPreset(
  trx: TenantTransaction,
  account: AccountId,
  preset: Preset | null,
): Promise<void> {
  if (preset === null) {
    await trx.deleteFrom('preset_defaults').where('account_id', '=', account).execute();
    return;
  }
  const chosen = { preset_account: preset.account, preset_id: preset.id };
  await trx
    .insertInto('preset_defaults')
    .values({ account_id: account, ...chosen })
    .onConflict((same) => same.column('account_id').doUpdateSet(chosen))
    .execute();
}
