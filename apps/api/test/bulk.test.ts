import type { AccountsFrame, EmbedFeature, NearFrame } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Client, clientWith, codeOf, join, PASSWORD, refusalOf, signIn } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { watcherWith } from './support/every-call.ts';
import { jobsEnded } from './support/jobs.ts';

const ORIGIN = 'https://portal.example';
const clock = { aheadMs: 0, nowMs: () => Date.now() + clock.aheadMs };
const DAY_MS = 86_400_000;

let api: Deployment;
let owner: Client;
let root: string;
beforeAll(async () => {
  api = await deploy({ clock });
  owner = api.owner;
  root = api.root;
});
afterAll(() => api.close());

const make = async (account: string, name: string, more: object = {}): Promise<string> =>
  (await owner.accounts.create.mutate({ account, name, ...more })).account.id;
const makeAll = async (account: string, ...names: readonly string[]): Promise<string[]> => {
  const made: string[] = [];
  for (const name of names) made.push(await make(account, name));
  return made;
};

/** A job and its items, when it has ended. */
async function ended(account: string, { job }: { readonly job: string }, client: Client = owner) {
  const found = await vi.waitFor(
    async () => {
      const shown = await client.jobs.get.query({ account, job, limit: 500 });
      expect(shown.job.endedAt).not.toBeNull();
      return shown;
    },
    { timeout: 20_000, interval: 50 },
  );
  return { ...found.job, items: found.items, states: found.items.map(({ state }) => state) };
}
const undo = async (account: string, job: string) => ended(account, await owner.jobs.undo.mutate({ account, job }));
const foreseen = async (account: string, job: string) =>
  (await owner.jobs.previewUndo.query({ account, job })).accounts.map(({ account: { name }, left }) => [
    name,
    left?.code ?? null,
  ]);

/** Both sides of what the preview says was changed since, one account after the other. */
const sidesForeseen = async (account: string, job: string) =>
  (await owner.jobs.previewUndo.query({ account, job })).accounts.flatMap(({ conflict }) => conflict);

const capsOf = (account: string) => owner.permissions.get.query({ account });
const rowOf = async (account: string, key: string) => (await capsOf(account)).rows.find((row) => row.key === key);
async function setCaps(account: string, levels: Parameters<Client['permissions']['set']['mutate']>[0]['levels']) {
  const expectedVersion = (await capsOf(account)).version ?? 0;
  return owner.permissions.set.mutate({ account, levels, expectedVersion });
}
const limitOf = async (account: string, kind: string) =>
  (await owner.limits.get.query({ account })).limits.find((limit) => limit.kind === kind);

