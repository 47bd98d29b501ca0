import type { Role, RowId, UserId } from '@tenantree/domain';
import type { Cell, RowAct, Table } from '../parts/sam-table.ts';
import type { Texts } from '../strings/texts.ts';
import type { Member, OpenInvitation, People } from './members-source.ts';

/** What whoever looks may see and do. */
export type MembersView = {
  /** Id of the person who looks; null when it is an embedded screen. */
  readonly user: UserId | null;
  readonly rights: 'read' | 'change';
  /** The roles that they may give and take. */
  readonly roles: readonly Role[];
};

/** What can be wanted from a row. */
export type MemberActs = {
  readonly setRole: (user: UserId, name: string, role: Role) => void;
  readonly remove: (user: UserId, name: string) => void;
  readonly withdraw: (invitation: RowId, email: string) => void;
};

type Row = Member | OpenInvitation;

/** Members, then those who are invited. */
export function membersTable(people: People, view: MembersView, texts: Texts, acts: MemberActs): Table<Row> {
  const { say } = texts;
  const owners = people.members.filter(({ role }) => role === 'owner');
  /** The only owner stays until somebody else is one (rules/people 2). */
  const isLastOwner = ({ role }: Member): boolean => role === 'owner' && owners.length === 1;
  const mayChange = (member: Member): boolean =>
    view.rights === 'change' && view.roles.includes(member.role) && !isLastOwner(member);
  const columns = [
    { label: say('person'), cell: (row: Row) => personCell(row, view, texts) },
    { label: say('memberRole'), cell: (row: Row) => roleCell(row, mayChange, isLastOwner, view, texts, acts) },
    { label: say('memberActivity'), cell: (row: Row) => activityCell(row, texts) },
    { label: say('memberSince'), cell: (row: Row) => sinceCell(row, texts) },
  ];
  const table = {
    columns,
    rows: [...people.members, ...people.invitations],
    keyOf: (row: Row) => ('userId' in row ? row.userId : row.id),
  };
  if (view.rights === 'read') return table;
  return { ...table, actsLabel: say('columnActions'), actsOf: (row) => actsOf(row, mayChange, view, texts, acts) };
}

function personCell(row: Row, view: MembersView, { say }: Texts): Cell {
  if ('userId' in row) {
    const isMe = row.userId === view.user;
    return { text: row.name, tone: 'strong', lines: [row.email], ...(isMe && { aside: say('memberYou') }) };
  }
  const { invitedBy, email } = row;
  const by = invitedBy ? say('memberInvitedBy', { name: invitedBy.name }) : say('memberInvitedAbove');
  return { text: email, lines: [by] };
}

function roleCell(
  row: Row,
  mayChange: (member: Member) => boolean,
  isLastOwner: (member: Member) => boolean,
  { rights, roles }: MembersView,
  { say }: Texts,
  { setRole }: MemberActs,
): Cell {
  const text = say(`role_${row.role}`);
  if (!('userId' in row)) return { text };
  if (!mayChange(row)) {
    const isBound = rights === 'change' && isLastOwner(row) && roles.includes(row.role);
    return { text, lines: isBound ? [say('memberOnlyOwner')] : [] };
  }
  const { userId, name, role } = row;
  return {
    choice: {
      label: say('memberRoleOf', { name }),
      value: role,
      options: roles.map((one) => ({ value: one, label: say(`role_${one}`) })),
      choose: (value) => {
        const chosen = roles.find((one) => one === value);
        if (chosen) setRole(userId, name, chosen);
      },
    },
  };
}

function activityCell(row: Row, { say, numbers }: Texts): Cell {
  if (!('userId' in row)) return {};
  const { lastActivity: at } = row;
  return at === null ? { text: say('memberNoActivity'), tone: 'quiet' } : { text: numbers.dateTime(at), at };
}

const sinceCell = (row: Row, { say, numbers }: Texts): Cell =>
  'userId' in row
    ? { text: numbers.dateTime(row.since), at: row.since }
    : { text: say('memberExpires', { date: numbers.day(row.expiresAt) }), tone: 'quiet', at: row.expiresAt };

function actsOf(
  row: Row,
  mayChange: (member: Member) => boolean,
  view: MembersView,
  { say }: Texts,
  acts: MemberActs,
): readonly RowAct[] {
  if (!('userId' in row)) {
    const { id, email } = row;
    const name = say('memberWithdrawName', { email });
    return [{ label: say('memberWithdraw'), name, tone: 'danger', act: () => acts.withdraw(id, email) }];
  }
  if (!mayChange(row)) return [];
  const { userId, name } = row;
  const act = (): void => acts.remove(userId, name);
  return userId === view.user
    ? [{ label: say('memberLeave'), name: say('memberLeave'), tone: 'danger', act }]
    : [{ label: say('remove'), name: say('memberRemoveName', { name }), tone: 'danger', act }];
}

/** What is said of an account that nobody answers for; empty where somebody does, or is asked to. */
export function noOwnerWords({ members, invitations }: People, { rights, roles }: MembersView, { say }: Texts): string {
  if ([...members, ...invitations].some(({ role }) => role === 'owner')) return '';
  const mayInvite = rights === 'change' && roles.includes('owner');
  if (members.length + invitations.length === 0) return say(mayInvite ? 'membersNobody' : 'membersNobodyWait');
  return say(mayInvite ? 'membersNoOwner' : 'membersNoOwnerWait');
}
