import { PROCEDURES } from '@tenantree/contract';
import { EMBED_FEATURES, PERMISSIONS, ROLES } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, clientWith, clientWithToken, codeOf, join, PASSWORD, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { callerWith } from './support/every-call.ts';
import { jobsEnded } from './support/jobs.ts';
import { heardStatements } from './support/statements.ts';

const DAY_MS = 86_400_000;
const clock = { aheadMs: 0, nowMs: () => Date.now() + clock.aheadMs };
const ORIGIN = 'https://portal.example';

let api: Deployment;
let owner: Client;
let root: string;
beforeAll(async () => {
  api = await deploy({ clock, config: { databasePool: 3 } });
  owner = api.owner;
  root = api.root;
});
afterAll(() => api.close());

const make = async (account: string, name: string, more: object = {}): Promise<string> =>
  (await owner.accounts.create.mutate({ account, name, ...more })).account.id;

type Wish = Partial<Parameters<Client['embed']['createToken']['mutate']>[0]>;

/** A screen of an account that was embedded with a key. */
async function screen(key: Client, account: string, wish: Wish = {}): Promise<Client> {
  const { token } = await key.embed.createToken.mutate({ account, origin: ORIGIN, userRef: 'dana', ...wish });
  return clientWith(api.url, { authorization: `Bearer ${token}`, origin: ORIGIN });
}

/** How a call ends: with the code of its refusal, or well. */
const told = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: unknown) => codeOf(Promise.reject(error)),
  );

const tokenOf = (link: string): string => link.split('/').at(-1) ?? '';

