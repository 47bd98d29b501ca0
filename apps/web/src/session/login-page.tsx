import { useQuery } from '@tanstack/react-query';
import { useLocation, useSearchParams } from 'wouter';
import { EmailField } from '../parts/email-field.tsx';
import { Alert, Button, Field, partsCss } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { signIn } from './sign-in.ts';
import { Stage } from './stage.tsx';
import { useForm } from './use-form.ts';

/** Only addresses of this app are returned to, by the browser's own reading of them: it takes `/\` for `//`. */
function safePath(path: string | null): string {
  const { origin } = window.location;
  if (path === null || !URL.canParse(path, origin)) return '/';
  const to = new URL(path, origin);
  return to.origin === origin ? to.pathname + to.search : '/';
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
    <Stage
      title={isBack ? 'Session ended' : 'Sign in'}
      lead={isBack ? 'Sign in again to go on where you were.' : 'To the accounts you look after.'}
    >
      <form className={partsCss.form} onSubmit={onSubmit}>
        <Alert refusal={refusal} />
        <EmailField label="E-mail address" autoComplete="username" autoFocus />
        <Field label="Password" name="password" type="password" autoComplete="current-password" required />
        <Button type="submit" look="primary" disabled={isSending}>
          {isSending ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
    </Stage>
  );
}
