import type { PresetTakers, PresetToSave, ShownPreset } from '@tenantree/contract';
import {
  findOfferedPreset,
  hidePreset,
  insertPreset,
  offerPresetAgain,
  readOfferedPresets,
  readPresetTakers,
  type TenantTransaction,
  writeDefaultPreset,
} from '@tenantree/db';
import {
  ACCOUNT_ABOVE,
  decideLevels,
  decideVersion,
  nameKey,
  type PresetRef,
  parseName,
  type RowId,
} from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';

/** The presets that are offered in an account; of those from above the reader's reach, neither whose they are nor who saved them. */
export async function listPresets(hall: Hall, { id, reached }: Access): Promise<ShownPreset[]> {
  const offered = await hall.db.withTenant(id, readOfferedPresets, { snapshot: true });
  return offered.map(({ account, accountName, id: preset, version, name, levels, savedBy, savedAt, isDefault }) => ({
    id: preset,
    version,
    name,
    levels,
    isDefault,
    ...(reached.includes(account)
      ? { from: { id: account, name: accountName }, savedBy, savedAt }
      : { from: { id: null, name: ACCOUNT_ABOVE }, savedBy: null, savedAt: null }),
  }));
}

/** How many accounts of the subtree took each version of a preset. @throws Refused NOT_FOUND */
export async function takersOf(hall: Hall, { id }: Access, preset: RowId): Promise<PresetTakers> {
  const versions = await hall.db.withTenant(id, (trx) => readPresetTakers(trx, preset), { snapshot: true });
  return versions.length > 0 ? versions : noPreset();
}

/** Saves a preset of the acting account, or the next version of one. @throws Refused */
export async function savePreset(hall: Hall, caller: Caller, where: Access, wish: PresetToSave): Promise<PresetRef> {
  const { name, key } = granted(parseName(wish.name));
  const levels = granted(decideLevels(wish.levels));
  return hall.change(caller, { root: where.root, acting: where.id }, async ({ trx, now, happened }) => {
    const own = (await readOfferedPresets(trx)).filter(({ account }) => account === where.id);
    const before = own.find(({ id }) => id === wish.preset);
    if (wish.preset !== undefined && !before) return noPreset();
    if (before) {
      const { version, name: its, levels: there } = before;
      granted(decideVersion(its, { version, name: its, levels: there }, wish.expectedVersion ?? -1));
    }
    if (own.some((other) => other !== before && nameKey(other.name) === key)) refuseTaken(name);
    const saved = { id: before?.id ?? hall.newId(), version: (before?.version ?? 0) + 1 };
    const { actor } = caller;
    await insertPreset(trx, { ...saved, account: where.id, name, levels }, { id: actor.id, name: actor.name }, now);
    happened('preset.saved', where.id, { preset: name, version: saved.version }, { id: saved.id, name });
    return saved;
  });
}

/** Removes a preset of the acting account. @throws Refused NOT_FOUND */
export async function removePreset(hall: Hall, caller: Caller, where: Access, preset: RowId): Promise<void> {
  await hall.change(caller, { root: where.root, acting: where.id }, async ({ trx, now, happened }) => {
    const found = await ownPreset(trx, where, preset);
    await hidePreset(trx, where.id, preset, now);
    happened('preset.removed', where.id, { preset: found.name }, { id: preset, name: found.name });
  });
}

/** Brings a preset of the acting account back that was removed, as it was. @throws Refused NOT_FOUND, NAME_TAKEN */
export async function restorePreset(hall: Hall, caller: Caller, where: Access, preset: RowId): Promise<PresetRef> {
  return hall.change(caller, { root: where.root, acting: where.id }, async ({ trx, happened }) => {
    const { name, version } = (await offerPresetAgain(trx, where.id, preset)) ?? noPreset();
    const others = (await readOfferedPresets(trx)).filter(({ account, id }) => account === where.id && id !== preset);
    if (others.some((other) => nameKey(other.name) === nameKey(name))) refuseTaken(name);
    happened('preset.restored', where.id, { preset: name }, { id: preset, name });
    return { id: preset, version };
  });
}

async function ownPreset(trx: TenantTransaction, { id }: Access, preset: RowId) {
  const found = await findOfferedPreset(trx, preset, null);
  return found?.account === id ? found : noPreset();
}

/** Says what new accounts below the acting one begin with. @throws Refused NOT_FOUND */
export async function setDefaultPreset(hall: Hall, caller: Caller, where: Access, preset: RowId | null): Promise<void> {
  await hall.change(caller, { root: where.root, acting: where.id }, async ({ trx, happened }) => {
    const found = preset === null ? null : ((await findOfferedPreset(trx, preset, null)) ?? noPreset());
    await writeDefaultPreset(trx, where.id, found);
    const target = { id: where.id, name: where.name };
    if (found) happened('preset.madeDefault', where.id, { preset: found.name, account: where.name }, target);
    else happened('preset.defaultRemoved', where.id, { account: where.name }, target);
  });
}

const refuseTaken = (name: string): never => refuseWith('NAME_TAKEN', `There is a preset “${name}” already.`, 'name');

const noPreset = (): never => refuseWith('NOT_FOUND', 'There is no such preset.', 'preset');
