import type { CapsResult } from '@tenantree/contract';
import {
  findOfferedPreset,
  type PlacedCaps,
  type Preset,
  readCapsToChange,
  readLastChange,
  type TenantTransaction,
  writeCaps,
} from '@tenantree/db';
import {
  type AccountId,
  afterChange,
  type CapChange,
  type CapOutcome,
  type CapSetter,
  type CapsBefore,
  capOutcome,
  capsBefore,
  changesCaps,
  decideLevels,
  decideVersion,
  lastChange,
  type PresetMode,
  permission,
  type RowId,
  type SomeLevels,
  type WishedLevels,
} from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import type { Change } from '../hall/change.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { resolveAll } from '../hall/resolve-all.ts';
import { countLater } from './count-effect-job.ts';
import { type CapEntryChange, changesOf, type Previewed, readPreview } from './preview-caps.ts';

/** What is to be set, over which version, and after which preview. */
export type CapsToSet = {
  readonly levels: WishedLevels;
  readonly expectedVersion: number;
  readonly preview?: string | undefined;
};

export type CapsSet = {
  readonly version: number;
  readonly changes: readonly CapEntryChange[];
  readonly effect: Pick<Previewed, 'accounts' | 'holders' | 'streams'> | null;
  /** The job that counts who lost or gained what, where no preview did. */
  readonly counting: RowId | null;
};

const setterOf = ({ actor }: Pick<Caller, 'actor'>): CapSetter => ({ id: actor.id, name: actor.name });

/**
 * Sets caps of an account from above it (rules/permissions 18), at the same cost whatever stands below it: nothing of an effective level is
 * stored. Who lost a right is cut off at once.
 *
 * @throws Refused CAPS_OF_ROOT, LEVEL_UNKNOWN, VERSION_CONFLICT, PREVIEW_STALE
 */
export async function setCaps(hall: Hall, caller: Caller, where: Access, wish: CapsToSet): Promise<CapsSet> {
  const { parent } = where;
  if (!parent) return refuseWith('CAPS_OF_ROOT', 'A main account has no caps: nobody stands above it.', 'account');
  const levels = granted(decideLevels(wish.levels));
  return hall.change(caller, { root: where.root, acting: parent.id }, async (scope) => {
    const [caps] = await readCapsToChange(scope.trx, [where.id]);
    if (!caps) return refuseWith('NOT_FOUND', 'There is no such account.', 'account');
    granted(decideVersion(caps.name, { version: caps.version, levels: caps.levels }, wish.expectedVersion));
    const effect = wish.preview === undefined ? null : await stillSo(hall, scope, where.id, wish);
    const change: CapChange = { kind: 'set', levels };
    const [saved] = await save(scope, caller, [caps], change, saysSet(scope));
    const { version, changes } = saved?.result ?? { version: caps.version, changes: [] };
    scope.rights({ subtree: where.id });
    const isCounted = effect !== null || changes.length === 0;
    const counting = isCounted ? null : await countLater(hall, caller, scope, { caps, levels, parent: parent.id });
    return { version, changes, effect, counting };
  });
}

/** What a preview showed is so still: neither the caps nor the tree were changed since. @throws Refused PREVIEW_STALE */
async function stillSo(
  hall: Hall,
  { trx }: Change,
  account: AccountId,
  { levels, expectedVersion, preview = '' }: CapsToSet,
): Promise<CapsSet['effect']> {
  const previewed = readPreview(hall, account, levels, preview);
  if (previewed?.version !== expectedVersion || previewed.changed !== (await readLastChange(trx)))
    return refuseWith(
      'PREVIEW_STALE',
      'What this changes is not what was shown any more. Look at it again, or save without a preview.',
      'preview',
    );
  return { accounts: previewed.accounts, holders: previewed.holders, streams: previewed.streams };
}

/**
 * Takes back what was changed last of an account's caps, from above it: levels, what was the account's alone, and the preset before, as long as
 * nothing newer changed them (rules/permissions 18).
 *
 * @throws Refused CAPS_OF_ROOT, VERSION_CONFLICT, NOT_UNDOABLE
 */
