import { HIGHEST, PERMISSIONS } from '@tenantree/domain';
import { TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentsNamed, type Client, clientOf, clientWith, codeOf, PASSWORD, signIn } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { watcherWith } from './support/every-call.ts';

let api: Deployment;
let mid: string;
let leaf: string;
/** An owner of the middle account, who reaches what is below, and one of the leaf, who sees nothing above. */
let inMid: Client;
let inLeaf: Client;
let leafHeaders: Record<string, string>;
let leafOwner: string;

const make = async (parent: string, name: string): Promise<string> =>
  (await api.owner.accounts.create.mutate({ account: parent, name })).account.id;

async function person(account: string, email: string, role: 'owner' | 'member' | 'viewer' | 'agency_admin') {
  const { link } = await api.owner.members.invite.mutate({ account, email, role });
  const accept = { token: link.split('/').at(-1) ?? '', name: email, password: PASSWORD };
  await clientWith(api.url, {}).members.acceptInvitation.mutate(accept);
  return { cookie: await signIn(api.url, email, PASSWORD), origin: api.url };
}

beforeAll(async () => {
  api = await deploy();
  mid = await make(api.root, 'Mid');
  leaf = await make(mid, 'Leaf');
  const midHeaders = await person(mid, 'mid@example.com', 'owner');
  leafHeaders = await person(leaf, 'leaf@example.com', 'owner');
  inMid = clientOf(api.url, midHeaders.cookie);
  inLeaf = clientOf(api.url, leafHeaders['cookie'] ?? '');
  const { members } = await api.owner.members.list.query({ account: leaf });
  leafOwner = members[0]?.userId ?? '';
});
afterAll(() => api.close());

const capsOf = (client: Client, account: string) => client.permissions.get.query({ account });
const rowOf = async (client: Client, account: string, key: string) =>
  (await capsOf(client, account)).rows.find((row) => row.key === key);
/** Sets caps over whatever version there is. */
async function set(account: string, levels: Parameters<Client['permissions']['set']['mutate']>[0]['levels']) {
  const { version } = await capsOf(api.owner, account);
  return api.owner.permissions.set.mutate({ account, levels, expectedVersion: version ?? 0 });
}
const open = async () => {
  await set(mid, HIGHEST);
  await set(leaf, HIGHEST);
};

