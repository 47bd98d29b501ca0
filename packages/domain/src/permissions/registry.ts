/** What may be allowed of a permission. Order: none < read = limited < full (rules/permissions 1). */
export type Level = 'none' | 'read' | 'limited' | 'full';

/** The groups of the registry, in the order in which screens show them. */
export const PERMISSION_CATEGORIES = ['Overview', 'Agents', 'Deploy', 'Account & Settings'] as const;
export type PermissionCategory = (typeof PERMISSION_CATEGORIES)[number];

/** One entry of the registry. */
export type Permission = {
  /** Where its level stands among those that are packed (levels.ts): its own for ever, wherever the row is shown. A new row takes the next free one. */
  readonly position: number;
  readonly category: PermissionCategory;
  readonly key: string;
  readonly label: string;
  /** What it allows, in a few words. */
  readonly covers: string;
  /** The entry that bounds this one, if any; it stands earlier in the registry and has no controller itself. */
  readonly controller: string | null;
  /** What can be chosen, lowest first. */
  readonly levels: readonly Level[];
};

const NONE_READ = ['none', 'read'] as const;
const NONE_READ_FULL = ['none', 'read', 'full'] as const;
const NONE_LIMITED_FULL = ['none', 'limited', 'full'] as const;
const NONE_FULL = ['none', 'full'] as const;

const row = <
  const Position extends number,
  const Category extends PermissionCategory,
  const Key extends string,
  const Controller extends string | null,
  const Levels extends readonly Level[],
>(
  position: Position,
  category: Category,
  key: Key,
  controller: Controller,
  levels: Levels,
  label: string,
  covers: string,
) => ({ position, category, key, controller, levels, label, covers });

/** The permissions (rules/permissions 3), in the order in which screens show them. A new row goes where it is to be shown. */
export const PERMISSIONS = [
  row(0, 'Overview', 'conversations', null, NONE_READ, 'Conversations', 'conversations, call history, live actions'),
  row(1, 'Overview', 'tasks', null, NONE_READ_FULL, 'Tasks', 'tasks'),
  row(2, 'Agents', 'agents', null, NONE_READ_FULL, 'General Agent Rights', 'full agent access'),
  row(3, 'Agents', 'agents.general', 'agents', NONE_READ_FULL, 'General', 'identity and AI stack'),
  row(4, 'Agents', 'agents.prompt', 'agents', NONE_READ_FULL, 'Prompt', 'prompts'),
  row(5, 'Agents', 'agents.knowledge', 'agents', NONE_READ_FULL, 'Knowledge', 'knowledge of an agent'),
  row(6, 'Agents', 'agents.tools', 'agents', NONE_READ_FULL, 'Tools', 'tools of an agent'),
  row(7, 'Agents', 'agents.callFlow', 'agents', NONE_READ_FULL, 'Call Flow', 'call flow'),
  row(8, 'Agents', 'agents.analytics', 'agents', NONE_READ_FULL, 'Analytics', 'settings, goals, post-call analyses'),
  row(9, 'Agents', 'agents.notifications', 'agents', NONE_READ_FULL, 'Notifications', 'notifications'),
  row(10, 'Agents', 'knowledgeBases', null, NONE_READ_FULL, 'Knowledge Bases', 'create, edit, delete knowledge bases'),
  row(11, 'Deploy', 'telephony', null, NONE_READ_FULL, 'Telephony', 'telephony'),
  row(12, 'Deploy', 'telephony.phoneNumbers', 'telephony', NONE_READ_FULL, 'Phone Numbers', 'buy, configure, release'),
  row(13, 'Deploy', 'telephony.sipTrunks', 'telephony', NONE_READ_FULL, 'SIP Trunks', 'SIP trunks'),
  row(
    14,
    'Deploy',
    'telephony.complianceProfiles',
    'telephony',
    NONE_READ_FULL,
    'Compliance Profiles',
    'compliance profiles',
  ),
  row(15, 'Deploy', 'campaigns', null, NONE_READ_FULL, 'Campaigns & Contacts', 'view campaigns and contacts'),
  row(16, 'Account & Settings', 'account', null, NONE_LIMITED_FULL, 'Account', 'view account'),
  row(17, 'Account & Settings', 'account.settings', 'account', NONE_READ_FULL, 'Account Settings', 'account settings'),
  row(18, 'Account & Settings', 'account.members', 'account', NONE_READ_FULL, 'Members', 'invite and manage'),
  row(19, 'Account & Settings', 'account.subaccounts', 'account', NONE_READ_FULL, 'Subaccounts', 'create and manage'),
  row(
    20,
    'Account & Settings',
    'account.trustCenter',
    'account',
    NONE_READ_FULL,
    'Trust Center',
    'retention and privacy',
  ),
  row(21, 'Account & Settings', 'account.schedules', 'account', NONE_READ_FULL, 'Schedules', 'business hours'),
  row(22, 'Account & Settings', 'developers', null, NONE_READ_FULL, 'Developers', 'view developer tools'),
  row(
    23,
    'Account & Settings',
    'developers.integrations',
    'developers',
    NONE_READ_FULL,
    'Integrations',
    'integrations',
  ),
  row(24, 'Account & Settings', 'developers.apiKeys', 'developers', NONE_READ_FULL, 'API Keys', 'API keys'),
  row(
    25,
    'Account & Settings',
    'developers.webhooks',
    'developers',
    NONE_READ_FULL,
    'Webhooks',
    'create, test, manage',
  ),
  row(26, 'Account & Settings', 'billing', null, NONE_FULL, 'Billing', 'full billing access'),
  row(27, 'Account & Settings', 'billing.usage', 'billing', NONE_FULL, 'Usage', 'view and export usage data'),
] as const satisfies readonly Permission[];

type Row = (typeof PERMISSIONS)[number];

/** Key of a permission, for example `account.subaccounts`. */
export type PermissionKey = Row['key'];
/** Keys of the permissions without a controller. */
export type UncontrolledKey = Extract<Row, { readonly controller: null }>['key'];
/** The levels that can be chosen for one permission. */
export type LevelOf<Key extends PermissionKey> = Extract<Row, { readonly key: Key }>['levels'][number];

const BY_KEY: ReadonlyMap<string, Row> = new Map(PERMISSIONS.map((one) => [one.key, one]));

/** Reads a permission key from a text of unknown origin; null when there is no such permission. */
export const parsePermissionKey = (text: string): PermissionKey | null => BY_KEY.get(text)?.key ?? null;

/** The registry's entry for a key. */
export function permission(key: PermissionKey): Row {
  const found = BY_KEY.get(key);
  if (!found) throw new RangeError(`no permission ${key}`);
  return found;
}