describe('A preset for many accounts', () => {
  it('is given by a job with a result for each, and undone to what stood before, marks and all', async () => {
    const branch = await make(root, 'Preset many');
    const [own = '', open = '', same = ''] = await makeAll(branch, 'Own', 'Open', 'Same');
    await setCaps(own, { tasks: 'none', agents: 'read' });
    await setCaps(same, { tasks: 'read', campaigns: 'none' });
    const before = await Promise.all([own, open, same].map(capsOf));
    const saved = await owner.presets.save.mutate({
      account: branch,
      name: 'Careful',
      levels: { tasks: 'read', campaigns: 'none' },
    });
    const order = { account: branch, preset: saved.id, mode: 'replace' } as const;
    const asked = await owner.permissions.applyPresetMany.mutate({ ...order, accounts: [own, open, same] });
    const job = await ended(branch, asked);
    expect(job).toMatchObject({
      state: 'succeeded',
      label: 'Apply preset',
      subject: 'Careful v1',
      undoable: true,
      states: ['done', 'done', 'done'],
    });
    expect(job.items.map(({ name, result }) => [name, result])).toMatchObject([
      ['Own', { changes: [{ key: 'tasks', before: 'none', after: 'read' }, { key: 'campaigns' }], version: 2 }],
      ['Open', { changes: [{ key: 'tasks', before: 'full', after: 'read' }, { key: 'campaigns' }], version: 1 }],
      ['Same', { changes: [], version: 2 }],
    ]);
    expect(await capsOf(open)).toMatchObject({ preset: saved, restricted: 2 });
    // Changed since: that one stays.
    await setCaps(open, { tasks: 'none' });
    expect(await foreseen(branch, job.id)).toEqual([
      ['Own', null],
      ['Open', 'VERSION_CONFLICT'],
      ['Same', null],
    ]);
    const shownBefore = await sidesForeseen(branch, job.id);
    const back = await undo(branch, job.id);
    expect([back.states, back.undoable, back.subject]).toEqual([['done', 'skipped', 'done'], false, 'Careful v1']);
    expect(back.items[1]?.conflict).toMatchObject([
      {
        about: 'permission',
        key: 'tasks',
        meant: 'full',
        present: 'none',
        by: (await owner.session.me.query()).user?.name,
      },
      { about: 'permission', key: 'campaigns', meant: 'full', present: 'none' },
    ]);
    expect(shownBefore).toEqual(back.items[1]?.conflict);
    const shown = ({ rows, preset }: Awaited<ReturnType<typeof capsOf>>) => [
      rows.map(({ key, level, local }) => [key, level, local]),
      preset,
    ];
    expect(shown(await capsOf(own))).toEqual(shown(before[0]!));
    expect(shown(await capsOf(same))).toEqual(shown(before[2]!));
    expect(await rowOf(open, 'tasks')).toMatchObject({ level: 'none' });
    // Once more there is nothing left to undo.
    expect((await undo(branch, job.id)).states).toEqual(['skipped', 'skipped', 'skipped']);
  });

  it('leaves alone what keeps it, and says so; of one that is not offered there is no job', async () => {
    const branch = await make(root, 'Preset kept');
    const [local = ''] = await makeAll(branch, 'Local');
    await setCaps(local, { tasks: 'none' });
    const levels = { tasks: 'read' } as const;
    const { id: preset } = await owner.presets.save.mutate({ account: branch, name: 'Usual', levels });
    const order = { account: branch, preset, accounts: [local] };
    await ended(branch, await owner.permissions.applyPresetMany.mutate({ ...order, mode: 'keepLocal' }));
    const again = await ended(branch, await owner.permissions.applyPresetMany.mutate({ ...order, mode: 'keepLocal' }));
    expect(again).toMatchObject({ states: ['skipped'], undoable: false });
    expect(await codeOf(owner.jobs.undo.mutate({ account: branch, job: again.id }))).toBe('NOT_UNDOABLE');
    const far = { ...order, mode: 'replace', preset: '00000000-0000-7000-8000-0000000000ff' } as const;
    expect(await codeOf(owner.permissions.applyPresetMany.mutate(far))).toBe('NOT_FOUND');
    const itself = { ...order, accounts: [branch], mode: 'replace' as const };
    expect(await codeOf(owner.permissions.applyPresetMany.mutate(itself))).toBe('BAD_REQUEST');
  });
});

describe('A review', () => {
  const forget = async (accounts: readonly string[]): Promise<void> => {
    await api.database.asOwner(
      `UPDATE account_caps SET levels = levels - 'account.schedules' WHERE account_id = ANY ($1::uuid[])`,
      [accounts],
    );
    await api.database.asOwner('UPDATE accounts SET caps_decided = caps_decided - 1 WHERE id = ANY ($1::uuid[])', [
      accounts,
    ]);
  };

  it('of many accounts is undone to undecided, where nobody decided since', async () => {
    const branch = await make(root, 'Reviewed');
    const accounts = await makeAll(branch, 'First', 'Second');
    const [first = '', second = ''] = accounts;
    await forget(accounts);
    const levels = { 'account.schedules': 'read' } as const;
    const job = await ended(branch, await owner.permissions.reviewMany.mutate({ account: branch, accounts, levels }));
    expect(job.items.map(({ result }) => result)).toMatchObject([
      { changes: [{ key: 'account.schedules', before: null, after: 'read' }] },
      { changes: [{ key: 'account.schedules', before: null, after: 'read' }] },
    ]);
    expect(await capsOf(first)).toMatchObject({ unreviewed: [] });
    await setCaps(second, { 'account.schedules': 'full' });
    expect((await undo(branch, job.id)).states).toEqual(['done', 'skipped']);
    expect(await capsOf(first)).toMatchObject({ unreviewed: ['account.schedules'] });
    expect(await rowOf(first, 'account.schedules')).toMatchObject({ level: null, effective: 'none', by: null });
    const left = await owner.accounts.search.query({ account: branch, caps: 'unreviewed' });
    expect(left.matches).toEqual([first]);
    expect(await rowOf(second, 'account.schedules')).toMatchObject({ level: 'full' });
  });

  it('of one account is taken back by a save that says null', async () => {
    const branch = await make(root, 'Taken back');
    await forget([branch]);
    await setCaps(branch, { 'account.schedules': 'full' });
    expect(await capsOf(branch)).toMatchObject({ unreviewed: [], version: 1 });
    const levels = { 'account.schedules': null } as const;
    const shown = await owner.permissions.preview.query({ account: branch, levels });
    expect(shown.changes).toEqual([{ key: 'account.schedules', before: 'full', after: null }]);
    await setCaps(branch, levels);
    expect(await capsOf(branch)).toMatchObject({ unreviewed: ['account.schedules'], version: 2, restricted: 1 });
  });
});

