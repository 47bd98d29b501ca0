// One check of a permission, by us and by libraries: the same chain of five, the same caps, the same role.
import { createMongoAbility, type MongoAbility } from '@casl/ability';
import { newEnforcer, newModel, StringAdapter } from 'casbin';
import {
  type AccountId,
  type CappedAccount,
  gives,
  HIGHEST,
  LEVEL_CODES,
  type Level,
  type LevelMap,
  levelOf,
  levelsFrom,
  lowest,
  type Membership,
  mapPermissions,
  type Needed,
  needed,
  PERMISSIONS,
  type PermissionKey,
  packLevels,
  ROLE_WORDS,
  unpackLevels,
} from '../../../packages/domain/src/index.ts';

const DEPTHS = 5;
/** Few enough that they stay in the processor's cache: what is measured is the check. */
const QUESTIONS = 4_000;
const ROUNDS = 50;
const LEVELS = ['read', 'full'] as const;

/** What is asked, in an order that nothing can foresee. */
type Question = { readonly key: PermissionKey; readonly level: Level; readonly wanted: Needed };

/** Somebody who answers all questions. @returns how many are allowed, which must be the same for all */
export type Checker = {
  readonly name: string;
  /** How often all questions are asked in one measurement. */
  readonly rounds: number;
  readonly answer: (questions: readonly Question[]) => number;
};

function capsAt(depth: number): LevelMap {
  return mapPermissions((key) => {
    const at = PERMISSIONS.findIndex((row) => row.key === key);
    return (at + depth * 7) % 11 === 0 && !PERMISSIONS.some(({ controller }) => controller === key)
      ? 'none'
      : HIGHEST[key];
  });
}

const chain: readonly CappedAccount[] = Array.from({ length: DEPTHS }, (_, depth) => ({
  id: `a${depth}` as AccountId,
  caps: packLevels(depth === 0 ? HIGHEST : capsAt(depth)),
}));
const membership: Membership = { account: `a${DEPTHS - 1}` as AccountId, role: 'owner' };

export function questions(): Question[] {
  let seed = 42;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  return Array.from({ length: QUESTIONS }, () => {
    const key = PERMISSIONS[next(PERMISSIONS.length)]?.key ?? 'tasks';
    const level = LEVELS[next(LEVELS.length)] ?? 'read';
    return { key, level, wanted: needed(key, level) };
  });
}

const abilityOf = (levels: LevelMap): MongoAbility =>
  createMongoAbility(
    PERMISSIONS.flatMap(({ key }) =>
      LEVELS.filter((level) => LEVEL_CODES[levels[key]] >= LEVEL_CODES[level]).map((action) => ({
        action,
        subject: key,
      })),
    ),
  );

const count = (all: readonly Question[], allows: (question: Question) => boolean): number => {
  let allowed = 0;
  for (const question of all) if (allows(question)) allowed++;
  return allowed;
};

/** All who answer, ours first; each with a loop of its own, so that no call of one stands in another's way. */
export async function checkers(): Promise<readonly Checker[]> {
  const whole = unpackLevels(levelsFrom(membership, chain));
  const cached = abilityOf(whole);
  // An ability for each account of the chain, bounded by the role: allowed is what all of them allow.
  const along = chain.map(({ caps }) => abilityOf(unpackLevels(lowest(ROLE_WORDS.owner, caps))));
  const enforcer = await newEnforcer(
    newModel(`
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act`),
    new StringAdapter(
      PERMISSIONS.flatMap(({ key }) =>
        LEVELS.filter((level) => LEVEL_CODES[whole[key]] >= LEVEL_CODES[level]).map(
          (level) => `p, owner, ${key}, ${level}`,
        ),
      ).join('\n'),
    ),
  );
  return [
    {
      name: 'ours: chain of five, caps, controller and role, walked',
      rounds: ROUNDS,
      answer: (all) => {
        let allowed = 0;
        for (const { wanted } of all) if (gives(membership, chain, wanted)) allowed++;
        return allowed;
      },
    },
    {
      name: 'the same, what is needed looked up by name each time',
      rounds: ROUNDS,
      answer: (all) => {
        let allowed = 0;
        for (const { key, level } of all) if (gives(membership, chain, needed(key, level))) allowed++;
        return allowed;
      },
    },
    {
      name: '@casl/ability, one, made and cached beforehand',
      rounds: ROUNDS,
      answer: (all) => {
        let allowed = 0;
        for (const { key, level } of all) if (cached.can(level, key)) allowed++;
        return allowed;
      },
    },
    {
      name: '@casl/ability, five cached along the chain',
      rounds: ROUNDS,
      answer: (all) => {
        let allowed = 0;
        for (const { key, level } of all) if (along.every((ability) => ability.can(level, key))) allowed++;
        return allowed;
      },
    },
    {
      name: 'casbin enforceSync, all rights of one person',
      rounds: 1,
      answer: (all) => count(all, ({ key, level }) => enforcer.enforceSync('owner', key, level)),
    },
  ];
}

/** What is right, by unpacking everything. */
export const rightAnswer = (all: readonly Question[]): number => {
  const levels = levelsFrom(membership, chain);
  return count(all, ({ key, level }) => LEVEL_CODES[levelOf(levels, key)] >= LEVEL_CODES[level]);
};
