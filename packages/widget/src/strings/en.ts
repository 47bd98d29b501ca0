import type { PermissionCategory, PermissionKey } from '@tenantree/domain';
import type { accountTexts } from '../account/account-texts.ts';
import type { activityTexts } from '../activity/activity-texts.ts';
import type { billingTexts } from '../billing/billing-texts.ts';
import type { transferTexts } from '../billing/transfer-texts.ts';
import type { copiesTexts } from '../copies/copies-texts.ts';
import type { importRunTexts } from '../imports/import-run-texts.ts';
import type { importsTexts } from '../imports/imports-texts.ts';
import type { linkTexts } from '../imports/link-texts.ts';
import type { limitsTexts } from '../limits/limits-texts.ts';
import type { membersTexts } from '../members/members-texts.ts';
import type { partsTexts } from '../parts/parts-texts.ts';
import type { permissionsTexts } from '../permissions/permissions-texts.ts';
import type { presetsTexts } from '../permissions/presets-texts.ts';
import type { productsTexts } from '../products/products-texts.ts';
import type { bulkTexts } from '../subaccounts/bulk-texts.ts';
import type { looksTexts } from '../subaccounts/looks-texts.ts';
import type { subaccountsTexts } from '../subaccounts/subaccounts-texts.ts';
import type { treeTexts } from '../tree/tree-texts.ts';
import type { usageTexts } from '../usage/usage-texts.ts';

/** What the list of subaccounts says at first, in English: the table with its screen. What they say once they are used, and what other screens say, comes with those. */
export const en = {
  title: 'Subaccounts',
  count: '{n, plural, one {# subaccount} other {# subaccounts}}',
  countNested: '{n, plural, one {# subaccount} other {# subaccounts}} · {nested} with nested',
  create: 'Create subaccount',
  createDeepest: '“{name}” is already at the deepest level allowed.',
  createDeepestAt: '“{name}” is already at level {n}, the deepest allowed.',
  searchLabel: 'Search subaccounts',
  searchPlaceholder: 'Search name or id',
  columnSelect: 'Selected',
  columnName: 'Name',
  columnPlan: 'Billing plan',
  columnMembers: 'Members',
  columnAgents: 'Agents',
  columnMinutes: 'Minutes used',
  columnStatus: 'Status',
  columnPermissions: 'Permissions',
  columnSwitch: 'Switch to',
  columnActions: 'Actions',
  planParent: 'Parent Billing',
  independent: 'Independent account',
  inTransfer: 'Billing transfer in progress · {time}',
  daysLeft: '{n} d',
  hoursLeft: '{n} h',
  active: 'Active',
  suspended: 'Suspended',
  noNewWork: 'no new work',
  readOnly: 'read-only',
  fullStop: 'full stop',
  until: 'until {date}',
  suspendedAbove: 'Suspended with {name}',
  suspendedAboveUnnamed: 'Suspended with an account above',
  suspendsOn: 'Suspends {date}',
  closed: 'Closed',
  restricted: '{n} restricted',
  unreviewed: '{n} not reviewed',
  ownMinutes: '{minutes} own',
  factMinutes: '{minutes} min',
  factMembers: '{n, plural, one {# member} other {# members}}',
  factAgents: '{n, plural, one {# agent} other {# agents}}',
  level: 'L{n}',
  switchTo: 'Switch to',
  switchToName: 'Switch to {name}',
  selectName: 'Select {name}',
  actionsForName: 'Actions for {name}',
  showMore: 'Show {next} of {rest} more',
  loading: 'Loading',
  branchFailed: 'These subaccounts could not be loaded.',
  retry: 'Retry',
  filter: 'Filter',
  filterLabel: 'Which accounts to show',
  view: 'View',
  viewLabel: 'View: sorting and density',
  live: 'Live',
  connecting: 'Connecting',
  catchingUp: 'Catching up',
  paused: 'Paused',
  offlineSince: 'Offline since {time}',
  pauseLive: 'Pause live updates',
  resumeLive: 'Resume live updates',
  showingOld: 'Showing data from {time}',
  requestId: 'Request id {id}',
  sessionEnded: 'Session ended',
  reconnect: 'Reconnect',
  versionTitle: 'This page needs an update',
  versionText: 'The server speaks another version than this page. Reload; if that doesn’t help, tell whoever runs it.',
  loggedOut: 'Signed out',
} as const;

/** All that screens say beyond the list. */
type Late = typeof partsTexts &
  typeof treeTexts &
  typeof subaccountsTexts &
  typeof bulkTexts &
  typeof looksTexts &
  typeof accountTexts &
  typeof membersTexts &
  typeof permissionsTexts &
  typeof presetsTexts &
  typeof limitsTexts &
  typeof productsTexts &
  typeof importsTexts &
  typeof importRunTexts &
  typeof linkTexts &
  typeof copiesTexts &
  typeof billingTexts &
  typeof activityTexts &
  typeof usageTexts;

/** What the registry of permissions has: its English stands there. */
type Named = `permission_${PermissionKey}` | `covers_${PermissionKey}` | `group_${PermissionCategory}`;

/** What only people need, in the app. */
type ForPeople = keyof typeof transferTexts;

/** A catalogue: a text for every key. Translations have the same keys; a reseller replaces single ones through `strings`. */
export type Strings = Readonly<Record<keyof typeof en | keyof Late, string>> &
  Readonly<Partial<Record<Named | ForPeople, string>>>;