describe('Limits of many accounts', () => {
  it('are all that a limit has, of several kinds, with the versions that were shown, and are undone', async () => {
    const branch = await make(root, 'Limits many');
    const [one = '', two = ''] = await makeAll(branch, 'One', 'Two');
    await owner.limits.set.mutate({ account: one, limits: [{ kind: 'agents', max: 9 }] });
    const limits = [
      { kind: 'agents', max: 20, reserve: 2, thresholds: [50, 90] },
      { kind: 'minutes', max: 1_000, atLimit: 'notify' },
      { kind: 'members', max: null },
    ] as const;
    const input = { account: branch, accounts: [one, two], limits: limits.map((change) => ({ ...change })) };
    const wish = input as unknown as Parameters<Client['limits']['setMany']['mutate']>[0];
    const { accounts } = await owner.limits.preview.query(wish);
    const versions = Object.fromEntries(
      accounts.map(({ account, limits: shown }) => [
        account.id,
        Object.fromEntries(shown.flatMap((limit) => ('version' in limit ? [[limit.kind, limit.version]] : []))),
      ]),
    );
    expect(versions).toEqual({
      [one]: { agents: 1, minutes: 0, members: 0 },
      [two]: { agents: 0, minutes: 0, members: 0 },
    });
    const job = await ended(branch, await owner.limits.setMany.mutate({ ...wish, versions }));
    expect(job.states).toEqual(['done', 'done']);
    expect(job.items[0]?.result).toMatchObject({
      name: 'One',
      limits: [{ kind: 'agents', before: { max: 9 }, after: { max: 20, reserve: 2 }, version: 2 }, {}, {}],
    });
    expect(await limitOf(two, 'agents')).toMatchObject({ max: 20, reserve: 2, thresholds: [50, 90] });
    expect(await limitOf(two, 'minutes')).toMatchObject({ max: 1_000, atLimit: 'notify' });
    // What was shown is old by now: nothing is set.
    const late = await ended(branch, await owner.limits.setMany.mutate({ ...wish, versions }));
    expect(late).toMatchObject({ states: ['skipped', 'skipped'], undoable: false });
    // Both sides of each limit, and who set it last; what was said of it before stays beside it.
    expect(late.items[1]).toMatchObject({
      result: { reason: expect.stringMatching(/changed/) },
      conflict: [
        {
          about: 'limit',
          kind: 'agents',
          meant: { max: 20, reserve: 2, thresholds: [50, 90] },
          present: { max: 20, reserve: 2, atLimit: 'block' },
        },
        {
          about: 'limit',
          kind: 'minutes',
          meant: { max: 1_000, atLimit: 'notify' },
          present: { max: 1_000, atLimit: 'notify' },
        },
        { about: 'limit', kind: 'members', meant: { max: null }, present: { max: null } },
      ],
    });
    const agency = await join(api.url, owner, branch, 'other@agency.example', 'agency_admin');
    await agency.limits.set.mutate({ account: two, limits: [{ kind: 'minutes', max: 5 }] });
    expect(await foreseen(branch, job.id)).toEqual([
      ['One', null],
      ['Two', 'VERSION_CONFLICT'],
    ]);
    const shownBefore = await sidesForeseen(branch, job.id);
    const back = await undo(branch, job.id);
    expect(back.states).toEqual(['done', 'skipped']);
    expect(shownBefore).toEqual(back.items[1]?.conflict);
    expect(back.items.map(({ conflict }) => conflict)).toMatchObject([
      [],
      [
        {
          about: 'limit',
          kind: 'minutes',
          meant: { max: null },
          present: { max: 5 },
          by: (await agency.session.me.query()).user?.name,
          at: expect.stringMatching(/Z$/),
        },
      ],
    ]);
    expect(await limitOf(one, 'agents')).toMatchObject({ max: 9, reserve: 0, thresholds: [80, 95, 100] });
    expect(await limitOf(one, 'minutes')).toMatchObject({ max: null, atLimit: 'block' });
    expect(await limitOf(two, 'agents')).toMatchObject({ max: 20 });
  });

  it('promise another reserve from next month on, as far as all of them can be kept, and take it back', async () => {
    const branch = await make(root, 'Next month');
    const [one = '', two = ''] = await makeAll(branch, 'One', 'Two');
    await owner.limits.set.mutate({ account: branch, limits: [{ kind: 'minutes', max: 100 }] });
    await owner.limits.set.mutate({ account: two, limits: [{ kind: 'minutes', reserve: 10 }] });
    const wish = (nextReserve: number) => ({
      account: branch,
      accounts: [one, two],
      limits: [{ kind: 'minutes' as const, nextReserve }],
    });
    const { accounts } = await owner.limits.preview.query(wish(60));
    expect(accounts.map(({ limits: [limit] }) => limit)).toMatchObject([
      { before: { reserve: 0 }, after: { reserve: 0, nextReserve: 60 } },
      { code: 'RESERVE_UNAVAILABLE', field: 'reserve' },
    ]);
    const job = await ended(branch, await owner.limits.setMany.mutate(wish(50)));
    expect(job.states).toEqual(['done', 'done']);
    expect(await limitOf(one, 'minutes')).toMatchObject({ reserve: 0, nextReserve: 50 });
    expect(await limitOf(two, 'minutes')).toMatchObject({ reserve: 10, nextReserve: 50 });
    expect((await undo(branch, job.id)).states).toEqual(['done', 'done']);
    for (const [account, reserve] of [
      [one, 0],
      [two, 10],
    ] as const) {
      const limit = await limitOf(account, 'minutes');
      expect([limit?.reserve, limit?.nextReserve]).toEqual([reserve, undefined]);
    }
    // What isn't counted by the month has no next one.
    const members = { ...wish(1), limits: [{ kind: 'members' as const, nextReserve: 1 }] };
    const refused = await ended(branch, await owner.limits.setMany.mutate(members));
    expect(refused.items.map(({ error }) => error?.code)).toEqual(['LIMIT_INVALID', 'LIMIT_INVALID']);
  });

  it('are not put back where they would break a promise that was made since, and the preview says why', async () => {
    const branch = await make(root, 'Promised since');
    const [one = ''] = await makeAll(branch, 'Grown');
    await owner.limits.set.mutate({ account: one, limits: [{ kind: 'agents', max: 1 }] });
    const wish = { account: branch, accounts: [one], limits: [{ kind: 'agents' as const, max: 50 }] };
    const job = await ended(branch, await owner.limits.setMany.mutate(wish));
    const child = await make(one, 'Child');
    await owner.limits.set.mutate({ account: child, limits: [{ kind: 'agents', reserve: 10 }] });
    expect(await foreseen(branch, job.id)).toEqual([['Grown', 'LIMIT_PROMISED']]);
    const back = await undo(branch, job.id);
    expect(back.items.map(({ state, error }) => [state, error?.code])).toEqual([['failed', 'LIMIT_PROMISED']]);
    expect(await limitOf(one, 'agents')).toMatchObject({ max: 50 });
  });
});

