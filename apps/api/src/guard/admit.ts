import { type InAccount, normalEmail } from '@tenantree/contract';
import { type ChainLink, findByExternalId, readChain, readChains } from '@tenantree/db';
import {
  type AccountId,
  accountNotFound,
  atLeast,
  type Decision,
  decideAccess,
  type EmbedFeature,
  effectiveLevels,
  hasRight,
  highestOf,
  type Instant,
  type Level,
  type Levels,
  levelOf,
  type Membership,
  mapPermissions,
  offeredFeatures,
  type PermissionKey,
  parseAccountRef,
  type Role,
  ranksAbove,
  reachedOf,
  reaches,
  refuse,
  roleAt,
  sellersOf,
  UNBOUNDED,
  usageHeldSince,
} from '@tenantree/domain';
import { type Actor, userOf } from '../context/actor.ts';
import { membershipsOn } from '../context/memberships.ts';
import type { Hall } from '../hall/hall.ts';
import { refusalToActor } from './callers.ts';

/** An admitted call's acting account: where it stands, and what the caller may do in it. */
export type Access = {
  readonly id: AccountId;
  readonly name: string;
  readonly root: AccountId;
  /** Root first, the acting account last. */
  readonly chain: readonly ChainLink[];
  readonly path: readonly AccountId[];
  /** The part of the path that the caller reaches: from the topmost account of theirs downward. */
  readonly reached: readonly AccountId[];
  /** The caller's highest role that counts here. */
  readonly role: Role;
  /** What the caller's key makes use of; a person, of everything. */
  readonly scopes: Levels;
  readonly memberships: readonly Membership[];
  /** The one of them that admitted the call. */
  readonly by: Membership;
  readonly levels: Readonly<Record<PermissionKey, Level>>;
  /** Usage since then is not taken while a suspension lasts (rules/accounts 15); null: all is, or the call records none. */
  readonly heldSince: Instant | null;
  /** What an embedded screen was opened for; null: the caller is none. */
  readonly features: readonly EmbedFeature[] | null;
  /** The parent; without a name when the caller can't reach it. */
  readonly parent: { readonly id: AccountId; readonly name: string | null } | null;
};

/**
 * Whether an actor may call a procedure for an account (rules/permissions 6, 7, 10). Reach is asked first: whoever doesn't reach the account
 * learns nothing else. Everything is read anew: rights may have changed.
 */
export const admit = async (hall: Hall, actor: Actor, asked: string, rule: InAccount): Promise<Decision<Access>> =>
  decide(hall, actor, rule, { asked, ...(await find(hall, actor, asked)) });

/** Whether the caller of an admitted call may call another procedure for the same account, by what was read for that call. */
export const mayCall = (hall: Hall, actor: Actor, { id, chain, memberships }: Access, rule: InAccount): boolean =>
  decide(hall, actor, rule, { asked: id, chain, memberships }).ok;

/** The same for many accounts, in their order, by as many statements as for one. */
export async function admitToEach(
  hall: Hall,
  actor: Actor,
  accounts: readonly AccountId[],
  rule: InAccount,
): Promise<Decision<Access>[]> {
  const chains = await readChains(hall.db, accounts);
  const above = new Set([...chains.values()].flatMap((chain) => chain.map(({ id }) => id)));
  const memberships = await membershipsOn(hall, actor, [...above]);
  return accounts.map((asked) => {
    const chain = chains.get(asked) ?? [];
    const on = memberships.filter(({ account }) => chain.some(({ id }) => id === account));
    return decide(hall, actor, rule, { asked, chain, memberships: on });
  });
}

function decide(
  hall: Hall,
  actor: Actor,
  rule: InAccount,
  { asked, chain, memberships }: Found & { readonly asked: string },
): Decision<Access> {
  const account = chain.at(-1);
  const path = chain.map(({ id }) => id);
  if (!account || !reaches(memberships, path)) return accountNotFound(asked);
  const refusal = refusalToActor(actor, rule);
  if (refusal) return { ok: false, refusal };
  const nowMs = hall.clock.nowMs();
  const standing = { asked, memberships, chain, nowMs };
  const { billingOperators } = hall.settings;
  const isOperators = rule.at === 'seller' && billingOperators.length > 0;
  const decision = isOperators
    ? decideForOperators(actor, billingOperators, standing)
    : DECIDE[rule.at](standing, rule);
  if (!decision.ok) return decision;
  const role = rankOf(actor, roleAt(memberships, path) ?? 'viewer');
  const scopes = actor.kind === 'person' ? UNBOUNDED : actor.standing.bounds.scopes;
  if (
    rule.right !== undefined &&
    !(hasRight(role, rule.right) && atLeast(scopes, rule.permission, highestOf(rule.permission)))
  )
    return refuse('FORBIDDEN', `In “${account.name}” your role doesn’t let you delete this.`);
  const reached = reachedOf(memberships, path);
  const parent = chain.at(-2);
  const levels = effectiveLevels(memberships, chain);
  return {
    ok: true,
    value: {
      id: account.id,
      name: account.name,
      root: account.rootId,
      chain,
      path,
      reached,
      role,
      scopes,
      memberships,
      by: decision.value,
      levels: mapPermissions((key) => levelOf(levels, key)),
      heldSince: rule.work === 'usage' ? usageHeldSince({ memberships, chain }, rule, nowMs) : null,
      features: actor.kind === 'embed' ? offeredFeatures(actor.grant) : null,
      parent: parent ? { id: parent.id, name: reached.includes(parent.id) ? parent.name : null } : null,
    },
  };
}

