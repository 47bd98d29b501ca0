import { type CallRefusal, NO_ANSWER, otherAnswer } from '@tenantree/client';
import { queries } from '../server.ts';

async function post(path: string, body: object): Promise<CallRefusal | null> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch {
    return NO_ANSWER;
  }
  if (answer.ok) return null;
  const told: { error?: { data?: { refusal?: CallRefusal } } } | null = await answer.json().catch(() => null);
  return told?.error?.data?.refusal ?? otherAnswer(answer.status);
}

/** Signs in; null when it worked. */
export async function signIn(email: string, password: string): Promise<CallRefusal | null> {
  const refusal = await post('/auth/sign-in/email', { email, password });
  if (!refusal) await queries.resetQueries();
  return refusal;
}

/** Gives the password of who is signed in once more; null when it was right. */
export const proveAgain = (password: string): Promise<CallRefusal | null> => post('/auth/proof', { password });

/** Changes the password of who is signed in, everywhere else signing out; null when it worked. */
export const changePassword = (currentPassword: string, password: string): Promise<CallRefusal | null> =>
  post('/auth/password', { currentPassword, password });

/** Has a link for a new password mailed to whoever has an address; null also when nobody has. */
export const forgotPassword = (email: string): Promise<CallRefusal | null> =>
  post('/auth/password/forgotten', { email });

/** Sets a new password with the token of a mailed link; null when it worked. */
export const resetPassword = (token: string, password: string): Promise<CallRefusal | null> =>
  post('/auth/password/reset', { token, password });

/** Signs out, forgets everything that was shown, and goes on at a page of the app. */
export async function signOut(to = '/login'): Promise<void> {
  await post('/auth/sign-out', {});
  goToSignIn(to);
}

/** Forgets everything that was shown, where nobody is signed in any more. */
export function goToSignIn(to = '/login'): void {
  queries.clear();
  window.location.assign(to);
}
