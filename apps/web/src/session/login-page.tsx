import { useQuery } from '@tanstack/react-query';
import { Link, useLocation, useSearchParams } from 'wouter';
import { EmailField } from '../parts/email-field.tsx';
import { Alert, Button, Field, partsCss } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { safePath } from './safe-path.ts';
import { signIn } from './sign-in.ts';
import { Stage } from './stage.tsx';
import { useForm } from './use-form.ts';

function leadOf(search: URLSearchParams): string {
  if (search.get('ended') === '1') return 'Sign in again to go on where you were.';
  return search.get('reset') === '1' ? 'Your new password is set. Sign in with it.' : 'To the accounts you look after.';
}

/** Signing in; afterwards the page that was asked for. */
export function LoginPage() {
  const [, navigate] = useLocation();
  const [search] = useSearchParams();
  const isBack = search.get('ended') === '1';
  const { refusal, isSending, onSubmit } = useForm(async ({ email = '', password = '' }) => {
    const refused = await signIn(email, password);
    if (!refused) navigate(safePath(search.get('to')), { replace: true });
    return refused;
  });
  const { data: setup } = useQuery({
    queryKey: ['setup'],
    queryFn: () => tenantree.trpc.setup.status.query(),
    retry: false,
  });
  if (setup?.claimed === false)
    return (
      <Stage
        title="Nobody owns this Tenantree yet"
        lead="Open the one-time link that the server printed when it started. Whoever opens it first names the main account and owns it."
      />
    );
  return (
    <Stage title={isBack ? 'Session ended' : 'Sign in'} lead={leadOf(search)}>
      <form className={partsCss.form} onSubmit={onSubmit}>
        <Alert refusal={refusal} />
        <EmailField label="E-mail address" autoComplete="username" autoFocus />
        <Field label="Password" name="password" type="password" autoComplete="current-password" required />
        <Button type="submit" look="primary" disabled={isSending}>
          {isSending ? 'Signing in…' : 'Sign in'}
        </Button>
        <Link href="/forgot">Forgot your password?</Link>
      </form>
    </Stage>
  );
}
