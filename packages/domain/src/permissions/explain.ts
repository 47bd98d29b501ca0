import { ACCOUNT_ABOVE } from '../audit/shown-entry.ts';
import type { AccountId } from '../ids.ts';
import type { Instant } from '../time.ts';
import type { CapMarks, CapSetter } from './caps.ts';
import { type CappedAccount, type Membership, reachesFrom, setsUpBilling } from './effective.ts';
import { boundOf, LEVEL_CODES, type Levels, levelOf, placeOf } from './levels.ts';
import { type Level, type PermissionKey, permission } from './registry.ts';
import { type Role, roleLevel } from './roles.ts';

/** An account of a chain with who set its caps, as `explain` reads it. */
export type ExplainedAccount = CappedAccount & {
  readonly name: string;
  /** Null: a main account, which has no caps. */
  readonly marks: CapMarks | null;
  /** When it was made, which is when entries without a mark were set. */
  readonly createdAt: Instant;
};

/** What bounds a membership beside its role and the caps above it: the scopes of a key, the levels of an embedded screen. */
export type ExplainedMembership = Membership & { readonly bound: 'scope' | 'session' | null };

/** One line of an explanation: something that bounds a permission. */
export type ExplainedLine = {
  /** `transfer`: caps don't bind the owner here, as long as the billing transfer of the account is under way. */
  readonly entry: 'role' | 'cap' | 'scope' | 'session' | 'transfer';
  /** Where it stands; of an account above the reader's reach neither id nor name. */
  readonly account: { readonly id: AccountId | null; readonly name: string };
  /** The permission that it is about: the asked one, or its controller. */
  readonly key: PermissionKey;
  readonly level: Level;
  /** Who set a cap; null for what isn't set by anybody, for an entry as the account was made, and above the reader's reach. */
  readonly by: CapSetter | null;
  readonly at: Instant | null;
  /** Of the caps of the account; null for what has none. */
  readonly version: number | null;
  /** Whether it holds the level down: all that do have to be raised before it rises. */
  readonly decides: boolean;
};

/** What one membership gives of a permission, and why. */
export type ExplainedStanding = {
  readonly account: { readonly id: AccountId | null; readonly name: string };
  readonly role: Role;
  readonly level: Level;
  /** Root first; those of the controller, if one bounds, behind those of the permission. */
  readonly lines: readonly ExplainedLine[];
};

/** The level of a permission, with every reason. */
export type Explanation = {
  readonly key: PermissionKey;
  readonly level: Level;
  /** One for each membership that reaches, the one that gives most first. */
  readonly standings: readonly ExplainedStanding[];
};

type Undecided = Omit<ExplainedLine, 'decides'>;

/**
 * Why somebody has the level that they have (rules/permissions 16): for each membership the role, the caps of every account from the
 * membership up to the root, the same of the controller where it bounds, and what a key or session leaves of it. Of what is lower than the
 * highest level, all entries that hold it down are marked: raising some of them changes nothing, raising all of them does.
 *
 * @param chain root first, the account in question last
 */
export function explain(
  key: PermissionKey,
  memberships: readonly ExplainedMembership[],
  chain: readonly ExplainedAccount[],
): Explanation {
  const path = chain.map(({ id }) => id);
  const standings = memberships
    .filter((membership) => reachesFrom(membership, path))
    .map((membership) => standingOf(key, membership, chain))
    .toSorted((a, b) => LEVEL_CODES[b.level] - LEVEL_CODES[a.level]);
  return { key, level: standings[0]?.level ?? 'none', standings };
}

