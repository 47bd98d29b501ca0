import { useQuery } from '@tanstack/react-query';
import { refusalOf } from '@tenantree/client';
import { ROLE_LABELS } from '@tenantree/domain';
import { Link, useLocation } from 'wouter';
import { Alert, Button, errorOf, Field, partsCss } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { NewPassword } from './new-password.tsx';
import { signIn } from './sign-in.ts';
import { Stage } from './stage.tsx';
import { useForm } from './use-form.ts';
import { useMe } from './use-me.ts';

/** Accepting an invitation: as a new person, or as the signed-in one of its address. */
export default function InvitePage({ token }: { readonly token: string }) {
  const [, navigate] = useLocation();
  const me = useMe();
  const invitation = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => tenantree.trpc.members.invitation.query({ token }),
    retry: false,
  });
  const email = invitation.data?.email ?? '';
  const isMine = me.data?.user?.email === email;
  const { refusal, isSending, onSubmit } = useForm(async ({ name, password }) => {
    const known = isMine ? {} : { ...(name !== undefined && { name }), ...(password !== undefined && { password }) };
    const { account } = await tenantree.trpc.members.acceptInvitation.mutate({ token, ...known });
    const refused = isMine || password === undefined ? null : await signIn(email, password);
    await queries.resetQueries();
    navigate(refused ? '/login' : `/a/${account}/subaccounts`, { replace: true });
    return null;
  });
  if (invitation.error)
    return (
      <Stage title="This invitation can’t be used" lead={refusalOf(invitation.error).message}>
        <Link href="/">To your accounts</Link>
      </Stage>
    );
  if (!invitation.data || me.isPending) return null;
  const { accountName, role } = invitation.data;
  return (
    <Stage title={`Join ${accountName}`} lead={`Role: ${ROLE_LABELS[role]}. You sign in as ${email}.`}>
      <form className={partsCss.form} onSubmit={onSubmit}>
        <Alert refusal={refusal} fields={['name', 'password']} />
        {!isMine && (
          <>
            <Field label="Your name" name="name" autoComplete="name" required error={errorOf(refusal, 'name')} />
            <NewPassword label="Password" error={errorOf(refusal, 'password')} />
          </>
        )}
        <Button type="submit" look="primary" disabled={isSending}>
          {isSending ? 'Joining…' : `Join ${accountName}`}
        </Button>
        {refusal?.code === 'FORBIDDEN' && (
          <Link href={`/login?to=${encodeURIComponent(`/invite/${token}`)}`}>Sign in</Link>
        )}
      </form>
    </Stage>
  );
}