describe('The caps of an account', () => {
  it('are open for a new one, and a main account has none', async () => {
    const fresh = await capsOf(api.owner, await make(api.root, 'Fresh'));
    expect(fresh.rows.map(({ key, level, effective }) => [key, level, effective])).toEqual(
      PERMISSIONS.map(({ key }) => [key, HIGHEST[key], HIGHEST[key]]),
    );
    expect(fresh).toMatchObject({ version: 0, restricted: 0, unreviewed: [], preset: null });
    expect((await capsOf(api.owner, api.root)).version).toBeNull();
    const ofRoot = { account: api.root, levels: {}, expectedVersion: 0 };
    expect(await codeOf(api.owner.permissions.set.mutate(ofRoot))).toBe('CAPS_OF_ROOT');
    expect(await codeOf(api.owner.permissions.preview.query({ account: api.root, levels: {} }))).toBe('CAPS_OF_ROOT');
  });

  it('bind at once whoever stands at or below it, and nobody from above', async () => {
    await set(mid, { 'account.subaccounts': 'read' });
    const name = { account: leaf, name: 'More' };
    expect(await codeOf(inLeaf.accounts.create.mutate(name))).toBe('FORBIDDEN');
    expect(await codeOf(inMid.accounts.create.mutate(name))).toBe('FORBIDDEN');
    await expect(api.owner.accounts.create.mutate(name)).resolves.toMatchObject({ created: true });
    expect((await inLeaf.accounts.get.query({ account: leaf })).levels['account.subaccounts']).toBe('read');
    await open();
    await expect(inLeaf.accounts.create.mutate({ account: leaf, name: 'Other' })).resolves.toBeTruthy();
  });

  it('are set from above only, never by the account itself', async () => {
    const wish = { account: leaf, levels: { tasks: 'read' }, expectedVersion: 0 } as const;
    expect(await codeOf(inLeaf.permissions.set.mutate(wish))).toBe('FORBIDDEN');
    const own = { account: mid, levels: { tasks: 'read' }, expectedVersion: 0 } as const;
    expect(await codeOf(inMid.permissions.set.mutate(own))).toBe('FORBIDDEN');
    expect(
      await codeOf(
        inMid.permissions.applyPreset.mutate({ account: mid, accounts: [mid], preset: leafOwner, mode: 'replace' }),
      ),
    ).toBe('NOT_FOUND');
  });

  it('say what is set, what those above leave, and what comes of both; those below aren’t told who', async () => {
    await set(mid, { agents: 'read' });
    await set(leaf, { 'agents.prompt': 'none', tasks: 'read' });
    const seen = await rowOf(api.owner, leaf, 'agents.tools');
    expect(seen).toMatchObject({ level: 'full', ceiling: 'full', effective: 'read' });
    expect(await rowOf(api.owner, leaf, 'agents')).toMatchObject({
      level: 'full',
      ceiling: 'read',
      ceilingBy: [{ id: mid, name: 'Mid' }],
      effective: 'read',
    });
    expect(await rowOf(api.owner, leaf, 'tasks')).toMatchObject({ by: { name: 'Olivia Owner' }, local: true });
    const below = await rowOf(inLeaf, leaf, 'agents');
    expect(below?.ceilingBy).toEqual([{ id: null, name: 'an account above you' }]);
    expect(await rowOf(inLeaf, leaf, 'tasks')).toMatchObject({ level: 'read', by: null });
    expect(JSON.stringify(await capsOf(inLeaf, leaf))).not.toMatch(/Olivia|"Mid"/);
    await open();
  });

  it('are saved over the version that was seen, a conflict shows what is there, and what was saved last is taken back', async () => {
    const { version } = await set(leaf, { tasks: 'read' });
    const stale = { account: leaf, levels: { campaigns: 'none' }, expectedVersion: version - 1 } as const;
    const error = await api.owner.permissions.set.mutate(stale).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TRPCClientError);
    expect(error).toMatchObject({
      data: {
        code: 'CONFLICT',
        refusal: { code: 'VERSION_CONFLICT', present: { version, levels: { ...HIGHEST, tasks: 'read' } } },
      },
    });
    const saved = await api.owner.permissions.set.mutate({ ...stale, expectedVersion: version });
    expect(saved.changes).toEqual([{ key: 'campaigns', before: 'full', after: 'none' }]);
    // Whoever stands above is told by whom, and takes it back also later, as long as nothing newer was saved.
    expect((await capsOf(inLeaf, leaf)).undo).toBeNull();
    expect((await capsOf(api.owner, leaf)).undo).toMatchObject({ by: 'Olivia Owner' });
    const last = { account: leaf, expectedVersion: saved.version };
    expect(await codeOf(inLeaf.permissions.undo.mutate(last))).toBe('FORBIDDEN');
    expect(await codeOf(api.owner.permissions.undo.mutate({ ...last, expectedVersion: version }))).toBe(
      'VERSION_CONFLICT',
    );
    const undone = await api.owner.permissions.undo.mutate(last);
    expect(undone).toMatchObject({
      version: saved.version + 1,
      changes: [{ key: 'campaigns', before: 'none', after: 'full' }],
      counting: expect.any(String),
    });
    expect(await rowOf(api.owner, leaf, 'campaigns')).toMatchObject({ level: 'full', local: false });
    expect(await codeOf(api.owner.permissions.undo.mutate({ account: api.root, expectedVersion: 0 }))).toBe(
      'CAPS_OF_ROOT',
    );
    const untouched = { account: await make(mid, 'Untouched'), expectedVersion: 0 };
    expect(await codeOf(api.owner.permissions.undo.mutate(untouched))).toBe('NOT_UNDOABLE');
    // Nothing new is no new version.
    expect((await set(leaf, { tasks: 'read' })).version).toBe(undone.version);
    await open();
  });

  it('are refused with a level that the permission doesn’t know, and nothing is written', async () => {
    const before = await capsOf(api.owner, leaf);
    const wish = {
      account: leaf,
      levels: { conversations: 'full', tasks: 'none' },
      expectedVersion: before.version ?? 0,
    };
    const wrong = await api.owner.permissions.set.mutate(wish as never).catch((caught: unknown) => caught);
    expect(wrong).toMatchObject({
      data: {
        refusal: {
          code: 'LEVEL_UNKNOWN',
          field: 'levels.conversations',
          message: expect.stringContaining('none, read'),
        },
      },
    });
    const unknown = { account: leaf, levels: { nonsense: 'full' }, expectedVersion: 0 };
    expect(await codeOf(api.owner.permissions.set.mutate(unknown as never))).toBe('BAD_REQUEST');
    expect(await capsOf(api.owner, leaf)).toEqual(before);
  });

  it('are counted in rows, lists are kept to those that restrict, and both follow live', async () => {
    const { rows } = await api.owner.accounts.list.query({ account: mid, caps: 'restricted' });
    expect(rows).toEqual([]);
    const frames: unknown[] = [];
    const watcher = watcherWith(api.url, api.headers, 'accounts.live', { account: mid }, (frame) => frames.push(frame));
    const caps: unknown[] = [];
    const other = watcherWith(api.url, api.headers, 'permissions.live', { account: mid }, (frame) => caps.push(frame));
    await Promise.all([watcher.ready, other.ready]);
    await set(leaf, { tasks: 'read', campaigns: 'none', agents: 'read', billing: 'none' });
    const page = await api.owner.accounts.list.query({ account: mid, caps: 'restricted' });
    expect(page.rows.map(({ id, caps: shown }) => [id, shown])).toEqual([[leaf, { restricted: 4, unreviewed: 0 }]]);
    expect(page.total).toBe(1);
    await expect
      .poll(() => JSON.stringify(frames), { timeout: 10_000, interval: 20 })
      .toContain('"caps":{"restricted":4,"unreviewed":0}');
    await expect.poll(() => JSON.stringify(caps), { timeout: 10_000, interval: 20 }).toContain('"campaigns":"none"');
    watcher.stop();
    other.stop();
    await open();
  });

  it('cut streams within a second that they no longer allow', async () => {
    const watcher = watcherWith(api.url, leafHeaders, 'usage.live', { account: leaf });
    await watcher.ready;
    const began = performance.now();
    await set(mid, { 'billing.usage': 'none' });
    expect(await watcher.cut).toBe('FORBIDDEN');
    expect(performance.now() - began).toBeLessThan(1_000);
    watcher.stop();
    await open();
  });
});

