import { ROLE_LABELS, type Role } from '@tenantree/domain';
import { Button, Cell, partsCss as css, Day, When } from '../parts/parts.tsx';
import type { tenantree } from '../server.ts';
import { RoleSelect } from './role-select.tsx';

/** Who is in an account, and who is invited. */
export type People = Awaited<ReturnType<typeof tenantree.trpc.members.list.query>>;

type Props = People & {
  /** Id of the person who looks. */
  readonly me: string;
  readonly rights: 'read' | 'change';
  /** The roles that whoever looks may give and take. */
  readonly roles: readonly Role[];
  readonly onRole: (userId: string, name: string, role: Role) => void;
  readonly onRemove: (userId: string, name: string) => void;
  readonly onWithdraw: (id: string, email: string) => void;
};

/** Members, then those who are invited. */
export function MembersTable({ members, invitations, me, rights, roles, onRole, onRemove, onWithdraw }: Props) {
  const mayChange = rights === 'change';
  const owners = members.filter(({ role }) => role === 'owner');
  const isLastOwner = (role: Role): boolean => role === 'owner' && owners.length === 1;
  return (
    <table className={css.table}>
      <thead>
        <tr>
          <th scope="col">Person</th>
          <th scope="col">Role</th>
          <th scope="col">Since</th>
          {mayChange && (
            <th scope="col">
              <span className={css.hidden}>Actions</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {members.map(({ userId, name, email, role, since }) => (
          <tr key={userId}>
            <Cell label="Person">
              <span className={css.two}>
                <strong dir="auto">
                  {name}
                  {userId === me && <span className={css.muted}> (you)</span>}
                </strong>
                <span className={css.muted}>{email}</span>
              </span>
            </Cell>
            <Cell label="Role">
              {mayChange && roles.includes(role) && !isLastOwner(role) ? (
                <RoleSelect
                  label={`Role of ${name}`}
                  roles={roles}
                  value={role}
                  onChange={(next) => onRole(userId, name, next)}
                />
              ) : (
                <span className={css.two}>
                  {ROLE_LABELS[role]}
                  {mayChange && isLastOwner(role) && roles.includes(role) && (
                    <span className={css.muted}>The only owner. Make somebody else owner first.</span>
                  )}
                </span>
              )}
            </Cell>
            <Cell label="Since">
              <When instant={since} />
            </Cell>
            {mayChange && (
              <Cell>
                {/* The only owner stays until somebody else is one (product.md 3.2). */}
                {roles.includes(role) && !isLastOwner(role) && (
                  <Button
                    look="danger"
                    aria-label={userId === me ? 'Leave' : `Remove ${name}`}
                    onClick={() => onRemove(userId, name)}
                  >
                    {userId === me ? 'Leave' : 'Remove'}
                  </Button>
                )}
              </Cell>
            )}
          </tr>
        ))}
        {invitations.map(({ id, email, role, expiresAt, invitedBy }) => (
          <tr key={id}>
            <Cell label="Person">
              <span className={css.two}>
                <span>{email}</span>
                <span className={css.muted}>
                  Invited by <bdi>{invitedBy?.name ?? 'somebody above this account'}</bdi>
                </span>
              </span>
            </Cell>
            <Cell label="Role">{ROLE_LABELS[role]}</Cell>
            <Cell label="Expires">
              <span className={css.muted}>
                Invitation expires <Day instant={expiresAt} />
              </span>
            </Cell>
            {mayChange && (
              <Cell>
                <Button
                  look="danger"
                  aria-label={`Withdraw invitation of ${email}`}
                  onClick={() => onWithdraw(id, email)}
                >
                  Withdraw
                </Button>
              </Cell>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
