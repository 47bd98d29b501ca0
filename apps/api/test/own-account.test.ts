import { PROOF_MINUTES } from '@tenantree/domain';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, PASSWORD } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

const MINUTE_MS = 60_000;
const clock = { aheadMs: 0, nowMs: () => Date.now() + clock.aheadMs };
let api: Deployment;

beforeAll(async () => {
  api = await deploy({ clock });
});
beforeEach(() => {
  clock.aheadMs = 0;
});
afterAll(() => api.close());

/** Posts to a route of signing in. */
const post = (path: string, body: unknown, headers: Record<string, string> = api.headers): Promise<Response> =>
  fetch(`${api.url}/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: api.url, ...headers },
    body: JSON.stringify(body),
  });
type Told = { error: { data: { refusal: { code: string; field?: string } } } };
const refusalOf = async (response: Response) => ((await response.json()) as Told).error.data.refusal;

describe('What is hard to undo (reliability.md 5)', () => {
  const makeKey = () => api.owner.keys.create.mutate({ account: api.root, name: 'Key' });

  it('asks a person for the password when it was given more than 15 minutes ago, and goes on after it', async () => {
    await makeKey();
    clock.aheadMs = (PROOF_MINUTES + 1) * MINUTE_MS;
    expect(await codeOf(makeKey())).toBe('REAUTHENTICATION_REQUIRED');
    expect((await api.owner.keys.list.query({ account: api.root })).keys).toHaveLength(1);
    expect((await post('proof', { password: PASSWORD })).status).toBe(200);
    await makeKey();
    clock.aheadMs += (PROOF_MINUTES + 1) * MINUTE_MS;
    expect(await codeOf(makeKey())).toBe('REAUTHENTICATION_REQUIRED');
  });

  it('stays closed after a wrong password, and to who is not signed in', async () => {
    clock.aheadMs = 60 * MINUTE_MS;
    expect(await refusalOf(await post('proof', { password: 'wrong password' }))).toMatchObject({
      code: 'UNAUTHORIZED',
      field: 'password',
    });
    expect(await codeOf(makeKey())).toBe('REAUTHENTICATION_REQUIRED');
    expect(await refusalOf(await post('proof', { password: PASSWORD }, { cookie: '' }))).not.toHaveProperty('field');
    expect(await refusalOf(await post('proof', { password: PASSWORD, more: 1 }))).toMatchObject({
      code: 'BAD_REQUEST',
    });
  });
});