export async function undoCaps(
  hall: Hall,
  caller: Caller,
  where: Access,
  expectedVersion: number,
): Promise<Omit<CapsSet, 'effect'>> {
  const { parent } = where;
  if (!parent) return refuseWith('CAPS_OF_ROOT', 'A main account has no caps: nobody stands above it.', 'account');
  return hall.change(caller, { root: where.root, acting: parent.id }, async (scope) => {
    const [caps] = await readCapsToChange(scope.trx, [where.id]);
    if (!caps) return refuseWith('NOT_FOUND', 'There is no such account.', 'account');
    granted(decideVersion(caps.name, { version: caps.version, levels: caps.levels }, expectedVersion));
    const { last } = caps;
    if (!last) return refuseWith('NOT_UNDOABLE', `Nothing was changed in “${caps.name}” that could be taken back.`);
    const [saved] = await changeCaps(scope, caller, [caps], { kind: 'undo', ...last });
    const { version, changes } = saved?.result ?? { version: caps.version, changes: [] };
    scope.rights({ subtree: where.id });
    const counting =
      changes.length === 0
        ? null
        : await countLater(hall, caller, scope, { caps, levels: last.levels, parent: parent.id });
    return { version, changes, counting };
  });
}

/** A preset for some accounts below the acting one. */
export type PresetForAccounts = {
  readonly accounts: readonly string[];
  readonly preset: RowId;
  readonly presetVersion?: number | undefined;
  readonly mode: PresetMode;
};

type Named = { readonly preset: Preset; readonly caps: readonly PlacedCaps[]; readonly change: CapChange };

/** @throws Refused NOT_FOUND */
async function findNamed(
  trx: TenantTransaction,
  { accounts, preset: id, presetVersion, mode }: PresetForAccounts,
): Promise<Named> {
  const preset =
    (await findOfferedPreset(trx, id, presetVersion ?? null)) ??
    refuseWith('NOT_FOUND', 'There is no such preset, or no such version of it.', 'preset');
  const caps = await capsBelow(trx, accounts);
  const { version, levels } = preset;
  return { preset, caps, change: { kind: 'preset', preset: { id, version }, levels, mode } };
}

/** What a preset would make of some accounts. @throws Refused NOT_FOUND */
export function previewPreset(hall: Hall, { id }: Access, wish: PresetForAccounts): Promise<CapsResult[]> {
  return hall.db.withTenant(
    id,
    async (trx) => {
      const { caps, change } = await findNamed(trx, wish);
      return caps.map((one) => resultOf(one, capOutcome(one, change), one.version));
    },
    { snapshot: true },
  );
}

/** Gives a preset to some accounts, inside a change (rules/permissions 22). @throws Refused NOT_FOUND */
export async function takePreset(scope: Change, by: Pick<Caller, 'actor'>, wish: PresetForAccounts): Promise<Saved[]> {
  const { preset, caps, change } = await findNamed(scope.trx, wish);
  return save(scope, by, caps, change, (changed, { account, name }) => {
    const details = { account: name, preset: preset.name, changes: sentenceOf(changed) };
    scope.happened('permissions.presetApplied', account, details, { id: account, name });
  });
}

/** Gives a preset to some accounts, in one transaction. @throws Refused NOT_FOUND */
export const applyPreset = (
  hall: Hall,
  caller: Caller,
  { id, root }: Access,
  wish: PresetForAccounts,
): Promise<CapsResult[]> =>
  hall.change(caller, { root, acting: id }, async (scope) => {
    scope.rights({ subtree: id });
    return (await takePreset(scope, caller, wish)).map(({ result }) => result);
  });

/** What is to be decided for some accounts below the acting one. */
export type ReviewForAccounts = { readonly accounts: readonly string[]; readonly levels: SomeLevels };

/** Decides what nobody decided yet for some accounts, inside a change; what is decided stays (rules/permissions 20). @throws Refused */
export async function decideUndecided(
  scope: Change,
  by: Pick<Caller, 'actor'>,
  { accounts, levels }: ReviewForAccounts,
): Promise<Saved[]> {
  const caps = await capsBelow(scope.trx, accounts);
  return save(scope, by, caps, { kind: 'review', levels }, (changed, { account, name }) => {
    const details = { account: name, changes: sentenceOf(changed) };
    scope.happened('permissions.reviewed', account, details, { id: account, name });
  });
}

