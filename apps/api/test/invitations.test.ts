import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, clientOf, clientWith, codeOf, join, PASSWORD, signIn } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

let api: Deployment;
let owner: Client;
let nobody: Client;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
  nobody = clientWith(api.url, {});
});
afterAll(() => api.close());

type Role = Parameters<Client['members']['invite']['mutate']>[0]['role'];

let made = 0;
const make = async (parent = api.root): Promise<string> =>
  (await owner.accounts.create.mutate({ account: parent, name: `Account ${made++}` })).account.id;
const invite = async (inviter: Client, account: string, email: string, role: Role = 'viewer'): Promise<string> =>
  (await inviter.members.invite.mutate({ account, email, role })).link.split('/').at(-1) ?? '';
const accept = (token: string, password = PASSWORD) =>
  nobody.members.acceptInvitation.mutate({ token, name: 'New', password });
const idOf = async (account: string, email: string): Promise<string> =>
  (await owner.members.list.query({ account })).members.find((member) => member.email === email)?.userId ?? '';
const outcomeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'ok',
    () => codeOf(call),
  );

describe('Whoever is removed (rules/people 6)', () => {
  it('leaves no key that works and no invitation that is open, there or below, also after they come back', async () => {
    const account = await make();
    const below = await make(account);
    const email = 'removed@example.com';
    const admin = await join(api.url, owner, account, email, 'admin');
    const keys = await Promise.all(
      [account, below].map((of) => admin.keys.create.mutate({ account: of, name: 'Of the removed' })),
    );
    const clients = keys.map(({ key }) => clientWith(api.url, { authorization: `Bearer ${key}` }));
    const tokens = await Promise.all([account, below].map((of) => invite(admin, of, `of-${of}@example.com`)));
    const { key: kept } = await owner.keys.create.mutate({ account, name: 'Of the owner' });
    const keptToken = await invite(owner, account, 'of-the-owner@example.com');

    await owner.members.remove.mutate({ account, userId: await idOf(account, email) });
    await accept(await invite(owner, account, email, 'admin')).catch(() => undefined);
    const back = clientOf(api.url, await signIn(api.url, email, PASSWORD));
    await back.accounts.get.query({ account: below });

    for (const client of clients) expect(await codeOf(client.session.me.query())).toBe('UNAUTHORIZED');
    for (const token of tokens) expect(await codeOf(accept(token))).toBe('UNAUTHORIZED');
    for (const of of [account, below]) {
      const { keys: listed } = await owner.keys.list.query({ account: of });
      expect(listed.filter(({ name }) => name === 'Of the removed').every(({ revokedAt }) => revokedAt)).toBe(true);
      const { rows } = await owner.audit.list.query({ account: of });
      const sentences = rows.map(({ sentence }) => sentence);
      expect(sentences).toContain('revoked the API key Of the removed');
      expect(sentences.some((sentence) => sentence.startsWith(`revoked the invitation of of-${of}@example.com`))).toBe(
        true,
      );
    }
    await clientWith(api.url, { authorization: `Bearer ${kept}` }).session.me.query();
    await nobody.members.invitation.query({ token: keptToken });
  });

  it('keeps what they made where another membership of theirs reaches', async () => {
    const account = await make();
    const below = await make(account);
    const email = 'twice@example.com';
    const admin = await join(api.url, owner, account, email, 'admin');
    await admin.members.acceptInvitation.mutate({ token: await invite(owner, below, email, 'admin') });
    const { key } = await admin.keys.create.mutate({ account: below, name: 'Kept' });
    const token = await invite(admin, below, 'kept@example.com');
    await owner.members.remove.mutate({ account, userId: await idOf(account, email) });
    await clientWith(api.url, { authorization: `Bearer ${key}` }).session.me.query();
    expect(await accept(token)).toEqual({ account: below });
  });

  it('loses both by leaving, too', async () => {
    const account = await make();
    const admin = await join(api.url, owner, account, 'leaver@example.com', 'admin');
    const { key } = await admin.keys.create.mutate({ account, name: 'Left' });
    const token = await invite(admin, account, 'left@example.com');
    await admin.members.leave.mutate({ account });
    expect(await codeOf(clientWith(api.url, { authorization: `Bearer ${key}` }).session.me.query())).toBe(
      'UNAUTHORIZED',
    );
    expect(await codeOf(nobody.members.invitation.query({ token }))).toBe('UNAUTHORIZED');
  });
});

