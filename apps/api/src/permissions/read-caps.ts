import { CONTRACT, type ShownCaps } from '@tenantree/contract';
import { type ExplainedLink, findOfferedPreset, readExplainedChain, readLastOfCaps } from '@tenantree/db';
import {
  ACCOUNT_ABOVE,
  type AccountId,
  boundByControllers,
  compareLevels,
  HIGHEST,
  type Level,
  type LevelDifference,
  type Levels,
  levelOf,
  lowest,
  PERMISSIONS,
  type PermissionKey,
  type RowId,
  restrictedIn,
  type SomeLevels,
  UNBOUNDED,
  unreviewedIn,
} from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import { type Access, admit } from '../guard/admit.ts';
import type { Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';

type Chain = readonly ExplainedLink[];

/** The lowest of the caps of some accounts. */
export const lowestOf = (chain: readonly { readonly caps: Levels }[]): Levels =>
  chain.reduce((levels, { caps }) => lowest(levels, caps), UNBOUNDED);

/** The chain down to an account with its caps, of one moment. */
const chainOf = async (hall: Hall, account: AccountId): Promise<Chain> =>
  (await hall.db.withTenant(account, (trx) => readExplainedChain(trx, null), { snapshot: true })).chain;

/** What the caps of an account say, what those above leave of it, and what comes of both. */
export async function getCaps(hall: Hall, { id, name, reached, levels }: Access): Promise<ShownCaps> {
  const { chain, last, taken } = await hall.db.withTenant(
    id,
    async (trx) => {
      const { chain } = await readExplainedChain(trx, null);
      const parent = chain.at(-2);
      const mayKnow = parent !== undefined && reached.includes(parent.id);
      const preset = chain.at(-1)?.stored?.preset ?? null;
      const isTold = preset !== null && levels['account.subaccounts'] !== 'none';
      return {
        chain,
        last: mayKnow ? await readLastOfCaps(trx, id) : null,
        taken: isTold ? await findOfferedPreset(trx, preset.id, preset.version) : null,
      };
    },
    { snapshot: true },
  );
  const own = chain.at(-1)?.stored ?? null;
  const above = chain.slice(0, -1);
  const parent = above.at(-1);
  const terms: RowTerms = {
    own,
    above,
    reached,
    ceiling: lowestOf(above),
    effective: boundByControllers(lowestOf(chain)),
    // Caps are set from above: who set them stands there, or further up.
    seesSetter: parent !== undefined && reached.includes(parent.id),
  };
  return {
    account: { id, name },
    version: own?.version ?? null,
    rows: PERMISSIONS.map(({ key }) => rowOf(key, terms)),
    restricted: own ? restrictedIn(own.levels).length : 0,
    unreviewed: own ? unreviewedIn(own.levels) : [],
    preset: own?.preset
      ? {
          ...own.preset,
          name: taken?.name ?? null,
          differs: taken ? PERMISSIONS.filter(({ key }) => differs(own.levels[key], taken.levels[key])).length : null,
        }
      : null,
    undo: last && { by: last.by.name, at: last.at },
  };
}

/** Whether an account has another level than a preset gives, which leaves what it doesn't name. */
const differs = (level: Level | undefined, given: Level | undefined): boolean => given !== undefined && level !== given;

type RowTerms = {
  readonly own: ExplainedLink['stored'];
  readonly above: Chain;
  readonly reached: readonly AccountId[];
  readonly ceiling: Levels;
  readonly effective: Levels;
  readonly seesSetter: boolean;
};

function rowOf(
  key: PermissionKey,
  { own, above, reached, ceiling, effective, seesSetter }: RowTerms,
): ShownCaps['rows'][number] {
  const highest = levelOf(ceiling, key);
  const holding = highest === HIGHEST[key] ? [] : above.filter(({ caps }) => levelOf(caps, key) === highest);
  const mark = own?.marks[key];
  return {
    key,
    level: own ? (own.levels[key] ?? null) : HIGHEST[key],
    ceiling: highest,
    ceilingBy: holding.map(({ id, name }) => (reached.includes(id) ? { id, name } : { id: null, name: ACCOUNT_ABOVE })),
    effective: levelOf(effective, key),
    by: mark && seesSetter ? mark.by : null,
    at: mark?.at ?? null,
    local: mark?.local ?? false,
  };
}

/** What the caps of an account are compared with: those of another account, or a preset. */
export type ComparedWith = { readonly with?: string | undefined; readonly preset?: RowId | undefined };

/** Compares the caps of an account. @throws Refused NOT_FOUND, BAD_REQUEST */
export async function compareCaps(
  hall: Hall,
  actor: Actor,
  { id }: Access,
  asked: ComparedWith,
): Promise<LevelDifference[]> {
  if ((asked.with === undefined) === (asked.preset === undefined))
    refuseWith('BAD_REQUEST', 'Name what to compare with: another account, or a preset.', 'with');
  const there = asked.preset === undefined ? null : await presetLevels(hall, id, asked.preset);
  const here = levelsOf(await chainOf(hall, id));
  if (there) return compareLevels(here, there);
  const other = granted(await admit(hall, actor, asked.with ?? '', CONTRACT.permissions.get.needs));
  return compareLevels(here, levelsOf(await chainOf(hall, other.id)));
}

const levelsOf = (chain: Chain): SomeLevels => chain.at(-1)?.stored?.levels ?? HIGHEST;

async function presetLevels(hall: Hall, account: AccountId, preset: RowId): Promise<SomeLevels> {
  const found = await hall.db.withTenant(account, (trx) => findOfferedPreset(trx, preset, null), { snapshot: true });
  return found?.levels ?? refuseWith('NOT_FOUND', 'There is no such preset.', 'preset');
}