describe('Suspending many', () => {
  it('is undone where the suspension is still the same', async () => {
    const branch = await make(root, 'Suspended many');
    const [one = '', two = '', own = ''] = await makeAll(branch, 'One', 'Two', 'Own');
    await owner.accounts.suspend.mutate({ account: own, kind: 'full_stop' });
    const accounts = [one, two, own];
    const job = await ended(branch, await owner.accounts.suspendMany.mutate({ account: branch, accounts }));
    await owner.accounts.reactivate.mutate({ account: two });
    await owner.accounts.suspend.mutate({ account: two, kind: 'no_new_work' });
    expect(await foreseen(branch, job.id)).toEqual([
      ['One', null],
      ['Two', 'VERSION_CONFLICT'],
    ]);
    const shownBefore = await sidesForeseen(branch, job.id);
    const back = await undo(branch, job.id);
    expect(back.states).toEqual(['done', 'skipped']);
    expect(shownBefore).toEqual(back.items[1]?.conflict);
    expect(back.items[1]?.conflict).toMatchObject([
      { about: 'suspension', meant: null, present: 'no_new_work', by: expect.any(String) },
    ]);
    const { rows } = await owner.accounts.list.query({ account: branch });
    expect(rows.map(({ name, status }) => [name, status])).toEqual([
      ['One', 'active'],
      ['Own', 'suspended'],
      ['Two', 'suspended'],
    ]);
  });
});

describe('Undoing', () => {
  it('is for those who may do what was done, and of what can be undone', async () => {
    const branch = await make(root, 'Undone by whom');
    const [one = ''] = await makeAll(branch, 'One');
    const job = await ended(branch, await owner.accounts.suspendMany.mutate({ account: branch, accounts: [one] }));
    const reader = await join(api.url, owner, branch, 'undo-reader@example.com', 'owner');
    await setCaps(branch, { 'account.subaccounts': 'read' });
    const asked = { account: branch, job: job.id };
    expect((await reader.jobs.get.query(asked)).job.id).toBe(job.id);
    expect(await codeOf(reader.jobs.previewUndo.query(asked))).toBe('FORBIDDEN');
    expect(await codeOf(reader.jobs.undo.mutate(asked))).toBe('FORBIDDEN');
    expect(await codeOf(owner.jobs.undo.mutate({ account: root, job: job.id }))).toBe('NOT_FOUND');
    const back = await ended(branch, await owner.accounts.reactivateMany.mutate({ account: branch, accounts: [one] }));
    expect(await codeOf(owner.jobs.undo.mutate({ account: branch, job: back.id }))).toBe('NOT_UNDOABLE');
  });
});

