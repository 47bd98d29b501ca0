import type { ErrorCode } from '@tenantree/domain';
import { createTRPCClient, httpBatchLink, type TRPCClient, TRPCClientError } from '@trpc/client';
import { expect } from 'vitest';
import type { AppRouter } from '../../../../packages/client/src/app-router.ts';

export type { AppRouter };

export type Client = TRPCClient<AppRouter>;

/** A stock client that sends the given headers with every call. */
export const clientWith = (url: string, headers: Record<string, string>): Client =>
  createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: `${url}/trpc`, headers })] });

/** A client of a program with an API key or token. */
export const clientWithToken = (url: string, token: string): Client =>
  clientWith(url, { authorization: `Bearer ${token}` });

/** Signs a person in as the web app does. @returns the cookie header of the session */
export async function signIn(url: string, email: string, password: string): Promise<string> {
  const answer = await fetch(`${url}/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email, password }),
  });
  if (!answer.ok) throw new Error(`sign-in answered ${answer.status}: ${await answer.text()}`);
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

/** What `products.create` is asked for agents that have only a name. */
export const agentsNamed = (account: string, ...names: readonly string[]) => ({
  account,
  kind: 'agent' as const,
  products: names.map((name) => ({ document: { name } })),
});

/** A signed-in person's client. */
export const clientOf = (url: string, cookie: string): Client => clientWith(url, { cookie, origin: url });

export const PASSWORD = 'correct horse battery staple';

/** Invites somebody to an account in a role, and lets them accept and sign in. */
export async function join(
  url: string,
  inviter: Client,
  account: string,
  email: string,
  role: 'owner' | 'admin' | 'agency_admin' | 'member' | 'viewer',
): Promise<Client> {
  const { link } = await inviter.members.invite.mutate({ account, email, role });
  const token = link.split('/').at(-1) ?? '';
  await clientWith(url, {}).members.acceptInvitation.mutate({
    token,
    name: email.split('@')[0] ?? 'Somebody',
    password: PASSWORD,
  });
  return clientOf(url, await signIn(url, email, PASSWORD));
}

type Refused = { code: ErrorCode; message: string; field?: string; made?: string };

/** The refusal that a call ends with. Fails when the call succeeds. */
export async function refusalOf(call: Promise<unknown>): Promise<Refused> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof TRPCClientError)) throw error;
    const data = error.data as { refusal?: Refused } | null;
    if (!data?.refusal) throw error;
    return data.refusal;
  }
  return expect.fail('the call was not refused');
}

/** The code of the refusal that a call ends with. */
export const codeOf = async (call: Promise<unknown>): Promise<ErrorCode> => (await refusalOf(call)).code;
