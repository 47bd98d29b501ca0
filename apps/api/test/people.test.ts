import { createTestDatabase } from '@tenantree/db/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { offerSetupLink } from '../src/setup/claim.ts';
import { type Client, clientOf, clientWith, codeOf, join, PASSWORD, signIn } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { startApi } from './support/start-api.ts';

let api: Deployment;
let owner: Client;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
});
afterAll(() => api.close());

const make = async (name: string): Promise<string> =>
  (await owner.accounts.create.mutate({ account: api.root, name })).account.id;

describe('The first run', () => {
  it('is over once somebody owns the deployment', async () => {
    expect(await clientWith(api.url, {}).setup.status.query()).toEqual({ claimed: true });
    expect(await offerSetupLink(api.composed.hall)).toBeNull();
    const claim = {
      token: 'tt_setup_x',
      name: 'Mallory',
      email: 'm@example.com',
      password: PASSWORD,
      accountName: 'Mine',
    };
    expect(await codeOf(clientWith(api.url, {}).setup.claim.mutate(claim))).toBe('ALREADY_CLAIMED');
  });
});

describe('The link of the first run', () => {
  it('is refused when the server did not print it, and takes nothing', async () => {
    const database = await createTestDatabase(inject('database'));
    const server = await startApi(database.serving);
    const token = (await offerSetupLink(server.hall))?.split('/').at(-1) ?? '';
    const claim = { name: 'Ada', email: 'ada@bücher.example', password: PASSWORD, accountName: 'Main' };
    const nobody = clientWith(server.url, {});
    expect(await codeOf(nobody.setup.claim.mutate({ ...claim, token: 'tt_setup_x' }))).toBe('UNAUTHORIZED');
    expect(await nobody.setup.status.query()).toEqual({ claimed: false });
    await nobody.setup.claim.mutate({ ...claim, token });
    const ada = clientOf(server.url, await signIn(server.url, 'ada@xn--bcher-kva.example', PASSWORD));
    expect((await ada.session.me.query()).user?.email).toBe('ada@bücher.example');
    await server.close();
    await database.drop();
  });
});

describe('Whoever takes a deployment', () => {
  it.each(['name', 'accountName'])('is told at the field when %s is no name', async (field) => {
    const wish = {
      token: 'tt_setup_x',
      name: 'Ada',
      email: 'ada@example.com',
      password: PASSWORD,
      accountName: 'Acme',
    };
    await expect(
      clientWith(api.url, {}).setup.claim.mutate({ ...wish, [field]: 'x'.repeat(121) }),
    ).rejects.toMatchObject({ data: { refusal: { code: 'NAME_INVALID', field } } });
  });
});

describe('Members (rules/people 1)', () => {
  it('are invited by a link that works once and only for its address', async () => {
    const account = await make('Invites');
    const { link } = await owner.members.invite.mutate({ account, email: ' Ann@Example.com ', role: 'member' });
    const token = link.split('/').at(-1) ?? '';
    const nobody = clientWith(api.url, {});
    expect(await nobody.members.invitation.query({ token })).toEqual({
      accountName: 'Invites',
      email: 'ann@example.com',
      role: 'member',
    });
    expect(await codeOf(owner.members.acceptInvitation.mutate({ token }))).toBe('FORBIDDEN');
    await expect(
      nobody.members.acceptInvitation.mutate({ token, name: 'Ann', password: 'Qwertyuiop' }),
    ).rejects.toMatchObject({ data: { refusal: { code: 'BAD_REQUEST', field: 'password' } } });
    expect(await codeOf(nobody.members.acceptInvitation.mutate({ token, name: 'Ann', password: 'short' }))).toBe(
      'BAD_REQUEST',
    );
    await nobody.members.acceptInvitation.mutate({ token, name: 'Ann', password: PASSWORD });
    expect(await codeOf(nobody.members.invitation.query({ token }))).toBe('UNAUTHORIZED');
    const stranger = { token, name: 'Ann', password: 'a password of somebody else' };
    expect(await codeOf(nobody.members.acceptInvitation.mutate(stranger))).toBe('UNAUTHORIZED');
    const ann = clientOf(api.url, await signIn(api.url, 'ann@example.com', PASSWORD));
    expect((await ann.session.me.query()).accounts).toEqual([{ id: account, name: 'Invites', role: 'member' }]);
    expect((await owner.accounts.get.query({ account })).members.own).toBe(1);
  });

  it('get no role above the one who gives it, and owners are changed by owners only', async () => {
    const account = await make('Ranks');
    const admin = await join(api.url, owner, account, 'ranks-admin@example.com', 'admin');
    const members = async () => (await owner.members.list.query({ account })).members;
    const byEmail = async (email: string) => (await members()).find((member) => member.email === email)?.userId ?? '';
    await join(api.url, owner, account, 'ranks-owner@example.com', 'owner');
    const ownerId = await byEmail('ranks-owner@example.com');
    expect(await codeOf(admin.members.invite.mutate({ account, email: 'x@example.com', role: 'owner' }))).toBe(
      'ROLE_TOO_HIGH',
    );
    expect(await codeOf(admin.members.setRole.mutate({ account, userId: ownerId, role: 'viewer' }))).toBe(
      'ROLE_TOO_HIGH',
    );
    expect(await codeOf(admin.members.remove.mutate({ account, userId: ownerId }))).toBe('ROLE_TOO_HIGH');
    expect(await codeOf(owner.members.remove.mutate({ account, userId: ownerId }))).toBe('LAST_OWNER');
    expect(await codeOf(owner.members.setRole.mutate({ account, userId: ownerId, role: 'admin' }))).toBe('LAST_OWNER');
  });

  it('are listed with the last thing they did there or below, and with nothing of what they did elsewhere', async () => {
    const account = await make('Reviewed');
    const elsewhere = await make('Elsewhere');
    const below = (await owner.accounts.create.mutate({ account, name: 'Below' })).account.id;
    const ann = await join(api.url, owner, account, 'reviewed@example.com', 'admin');
    const bob = await join(api.url, owner, elsewhere, 'reviewed-too@example.com', 'admin');
    await join(api.url, owner, account, 'reviewed-too@example.com', 'admin');
    const lastOf = async (email: string) =>
      (await owner.members.list.query({ account })).members.find((one) => one.email === email)?.lastActivity ?? null;
    const joined = [await lastOf('reviewed@example.com'), await lastOf('reviewed-too@example.com')];
    expect(joined.every((at) => at !== null)).toBe(true);
    await bob.accounts.rename.mutate({ account: elsewhere, name: 'Else' });
    expect(await lastOf('reviewed-too@example.com')).toBe(joined[1]);
    await ann.accounts.enter.mutate({ account: below });
    expect((await lastOf('reviewed@example.com')) ?? '').not.toBe(joined[0]);
  });

  it('lose access at once when they are removed, and may leave by themselves', async () => {
    const account = await make('Leaving');
    const ann = await join(api.url, owner, account, 'leaving@example.com', 'admin');
    const bob = await join(api.url, owner, account, 'leaving-too@example.com', 'viewer');
    const { members } = await owner.members.list.query({ account });
    await owner.members.remove.mutate({
      account,
      userId: members.find(({ email }) => email === 'leaving@example.com')?.userId ?? '',
    });
    expect(await codeOf(ann.accounts.get.query({ account }))).toBe('NOT_FOUND');
    await bob.members.leave.mutate({ account });
    expect(await codeOf(bob.accounts.get.query({ account }))).toBe('NOT_FOUND');
    expect((await owner.accounts.get.query({ account })).members).toEqual({ own: 0, total: 0 });
  });
});