describe('An export', () => {
  const fileOf = async (client: Client, account: string, job: string) => {
    let csv = '';
    let cursor: string | undefined;
    for (;;) {
      const part = await client.jobs.file.query({ account, job, ...(cursor !== undefined && { cursor }) });
      csv += part.content;
      if (part.nextCursor === null) return { ...part, csv };
      cursor = part.nextCursor;
    }
  };

  it('is a file of all below the account, or of those that were named, safe to open, for seven days', async () => {
    const branch = await make(root, 'Exported');
    const [formula = ''] = await makeAll(branch, '=1+1, "twice"');
    const nested = await make(formula, 'Nested', { externalId: 'export-nested' });
    const shut = await make(branch, 'Shut');
    await owner.accounts.close.mutate({ account: shut });
    const job = await ended(branch, await owner.accounts.export.mutate({ account: branch }));
    expect(job).toMatchObject({ state: 'succeeded', label: 'Export', undoable: false });
    expect(job.items.map(({ result }) => result)).toMatchObject([{ rows: 2, complete: true }]);
    const file = await fileOf(owner, branch, job.id);
    expect(file.filename).toMatch(/^subaccounts-\d{4}-\d\d-\d\d\.csv$/);
    const [head = '', ...lines] = file.csv.split('\r\n');
    expect(head).toMatch(/^id,externalId,parentId,parentExternalId,depth,path,name,status,/);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(new RegExp(`^${formula},,${branch},,1,"'=1\\+1, ""twice""","'=1\\+1, ""twice""",active,`));
    expect(lines[1]).toMatch(
      new RegExp(`^${nested},export-nested,${formula},,2,"'=1\\+1, ""twice"" / Nested",Nested,active,`),
    );
    const some = await ended(branch, await owner.accounts.export.mutate({ account: branch, accounts: [nested] }));
    expect((await fileOf(owner, branch, some.id)).csv.split('\r\n')).toHaveLength(3);
    // As a search finds them, or filters leave them.
    await setCaps(formula, { tasks: 'read' });
    const left = async (asked: object): Promise<string[]> => {
      const { id } = await ended(branch, await owner.accounts.export.mutate({ account: branch, ...asked }));
      return (await fileOf(owner, branch, id)).csv
        .split('\r\n')
        .slice(1, -1)
        .map((line) => line.slice(0, 36));
    };
    expect(await left({ query: 'nest' })).toEqual([nested]);
    expect(await left({ query: 'export-nested' })).toEqual([nested]);
    expect(await left({ caps: 'restricted' })).toEqual([formula]);
    expect(await left({ query: 'nest', caps: 'restricted' })).toEqual([]);
    expect(await left({ status: ['closed'] })).toEqual([shut]);
    clock.aheadMs = 7 * DAY_MS + 1_000;
    const { owner: later } = await signedInAgain();
    expect(await codeOf(later.jobs.file.query({ account: branch, job: some.id }))).toBe('NOT_FOUND');
    expect((await later.jobs.get.query({ account: branch, job: some.id })).job.state).toBe('succeeded');
    clock.aheadMs = 0;
  });

  it('is in as many parts as it takes, one after the other, and none twice', async () => {
    const branch = await make(root, 'Exported large');
    for (let at = 0; at < 1_200; at += 400) {
      const accounts = Array.from({ length: 400 }, (_, n) => ({ name: `Account ${at + n}` }));
      await owner.accounts.createMany.mutate({ account: branch, accounts });
    }
    const job = await ended(branch, await owner.accounts.export.mutate({ account: branch }));
    const first = await owner.jobs.file.query({ account: branch, job: job.id });
    expect(first.nextCursor).not.toBeNull();
    const ids = (await fileOf(owner, branch, job.id)).csv
      .split('\r\n')
      .slice(1, -1)
      .map((line) => line.split(',')[0]);
    expect([ids.length, new Set(ids).size]).toEqual([1_200, 1_200]);
  });

  it('is read by those who may see all that is in it, and by nobody else', async () => {
    const branch = await make(root, 'Exported to whom');
    await make(branch, 'One');
    const agency = await join(api.url, owner, branch, 'export-agency@example.com', 'agency_admin');
    const member = await join(api.url, owner, branch, 'export-member@example.com', 'member');
    const withMinutes = await ended(branch, await owner.accounts.export.mutate({ account: branch }));
    expect(await codeOf(agency.jobs.file.query({ account: branch, job: withMinutes.id }))).toBe('FORBIDDEN');
    expect(await codeOf(member.jobs.file.query({ account: branch, job: withMinutes.id }))).toBe('NOT_FOUND');
    const own = await ended(branch, await agency.accounts.export.mutate({ account: branch }), agency);
    const file = await fileOf(agency, branch, own.id);
    expect(file.csv.split('\r\n')[1]).toMatch(/,One,One,active,/);
    const other = await make(root, 'Elsewhere');
    expect(await codeOf(owner.jobs.file.query({ account: other, job: own.id }))).toBe('NOT_FOUND');
  });

  const signedInAgain = async () => {
    const headers = { cookie: await signIn(api.url, api.email, PASSWORD), origin: api.url };
    return { owner: clientWith(api.url, headers) };
  };
});

