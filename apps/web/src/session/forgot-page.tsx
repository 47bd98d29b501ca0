import { useState } from 'react';
import { Link } from 'wouter';
import { EmailField } from '../parts/email-field.tsx';
import { Alert, Button, partsCss } from '../parts/parts.tsx';
import { forgotPassword } from './sign-in.ts';
import { Stage } from './stage.tsx';
import { useForm } from './use-form.ts';

/** Asking for a link to a new password. Whether there is such a person is told to nobody. */
export default function ForgotPage() {
  const [asked, setAsked] = useState('');
  const { refusal, isSending, onSubmit } = useForm(async ({ email = '' }) => {
    const refused = await forgotPassword(email);
    if (!refused) setAsked(email);
    return refused;
  });
  if (asked !== '')
    return (
      <Stage
        title="Look into your mail"
        lead={`If somebody signs in as ${asked}, a link for a new password is on its way there. It works once, for an hour.`}
      >
        <Link href="/login">Back to sign in</Link>
      </Stage>
    );
  return (
    <Stage title="Forgot your password?" lead="We mail you a link with which you choose a new one.">
      <form className={partsCss.form} onSubmit={onSubmit}>
        <Alert refusal={refusal} />
        <EmailField label="E-mail address" autoComplete="username" autoFocus />
        <Button type="submit" look="primary" disabled={isSending}>
          {isSending ? 'Sending…' : 'Mail me a link'}
        </Button>
        <Link href="/login">Back to sign in</Link>
      </form>
    </Stage>
  );
}