describe('A preview', () => {
  it('says who loses what, as the save then does', async () => {
    const branch = await make(api.root, 'Branch');
    const [one, two] = [await make(branch, 'One'), await make(branch, 'Two')];
    await person(branch, 'b1@example.com', 'owner');
    await person(branch, 'b2@example.com', 'owner');
    await person(branch, 'b3@example.com', 'viewer');
    await person(one, 'o1@example.com', 'owner');
    await person(one, 'o2@example.com', 'member');
    await person(two, 't1@example.com', 'owner');
    await api.owner.keys.create.mutate({ account: one, name: 'Whole' });
    await api.owner.keys.create.mutate({ account: one, name: 'Tasks', scopes: { tasks: 'full' } });
    await set(two, { agents: 'read' });
    const levels = { agents: 'read' } as const;
    const preview = await api.owner.permissions.preview.query({ account: branch, levels });
    expect(preview).toMatchObject({
      accounts: { checked: 3, changed: 2 },
      holders: { person: 4, key: 1, session: 0 },
      changes: [{ key: 'agents', before: 'full', after: 'read' }],
      sample: [
        { id: branch, name: 'Branch' },
        { id: one, name: 'One' },
      ],
    });
    expect(preview.rows.map(({ key }) => key)).toEqual(
      PERMISSIONS.map(({ key }) => key).filter((key) => key.startsWith('agents')),
    );
    const wish = { account: branch, levels, expectedVersion: preview.version, preview: preview.preview };
    const saved = await api.owner.permissions.set.mutate(wish);
    const { accounts, holders, streams } = preview;
    expect(saved).toMatchObject({ effect: { accounts, holders, streams }, counting: null });
  });

  it('is stale as soon as somebody came or went, and of no other change', async () => {
    const branch = await make(api.root, 'Stale');
    const levels = { tasks: 'none' } as const;
    const { preview, version } = await api.owner.permissions.preview.query({ account: branch, levels });
    const wish = { account: branch, levels, expectedVersion: version, preview };
    const other = { ...wish, levels: { tasks: 'read' } as const };
    expect(await codeOf(api.owner.permissions.set.mutate(other))).toBe('PREVIEW_STALE');
    await person(branch, 'late@example.com', 'owner');
    expect(await codeOf(api.owner.permissions.set.mutate(wish))).toBe('PREVIEW_STALE');
    expect((await capsOf(api.owner, branch)).version).toBe(0);
    const again = await api.owner.permissions.preview.query({ account: branch, levels });
    await expect(api.owner.permissions.set.mutate({ ...wish, preview: again.preview })).resolves.toMatchObject({
      version: 1,
      effect: { holders: { person: 1 } },
    });
  });

  it('shows what raising gives back', async () => {
    await set(leaf, { tasks: 'none' });
    const { rows } = await api.owner.permissions.preview.query({ account: leaf, levels: { tasks: 'full' } });
    expect(rows).toEqual([{ key: 'tasks', before: 'none', after: 'full', holders: { person: 1, key: 0, session: 0 } }]);
    await open();
  });
});

