import type { SomeLevels } from '../src/permissions/levels.ts';
import type { Level, PermissionKey } from '../src/permissions/registry.ts';
import type { Role } from '../src/permissions/roles.ts';

/** Where accounts stand in the cases: one below the other. */
export const CASE_CHAIN = ['root', 'mid', 'leaf'] as const;
export type CasePlace = (typeof CASE_CHAIN)[number];

/** One case: who has what, where, and what holds it down. */
export type PermissionCase = {
  readonly who: readonly { readonly role: Role; readonly at: CasePlace; readonly scopes?: SomeLevels }[];
  readonly acting: CasePlace;
  readonly caps: { readonly mid?: SomeLevels; readonly leaf?: SomeLevels };
  readonly key: PermissionKey;
  readonly level: Level;
  /** The entries that hold the level down, of the membership that gives most: `cap account permission`, `role account permission`, `scope account permission`. */
  readonly because: readonly string[];
};

const P1 = { mid: { agents: 'read' }, leaf: { 'agents.prompt': 'none' } } as const;
const at = (role: Role, place: CasePlace) => [{ role, at: place }];

/** The cases that the rules are tested with, and which `docs/rules/permissions.md` prints. What caps don't name is at its highest. */
export const PERMISSION_CASES: readonly PermissionCase[] = [
  { who: at('owner', 'leaf'), acting: 'leaf', caps: {}, key: 'agents', level: 'full', because: [] },
  { who: at('owner', 'leaf'), acting: 'leaf', caps: {}, key: 'conversations', level: 'read', because: [] },
  { who: at('owner', 'leaf'), acting: 'leaf', caps: P1, key: 'agents', level: 'read', because: ['cap mid agents'] },
  {
    who: at('owner', 'leaf'),
    acting: 'leaf',
    caps: P1,
    key: 'agents.tools',
    level: 'read',
    because: ['cap mid agents'],
  },
  {
    who: at('owner', 'leaf'),
    acting: 'leaf',
    caps: P1,
    key: 'agents.prompt',
    level: 'none',
    because: ['cap leaf agents.prompt'],
  },
  { who: at('agency_admin', 'root'), acting: 'leaf', caps: P1, key: 'agents', level: 'full', because: [] },
  { who: at('agency_admin', 'root'), acting: 'leaf', caps: P1, key: 'agents.prompt', level: 'full', because: [] },
  {
    who: at('agency_admin', 'root'),
    acting: 'leaf',
    caps: P1,
    key: 'billing',
    level: 'none',
    because: ['role root billing'],
  },
  {
    who: at('agency_admin', 'mid'),
    acting: 'leaf',
    caps: P1,
    key: 'agents',
    level: 'read',
    because: ['cap mid agents'],
  },
  {
    who: at('agency_admin', 'mid'),
    acting: 'leaf',
    caps: P1,
    key: 'agents.prompt',
    level: 'read',
    because: ['cap mid agents'],
  },
  {
    who: at('owner', 'leaf'),
    acting: 'leaf',
    caps: { mid: { account: 'limited' } },
    key: 'account',
    level: 'limited',
    because: ['cap mid account'],
  },
  {
    who: at('owner', 'leaf'),
    acting: 'leaf',
    caps: { mid: { account: 'limited' } },
    key: 'account.members',
    level: 'full',
    because: [],
  },
  {
    who: at('owner', 'leaf'),
    acting: 'leaf',
    caps: { mid: { account: 'none' } },
    key: 'account.members',
    level: 'none',
    because: ['cap mid account'],
  },
  {
    who: at('owner', 'leaf'),
    acting: 'leaf',
    caps: { mid: { billing: 'none' } },
    key: 'billing',
    level: 'none',
    because: ['cap mid billing'],
  },
  {
    who: at('owner', 'leaf'),
    acting: 'leaf',
    caps: { mid: { billing: 'none' } },
    key: 'billing.usage',
    level: 'none',
    because: ['cap mid billing'],
  },
  {
    who: at('owner', 'leaf'),
    acting: 'leaf',
    caps: { mid: { tasks: 'read' }, leaf: { tasks: 'read' } },
    key: 'tasks',
    level: 'read',
    because: ['cap mid tasks', 'cap leaf tasks'],
  },
  // Raising one of both changes nothing.
  {
    who: at('owner', 'leaf'),
    acting: 'leaf',
    caps: { mid: { tasks: 'read' } },
    key: 'tasks',
    level: 'read',
    because: ['cap mid tasks'],
  },
  {
    who: at('owner', 'leaf'),
    acting: 'leaf',
    caps: { leaf: { tasks: 'read' } },
    key: 'tasks',
    level: 'read',
    because: ['cap leaf tasks'],
  },
  {
    who: at('viewer', 'leaf'),
    acting: 'leaf',
    caps: { mid: { tasks: 'read' } },
    key: 'tasks',
    level: 'read',
    because: ['cap mid tasks', 'role leaf tasks'],
  },
  {
    who: at('owner', 'leaf'),
    acting: 'leaf',
    caps: { mid: { agents: 'read' }, leaf: { 'agents.tools': 'read' } },
    key: 'agents.tools',
    level: 'read',
    because: ['cap leaf agents.tools', 'cap mid agents'],
  },
  {
    who: at('owner', 'leaf'),
    acting: 'leaf',
    caps: { mid: { agents: 'none' }, leaf: { agents: 'read', 'agents.tools': 'none' } },
    key: 'agents.tools',
    level: 'none',
    because: ['cap leaf agents.tools', 'cap mid agents'],
  },
  {
    who: at('member', 'leaf'),
    acting: 'leaf',
    caps: {},
    key: 'account.members',
    level: 'none',
    because: ['role leaf account.members'],
  },
  {
    who: at('member', 'leaf'),
    acting: 'leaf',
    caps: { leaf: { developers: 'none' } },
    key: 'developers.apiKeys',
    level: 'none',
    because: ['cap leaf developers'],
  },
  {
    who: [...at('owner', 'leaf'), ...at('agency_admin', 'root')],
    acting: 'leaf',
    caps: P1,
    key: 'agents',
    level: 'full',
    because: [],
  },
  {
    who: [...at('owner', 'leaf'), ...at('agency_admin', 'root')],
    acting: 'leaf',
    caps: { mid: { billing: 'none' } },
    key: 'billing',
    level: 'none',
    because: ['cap mid billing'],
  },
  {
    who: [{ role: 'owner', at: 'leaf', scopes: { 'agents.prompt': 'read' } }],
    acting: 'leaf',
    caps: {},
    key: 'agents.prompt',
    level: 'read',
    because: ['scope leaf agents.prompt'],
  },
  {
    who: [{ role: 'owner', at: 'leaf', scopes: { 'agents.prompt': 'read' } }],
    acting: 'leaf',
    caps: P1,
    key: 'agents.prompt',
    level: 'none',
    because: ['cap leaf agents.prompt'],
  },
  {
    who: [{ role: 'owner', at: 'mid', scopes: { tasks: 'full' } }],
    acting: 'leaf',
    caps: { mid: { tasks: 'read' }, leaf: { tasks: 'none' } },
    key: 'tasks',
    level: 'read',
    because: ['cap mid tasks'],
  },
  { who: at('viewer', 'root'), acting: 'leaf', caps: {}, key: 'agents', level: 'none', because: [] },
  { who: at('owner', 'leaf'), acting: 'mid', caps: {}, key: 'agents', level: 'none', because: [] },
];
