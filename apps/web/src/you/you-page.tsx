import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { Alert, Button, errorOf, Field, Page } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { NewPassword } from '../session/new-password.tsx';
import { safePath } from '../session/safe-path.ts';
import { changePassword } from '../session/sign-in.ts';
import { useForm } from '../session/use-form.ts';
import { useMe } from '../session/use-me.ts';
import { Sessions } from './sessions.tsx';
import own from './you.module.css';

/** What concerns only oneself, in whatever account one acts: name, password, sessions. */
export default function YouPage() {
  const [search] = useSearchParams();
  const user = useMe().data?.user;
  if (!user) return null;
  return (
    <main className={own.frame}>
      <Link href={safePath(search.get('to'))}>Back</Link>
      <Page title="Your profile" lead={`You sign in as ${user.email}.`}>
        <section className={own.part} aria-labelledby="your-name">
          <h2 id="your-name">Name</h2>
          <NameForm key={user.name} name={user.name} />
        </section>
        <section className={own.part} aria-labelledby="your-password">
          <h2 id="your-password">Password</h2>
          <PasswordForm email={user.email} />
        </section>
        <section className={own.part} aria-labelledby="your-sessions">
          <h2 id="your-sessions">Where you are signed in</h2>
          <Sessions />
        </section>
      </Page>
    </main>
  );
}

function NameForm({ name }: { readonly name: string }) {
  const { refusal, isSending, onSubmit } = useForm(async (values) => {
    await tenantree.trpc.session.rename.mutate({ name: values['name'] ?? '' });
    await queries.invalidateQueries({ queryKey: ['me'] });
    return null;
  });
  return (
    <form className={`card ${own.form}`} onSubmit={onSubmit}>
      <Field
        label="Your name"
        name="name"
        defaultValue={name}
        autoComplete="name"
        hint="As others see it in accounts and in their logs."
        required
        error={errorOf(refusal, 'name')}
      />
      <Alert refusal={refusal} fields={['name']} />
      <div>
        <Button type="submit" look="primary" disabled={isSending}>
          {isSending ? 'Saving…' : 'Save name'}
        </Button>
      </div>
    </form>
  );
}

function PasswordForm({ email }: { readonly email: string }) {
  const [isChanged, setChanged] = useState(false);
  const { refusal, isSending, onSubmit } = useForm(async ({ currentPassword = '', password = '' }) => {
    setChanged(false);
    const refused = await changePassword(currentPassword, password);
    if (refused) return refused;
    setChanged(true);
    void queries.invalidateQueries({ queryKey: ['sessions'] });
    return 'next';
  });
  return (
    <form className={`card ${own.form}`} onSubmit={onSubmit}>
      {/* Password managers see by this whose password it is. */}
      <input type="text" autoComplete="username" value={email} readOnly hidden />
      <Field
        label="Present password"
        name="currentPassword"
        type="password"
        autoComplete="current-password"
        required
        error={errorOf(refusal, 'currentPassword')}
      />
      <NewPassword label="New password" error={errorOf(refusal, 'password')} />
      <Alert refusal={refusal} fields={['currentPassword', 'password']} />
      <div>
        <Button type="submit" look="primary" disabled={isSending}>
          {isSending ? 'Changing…' : 'Change password'}
        </Button>
      </div>
      <div role="status" className={own.said}>
        {isChanged && 'Your password is changed. You are signed out everywhere else.'}
      </div>
    </form>
  );
}
