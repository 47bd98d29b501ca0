import { useQuery } from '@tanstack/react-query';
import { type CallRefusal, refusalOf } from '@tenantree/client';
import { ROLE_LABELS, ROLES, type Role } from '@tenantree/domain';
import { useId, useState } from 'react';
import { Alert, Button, partsCss as css, errorOf, Field, Loaded, Page, Secret, when } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { useForm } from '../session/use-form.ts';
import { useMe } from '../session/use-me.ts';

const { members } = tenantree.trpc;
const asRole = (text: string): Role => ROLES.find((role) => role === text) ?? 'viewer';

/** People of the acting account: who is in, who is invited, and their roles. */
export default function MembersPage({ account }: { readonly account: string }) {
  const query = useQuery({ queryKey: ['members', account], queryFn: () => members.list.query({ account }) });
  const me = useMe().data?.user?.id;
  const [refusal, setRefusal] = useState<CallRefusal | null>(null);
  const act = async (work: Promise<unknown>): Promise<void> => {
    try {
      await work;
      setRefusal(null);
    } catch (error) {
      setRefusal(refusalOf(error));
    }
    await queries.invalidateQueries({ queryKey: ['members', account] });
  };
  return (
    <Page
      title="Members"
      lead="People who belong to this account. Owners, admins and agency admins reach the accounts below it, too."
    >
      <Invite account={account} />
      <Alert refusal={refusal} />
      <div className={css.card}>
        <Loaded query={query}>
          {(data) => (
            <table className={css.table}>
              <thead>
                <tr>
                  <th scope="col">Person</th>
                  <th scope="col">Role</th>
                  <th scope="col">Since</th>
                  <th scope="col">
                    <span className={css.hidden}>Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {data.members.map((member) => (
                  <tr key={member.userId}>
                    <td>
                      <strong>{member.name}</strong> <span className={css.muted}>{member.email}</span>
                    </td>
                    <td>
                      <RoleSelect
                        label={`Role of ${member.name}`}
                        value={member.role}
                        onChange={(role) => void act(members.setRole.mutate({ account, userId: member.userId, role }))}
                      />
                    </td>
                    <td>{when(member.since)}</td>
                    <td className={css.end}>
                      <Button
                        look="danger"
                        onClick={() => void act(members.remove.mutate({ account, userId: member.userId }))}
                      >
                        {member.userId === me ? 'Leave' : 'Remove'}
                      </Button>
                    </td>
                  </tr>
                ))}
                {data.invitations.map((invitation) => (
                  <tr key={invitation.id}>
                    <td>
                      {invitation.email} <span className={css.muted}>invited</span>
                    </td>
                    <td>{ROLE_LABELS[invitation.role]}</td>
                    <td className={css.muted}>until {when(invitation.expiresAt)}</td>
                    <td className={css.end}>
                      <Button
                        look="danger"
                        onClick={() => void act(members.revokeInvitation.mutate({ account, id: invitation.id }))}
                      >
                        Withdraw
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Loaded>
      </div>
    </Page>
  );
}

function Invite({ account }: { readonly account: string }) {
  const [invited, setInvited] = useState<{ link: string; email: string } | null>(null);
  const [role, setRole] = useState<Role>('admin');
  const { refusal, isSending, onSubmit } = useForm(async ({ email = '' }) => {
    const { link } = await members.invite.mutate({ account, email, role });
    setInvited({ link, email });
    await queries.invalidateQueries({ queryKey: ['members', account] });
    return null;
  });
  return (
    <>
      <form className={`${css.card} ${css.inline}`} onSubmit={onSubmit}>
        <Field
          label="Invite by e-mail address"
          name="email"
          type="email"
          autoComplete="off"
          required
          error={errorOf(refusal, 'email')}
        />
        <div className={css.field}>
          Role
          <RoleSelect label="Role of the invitation" value={role} onChange={setRole} />
        </div>
        <Button type="submit" look="primary" disabled={isSending}>
          Invite
        </Button>
      </form>
      <Alert refusal={refusal} fields={['email']} />
      {invited && (
        <Secret label={`Send this link to ${invited.email}. It works once, for 7 days.`} value={invited.link} />
      )}
    </>
  );
}

function RoleSelect({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: Role;
  readonly onChange: (role: Role) => void;
}) {
  const id = useId();
  return (
    <select
      id={id}
      aria-label={label}
      className={css.input}
      value={value}
      onChange={(event) => onChange(asRole(event.target.value))}
    >
      {ROLES.map((role) => (
        <option key={role} value={role}>
          {ROLE_LABELS[role]}
        </option>
      ))}
    </select>
  );
}