describe('The audit log', () => {
  it('tells the account who came in from above, with the account they came from', async () => {
    const account = await make('Visited');
    const admin = await join(api.url, owner, account, 'visited@example.com', 'admin');
    await owner.accounts.enter.mutate({ account });
    await owner.accounts.rename.mutate({ account, name: 'Visited twice' });
    await owner.accounts.leave.mutate({ account });
    const { rows } = await admin.audit.list.query({ account, limit: 3 });
    expect(rows.map(({ sentence, actor }) => [actor.name, actor.kind, sentence])).toEqual([
      ['Olivia Owner', 'person', 'left Visited twice'],
      ['Olivia Owner', 'person', 'renamed Visited to Visited twice'],
      ['Olivia Owner', 'person', 'entered Visited'],
    ]);
  });

  it('names the account of the membership that let somebody do it, where they have several', async () => {
    const account = await make('Decided by');
    const email = 'twofold@example.com';
    const twofold = await join(api.url, owner, account, email, 'owner');
    const { link } = await owner.members.invite.mutate({ account: api.root, email, role: 'agency_admin' });
    await twofold.members.acceptInvitation.mutate({ token: link.split('/').at(-1) ?? '' });
    const last = async () => (await owner.audit.list.query({ account, limit: 1 })).rows[0]?.actor.via;
    await twofold.accounts.rename.mutate({ account, name: 'Decided there' });
    expect(await last()).toBeNull();
    await twofold.limits.set.mutate({ account, limits: [{ kind: 'agents', max: 5 }] });
    expect(await last()).toEqual({ id: api.root, name: 'Main' });
    const { userId = '' } = (await owner.members.list.query({ account })).members[0] ?? {};
    await join(api.url, owner, account, 'other@example.com', 'owner');
    await owner.members.setRole.mutate({ account, userId, role: 'viewer' });
    await twofold.accounts.rename.mutate({ account, name: 'Decided above' });
    expect(await last()).toEqual({ id: api.root, name: 'Main' });
    // Where many are acted on from above, each log tells it, and the one above doesn't.
    const levels = { tasks: 'read' } as const;
    const { id: preset } = await owner.presets.save.mutate({ account: api.root, name: 'From above', levels });
    await owner.permissions.applyPreset.mutate({ account: api.root, accounts: [account], preset, mode: 'replace' });
    expect(await last()).toEqual({ id: api.root, name: 'Main' });
    const [saved] = (await owner.audit.list.query({ account: api.root, limit: 1 })).rows;
    expect(saved).toMatchObject({ action: 'preset.saved', actor: { via: null } });
  });

  it('names a key as a key, with the account it came from', async () => {
    const account = await make('Keyed log');
    const { client } = await api.key(api.root);
    await client.accounts.rename.mutate({ account, name: 'Renamed by key' });
    const [entry] = (await owner.audit.list.query({ account, limit: 1 })).rows;
    expect(entry?.actor).toMatchObject({ kind: 'key', name: 'Test key', via: { id: api.root, name: 'Main' } });
  });
});
