import type { PermissionKey } from '@tenantree/domain';

/** The permissions that show products of some kind: where one has none of them, there is nothing to see. */
export const PRODUCT_ROWS: readonly PermissionKey[] = [
  'agents',
  'knowledgeBases',
  'agents.tools',
  'account.schedules',
  'developers.integrations',
  'telephony.phoneNumbers',
  'telephony.sipTrunks',
  'telephony.complianceProfiles',
  'campaigns',
  'tasks',
  'conversations',
  'account.trustCenter',
];