function standingOf(
  key: PermissionKey,
  membership: ExplainedMembership,
  chain: readonly ExplainedAccount[],
): ExplainedStanding {
  const { account, role, bounds, bound } = membership;
  const standing = chain.findIndex(({ id }) => id === account);
  const above = chain.slice(0, standing + 1);
  const at = above.at(-1);
  if (!at) throw new RangeError('the membership stands on the chain');
  const binding = (one: PermissionKey): Undecided[] =>
    one === 'billing' && setsUpBilling(membership, chain) ? inTransfer(role, at) : entriesOf(one, role, above, at);
  const own = binding(key);
  const { controller } = permission(key);
  const over = controller === null ? [] : binding(controller);
  const scopes = bounds && bound ? [bounded(key, bound, bounds.scopes, at)] : [];

  const ownCode = lowestOf(own);
  const overCode = controllerBound(key, over);
  const level = Math.min(ownCode, overCode, lowestOf(scopes));
  const capped = level < LEVEL_CODES[permission(key).levels.at(-1) ?? 'none'];
  const marked = (lines: readonly Undecided[], holding: number): ExplainedLine[] =>
    lines.map((line) => ({ ...line, decides: capped && LEVEL_CODES[line.level] === holding }));
  return {
    account: { id: at.id, name: at.name },
    role,
    level: levelNamed(key, level),
    lines: [
      ...marked(own, ownCode === level ? ownCode : -1),
      // A controller that leaves its rows as set is no reason.
      ...(overCode === LEVEL_CODES.full ? [] : marked(over, overCode === level ? lowestOf(over) : -1)),
      ...marked(scopes, level),
    ],
  };
}

/** What a role, and the caps from its account up, leave of one permission. */
function entriesOf(
  key: PermissionKey,
  role: Role,
  above: readonly ExplainedAccount[],
  at: ExplainedAccount,
): Undecided[] {
  const caps = above.flatMap(({ id, name, caps: levels, marks, createdAt }): Undecided[] => {
    if (marks === null) return [];
    const mark = marks[key];
    const set = { by: mark?.by ?? null, at: mark?.at ?? createdAt, version: mark?.version ?? 0 };
    return [{ entry: 'cap', account: { id, name }, key, level: levelOf(levels, key), ...set }];
  });
  const given = { level: roleLevel(role, key), by: null, at: null, version: null };
  return [...caps, { entry: 'role', account: { id: at.id, name: at.name }, key, ...given }];
}

/** What binds an owner who sets up how the account pays: their role, and no caps. */
const inTransfer = (role: Role, { id, name }: ExplainedAccount): Undecided[] => {
  const line = { account: { id, name }, key: 'billing', by: null, at: null, version: null } as const;
  return [
    { entry: 'transfer', level: 'full', ...line },
    { entry: 'role', level: roleLevel(role, 'billing'), ...line },
  ];
};

const bounded = (
  key: PermissionKey,
  entry: 'scope' | 'session',
  levels: Levels,
  { id, name }: ExplainedAccount,
): Undecided => ({
  entry,
  account: { id, name },
  key,
  level: levelOf(levels, key),
  by: null,
  at: null,
  version: null,
});

const lowestOf = (lines: readonly Undecided[]): number =>
  lines.reduce((least, { level }) => Math.min(least, LEVEL_CODES[level]), LEVEL_CODES.full);

function controllerBound(key: PermissionKey, over: readonly Undecided[]): number {
  const { controller } = placeOf(key);
  return controller ? boundOf(lowestOf(over), controller) : LEVEL_CODES.full;
}

const levelNamed = (key: PermissionKey, code: number): Level =>
  permission(key).levels.findLast((level) => LEVEL_CODES[level] <= code) ?? 'none';

/**
 * An explanation as somebody may read it who doesn't reach all of the chain (rules/permissions 13): of what stands above, they learn that it
 * does and what it leaves, and neither where nor who.
 */
export function shownExplanation(
  explanation: Explanation,
  path: readonly AccountId[],
  reached: readonly AccountId[],
): Explanation {
  const isReached = (id: AccountId | null): boolean => id !== null && reached.includes(id);
  return {
    ...explanation,
    standings: explanation.standings.map((standing) => ({
      ...standing,
      account: isReached(standing.account.id) ? standing.account : { id: null, name: ACCOUNT_ABOVE },
      lines: standing.lines.map((line) => {
        if (!isReached(line.account.id))
          return { ...line, account: { id: null, name: ACCOUNT_ABOVE }, by: null, at: null, version: null };
        // Caps are set from above their account: who did is above the reader where what is above it is.
        const above = path[path.findIndex((id) => id === line.account.id) - 1] ?? null;
        return isReached(above) ? line : { ...line, by: null };
      }),
    })),
  };
}