describe('explain', () => {
  const explained = async (client: Client, permission: (typeof PERMISSIONS)[number]['key'], user?: string) =>
    (await client.permissions.explain.query({ account: leaf, permission, ...(user && { user }) })).explanations[0];

  it('names every entry that holds a level down, the same twice, and to those below not who', async () => {
    await set(mid, { tasks: 'read' });
    await set(leaf, { tasks: 'read' });
    const seen = await explained(api.owner, 'tasks', leafOwner);
    expect(seen?.level).toBe('read');
    const deciding = seen?.standings[0]?.lines.filter(({ decides }) => decides);
    expect(deciding?.map(({ account, by }) => [account.name, by?.name])).toEqual([
      ['Mid', 'Olivia Owner'],
      ['Leaf', 'Olivia Owner'],
    ]);
    expect(await explained(api.owner, 'tasks', leafOwner)).toEqual(seen);
    const told = await explained(inLeaf, 'tasks');
    expect(told?.standings[0]?.lines.map(({ account, level, by }) => [account.name, level, by])).toEqual([
      ['an account above you', 'read', null],
      ['Leaf', 'read', null],
      ['Leaf', 'full', null],
    ]);
    await open();
  });

  it('answers as the guard does, for people, keys and screens', async () => {
    await set(mid, { account: 'limited', developers: 'read' });
    await set(leaf, { telephony: 'read', 'account.members': 'read' });
    const { client: key } = await api.key(leaf);
    for (const client of [inLeaf, inMid, key, api.owner]) {
      const { levels } = await client.accounts.get.query({ account: leaf });
      const { explanations } = await client.permissions.explain.query({ account: leaf });
      expect(Object.fromEntries(explanations.map(({ key: one, level }) => [one, level]))).toEqual(levels);
    }
    await open();
  });

  it('of others is for who may see members, and finds nobody from above for those below', async () => {
    const { members } = await api.owner.members.list.query({ account: api.root });
    const above = { account: leaf, user: members[0]?.userId ?? '' };
    expect(await codeOf(inLeaf.permissions.explain.query(above))).toBe('NOT_FOUND');
    await expect(api.owner.permissions.explain.query(above)).resolves.toBeTruthy();
  });

  it('of a key has the owner’s present role, the caps of its account and its scopes', async () => {
    await set(leaf, { tasks: 'read' });
    const wish = { account: leaf, name: 'Narrow', scopes: { tasks: 'full', agents: 'read' } } as const;
    const { id: key } = await api.owner.keys.create.mutate(wish);
    const asked = { account: leaf, key };
    const { explanations } = await api.owner.permissions.explain.query(asked);
    const of = (permission: string) => explanations.find((one) => one.key === permission);
    const deciding = (permission: string) =>
      of(permission)
        ?.standings[0]?.lines.filter(({ decides }) => decides)
        .map(({ entry }) => entry);
    expect([of('tasks')?.level, of('agents')?.level, of('campaigns')?.level]).toEqual(['read', 'read', 'none']);
    expect([deciding('tasks'), deciding('agents'), deciding('campaigns')]).toEqual([['cap'], ['scope'], ['scope']]);
    await api.owner.keys.revoke.mutate({ account: leaf, id: key });
    expect(await codeOf(api.owner.permissions.explain.query(asked))).toBe('NOT_FOUND');
    await open();
  });

  it('tells what the account leaves a role, whether anybody has it or not, and not to whom the account is closed', async () => {
    await set(mid, { tasks: 'read' });
    const asked = { account: leaf, permission: 'tasks', role: 'owner' } as const;
    const [told] = (await api.owner.permissions.explain.query(asked)).explanations;
    expect(told?.standings.map(({ role, level, account }) => [role, level, account.name])).toEqual([
      ['owner', 'read', 'Leaf'],
    ]);
    expect(told?.standings[0]?.lines.filter(({ decides }) => decides).map(({ account }) => account.name)).toEqual([
      'Mid',
    ]);
    const [below] = (await inLeaf.permissions.explain.query(asked)).explanations;
    expect(below?.standings[0]?.lines[0]).toMatchObject({ account: { id: null }, level: 'read', by: null });
    await set(leaf, { account: 'none' });
    expect(await codeOf(inLeaf.permissions.explain.query(asked))).toBe('FORBIDDEN');
    await open();
  });

  it('tells suspensions apart from levels', async () => {
    await api.owner.accounts.suspend.mutate({ account: mid, kind: 'read_only' });
    const { gates } = await inLeaf.permissions.explain.query({ account: leaf, permission: 'tasks' });
    expect(gates).toEqual([{ gate: 'suspended', account: { id: null, name: 'an account above you' } }]);
    await api.owner.accounts.reactivate.mutate({ account: mid });
  });
});

