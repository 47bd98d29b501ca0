import type { Role } from '@tenantree/domain';
import { useState } from 'react';
import { EmailField } from '../parts/email-field.tsx';
import { Alert, Button, partsCss as css, errorOf } from '../parts/parts.tsx';
import { Secret } from '../parts/secret.tsx';
import { queries, tenantree } from '../server.ts';
import { useForm } from '../session/use-form.ts';
import { RoleGuide, RoleSelect } from './role-select.tsx';

type Props = {
  readonly account: string;
  /** The roles that one may give. */
  readonly roles: readonly Role[];
  /** The one that is chosen at first; usually Member. */
  readonly usual?: Role;
};

/** Invites a person to an account. The link is shown here: this deployment may not send e-mail. */
export function Invite({ account, roles, usual = 'member' }: Props) {
  const [invited, setInvited] = useState<{ link: string; email: string } | null>(null);
  const [chosen, setRole] = useState<Role | null>(null);
  const role = chosen ?? usual;
  const { refusal, isSending, onSubmit } = useForm(async ({ email = '' }) => {
    const { link } = await tenantree.trpc.members.invite.mutate({ account, email, role });
    setInvited({ link, email });
    void queries.invalidateQueries({ queryKey: ['members', account] });
    return 'next';
  });
  return (
    <>
      <form className={`${css.card} ${css.inline}`} onSubmit={onSubmit}>
        <EmailField label="Invite by e-mail address" autoComplete="off" error={errorOf(refusal, 'email')} />
        <div className={`${css.field} ${css.short}`}>
          <span aria-hidden="true">Role</span>
          <RoleSelect label="Role of the invitation" roles={roles} value={role} onChange={setRole} />
        </div>
        <Button type="submit" look="primary" disabled={isSending}>
          {isSending ? 'Inviting…' : 'Invite'}
        </Button>
        <RoleGuide />
      </form>
      <Alert refusal={refusal} fields={['email']} />
      {invited && (
        <Secret
          key={invited.link}
          label={`Send this link to ${invited.email}. It works once, for 7 days, and is not shown again.`}
          what="link"
          value={invited.link}
        />
      )}
    </>
  );
}