/** Decides what nobody decided yet for some accounts, in one transaction. @throws Refused */
export async function reviewCaps(
  hall: Hall,
  caller: Caller,
  { id, root }: Access,
  wish: ReviewForAccounts,
): Promise<CapsResult[]> {
  const levels = granted(decideLevels(wish.levels));
  return hall.change(caller, { root, acting: id }, async (scope) => {
    scope.rights({ subtree: id });
    return (await decideUndecided(scope, caller, { ...wish, levels })).map(({ result }) => result);
  });
}

/** Changes the caps of accounts, inside a change, and says that they were set. */
export const changeCaps = (
  scope: Change,
  by: Pick<Caller, 'actor'>,
  caps: readonly PlacedCaps[],
  change: CapChange,
): Promise<Saved[]> => save(scope, by, caps, change, saysSet(scope));

const saysSet =
  (scope: Change) =>
  (changed: readonly CapEntryChange[], { account, name, version }: PlacedCaps): void => {
    const details = { account: name, changes: sentenceOf(changed), ...toldOf(changed, version + 1) };
    scope.happened('permissions.set', account, details, { id: account, name });
  };

/** What was set by key, and to which version of the caps it came. */
const toldOf = (changed: readonly CapEntryChange[], version: number): Record<string, string | number> => ({
  version,
  before: JSON.stringify(Object.fromEntries(changed.map(({ key, before }) => [key, before]))),
  after: JSON.stringify(Object.fromEntries(changed.map(({ key, after }) => [key, after]))),
});

/** The caps of accounts below the acting one, by id or external id. @throws Refused NOT_FOUND, also of the acting account itself */
async function capsBelow(trx: TenantTransaction, accounts: readonly string[]): Promise<readonly PlacedCaps[]> {
  const ids = [...new Set(await resolveAll(trx, accounts, 'accounts'))];
  const caps = await readCapsToChange(trx, ids);
  if (caps.length < ids.length)
    refuseWith('NOT_FOUND', 'The caps of an account are set from above it: name accounts below this one.', 'accounts');
  return caps;
}

/** What became of the caps of an account, and what it takes to undo that; null: nothing was written. */
export type Saved = { readonly result: CapsResult; readonly before: CapsBefore | null };

/** Writes what a change makes of some caps, and says so of each that it changes. */
async function save(
  scope: Change,
  by: Pick<Caller, 'actor'>,
  caps: readonly PlacedCaps[],
  change: CapChange,
  say: (changes: readonly CapEntryChange[], caps: PlacedCaps) => void,
): Promise<Saved[]> {
  const written: Parameters<typeof writeCaps>[1][number][] = [];
  const told = { by: setterOf(by), at: scope.now };
  const saved = caps.map((one): Saved => {
    const outcome = capOutcome(one, change);
    if (!changesCaps(one, outcome)) return { result: resultOf(one, outcome, one.version), before: null };
    const after = afterChange(one, change, told);
    written.push({ account: one.account, caps: after, last: lastChange(one, outcome, told) });
    say(changesOf(one, outcome.changed), one);
    return { result: resultOf(one, outcome, after.version), before: capsBefore(one, outcome) };
  });
  if (written.length > 0) await writeCaps(scope.trx, written, scope.version);
  scope.shows(written.map(({ account }) => account));
  return saved;
}

function resultOf(caps: PlacedCaps, outcome: CapOutcome, version: number): CapsResult {
  const { changed, kept } = outcome;
  const changes = changesOf(caps, changed);
  const stays = kept.length > 0 ? 'kept' : 'unchanged';
  return {
    account: { id: caps.account, name: caps.name },
    outcome: changes.length > 0 ? 'changed' : changesCaps(caps, outcome) ? 'taken' : stays,
    version,
    changes,
    kept,
  };
}

const sentenceOf = (changes: readonly CapEntryChange[]): string =>
  changes
    .map(({ key, before, after }) => `${permission(key).label} ${before ?? 'undecided'} → ${after ?? 'undecided'}`)
    .join(', ') || 'nothing else';