/** An embedded screen makes nobody owner or admin, and changes none (rules/keys 9): that would outlast it by far. */
const rankOf = (actor: Actor, role: Role): Role =>
  actor.kind === 'embed' && ranksAbove(role, 'agency_admin') ? 'agency_admin' : role;

type Rule = Pick<InAccount, 'permission' | 'level' | 'work' | 'also'>;

/** Who asks for which account, and when. */
type Standing = {
  readonly asked: string;
  readonly memberships: readonly Membership[];
  readonly chain: readonly ChainLink[];
  readonly nowMs: number;
};

function decideAt({ nowMs, ...standing }: Standing, { also, ...rule }: Rule): Decision<Membership> {
  const state = { ...standing, status: standing.chain.at(-1)?.status ?? 'active' };
  const decision = decideAccess(state, rule, nowMs);
  if (!decision.ok || also === undefined) return decision;
  const other = decideAccess(state, { ...rule, permission: also, level: 'full' }, nowMs);
  return other.ok ? decision : other;
}

/** Whether they may know of the account at all, whatever they may do in it. */
const decideSeen = (standing: Standing): Decision<Membership> =>
  decideAt(standing, { permission: 'account', level: 'none', work: 'read' });

/** What is done to an account from above needs the permission in its parent; to a main account, its owner. */
function decideFromAbove(standing: Standing, rule: Rule): Decision<Membership> {
  const seen = decideSeen(standing);
  if (!seen.ok) return seen;
  const { chain, memberships } = standing;
  const above = chain.slice(0, -1);
  const path = chain.map(({ id }) => id);
  if (above.length === 0) {
    if (roleAt(memberships, path) !== 'owner')
      return refuse('FORBIDDEN', 'Only an owner may do this to a main account.');
    // Its own closing is the domain's question; nobody stands above a main account to suspend it.
    return decideAt(standing, { ...rule, work: 'restore' });
  }
  const decision = decideAt({ ...standing, chain: above }, rule);
  if (decision.ok || decision.refusal.code !== 'NOT_FOUND') return decision;
  return refuse('FORBIDDEN', `Only the account above “${chain.at(-1)?.name}” may do this.`);
}

/** What lowers a bill is for those who stand at an account that sends it (rules/permissions 12). */
function decideFromSeller(standing: Standing, rule: Rule): Decision<Membership> {
  const { chain, memberships } = standing;
  const sellers = sellersOf(chain);
  const decision = decideAt(
    { ...standing, memberships: memberships.filter(({ account }) => sellers.includes(account)) },
    rule,
  );
  if (decision.ok || decision.refusal.code !== 'NOT_FOUND') return decision;
  const seen = decideSeen(standing);
  if (!seen.ok) return seen;
  return refuse(
    'FORBIDDEN',
    `Only an account above “${chain.at(-1)?.name}” may do this: it lowers what is billed here.`,
  );
}

/** Where whoever runs the deployment sells to its main accounts, nobody who pays lowers a bill, neither their own nor one that theirs follows. */
function decideForOperators(actor: Actor, operators: readonly string[], standing: Standing): Decision<Membership> {
  if (actor.kind === 'person' && operators.includes(normalEmail(actor.email))) return decideSeen(standing);
  return refuse('FORBIDDEN', 'Only whoever runs this Tenantree may do this: it lowers what is billed.');
}

const DECIDE = { account: decideAt, parent: decideFromAbove, seller: decideFromSeller };

/** Whether somebody who was admitted would be so with another chain above them; nothing is read. */
export const wouldAdmit = (
  { id, chain, memberships }: Pick<Access, 'id' | 'chain' | 'memberships'>,
  rule: InAccount,
  nowMs: number,
): boolean => DECIDE[rule.at]({ asked: id, memberships, chain, nowMs }, rule).ok;

type Found = { readonly chain: readonly ChainLink[]; readonly memberships: readonly Membership[] };

const NOTHING: Found = { chain: [], memberships: [] };

/** The chain of the account that a call names, and what the actor is a member of on it. Whether that reaches is not said yet. */
async function find(hall: Hall, actor: Actor, asked: string): Promise<Found> {
  const ref = parseAccountRef(asked);
  if (!ref.ok) return NOTHING;
  if (ref.value.kind === 'id') return findById(hall, actor, ref.value.id);
  const within = actor.kind === 'person' ? null : actor.account;
  const ids = await findByExternalId(hall.db, ref.value.externalId, userOf(actor), within);
  const found: Found[] = [];
  // One after the other: a call takes one connection at a time.
  for (const id of ids) found.push(await findById(hall, actor, id));
  const reachable = found.filter(({ chain, memberships }) =>
    reaches(
      memberships,
      chain.map(({ id }) => id),
    ),
  );
  // A person in several trees may know two accounts by one name: then it names neither.
  return reachable.length === 1 ? reachable[0]! : NOTHING;
}

async function findById(hall: Hall, actor: Actor, id: AccountId): Promise<Found> {
  const chain = await readChain(hall.db, id);
  return {
    chain,
    memberships: await membershipsOn(
      hall,
      actor,
      chain.map((link) => link.id),
    ),
  };
}