describe('Presets', () => {
  it('have versions, are offered below the account that they belong to, and are compared', async () => {
    const { id } = await api.owner.presets.save.mutate({
      account: api.root,
      name: 'Client read-only',
      levels: { ...HIGHEST, agents: 'read' },
    });
    expect(
      await codeOf(api.owner.presets.save.mutate({ account: api.root, name: 'client READ-only', levels: {} })),
    ).toBe('NAME_TAKEN');
    const again = {
      account: api.root,
      preset: id,
      name: 'Client read-only',
      levels: { ...HIGHEST, agents: 'none' },
    } as const;
    expect(await codeOf(api.owner.presets.save.mutate({ ...again, expectedVersion: 7 }))).toBe('VERSION_CONFLICT');
    expect(await api.owner.presets.save.mutate({ ...again, expectedVersion: 1 })).toEqual({ id, version: 2 });
    const { presets } = await inLeaf.presets.list.query({ account: leaf });
    expect(presets).toMatchObject([
      { id, version: 2, from: { id: null, name: 'an account above you' }, savedBy: null, isDefault: false },
    ]);
    const { differences } = await api.owner.permissions.compare.query({ account: leaf, preset: id });
    expect(differences).toEqual([{ key: 'agents', here: 'full', there: 'none' }]);
    await set(mid, { tasks: 'none' });
    expect((await api.owner.permissions.compare.query({ account: leaf, with: mid })).differences).toEqual([
      { key: 'tasks', here: 'full', there: 'none' },
    ]);
    await open();
    // Only whose it is changes it.
    const theirs = { account: mid, preset: id, name: 'Mine', levels: {}, expectedVersion: 2 };
    expect(await codeOf(inMid.presets.save.mutate(theirs))).toBe('NOT_FOUND');
    expect(await codeOf(inMid.presets.remove.mutate({ account: mid, preset: id }))).toBe('NOT_FOUND');
    await api.owner.presets.remove.mutate({ account: api.root, preset: id });
    expect((await api.owner.presets.list.query({ account: mid })).presets).toEqual([]);
  });

  it('are applied to many accounts: replaced, lowered only, or but for what was set there alone', async () => {
    const branch = await make(api.root, 'Preset branch');
    const accounts = [await make(branch, 'Aa'), await make(branch, 'Bb'), await make(branch, 'Cc')];
    const [a = '', b = ''] = accounts;
    const levels = { ...HIGHEST, tasks: 'read', campaigns: 'read' } as const;
    const { id: preset } = await api.owner.presets.save.mutate({ account: branch, name: 'Pp', levels });
    await set(a, { tasks: 'none' });
    const wish = { account: branch, accounts, preset } as const;
    const shown = await api.owner.permissions.previewPreset.query({ ...wish, mode: 'keepLocal' });
    const { results } = await api.owner.permissions.applyPreset.mutate({ ...wish, mode: 'keepLocal' });
    expect(results.map(({ outcome, kept }) => [outcome, kept])).toEqual([
      ['changed', ['tasks']],
      ['changed', []],
      ['changed', []],
    ]);
    expect(shown.results.map(({ changes }) => changes)).toEqual(results.map(({ changes }) => changes));
    const taken = { id: preset, version: 1, name: 'Pp' };
    expect(await capsOf(api.owner, b)).toMatchObject({ preset: { ...taken, differs: 0 }, restricted: 2 });
    expect((await capsOf(api.owner, a)).preset).toEqual({ ...taken, differs: 1 });
    const repeated = await api.owner.permissions.applyPreset.mutate({ ...wish, mode: 'keepLocal' });
    expect(repeated.results.map(({ outcome }) => outcome)).toEqual(['kept', 'unchanged', 'unchanged']);
    const lowered = await api.owner.permissions.applyPreset.mutate({ ...wish, mode: 'lower' });
    expect(lowered.results[0]).toMatchObject({ outcome: 'kept', kept: ['tasks'] });
    const replaced = await api.owner.permissions.applyPreset.mutate({ ...wish, mode: 'replace' });
    expect(replaced.results[0]?.changes).toEqual([{ key: 'tasks', before: 'none', after: 'read' }]);
    const { rows } = await api.owner.audit.list.query({ account: a, kind: 'permissions' });
    expect(rows[0]?.sentence).toBe('applied the preset Pp to Aa: Tasks none → read');
    const takers = async (account: string, client = api.owner) =>
      (await client.presets.takers.query({ account, preset })).versions;
    expect(await takers(branch)).toEqual([{ version: 1, accounts: 3, changed: 0 }]);
    await set(a, { tasks: 'none' });
    await set(b, { telephony: 'read', campaigns: 'none' });
    const next = { account: branch, preset, name: 'Pp', levels: { tasks: 'none' }, expectedVersion: 1 } as const;
    await api.owner.presets.save.mutate(next);
    const last = { account: branch, accounts: [a], preset, presetVersion: 2 };
    await api.owner.permissions.applyPreset.mutate({ ...last, mode: 'lower' });
    const versions = [
      { version: 2, accounts: 1, changed: 0 },
      { version: 1, accounts: 2, changed: 1 },
    ];
    expect(await takers(branch)).toEqual(versions);
    // Of accounts beside one's own nothing is told, and of a preset from elsewhere neither.
    expect(await takers(a)).toEqual([versions[0], { version: 1, accounts: 0, changed: 0 }]);
    expect(await codeOf(takers(leaf))).toBe('NOT_FOUND');
    const untold = { id: preset, version: 2, name: null, differs: null };
    const { cookie } = await person(a, 'preset@example.com', 'viewer');
    expect((await capsOf(clientOf(api.url, cookie), a)).preset).toEqual(untold);
    await api.owner.presets.remove.mutate({ account: branch, preset });
    expect((await capsOf(api.owner, a)).preset).toEqual(untold);
    // In a main account all are counted.
    const ofAll = { account: api.root, name: 'Of all', levels: { tasks: 'read' } } as const;
    const all = (await api.owner.presets.save.mutate(ofAll)).id;
    const taking = { account: api.root, accounts: [a, b], preset: all };
    await api.owner.permissions.applyPreset.mutate({ ...taking, mode: 'replace' });
    const toldThere = await api.owner.presets.takers.query({ account: api.root, preset: all });
    expect(toldThere).toEqual({ versions: [{ version: 1, accounts: 2, changed: 0 }] });
    await api.owner.presets.remove.mutate({ account: api.root, preset: all });
  });

  it('are taken back whole: levels, what was set for the account alone, and the preset before', async () => {
    const branch = await make(api.root, 'Preset taken back');
    const account = await make(branch, 'Taker');
    const save = async (name: string, tasks: 'none' | 'read') =>
      (await api.owner.presets.save.mutate({ account: branch, name, levels: { tasks, campaigns: 'read' } })).id;
    const [one, two] = [await save('One', 'none'), await save('Two', 'read')];
    const take = async (preset: string, mode: 'replace' | 'keepLocal') =>
      (await api.owner.permissions.applyPreset.mutate({ account: branch, accounts: [account], preset, mode }))
        .results[0];
    const shown = async () => {
      const { rows, preset } = await capsOf(api.owner, account);
      return [rows.map(({ key, level, local }) => [key, level, local]), preset];
    };
    const untaken = await shown();
    const first = await take(one, 'replace');
    const back = (version = -1) => api.owner.permissions.undo.mutate({ account, expectedVersion: version });
    await back(first?.version);
    expect(await shown()).toEqual(untaken);
    expect((await capsOf(api.owner, account)).preset).toBeNull();
    await take(one, 'replace');
    await set(account, { tasks: 'full' });
    const before = await shown();
    await back((await take(two, 'replace'))?.version);
    expect(await shown()).toEqual(before);
    // One that changed no level, too: who takes it is its taker.
    const same = await save('Same', 'none');
    await set(account, { tasks: 'none' });
    const asked = { account: branch, accounts: [account], preset: same };
    const shownFirst = await api.owner.permissions.previewPreset.query({ ...asked, mode: 'keepLocal' });
    const third = await take(same, 'keepLocal');
    expect([third?.changes, third?.outcome, shownFirst.results[0]?.outcome]).toEqual([[], 'taken', 'taken']);
    expect((await take(same, 'keepLocal'))?.outcome).toBe('unchanged');
    await back(third?.version);
    expect((await capsOf(api.owner, account)).preset).toMatchObject({ id: one, version: 1 });
  });

  it('that were removed come back as they were within 30 days: versions, who took them, and what new accounts begin with', async () => {
    const branch = await make(api.root, 'Restored branch');
    const account = await make(branch, 'Taker');
    const levels = { ...HIGHEST, tasks: 'read' } as const;
    const { id: preset } = await api.owner.presets.save.mutate({ account: branch, name: 'Back', levels });
    await api.owner.permissions.applyPreset.mutate({ account: branch, accounts: [account], preset, mode: 'replace' });
    const next = { account: branch, preset, name: 'Back', levels: HIGHEST, expectedVersion: 1 };
    await api.owner.presets.save.mutate(next);
    await api.owner.presets.setDefault.mutate({ account: branch, preset });
    const seen = async () => [
      (await api.owner.presets.list.query({ account: branch })).presets,
      (await api.owner.presets.takers.query({ account: branch, preset })).versions,
      (await capsOf(api.owner, account)).preset,
    ];
    const before = await seen();
    const wish = { account: branch, preset };
    expect(await codeOf(api.owner.presets.restore.mutate(wish))).toBe('NOT_FOUND');
    await api.owner.presets.remove.mutate(wish);
    expect((await api.owner.presets.list.query({ account: branch })).presets).toEqual([]);
    expect((await capsOf(api.owner, await make(branch, 'Meanwhile'))).preset).toBeNull();
    expect(await codeOf(api.owner.presets.save.mutate({ ...next, expectedVersion: 2 }))).toBe('NOT_FOUND');
    expect(await codeOf(api.owner.presets.setDefault.mutate(wish))).toBe('NOT_FOUND');
    // Its name is free meanwhile.
    const { id: other } = await api.owner.presets.save.mutate({ account: branch, name: 'BACK', levels: {} });
    expect(await codeOf(api.owner.presets.restore.mutate(wish))).toBe('NAME_TAKEN');
    await api.owner.presets.remove.mutate({ account: branch, preset: other });
    expect(await codeOf(api.owner.presets.restore.mutate({ account: account, preset }))).toBe('NOT_FOUND');
    expect(await api.owner.presets.restore.mutate(wish)).toEqual({ id: preset, version: 2 });
    expect(await seen()).toEqual(before);
    expect((await capsOf(api.owner, await make(branch, 'Afterwards'))).preset).toMatchObject({
      id: preset,
      version: 2,
    });
    const { rows } = await api.owner.audit.list.query({ account: branch });
    expect(rows.map(({ sentence }) => sentence)).toContain('brought the preset Back back');
    // Whoever begins with another one by then does so still.
    await api.owner.presets.remove.mutate(wish);
    await api.owner.presets.setDefault.mutate({ account: branch, preset: null });
    await api.owner.presets.restore.mutate(wish);
    expect((await api.owner.presets.list.query({ account: branch })).presets[0]?.isDefault).toBe(false);
    await api.owner.presets.setDefault.mutate({ ...wish });
    await api.owner.presets.remove.mutate(wish);
    await api.database.asOwner(`UPDATE presets SET removed_at = removed_at - interval '31 days' WHERE id = $1`, [
      preset,
    ]);
    await api.composed.jobs.run();
    expect(await codeOf(api.owner.presets.restore.mutate(wish))).toBe('NOT_FOUND');
    expect(await api.database.asOwner('SELECT FROM preset_defaults WHERE preset_id = $1', [preset])).toEqual([]);
  });

  it('are what new accounts begin with, that of the nearest account above that has a default', async () => {
    const branch = await make(api.root, 'Default branch');
    const save = async (account: string, name: string, level: 'none' | 'read') =>
      (await api.owner.presets.save.mutate({ account, name, levels: { ...HIGHEST, tasks: level } })).id;
    const far = await save(api.root, 'Far', 'read');
    const near = await save(branch, 'Near', 'none');
    await api.owner.presets.setDefault.mutate({ account: api.root, preset: far });
    const tasksOf = async (account: string) => (await rowOf(api.owner, account, 'tasks'))?.level;
    expect(await tasksOf(await make(branch, 'First'))).toBe('read');
    await api.owner.presets.setDefault.mutate({ account: branch, preset: near });
    const second = await make(branch, 'Second');
    expect(await tasksOf(second)).toBe('none');
    expect(await capsOf(api.owner, second)).toMatchObject({
      preset: { id: near, version: 1 },
      version: 0,
      restricted: 1,
    });
    const many = await api.owner.accounts.createMany.mutate({
      account: branch,
      accounts: [{ name: 'Xx' }, { name: 'Yy', parent: 0 }],
    });
    for (const made of many.results) expect('id' in made && (await tasksOf(made.id))).toBe('none');
    const { presets } = await api.owner.presets.list.query({ account: branch });
    expect(presets.map(({ name, isDefault }) => [name, isDefault])).toEqual([
      ['Near', true],
      ['Far', false],
    ]);
    await api.owner.presets.setDefault.mutate({ account: branch, preset: null });
    expect(await tasksOf(await make(branch, 'Third'))).toBe('read');
    await api.owner.presets.remove.mutate({ account: api.root, preset: far });
    expect(await tasksOf(await make(branch, 'Fourth'))).toBe('full');
  });
});

