import type { Auth } from '../auth/auth.ts';
import { refuseWith } from '../hall/refused.ts';
import type { App, Call, Ground } from '../wire/calls.ts';

const MOST_BYTES = 16_384;

/** Signing in and out, and passwords. Nothing else of the sign-in library can be reached: whatever is not named here does not exist. */
export function authRoutes(app: App, auth: Auth, ground: Pick<Ground, 'config' | 'hall'>): void {
  const refuseForeign = refusingForeign(ground);
  app.post('/auth/sign-in/email', async (call) => {
    refuseForeign(call);
    const { headers, remoteAddress } = call.get('connection');
    const input = await call.get('readJson')(MOST_BYTES);
    const { user, cookies } = await auth.signIn(input, { address: remoteAddress, headers });
    return answer(call, { user }, cookies);
  });

  /** What is done with a password, by people or for them; the answer is empty. */
  const acts = {
    '/auth/proof': 'prove',
    '/auth/password': 'changePassword',
    '/auth/password/forgotten': 'forgotPassword',
    '/auth/password/reset': 'resetPassword',
  } as const;
  for (const [path, act] of Object.entries(acts))
    app.post(path, async (call) => {
      refuseForeign(call);
      const { headers, remoteAddress } = call.get('connection');
      await auth[act](await call.get('readJson')(MOST_BYTES), { address: remoteAddress, headers });
      return answer(call, {}, []);
    });

  app.post('/auth/sign-out', async (call) => {
    refuseForeign(call);
    return answer(call, { success: true }, await auth.signOut(call.get('connection').headers));
  });

  app.get('/auth/get-session', async (call) => {
    const { headers, sameOrigin } = call.get('connection');
    const session = sameOrigin ? await auth.sessionOf(headers) : null;
    return answer(call, session, []);
  });
}

/** Another site could otherwise sign its visitors in as somebody else, or out. */
const refusingForeign =
  ({ config, hall }: Pick<Ground, 'config' | 'hall'>) =>
  (call: Call): void => {
    call.set('route', 'auth');
    if (call.get('connection').sameOrigin) return;
    const { publicUrl } = hall.settings;
    // Behind a proxy with TLS the page's address is not the one that this server sees.
    const hint =
      config.publicUrl === null ? ' If it is reached at another address, whoever runs it sets PUBLIC_URL to that.' : '';
    refuseWith('FORBIDDEN', `Sign in on the pages of this server, at ${publicUrl}.${hint}`);
  };

function answer(call: Call, body: unknown, cookies: readonly string[]): Response {
  call.set('route', 'auth');
  const response = Response.json(body);
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  return response;
}
