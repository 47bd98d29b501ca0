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

/** Signs out and forgets everything that was shown. */
export async function signOut(): Promise<void> {
  await post('/auth/sign-out', {});
  queries.clear();
  window.location.assign('/login');
}
