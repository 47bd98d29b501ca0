import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { EmailField } from '../parts/email-field.tsx';
import { Alert, Button, errorOf, Field, partsCss } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { NewPassword } from './new-password.tsx';
import { signIn } from './sign-in.ts';
import { Stage } from './stage.tsx';
import { useForm } from './use-form.ts';

const FIELDS = ['name', 'email', 'password', 'accountName'];

/** The first run: whoever holds the link that the server printed becomes the owner of the first main account. */
export default function SetupPage({ token }: { readonly token: string }) {
  const [, navigate] = useLocation();
  const status = useQuery({ queryKey: ['setup'], queryFn: () => tenantree.trpc.setup.status.query() });
  const { refusal, isSending, onSubmit } = useForm(
    async ({ name = '', email = '', password = '', accountName = '' }) => {
      const { account } = await tenantree.trpc.setup.claim.mutate({ token, name, email, password, accountName });
      const refused = await signIn(email, password);
      navigate(refused ? '/login' : `/a/${account}/subaccounts`, { replace: true });
      return null;
    },
  );
  if (status.data?.claimed) {
    return (
      <Stage title="Already set up" lead="This Tenantree has an owner. The link has done its work.">
        <Link href="/login">Sign in</Link>
      </Stage>
    );
  }
  return (
    <Stage
      title="Welcome to your Tenantree"
      lead="Name the account at the top and the person who owns it. Everything else grows below."
    >
      <form className={partsCss.form} onSubmit={onSubmit}>
        <Alert refusal={refusal} fields={FIELDS} />
        <Field
          label="Main account"
          name="accountName"
          hint="Your company, as your customers know it."
          autoComplete="organization"
          required
          autoFocus
          error={errorOf(refusal, 'accountName')}
        />
        <Field label="Your name" name="name" autoComplete="name" required error={errorOf(refusal, 'name')} />
        <EmailField label="E-mail address" autoComplete="username" error={errorOf(refusal, 'email')} />
        <NewPassword label="Password" error={errorOf(refusal, 'password')} />
        <Button type="submit" look="primary" disabled={isSending}>
          {isSending ? 'Creating…' : 'Create main account'}
        </Button>
      </form>
    </Stage>
  );
}