describe('An embedded screen', () => {
  const screen = async (account: string, features: readonly EmbedFeature[], access: 'read' | 'full' = 'full') => {
    const { client: key } = await api.key(account);
    const wish = { account, origin: ORIGIN, userRef: 'dana', features: [...features], access };
    const { token } = await key.embed.createToken.mutate(wish);
    return clientWith(api.url, { authorization: `Bearer ${token}`, origin: ORIGIN });
  };

  it('acts on many by what its features give, watches and undoes that, and sees no other job', async () => {
    const branch = await make(root, 'Embedded');
    const [one = ''] = await makeAll(branch, 'One');
    const suspending = await screen(branch, ['suspend']);
    const limiting = await screen(branch, ['limits']);
    const permitting = await screen(branch, ['permissions']);
    const accounts = [one];
    const limits = [{ kind: 'agents' as const, max: 4 }];
    const job = await ended(
      branch,
      await suspending.accounts.suspendMany.mutate({ account: branch, accounts }),
      suspending,
    );
    expect(job).toMatchObject({ states: ['done'], undoable: true });
    expect(await codeOf(suspending.limits.setMany.mutate({ account: branch, accounts, limits }))).toBe(
      'FEATURE_NOT_ALLOWED',
    );
    expect(await codeOf(limiting.jobs.get.query({ account: branch, job: job.id }))).toBe('NOT_FOUND');
    await ended(branch, await suspending.jobs.undo.mutate({ account: branch, job: job.id }), suspending);
    expect((await owner.accounts.get.query({ account: one })).status).toBe('active');
    const set = await ended(
      branch,
      await limiting.limits.setMany.mutate({ account: branch, accounts, limits }),
      limiting,
    );
    expect(set.states).toEqual(['done']);
    const { id: preset } = await owner.presets.save.mutate({
      account: branch,
      name: 'Screen',
      levels: { tasks: 'read' },
    });
    const order = { account: branch, preset, mode: 'replace', accounts } as const;
    expect(
      (await ended(branch, await permitting.permissions.applyPresetMany.mutate(order), permitting)).states,
    ).toEqual(['done']);
    expect((await limiting.jobs.list.query({ account: branch })).rows.map(({ kind }) => kind)).toEqual([
      'limits.setMany',
    ]);
  });

  it('that was opened for reading only exports, and changes nothing', async () => {
    const branch = await make(root, 'Embedded to read');
    const [one = ''] = await makeAll(branch, 'One');
    const reading = await screen(branch, ['limits', 'permissions'], 'read');
    const job = await ended(branch, await reading.accounts.export.mutate({ account: branch }), reading);
    expect((await reading.jobs.file.query({ account: branch, job: job.id })).content).toContain(one);
    const wish = { account: branch, accounts: [one], limits: [{ kind: 'agents' as const, max: 4 }] };
    expect(await codeOf(reading.limits.setMany.mutate(wish))).toBe('FORBIDDEN');
    expect(await codeOf(reading.jobs.cancel.mutate({ account: branch, job: job.id }))).toBe('FORBIDDEN');
  });
});

