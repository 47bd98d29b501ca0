import { Link, useLocation } from 'wouter';
import { Alert, Button, errorOf, partsCss } from '../parts/parts.tsx';
import { NewPassword } from './new-password.tsx';
import { resetPassword } from './sign-in.ts';
import { Stage } from './stage.tsx';
import { useForm } from './use-form.ts';

/** Choosing a new password with the link that was mailed. */
export default function ResetPage({ token }: { readonly token: string }) {
  const [, navigate] = useLocation();
  const { refusal, isSending, onSubmit } = useForm(async ({ password = '' }) => {
    const refused = await resetPassword(token, password);
    if (!refused) navigate('/login?reset=1', { replace: true });
    return refused;
  });
  return (
    <Stage title="Choose a new password" lead="You are signed out everywhere, and sign in with it.">
      <form className={partsCss.form} onSubmit={onSubmit}>
        <Alert refusal={refusal} fields={['password']} />
        {refusal?.field === 'token' && <Link href="/forgot">Ask for a new link</Link>}
        <NewPassword label="New password" autoFocus error={errorOf(refusal, 'password')} />
        <Button type="submit" look="primary" disabled={isSending}>
          {isSending ? 'Saving…' : 'Set new password'}
        </Button>
      </form>
    </Stage>
  );
}