describe('A permission that a release added', () => {
  it('is none and unreviewed for accounts from before, and decided for many of them at once', async () => {
    const branch = await make(api.root, 'Older');
    const accounts = [await make(branch, 'Old one'), await make(branch, 'Old two')];
    await api.database.asOwner(
      `UPDATE account_caps SET levels = levels - 'account.schedules' WHERE account_id = ANY ($1::uuid[])`,
      [accounts],
    );
    await api.database.asOwner('UPDATE accounts SET caps_decided = caps_decided - 1 WHERE id = ANY ($1::uuid[])', [
      accounts,
    ]);
    const [first = '', second = ''] = accounts;
    await set(second, { tasks: 'read' });
    expect(await capsOf(api.owner, first)).toMatchObject({ unreviewed: ['account.schedules'], restricted: 1 });
    expect(await rowOf(api.owner, first, 'account.schedules')).toMatchObject({ level: null, effective: 'none' });
    const filter = { account: branch, caps: 'unreviewed' } as const;
    expect((await api.owner.accounts.list.query(filter)).rows.map(({ caps }) => caps)).toEqual([
      { restricted: 1, unreviewed: 1 },
      { restricted: 2, unreviewed: 1 },
    ]);
    const asked = { account: api.root, caps: 'unreviewed', limit: 1 } as const;
    const found = await api.owner.accounts.search.query(asked);
    expect([found.matches, found.total, found.more]).toEqual([[first], 2, false]);
    expect(found.rows.map(({ id }) => id)).toEqual([branch, first]);
    const next = await api.owner.accounts.search.query({ ...asked, cursor: found.nextCursor ?? '' });
    expect([next.matches, next.nextCursor]).toEqual([[second], null]);
    const levels = { 'account.schedules': 'read', tasks: 'none' } as const;
    const { results } = await api.owner.permissions.review.mutate({ account: branch, accounts, levels });
    expect(results.map(({ changes }) => changes)).toEqual([
      [{ key: 'account.schedules', before: null, after: 'read' }],
      [{ key: 'account.schedules', before: null, after: 'read' }],
    ]);
    // What was decided stays.
    expect(await rowOf(api.owner, second, 'tasks')).toMatchObject({ level: 'read' });
    expect((await api.owner.accounts.list.query(filter)).rows).toEqual([]);
    const again = await api.owner.permissions.review.mutate({ account: branch, accounts, levels });
    expect(again.results.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged']);
  });
});

describe('Who came in from above', () => {
  it('is told to those in the account: who, when, for how long and how much they did; where from only as far as they reach', async () => {
    const before = await inLeaf.accounts.entries.query({ account: leaf });
    expect(before).toEqual({ rows: [], nextCursor: null });
    await api.owner.accounts.enter.mutate({ account: leaf });
    await api.owner.products.create.mutate(agentsNamed(leaf, 'Visitor’s'));
    const { rows: lasting } = await inLeaf.accounts.entries.query({ account: leaf });
    expect(lasting).toMatchObject([
      {
        actor: { kind: 'person', name: 'Olivia Owner' },
        from: { id: null, name: 'an account above you' },
        end: null,
        acts: 1,
      },
    ]);
    await api.owner.accounts.leave.mutate({ account: leaf });
    await inMid.accounts.enter.mutate({ account: leaf });
    const first = await inLeaf.accounts.entries.query({ account: leaf, limit: 1 });
    expect(first.rows).toMatchObject([{ actor: { name: 'mid@example.com' }, end: null, acts: 0 }]);
    const next = { account: leaf, limit: 1, cursor: first.nextCursor ?? '' };
    const { rows: ended } = await inLeaf.accounts.entries.query(next);
    expect(ended).toMatchObject([{ actor: { name: 'Olivia Owner' }, end: { by: 'left' }, acts: 1 }]);
    const seen = await api.owner.accounts.entries.query({ account: leaf });
    expect(seen.rows[1]?.from).toEqual({ id: api.root, name: 'Main' });
  });
});
