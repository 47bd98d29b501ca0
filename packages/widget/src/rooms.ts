// The rooms beside the list: what an app loads when somebody turns to one of them.
import { SamAccount } from './account/sam-account.ts';
import { SamActivity } from './activity/sam-activity.ts';
import { SamMembers } from './members/sam-members.ts';
import { define } from './parts/define.ts';
import { SamTable } from './parts/sam-table.ts';

export { type AccountActing, type AccountDetailSource, accountDetailFrom } from './account/account-source.ts';
export { SamAccount } from './account/sam-account.ts';
export {
  type ActivityFilter,
  type ActivitySource,
  activityFrom,
  type Entry,
  type Visit,
} from './activity/activity-source.ts';
export type { SamEvents } from './events.ts';
export {
  type Member,
  type MembersSource,
  membersFrom,
  type OpenInvitation,
  type People,
} from './members/members-source.ts';
export { type MembersViewer, SamMembers } from './members/sam-members.ts';
export { Dialog, type Submit } from './parts/dialog.ts';
export { Dialogs } from './parts/dialogs.ts';
export { partsTexts } from './parts/parts-texts.ts';
export { SamConfirm } from './parts/sam-confirm.ts';
export { SamMenu } from './parts/sam-menu.ts';
export { type Cell, type Choice, type Column, type RowAct, SamTable, type Table } from './parts/sam-table.ts';
export { saveAll } from './parts/save-file.ts';
export { type PermissionsSource, permissionsFrom } from './permissions/permissions-source.ts';
export { SamActivity };

/** Registers the elements of the rooms. Harmless when called again. */
export function defineRooms(): void {
  define('sam-account', SamAccount);
  define('sam-activity', SamActivity);
  define('sam-members', SamMembers);
  define('sam-table', SamTable);
}