describe('An invitation', () => {
  it('is listed with who sent it, unnamed when they are above the reader’s sight', async () => {
    const account = await make();
    const admin = await join(api.url, owner, account, 'lister@example.com', 'admin');
    await invite(admin, account, 'by-admin@example.com');
    await invite(owner, account, 'by-owner@example.com');
    const inviters = async (client: Client) =>
      (await client.members.list.query({ account })).invitations.map(({ email, invitedBy }) => [
        email,
        invitedBy?.name,
      ]);
    expect(await inviters(owner)).toEqual([
      ['by-admin@example.com', 'lister'],
      ['by-owner@example.com', 'Olivia Owner'],
    ]);
    expect(await inviters(admin)).toEqual([
      ['by-admin@example.com', 'lister'],
      ['by-owner@example.com', undefined],
    ]);
  });

  it.each(['member', 'agency_admin'] as const)('is void when its sender is %s by then', async (role) => {
    const account = await make();
    const email = `lowered-to-${role}@example.com`;
    const admin = await join(api.url, owner, account, email, 'admin');
    const token = await invite(admin, account, `invited-by-${email}`, 'admin');
    await owner.members.setRole.mutate({ account, userId: await idOf(account, email), role });
    expect(await codeOf(accept(token))).toBe('UNAUTHORIZED');
    expect(await api.composed.auth.findByEmail(`invited-by-${email}`)).toBeNull();
    await owner.members.setRole.mutate({ account, userId: await idOf(account, email), role: 'admin' });
    expect(await accept(token)).toEqual({ account });
  });

  it('is accepted only where the account admits changes (rules/people 7)', async () => {
    const above = await make();
    const account = await make(above);
    const token = await invite(owner, account, 'suspended@example.com');
    for (const kind of ['full_stop', 'read_only'] as const) {
      await owner.accounts.suspend.mutate({ account: above, kind });
      expect(await codeOf(accept(token))).toBe('ACCOUNT_SUSPENDED');
      await owner.accounts.reactivate.mutate({ account: above });
    }
    expect(await api.composed.auth.findByEmail('suspended@example.com')).toBeNull();
    await owner.accounts.suspend.mutate({ account: above, kind: 'no_new_work' });
    expect(await accept(token)).toEqual({ account });
  });

  it('that is accepted many times, at once or later, has the same outcome for the same person', async () => {
    const account = await make();
    const token = await invite(owner, account, 'again@example.com');
    const pressed = Array.from({ length: 20 }, () => accept(token));
    expect(await Promise.all(pressed)).toEqual(pressed.map(() => ({ account })));
    expect(await accept(token)).toEqual({ account });
    const signedIn = clientOf(api.url, await signIn(api.url, 'again@example.com', PASSWORD));
    expect(await signedIn.members.acceptInvitation.mutate({ token })).toEqual({ account });
    expect((await owner.accounts.get.query({ account })).members.own).toBe(1);
    await owner.members.remove.mutate({ account, userId: await idOf(account, 'again@example.com') });
    expect(await codeOf(accept(token))).toBe('UNAUTHORIZED');
  });

  it('has one winner of twenty who race for it with passwords of their own, and nobody sees a failure of ours', async () => {
    const account = await make();
    const token = await invite(owner, account, 'raced@example.com');
    const racers = Array.from({ length: 20 }, (_, racer) => accept(token, `password of racer ${racer % 10}`));
    const outcomes = await Promise.all(racers.map(outcomeOf));
    expect(outcomes.filter((outcome) => outcome === 'ok').length).toBeGreaterThanOrEqual(1);
    expect(outcomes.filter((outcome) => outcome === 'ok').length).toBeLessThanOrEqual(2);
    for (const outcome of outcomes) expect(['ok', 'FORBIDDEN', 'UNAUTHORIZED', 'RATE_LIMITED']).toContain(outcome);
    expect((await owner.accounts.get.query({ account })).members.own).toBe(1);
  });

  it('of an address is one, however many are sent at once and however its domain is written', async () => {
    const account = await make();
    const addresses = ['kim@bücher.example', 'Kim@xn--bcher-kva.example', 'KIM@BÜCHER.example', 'kim@bücher.example'];
    const tokens = await Promise.all(addresses.map((email) => invite(owner, account, email)));
    const { invitations } = await owner.members.list.query({ account });
    expect(invitations).toHaveLength(1);
    const valid = await Promise.all(tokens.map((token) => outcomeOf(nobody.members.invitation.query({ token }))));
    expect(valid.filter((outcome) => outcome === 'ok')).toHaveLength(1);
    expect(await accept(tokens[valid.indexOf('ok')] ?? '')).toEqual({ account });
    expect(await codeOf(owner.members.invite.mutate({ account, email: 'kim@bücher.example', role: 'viewer' }))).toBe(
      'ALREADY_MEMBER',
    );
  });

  it.each(['kim@bü cher.example', 'kim@bücher.example/x', 'kim@%65xample.com', 'kim@', '@bücher.example', 'kim'])(
    'is not sent to what is no address: %s',
    async (email) => {
      const account = await make();
      expect(await codeOf(owner.members.invite.mutate({ account, email, role: 'viewer' }))).toBe('BAD_REQUEST');
    },
  );

  it('lets sixty people join behind one address', async () => {
    const account = await make();
    const tokens = await Promise.all(
      Array.from({ length: 60 }, (_, one) => invite(owner, account, `p${one}@example.com`)),
    );
    for (const token of tokens) {
      await nobody.members.invitation.query({ token });
      expect(await accept(token)).toEqual({ account });
    }
  });
});