describe('An embedded screen (rules/keys 8)', () => {
  it('is opened for lists of procedures by what it is for, and for none that makes a credential', () => {
    const openedFor = new Map<string, string[]>();
    for (const [path, { needs }] of PROCEDURES) {
      if (needs.kind === 'public' || !needs.callers.kinds.includes('embed')) continue;
      const { screens } = needs.callers;
      for (const feature of screens === 'every' ? ['always'] : screens)
        openedFor.set(feature, [...(openedFor.get(feature) ?? []), path]);
    }
    expect(Object.fromEntries(openedFor)).toEqual({
      always: [
        'accounts.get',
        'accounts.list',
        'accounts.search',
        'accounts.export',
        'accounts.live',
        'jobs.list',
        'jobs.get',
        'jobs.export',
        'jobs.live',
        'jobs.cancel',
        'jobs.previewUndo',
        'jobs.undo',
        'jobs.retry',
        'jobs.file',
        'limits.liveNear',
        'products.kinds',
        'session.me',
        'views.list',
        'views.save',
        'views.remove',
      ],
      usage: ['usage.totals', 'usage.series', 'usage.export', 'usage.live'],
      switch: ['accounts.enter', 'accounts.leave'],
      create: ['accounts.create', 'accounts.createMany'],
      rename: ['accounts.rename'],
      suspend: [
        'accounts.previewSuspension',
        'accounts.suspend',
        'accounts.suspendMany',
        'accounts.reactivateMany',
        'accounts.reactivate',
      ],
      close: ['accounts.previewSuspension', 'accounts.close', 'accounts.reopen'],
      members: ['members.list', 'members.invite', 'members.revokeInvitation', 'members.setRole', 'members.remove'],
      activity: ['accounts.entries', 'audit.list', 'audit.export'],
      permissions: [
        'permissions.get',
        'permissions.preview',
        'permissions.set',
        'permissions.undo',
        'permissions.explain',
        'permissions.compare',
        'permissions.previewPreset',
        'permissions.applyPreset',
        'permissions.applyPresetMany',
        'permissions.review',
        'permissions.reviewMany',
        'permissions.live',
        'presets.list',
        'presets.takers',
        'presets.save',
        'presets.remove',
        'presets.restore',
        'presets.setDefault',
      ],
      billing: [
        'billing.get',
        'billing.plans',
        'billing.subscribe',
        'billing.setDetails',
        'billing.payerAt',
        'invoices.list',
        'invoices.get',
        'invoices.export',
        'margins.ofCustomer',
        'transfers.preview',
        'transfers.get',
        'transfers.list',
        'transfers.plans',
        'transfers.cancel',
        'transfers.extend',
        'transfers.resend',
        'transfers.live',
      ],
      limits: [
        'limits.get',
        'limits.set',
        'limits.setMany',
        'limits.setDefaults',
        'limits.preview',
        'limits.whatIf',
        'limits.live',
      ],
      import: [
        'imports.plan',
        'imports.run',
        'imports.copies',
        'imports.links',
        'imports.waiting',
        'imports.takeSource',
        'imports.detach',
        'products.list',
        'products.get',
        'products.live',
      ],
      products: [
        'imports.copies',
        'imports.takeSource',
        'imports.detach',
        'products.list',
        'products.get',
        'products.create',
        'products.save',
        'products.delete',
        'products.deleted',
        'products.versions',
        'products.restore',
        'products.export',
        'products.live',
        'rollouts.start',
        'rollouts.get',
        'rollouts.list',
        'rollouts.live',
        'rollouts.goOn',
        'rollouts.cancel',
        'rollouts.rollBack',
      ],
    });
    expect([...openedFor.keys()].toSorted()).toEqual(['always', ...EMBED_FEATURES].toSorted());
  });

  it('reads accounts and usage unless more is asked for, and with access "full" alone creates and renames', async () => {
    const account = await make(root, 'Usual');
    const { client: key } = await api.key(account);
    const usual = await screen(key, account);
    expect((await usual.accounts.get.query({ account })).features).toEqual(['usage']);
    expect((await usual.accounts.list.query({ account })).rows).toEqual([]);
    expect((await usual.usage.totals.query({ account })).total).toBe('0');
    expect(await codeOf(usual.accounts.create.mutate({ account, name: 'Not so' }))).toBe('FEATURE_NOT_ALLOWED');
    const full = await screen(key, account, { access: 'full' });
    expect((await full.accounts.get.query({ account })).features).toEqual(['usage', 'create', 'rename']);
    const made = (await full.accounts.create.mutate({ account, name: 'So it is' })).account.id;
    expect((await full.accounts.rename.mutate({ account: made, name: 'Renamed' })).name).toBe('Renamed');
    expect(await codeOf(full.accounts.close.mutate({ account: made }))).toBe('FEATURE_NOT_ALLOWED');
  });

  it('does what its features name and nothing else, and for reading only nothing of it that changes', async () => {
    const account = await make(root, 'Featured');
    const below = await make(account, 'Featured below');
    const { client: key } = await api.key(account);
    const suspending = await screen(key, account, { features: ['suspend'] });
    expect((await suspending.accounts.suspend.mutate({ account: below })).status).toBe('suspended');
    expect((await suspending.accounts.reactivate.mutate({ account: below })).status).toBe('active');
    expect(await codeOf(suspending.usage.totals.query({ account }))).toBe('FEATURE_NOT_ALLOWED');
    expect((await suspending.accounts.list.query({ account })).rows[0]?.minutes).toBeNull();
    const reading = await screen(key, account, { features: ['suspend', 'members'], access: 'read' });
    expect((await reading.accounts.get.query({ account })).features).toEqual(['members']);
    await join(api.url, owner, account, 'featured@example.com', 'owner');
    expect((await reading.members.list.query({ account })).members).toHaveLength(1);
    expect(await codeOf(reading.accounts.suspend.mutate({ account: below }))).toBe('FORBIDDEN');
    expect(await codeOf(key.embed.createToken.mutate({ account, origin: ORIGIN, userRef: 'dana', features: [] }))).toBe(
      'BAD_REQUEST',
    );
  });

  it('imports products by a feature of its own: with it, from the list of what there is to the job, and writes nothing else', async () => {
    const account = await make(root, 'Importing');
    const below = await make(account, 'Importing below');
    const document = { name: 'Office hours' };
    const made = await owner.products.create.mutate({ account, kind: 'schedule', products: [{ document }] });
    const { client: key } = await api.key(account);
    const importing = await screen(key, account, { features: ['import'] });
    const { rows } = await importing.products.list.query({ account, kind: 'schedule' });
    expect(rows.map(({ id }) => id)).toEqual(made.products.map(({ id }) => id));
    const wish = { account, targets: [below], products: rows.map(({ id: product }) => ({ product })) };
    const { plan } = await importing.imports.plan.mutate(wish);
    const { job } = await importing.imports.run.mutate({ account, plan });
    await jobsEnded(api.database);
    expect((await importing.jobs.get.query({ account, job })).items.map(({ state }) => state)).toEqual(['done']);
    expect((await importing.products.list.query({ account: below, kind: 'schedule' })).rows[0]?.link).toBeDefined();
    const write = { account, kind: 'schedule' as const, products: [{ document: { name: 'Another' } }] };
    expect(await codeOf(importing.products.create.mutate(write))).toBe('FEATURE_NOT_ALLOWED');
    const owning = await screen(key, account, { features: ['products'] });
    expect(await codeOf(owning.imports.plan.mutate(wish))).toBe('FEATURE_NOT_ALLOWED');
  });

  it('makes no key, no token and no main account, leaves no account, and takes no deployment', async () => {
    const account = await make(root, 'Kept');
    const { client: key } = await api.key(account);
    const all = await screen(key, account, { features: [...EMBED_FEATURES] });
    const refused = await Promise.all(
      [
        all.keys.create.mutate({ account, name: 'Lasting' }),
        all.keys.list.query({ account }),
        all.embed.createToken.mutate({ account, origin: ORIGIN, userRef: 'eve' }),
        all.accounts.createMain.mutate({ name: 'My own' }),
        all.members.leave.mutate({ account }),
        all.usage.record.mutate({ account, events: [] }),
      ].map(codeOf),
    );
    expect(new Set(refused)).toEqual(new Set(['FEATURE_NOT_ALLOWED']));
  });

  it('makes nobody owner or admin, and changes none', async () => {
    const account = await make(root, 'Ranked');
    await join(api.url, owner, account, 'ranked@example.com', 'admin');
    await join(api.url, owner, account, 'ranked-owner@example.com', 'owner');
    const { members } = await owner.members.list.query({ account });
    const { client: key } = await api.key(account);
    const all = await screen(key, account, { features: ['members'] });
    for (const role of ['owner', 'admin'] as const) {
      const email = `${role}-to-be@example.com`;
      expect(await codeOf(all.members.invite.mutate({ account, email, role }))).toBe('ROLE_TOO_HIGH');
    }
    for (const { userId } of members)
      expect(await codeOf(all.members.remove.mutate({ account, userId }))).toBe('ROLE_TOO_HIGH');
    expect((await all.members.invite.mutate({ account, email: 'm@example.com', role: 'member' })).link).toContain(
      '/invite/',
    );
  });

  it('asks for reach first: what it can’t reach does not exist, whatever it was opened for', async () => {
    const account = await make(root, 'Asking');
    const foreign = await make(root, 'Foreign');
    const { client: key } = await api.key(account);
    const reading = await screen(key, account, { access: 'read' });
    expect(await codeOf(reading.accounts.create.mutate({ account: foreign, name: 'No' }))).toBe('NOT_FOUND');
    expect(await codeOf(reading.keys.create.mutate({ account: foreign, name: 'No' }))).toBe('NOT_FOUND');
    expect(await codeOf(reading.usage.record.mutate({ account: foreign, events: [] }))).toBe('NOT_FOUND');
  });

  it('ends with its key, and is told so when it is made', async () => {
    const account = await make(root, 'Short');
    const expiresAt = new Date(Date.now() + 300_000).toISOString();
    const { key } = await owner.keys.create.mutate({ account, name: 'Short', expiresAt });
    const client = clientWithToken(api.url, key);
    const made = await client.embed.createToken.mutate({ account, origin: ORIGIN, userRef: 'dana' });
    expect(made.expiresAt).toBe(expiresAt);
  });
});

