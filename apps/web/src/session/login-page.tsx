import { useLocation, useSearchParams } from 'wouter';
import { Alert, Button, Field, partsCss } from '../parts/parts.tsx';
import { signIn } from './sign-in.ts';
import { Stage } from './stage.tsx';
import { useForm } from './use-form.ts';

/** Only addresses of this app are returned to, by the browser's own reading of them: it takes `/\` for `//`. */
function safePath(path: string | null): string {
  const { origin } = window.location;
  const to = URL.parse(path ?? '/', origin);
  return to?.origin === origin ? to.pathname + to.search : '/';
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
  return (
    <Stage
      title={isBack ? 'Session ended' : 'Sign in'}
      lead={isBack ? 'Sign in again to go on where you were.' : 'To the accounts you look after.'}
    >
      <form className={partsCss.form} onSubmit={onSubmit}>
        <Alert refusal={refusal} />
        <Field label="E-mail address" name="email" type="email" autoComplete="username" required autoFocus />
        <Field label="Password" name="password" type="password" autoComplete="current-password" required />
        <Button type="submit" look="primary" disabled={isSending}>
          {isSending ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
    </Stage>
  );
}