describe('Filters', () => {
  it('find accounts at any depth, together with what was typed and a status, and the accounts between', async () => {
    const branch = await make(root, 'Filtered');
    const [top = '', open = ''] = await makeAll(branch, 'Top', 'Open');
    const [deep = '', other = ''] = await makeAll(top, 'Deep dental', 'Other');
    await setCaps(deep, { tasks: 'read' });
    await setCaps(open, { tasks: 'read' });
    await owner.limits.set.mutate({ account: deep, limits: [{ kind: 'minutes', max: 10 }] });
    await owner.limits.set.mutate({ account: other, limits: [{ kind: 'minutes', max: 10 }] });
    const occurredAt = new Date(clock.nowMs()).toISOString();
    const event = (idempotencyKey: string, quantity: string) => ({
      meter: 'call.minutes',
      quantity,
      occurredAt,
      idempotencyKey,
    });
    await owner.usage.record.mutate({ account: deep, events: [event('filter-a', '8')] });
    await owner.usage.record.mutate({ account: other, events: [event('filter-b', '7.9')] });
    const find = async (wish: Omit<Parameters<Client['accounts']['search']['query']>[0], 'account'>) => {
      const { matches, rows, total, more } = await owner.accounts.search.query({ account: branch, ...wish });
      expect([total, more]).toEqual([matches.length, false]);
      return [matches, rows.map(({ id }) => id)];
    };
    const both = [deep, open].toSorted();
    const [restricted, shown] = await find({ caps: 'restricted' });
    expect([...(restricted ?? [])].toSorted()).toEqual(both);
    expect(new Set(shown)).toEqual(new Set([top, deep, open]));
    expect(await find({ caps: 'restricted', query: 'dental' })).toEqual([[deep], [top, deep]]);
    expect(await find({ limits: 'near' })).toEqual([[deep], [top, deep]]);
    expect(await find({ limits: 'near', caps: 'restricted', query: 'deep' })).toEqual([[deep], [top, deep]]);
    expect(await find({ limits: 'near', caps: 'unreviewed' })).toEqual([[], []]);
    await owner.accounts.suspend.mutate({ account: open });
    expect(await find({ caps: 'restricted', status: ['active'] })).toEqual([[deep], [top, deep]]);
    expect(await find({ caps: 'restricted', status: ['suspended'] })).toEqual([[open], [open]]);
    expect(await codeOf(owner.accounts.search.query({ account: branch }))).toBe('BAD_REQUEST');
  });

  it('are live: rows that come to match, or match no more, are told to who watches the subtree', async () => {
    const branch = await make(root, 'Filtered live');
    const [one = ''] = await makeAll(branch, 'One');
    const told: unknown[] = [];
    const { resumeId } = await owner.accounts.search.query({ account: branch, caps: 'restricted' });
    const asked = { account: branch, lastEventId: resumeId };
    const watcher = watcherWith(api.url, api.headers, 'accounts.live', asked, (frame) => {
      const { data } = frame as { readonly data: AccountsFrame };
      told.push(...data.changed.map(({ id, caps }) => [id, caps?.restricted]));
    });
    await watcher.ready;
    await setCaps(one, { tasks: 'none' });
    await vi.waitFor(() => expect(told).toContainEqual([one, 1]));
    await setCaps(one, { tasks: 'full' });
    await vi.waitFor(() => expect(told.at(-1)).toEqual([one, 0]));
    watcher.stop();
  });
});

