// One check of a permission, by us and by libraries: the same chains of five, the same caps, the same roles.
import { createMongoAbility, type MongoAbility } from '@casl/ability';
import { newEnforcer, newModel, StringAdapter } from 'casbin';
import {
  type AccountId,
  boundByControllers,
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

/** Accounts below each account: a chain of five goes from the root to one of 10 000. */
const BELOW = 10;
/** The first of the accounts at the end of a chain of five, as they are numbered level by level. */
const FIRST_LEAF = 1_111;
const LEAVES = 10_000;
/** Few enough that they stay in the processor's cache: what is measured is the check. */
const QUESTIONS = 4_000;
const ROUNDS = 50;
const LEVELS = ['read', 'full'] as const;
const ROLES = ['owner', 'agency_admin'] as const;

/** Whose level is asked for: somebody with a role at the end of a chain of five. */
type Asked = { readonly membership: Membership; readonly chain: readonly CappedAccount[] };

/** What is asked, of one account after the other, in an order that nothing can foresee. */
type Question = { readonly of: number; readonly key: PermissionKey; readonly level: Level; readonly wanted: Needed };

/** Somebody who answers all questions. @returns how many are allowed, which must be the same for all */
export type Checker = {
  readonly name: string;
  /** How often all questions are asked in one measurement. */
  readonly rounds: number;
  readonly answer: (questions: readonly Question[]) => number;
};

/** Caps of every kind, as an account's number has it; a root leaves everything. */
function capsOf(account: number): LevelMap {
  return mapPermissions((key) => {
    const draw = (account * 31 + PERMISSIONS.findIndex((row) => row.key === key) * 7) % 10;
    return account === 0 || draw > 2 ? HIGHEST[key] : draw === 0 ? 'none' : 'read';
  });
}

/** So many accounts at the ends of chains, with somebody in each; chains share their accounts as they do in a tree. */
export function plantChains(accounts: number): Asked[] {
  const known = new Map<number, CappedAccount>();
  const accountOf = (n: number): CappedAccount => {
    const account = known.get(n) ?? { id: `a${n}` as AccountId, caps: packLevels(capsOf(n)) };
    known.set(n, account);
    return account;
  };
  const chainOf = (n: number): CappedAccount[] =>
    n === 0 ? [accountOf(0)] : [...chainOf(Math.trunc((n - 1) / BELOW)), accountOf(n)];
  return Array.from({ length: accounts }, (_, at) => {
    const leaf = FIRST_LEAF + ((at * 7_919) % LEAVES);
    return { membership: { account: `a${leaf}` as AccountId, role: ROLES[at % 2] ?? 'owner' }, chain: chainOf(leaf) };
  });
}

export function questions(accounts: number): Question[] {
  let seed = 42;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  return Array.from({ length: QUESTIONS }, (_, n) => {
    const key = PERMISSIONS[next(PERMISSIONS.length)]?.key ?? 'tasks';
    const level = LEVELS[next(LEVELS.length)] ?? 'read';
    return { of: n % accounts, key, level, wanted: needed(key, level) };
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
export async function checkers(asked: readonly Asked[]): Promise<readonly Checker[]> {
  const whole = asked.map(({ membership, chain }) => unpackLevels(levelsFrom(membership, chain)));
  const cached = whole.map(abilityOf);
  // An ability for each account of a chain, bounded by the role: allowed is what all of them allow.
  const along = asked.map(({ membership, chain }) =>
    chain.map(({ caps }) => abilityOf(unpackLevels(boundByControllers(lowest(ROLE_WORDS[membership.role], caps))))),
  );
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
        LEVELS.filter((level) => LEVEL_CODES[whole[0]![key]] >= LEVEL_CODES[level]).map(
          (level) => `p, somebody, ${key}, ${level}`,
        ),
      ).join('\n'),
    ),
  );
  const casbin: Checker = {
    name: 'casbin enforceSync, all rights of one person',
    rounds: 1,
    answer: (all) => count(all, ({ key, level }) => enforcer.enforceSync('somebody', key, level)),
  };
  return [
    {
      name: 'ours: chain of five, caps, controller and role, walked',
      rounds: ROUNDS,
      answer: (all) => {
        let allowed = 0;
        for (const { of, wanted } of all) if (gives(asked[of]!.membership, asked[of]!.chain, wanted)) allowed++;
        return allowed;
      },
    },
    {
      name: 'the same, what is needed looked up by name each time',
      rounds: ROUNDS,
      answer: (all) => {
        let allowed = 0;
        for (const { of, key, level } of all)
          if (gives(asked[of]!.membership, asked[of]!.chain, needed(key, level))) allowed++;
        return allowed;
      },
    },
    {
      name: '@casl/ability, one an account, made and cached beforehand',
      rounds: ROUNDS,
      answer: (all) => {
        let allowed = 0;
        for (const { of, key, level } of all) if (cached[of]!.can(level, key)) allowed++;
        return allowed;
      },
    },
    {
      name: '@casl/ability, five cached along the chain',
      rounds: ROUNDS,
      answer: (all) => {
        let allowed = 0;
        for (const { of, key, level } of all) if (along[of]!.every((ability) => ability.can(level, key))) allowed++;
        return allowed;
      },
    },
    ...(asked.length === 1 ? [casbin] : []),
  ];
}

/** What is right, by unpacking everything. */
export function rightAnswer(asked: readonly Asked[], all: readonly Question[]): number {
  const levels = asked.map(({ membership, chain }) => levelsFrom(membership, chain));
  return count(all, ({ of, key, level }) => LEVEL_CODES[levelOf(levels[of]!, key)] >= LEVEL_CODES[level]);
}