describe('An API key (rules/keys 1)', () => {
  it('lasts a year unless it is said otherwise, and has all that its owner has', async () => {
    const account = await make(root, 'Lasting');
    const made = await owner.keys.create.mutate({ account, name: 'Usual' });
    expect(Date.parse(made.expiresAt ?? '') - Date.now()).toBeGreaterThan(364 * DAY_MS);
    expect(made.scopes).toBe('*');
    expect((await owner.keys.create.mutate({ account, name: 'For ever', expiresAt: null })).expiresAt).toBeNull();
    clock.aheadMs = 366 * DAY_MS;
    expect(await codeOf(clientWithToken(api.url, made.key).session.me.query())).toBe('UNAUTHORIZED');
    clock.aheadMs = 0;
  });

  it('has of each permission what its scopes name, and none of the others', async () => {
    const account = await make(root, 'Scoped');
    const made = await owner.keys.create.mutate({
      account,
      name: 'Reader',
      scopes: { 'account.subaccounts': 'read', 'billing.usage': 'full' },
    });
    const reader = clientWithToken(api.url, made.key);
    const { levels } = await reader.accounts.get.query({ account });
    expect(Object.entries(levels).filter(([, level]) => level !== 'none')).toEqual([
      ['account.subaccounts', 'read'],
      ['billing.usage', 'full'],
    ]);
    expect((await reader.accounts.list.query({ account })).total).toBe(0);
    expect(await codeOf(reader.accounts.create.mutate({ account, name: 'No' }))).toBe('FORBIDDEN');
    expect(await codeOf(reader.keys.list.query({ account }))).toBe('FORBIDDEN');
    const wish = (scopes: Record<string, string>) =>
      refusalOf(owner.keys.create.mutate({ account, name: 'Wrong', scopes }));
    expect(await wish({ colour: 'full' })).toMatchObject({ code: 'BAD_REQUEST', field: 'scopes.colour' });
    expect(await wish({ billing: 'read' })).toMatchObject({
      field: 'scopes.billing',
      message: 'Billing can be one of: none, full.',
    });
  });

  it('reaches no more than the part of the subtree that it is kept to', async () => {
    const account = await make(root, 'Parts');
    const mine = await make(account, 'Part mine', { externalId: 'part-mine' });
    const below = await make(mine, 'Part below');
    const other = await make(account, 'Part other');
    const made = await owner.keys.create.mutate({ account, name: 'Narrow', within: ['ext:part-mine'] });
    const narrow = clientWithToken(api.url, made.key);
    expect((await narrow.session.me.query()).accounts.map(({ name }) => name)).toEqual(['Part mine']);
    expect((await narrow.accounts.get.query({ account: below })).path.map(({ name }) => name)).toEqual([
      'Part mine',
      'Part below',
    ]);
    for (const beyond of [root, account, other])
      expect(await codeOf(narrow.accounts.get.query({ account: beyond }))).toBe('NOT_FOUND');
    const [listed] = (await owner.keys.list.query({ account })).keys;
    expect(listed).toMatchObject({ name: 'Narrow', within: [{ id: mine, name: 'Part mine' }], madeBy: null });
    expect(await refusalOf(owner.keys.create.mutate({ account: mine, name: 'Wide', within: [other] }))).toMatchObject({
      code: 'NOT_FOUND',
      field: 'within',
    });
  });

  it('makes no key with more than itself, and one that it made ends with it, however far down', async () => {
    const account = await make(root, 'Makers');
    const below = await make(account, 'Makers below');
    const expiresAt = new Date(Date.now() + 30 * DAY_MS).toISOString();
    const scopes = { 'developers.apiKeys': 'full', 'account.subaccounts': 'read' };
    const made = await owner.keys.create.mutate({ account, name: 'First', expiresAt, scopes });
    const first = clientWithToken(api.url, made.key);
    const wish = (more: object) => refusalOf(first.keys.create.mutate({ account, name: 'More', ...more }));
    expect(await wish({ scopes: '*' })).toMatchObject({ code: 'FORBIDDEN', field: 'scopes' });
    expect(await wish({ scopes: { 'account.subaccounts': 'full' } })).toMatchObject({ code: 'FORBIDDEN' });
    expect(await wish({ expiresAt: null })).toMatchObject({ code: 'FORBIDDEN', field: 'expiresAt' });
    expect(await wish({ expiresAt: new Date(Date.now() + 31 * DAY_MS).toISOString() })).toMatchObject({
      field: 'expiresAt',
    });
    const second = await first.keys.create.mutate({ account: below, name: 'Second' });
    expect(second).toMatchObject({ expiresAt, scopes });
    const third = await clientWithToken(api.url, second.key).keys.create.mutate({ account: below, name: 'Third' });
    expect((await owner.keys.list.query({ account: below })).keys.map(({ madeBy }) => madeBy?.name)).toEqual([
      'Second',
      null,
    ]);
    await owner.keys.revoke.mutate({ account, id: made.id });
    for (const { key } of [made, second, third])
      expect(await codeOf(clientWithToken(api.url, key).session.me.query())).toBe('UNAUTHORIZED');
    const { rows } = await owner.audit.list.query({ account: below, limit: 2 });
    expect(rows.map(({ sentence }) => sentence).toSorted()).toEqual([
      'revoked the API key Second',
      'revoked the API key Third',
    ]);
  });

  it('takes the open invitations with it that were made with it', async () => {
    const account = await make(root, 'Inviting');
    const { client, id } = await api.key(account);
    const invite = (by: Client, email: string) => by.members.invite.mutate({ account, email, role: 'member' });
    const byKey = await invite(client, 'by-key@example.com');
    const byScreen = await invite(await screen(client, account, { features: ['members'] }), 'by-screen@example.com');
    const byOwner = await invite(owner, 'by-owner@example.com');
    await owner.keys.revoke.mutate({ account, id });
    const accept = ({ link }: { link: string }) =>
      clientWith(api.url, {}).members.acceptInvitation.mutate({
        token: tokenOf(link),
        name: 'Somebody',
        password: PASSWORD,
      });
    expect(await codeOf(accept(byKey))).toBe('UNAUTHORIZED');
    expect(await codeOf(accept(byScreen))).toBe('UNAUTHORIZED');
    expect((await accept(byOwner)).account).toBe(account);
  });

  it('makes nobody who may do more than its scopes, and changes nobody to that', async () => {
    const account = await make(root, 'Scoped people');
    await join(api.url, owner, account, 'scoped-member@example.com', 'member');
    await join(api.url, owner, account, 'scoped-viewer@example.com', 'viewer');
    const { members } = await owner.members.list.query({ account });
    const idOf = (role: string): string => members.find((member) => member.role === role)?.userId ?? '';
    const keyWith = async (scopes: Record<string, string>): Promise<Client> =>
      clientWithToken(api.url, (await owner.keys.create.mutate({ account, name: 'Scoped', scopes })).key);
    const invites = async (key: Client, role: (typeof ROLES)[number]): Promise<string> =>
      told(key.members.invite.mutate({ account, email: `${role}-of-scopes@example.com`, role }));
    const reading = Object.fromEntries(PERMISSIONS.map(({ key, levels }) => [key, levels.at(1) ?? 'none']));
    const inviting = await keyWith({ ...reading, billing: 'none', 'billing.usage': 'none', 'account.members': 'full' });
    const outcomes = await Promise.all(ROLES.map(async (role) => [role, await invites(inviting, role)]));
    expect(Object.fromEntries(outcomes)).toEqual({
      owner: 'ROLE_TOO_HIGH',
      admin: 'ROLE_TOO_HIGH',
      agency_admin: 'ROLE_TOO_HIGH',
      member: 'ROLE_TOO_HIGH',
      viewer: 'ok',
    });
    const setRole = (by: Client, from: string, role: (typeof ROLES)[number]): Promise<string> =>
      told(by.members.setRole.mutate({ account, userId: idOf(from), role }));
    expect(await setRole(inviting, 'viewer', 'admin')).toBe('ROLE_TOO_HIGH');
    expect(await setRole(inviting, 'member', 'viewer')).toBe('ok');
    const shown = await screen(await keyWith({ 'account.subaccounts': 'full', 'account.members': 'full' }), account, {
      features: ['members'],
    });
    expect(await invites(shown, 'viewer')).toBe('ROLE_TOO_HIGH');
    const { client: whole } = await api.key(account);
    expect(await invites(whole, 'owner')).toBe('ok');
  });

  it('invites for no longer than it lasts itself', async () => {
    const account = await make(root, 'Briefly inviting');
    const expiresAt = new Date(Date.now() + DAY_MS).toISOString();
    const { key } = await owner.keys.create.mutate({ account, name: 'Brief', expiresAt });
    const client = clientWithToken(api.url, key);
    const invite = (by: Client, email: string) => by.members.invite.mutate({ account, email, role: 'member' });
    expect((await invite(client, 'brief@example.com')).expiresAt).toBe(expiresAt);
    const shown = await screen(client, account, { features: ['members'] });
    expect((await invite(shown, 'brief-too@example.com')).expiresAt).toBe(expiresAt);
  });

  it('leaves nothing behind that was being made with it, or by its owner, while it ended', async () => {
    const account = await make(root, 'Ending');
    const makeAll = (by: Client, email: string) => [
      told(by.members.invite.mutate({ account, email, role: 'viewer' })),
      told(by.keys.create.mutate({ account, name: `of ${email}` })),
    ];
    for (let round = 0; round < 8; round += 1) {
      const { client, id } = await api.key(account);
      const email = `leaves-${round}@example.com`;
      const leaving = await join(api.url, owner, account, email, 'admin');
      const userId = (await owner.members.list.query({ account })).members.find((one) => one.email === email)?.userId;
      await Promise.all([...makeAll(client, `by-key-${round}@example.com`), owner.keys.revoke.mutate({ account, id })]);
      await Promise.all([
        ...makeAll(leaving, `by-person-${round}@example.com`),
        owner.members.remove.mutate({ account, userId: userId ?? '' }),
      ]);
    }
    const open = (await owner.members.list.query({ account })).invitations;
    expect(open.filter(({ email }) => email.startsWith('by-'))).toEqual([]);
    const { keys } = await owner.keys.list.query({ account });
    expect(keys.filter(({ name, revokedAt }) => name.startsWith('of by-') && revokedAt === null)).toEqual([]);
  });

  it('is nobody’s, like an embedded screen of it, when it reaches nothing any more', async () => {
    const account = await make(root, 'Falling');
    const admin = await join(api.url, owner, account, 'falling@example.com', 'admin');
    const made = await admin.keys.create.mutate({ account, name: 'Falls' });
    const key = clientWithToken(api.url, made.key);
    const shown = await screen(key, account);
    expect((await key.session.me.query()).home).toBe(account);
    expect((await shown.session.me.query()).home).toBe(account);
    const { members } = await owner.members.list.query({ account });
    const userId = members.find(({ email }) => email === 'falling@example.com')?.userId ?? '';
    await owner.members.remove.mutate({ account, userId });
    for (const client of [key, shown]) {
      expect(await codeOf(client.session.me.query())).toBe('UNAUTHORIZED');
      expect(await codeOf(client.accounts.get.query({ account }))).toBe('UNAUTHORIZED');
      expect(await codeOf(client.accounts.get.query({ account: root }))).toBe('UNAUTHORIZED');
    }
  });
});

describe('Calls of one request', () => {
  it('look up once who calls', async () => {
    const { secret } = await api.key(root);
    const asked = heardStatements(api);
    const batching = callerWith(api.url, { authorization: `Bearer ${secret}` });
    const inputs = Array.from({ length: 20 }, () => ({ account: root }));
    const answers = await Promise.all(batching.callEach('accounts.get', inputs));
    batching.close();
    expect(answers).toHaveLength(20);
    expect(asked.filter((text) => text.includes('api_key_by_hash'))).toHaveLength(1);
  });
});