describe('Who is near a limit', () => {
  const record = (account: string, quantity: string) => {
    const occurredAt = new Date(clock.nowMs()).toISOString();
    return owner.usage.record.mutate({
      account,
      events: [{ meter: 'call.minutes', quantity, occurredAt, idempotencyKey: `near-${(keys += 1)}` }],
    });
  };
  let keys = 0;

  it('is told to who watches the subtree when counted use passes the mark, or the maximum does, and never otherwise', async () => {
    const branch = await make(root, 'Near live');
    const top = await make(branch, 'Top');
    const [deep = '', other = '', free = ''] = await makeAll(top, 'Deep', 'Other', 'Free');
    const elsewhere = await make(root, 'Near elsewhere');
    for (const account of [deep, other, elsewhere])
      await owner.limits.set.mutate({ account, limits: [{ kind: 'minutes', max: 10 }] });
    const told: [string, boolean][] = [];
    const { resumeId } = await owner.accounts.search.query({ account: branch, limits: 'near' });
    const input = { account: branch, lastEventId: resumeId };
    const watcher = watcherWith(api.url, api.headers, 'limits.liveNear', input, (frame) => {
      told.push(
        ...(frame as { readonly data: NearFrame }).data.near.map(([id, isNear]): [string, boolean] => [id, isNear]),
      );
    });
    await watcher.ready;
    await record(elsewhere, '9');
    await record(other, '7');
    await record(free, '100');
    await record(deep, '8');
    await vi.waitFor(() => expect(told).toEqual([[deep, true]]));
    // More of the same is no news; what falls below the mark again is.
    await record(deep, '3');
    await owner.limits.set.mutate({ account: deep, limits: [{ kind: 'minutes', max: 100 }] });
    await vi.waitFor(() => expect(told).toContainEqual([deep, false]));
    expect(told.filter(([, isNear]) => isNear)).toEqual([[deep, true]]);
    await owner.limits.set.mutate({ account: other, limits: [{ kind: 'minutes', max: 8 }] });
    await vi.waitFor(() => expect(told).toContainEqual([other, true]));
    expect(told.map(([id]) => id)).not.toContain(elsewhere);
    watcher.stop();
  });

  it('is told to nobody who may not see usage, in no list and no stream', async () => {
    const branch = await make(root, 'Near hidden');
    const agency = await join(api.url, owner, branch, 'near@agency.example', 'agency_admin');
    const forbidden = { account: branch, limits: 'near' } as const;
    expect(await codeOf(agency.accounts.search.query(forbidden))).toBe('FORBIDDEN');
    expect(await codeOf(agency.accounts.list.query(forbidden))).toBe('FORBIDDEN');
    const cookie = await signIn(api.url, 'near@agency.example', PASSWORD);
    const watcher = watcherWith(api.url, { cookie, origin: api.url }, 'limits.liveNear', { account: branch });
    expect(await watcher.cut).toBe('FORBIDDEN');
  });

  it('is not told by the order of a list either', async () => {
    const branch = await make(root, 'Order hidden');
    const made = await makeAll(branch, 'First', 'Second', 'Third');
    const [, second = ''] = made;
    await record(second, '9');
    const inOrder = async (client: Client) =>
      (await client.accounts.list.query({ account: branch, sort: 'minutes', direction: 'desc' })).rows.map(
        ({ id }) => id,
      );
    await vi.waitFor(async () => expect((await inOrder(owner))[0]).toBe(second));
    const agency = await join(api.url, owner, branch, 'order@agency.example', 'agency_admin');
    expect(await inOrder(agency)).toEqual(made.toReversed());
  });
});

describe('A conflict of versions', () => {
  it('of limits shows those that are others by now, and of a preset what it says now', async () => {
    const branch = await make(root, 'Conflicts');
    await owner.limits.set.mutate({
      account: branch,
      limits: [
        { kind: 'agents', max: 3, thresholds: [50] },
        { kind: 'calls', max: 2 },
      ],
    });
    const limits = [
      { kind: 'agents' as const, max: 5, version: 0 },
      { kind: 'calls' as const, max: 5, version: 1 },
      { kind: 'members' as const, max: 5, version: 7 },
    ];
    expect(await refusalOf(owner.limits.set.mutate({ account: branch, limits }))).toMatchObject({
      code: 'VERSION_CONFLICT',
      present: {
        limits: [
          { kind: 'agents', version: 1, max: 3, reserve: 0, atLimit: 'block', thresholds: [50] },
          { kind: 'members', version: 0, max: null, reserve: 0, atLimit: 'block', thresholds: [] },
        ],
      },
    });
    const preset = { account: branch, name: 'Contested', levels: { tasks: 'read' } } as const;
    const { id, version } = await owner.presets.save.mutate(preset);
    await owner.presets.save.mutate({ ...preset, preset: id, expectedVersion: version, name: 'Theirs' });
    const mine = { ...preset, preset: id, expectedVersion: version };
    expect(await refusalOf(owner.presets.save.mutate(mine))).toMatchObject({
      code: 'VERSION_CONFLICT',
      present: { version: 2, name: 'Theirs', levels: { tasks: 'read' } },
    });
  });
});

describe('A save without a preview', () => {
  it('is counted by a job after it: who lost what', async () => {
    const branch = await make(root, 'Counted');
    await join(api.url, owner, branch, 'counted@example.com', 'owner');
    const saved = await setCaps(branch, { tasks: 'read' });
    expect(saved.effect).toBeNull();
    const levels = { agents: 'read' } as const;
    const shown = await owner.permissions.preview.query({ account: branch, levels });
    const job = await ended(root, { job: saved.counting ?? '' });
    // What was shown meanwhile is so still: that a job ends changes nothing.
    const wish = { account: branch, levels, expectedVersion: shown.version, preview: shown.preview };
    await expect(owner.permissions.set.mutate(wish)).resolves.toMatchObject({ counting: null });
    expect(job).toMatchObject({ label: 'Count who is affected', states: ['done'], undoable: false });
    expect(job.items[0]).toMatchObject({
      target: branch,
      result: {
        accounts: { checked: 1, changed: 1 },
        holders: { person: 1, key: 0, session: 0 },
        rows: [{ key: 'tasks', before: 'full', after: 'read' }],
      },
    });
    // What changes nothing is not counted.
    expect((await setCaps(branch, { tasks: 'read' })).counting).toBeNull();
    await jobsEnded(api.database);
  });
});
