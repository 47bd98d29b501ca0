import { useQuery } from '@tanstack/react-query';
import { refusalOf } from '@tenantree/client';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Alert, Button, errorOf, Field, partsCss } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { NewPassword } from './new-password.tsx';
import { signIn, signOut } from './sign-in.ts';
import { Stage } from './stage.tsx';
import { useForm } from './use-form.ts';
import { useMe } from './use-me.ts';

const { transfers } = tenantree.trpc;

/** Behind the link of a billing transfer: confirming to own the account, or declining. The checklist goes on in the account. */
export default function TransferPage({ token }: { readonly token: string }) {
  const [, navigate] = useLocation();
  const me = useMe();
  const [isDeclined, setDeclined] = useState(false);
  const invitation = useQuery({
    queryKey: ['transfer', token],
    queryFn: () => transfers.invitation.query({ token }),
    retry: false,
  });
  const email = invitation.data?.email ?? '';
  const isMine = me.data?.user?.email === email;
  const confirming = useForm(async ({ name, password }) => {
    const known = isMine ? {} : { ...(name !== undefined && { name }), ...(password !== undefined && { password }) };
    const { account } = await transfers.acceptInvitation.mutate({ token, ...known });
    const refused = isMine || password === undefined ? null : await signIn(email, password);
    await queries.resetQueries();
    navigate(refused ? `/login?to=${encodeURIComponent(`/a/${account}/billing`)}` : `/a/${account}/billing`, {
      replace: true,
    });
    return null;
  });
  if (invitation.error) return <Unopened error={invitation.error} email={me.data?.user?.email ?? null} token={token} />;
  if (!invitation.data || me.isPending) return null;
  const { accountName, message, expiresAt, ifUnfinished, state } = invitation.data;
  if (isDeclined)
    return (
      <Stage title={`Billing of ${accountName} was declined`} lead="Everything stays as it is. Who asked is told." />
    );
  if (state === 'completed')
    return (
      <Stage title={`${accountName} pays for itself`} lead="The billing transfer is completed.">
        <Link href="/">To your accounts</Link>
      </Stage>
    );
  return (
    <Stage
      title={`Take over billing for ${accountName}`}
      lead={`Confirm that you own ${accountName}; then come billing details, a payment method and a plan. You sign in as ${email}. Until ${texts.numbers.dateTime(expiresAt)}; if it isn’t finished by then, ${UNFINISHED[ifUnfinished]}.`}
    >
      {message !== null && (
        <blockquote>
          <bdi>{message}</bdi>
        </blockquote>
      )}
      <Confirming form={confirming} accountName={accountName} isMine={isMine} token={token} />
      <Declining token={token} onDeclined={() => setDeclined(true)} />
    </Stage>
  );
}

const UNFINISHED = {
  stay: 'everything stays as it is',
  suspend: 'the account is suspended, and paid for as it is now',
} as const;

type UnopenedProps = { readonly error: unknown; readonly email: string | null; readonly token: string };

/** In place of a transfer that a link doesn’t open. @param email of who is signed in: it may have been sent to another address */
const Unopened = ({ error, email, token }: UnopenedProps) => (
  <Stage title="This link doesn’t open anything" lead={refusalOf(error).message}>
    {email !== null && (
      <>
        <p>
          You are signed in as <bdi>{email}</bdi>. A link that was sent to another address opens when you are signed
          out.
        </p>
        <Button look="primary" onClick={() => void signOut(`/transfer/${token}`)}>
          Sign out and open it
        </Button>
      </>
    )}
    <Link href="/">To your accounts</Link>
  </Stage>
);

type ConfirmingProps = {
  readonly form: ReturnType<typeof useForm>;
  readonly accountName: string;
  /** Whether the one signed in is who was invited: then nobody has to be made. */
  readonly isMine: boolean;
  readonly token: string;
};

const Confirming = ({ form: { refusal, isSending, onSubmit }, accountName, isMine, token }: ConfirmingProps) => (
  <form className={partsCss.form} onSubmit={onSubmit}>
    <Alert refusal={refusal} fields={['name', 'password']} />
    {!isMine && (
      <>
        <Field label="Your name" name="name" autoComplete="name" required error={errorOf(refusal, 'name')} />
        <NewPassword label="Password" error={errorOf(refusal, 'password')} />
      </>
    )}
    <Button type="submit" look="primary" disabled={isSending}>
      {isSending ? 'Confirming…' : `I own ${accountName}`}
    </Button>
    {refusal?.code === 'FORBIDDEN' && (
      <Link href={`/login?to=${encodeURIComponent(`/transfer/${token}`)}`}>Sign in</Link>
    )}
  </form>
);

function Declining({ token, onDeclined }: { readonly token: string; readonly onDeclined: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const { refusal, isSending, onSubmit } = useForm(async ({ reason }) => {
    await transfers.declineInvitation.mutate({ token, ...(reason && { reason }) });
    onDeclined();
    return null;
  });
  if (!isOpen)
    return (
      <Button look="quiet" onClick={() => setOpen(true)}>
        Decline…
      </Button>
    );
  return (
    <form className={partsCss.form} onSubmit={onSubmit}>
      <Alert refusal={refusal} />
      <Field label="Reason (optional)" name="reason" maxLength={500} autoComplete="off" autoFocus />
      <Button type="submit" disabled={isSending}>
        {isSending ? 'Declining…' : 'Decline'}
      </Button>
    </form>
  );
}
