import { highestLevelWithin, type Levels, mapPermissions, packLevels } from './levels.ts';
import { type Level, type LevelOf, type PermissionKey, permission, type UncontrolledKey } from './registry.ts';

/** The roles (rules/permissions 4), highest first: nobody assigns a role that stands before their own. */
export const ROLES = ['owner', 'admin', 'agency_admin', 'member', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** How people call the roles. */
export const ROLE_LABELS: Readonly<Record<Role, string>> = {
  owner: 'Owner',
  admin: 'Admin',
  agency_admin: 'Agency admin',
  member: 'Member',
  viewer: 'Viewer',
};

/** What each role is for, in a sentence or two, where one is chosen. */
export const ROLE_SUMMARIES: Readonly<Record<Role, string>> = {
  owner:
    'Everything, here and in the accounts below, with billing and usage. The last owner of an account can’t leave it.',
  admin: 'Everything, here and in the accounts below, with billing and usage. Can’t change owners.',
  agency_admin: 'Everything, here and in the accounts below, except billing, usage and minutes.',
  member: 'Works on agents, campaigns and knowledge, in this account only. No members, subaccounts or billing.',
  viewer: 'Looks and changes nothing, in this account only. No members, subaccounts, API keys or billing.',
};

/** Reads a role from a text of unknown origin; null when there is no such role. */
export const parseRole = (text: string): Role | null => ROLES.find((role) => role === text) ?? null;

/** Whether a role stands above another. */
export const ranksAbove = (role: Role, other: Role): boolean => ROLES.indexOf(role) < ROLES.indexOf(other);

/** The highest of some roles; null of none. */
export const highestRole = (roles: readonly Role[]): Role | null => ROLES.find((role) => roles.includes(role)) ?? null;

/** Whether a role also counts in the descendants of the account where the membership is (rules/permissions 6). */
export const ROLE_REACH: Readonly<Record<Role, 'subtree' | 'account'>> = {
  owner: 'subtree',
  admin: 'subtree',
  agency_admin: 'subtree',
  member: 'account',
  viewer: 'account',
};

/** What a role gives: rows without a controller are always named, the others follow their controller unless they are. */
type RoleLevels = { readonly [Key in UncontrolledKey]: LevelOf<Key> } & {
  readonly [Key in Exclude<PermissionKey, UncontrolledKey>]?: LevelOf<Key>;
};

const EVERYTHING: RoleLevels = {
  conversations: 'read',
  tasks: 'full',
  agents: 'full',
  knowledgeBases: 'full',
  telephony: 'full',
  campaigns: 'full',
  account: 'full',
  developers: 'full',
  billing: 'full',
};

/**
 * What each role gives at the account where the membership is (rules/permissions 4). Where that table is silent: tasks go with agents;
 * members and viewers see the account (`limited`), so Trust Center and Schedules follow it to read; a member sees API keys and therefore
 * Developers, whose other rows are named none.
 */
export const ROLE_LEVELS: Readonly<Record<Role, RoleLevels>> = {
  owner: EVERYTHING,
  admin: EVERYTHING,
  agency_admin: { ...EVERYTHING, billing: 'none' },
  member: {
    conversations: 'read',
    tasks: 'full',
    agents: 'full',
    knowledgeBases: 'full',
    telephony: 'read',
    campaigns: 'full',
    account: 'limited',
    'account.settings': 'read',
    'account.members': 'none',
    'account.subaccounts': 'none',
    developers: 'read',
    'developers.integrations': 'none',
    'developers.apiKeys': 'read',
    'developers.webhooks': 'none',
    billing: 'none',
  },
  viewer: {
    conversations: 'read',
    tasks: 'read',
    agents: 'read',
    knowledgeBases: 'read',
    telephony: 'read',
    campaigns: 'read',
    account: 'limited',
    'account.settings': 'read',
    'account.members': 'none',
    'account.subaccounts': 'none',
    developers: 'none',
    billing: 'none',
  },
};

/** Rights of the role alone (rules/permissions 5): no level grants them and no cap takes them. */
export const ROLE_RIGHTS = {
  'agents.delete': ['owner', 'admin', 'agency_admin'],
  'conversations.delete': ['owner', 'admin', 'agency_admin'],
  'conversations.export': ROLES,
} as const satisfies Record<string, readonly Role[]>;
export type RoleRight = keyof typeof ROLE_RIGHTS;

/** Whether a role carries a right of its own. */
export const hasRight = (role: Role, right: RoleRight): boolean => {
  const roles: readonly Role[] = ROLE_RIGHTS[right];
  return roles.includes(role);
};

/** What a role gives of one permission, before any cap. */
export function roleLevel(role: Role, key: PermissionKey): Level {
  const given: { readonly [Key in PermissionKey]?: Level } = ROLE_LEVELS[role];
  const row = permission(key);
  const followed = row.controller === null ? undefined : given[row.controller];
  return highestLevelWithin(row, given[key] ?? followed ?? 'none');
}

/* @__NO_SIDE_EFFECTS__ */
const packedRole = (role: Role): Levels => packLevels(mapPermissions((key) => roleLevel(role, key)));

/** What each role gives of every permission, before any cap. */
export const ROLE_WORDS: Readonly<Record<Role, Levels>> = {
  owner: packedRole('owner'),
  admin: packedRole('admin'),
  agency_admin: packedRole('agency_admin'),
  member: packedRole('member'),
  viewer: packedRole('viewer'),
};
