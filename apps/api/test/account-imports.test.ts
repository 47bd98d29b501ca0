import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Client, clientOf, clientWith, codeOf, PASSWORD, refusalOf, signIn } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { upload } from './support/imports.ts';
import { startApi } from './support/start-api.ts';

const clock = { aheadMs: 0, nowMs: () => Date.now() + clock.aheadMs };

let api: Deployment;
beforeAll(async () => {
  api = await deploy({ clock });
});
afterAll(() => api.close());

let branches = 0;
/** An account of its own to import into, with the external id `top-N`. */
async function branch(): Promise<string> {
  branches += 1;
  const made = { account: api.root, name: `Branch ${branches}`, externalId: `top-${branches}` };
  return (await api.owner.accounts.create.mutate(made)).account.id;
}
const csv = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`;

async function planned(account: string, file: string) {
  const sent = await upload(api, account, file);
  expect(sent.message).toBe('');
  return api.owner.accountImports.plan.mutate({ account, import: sent.import });
}
const get = (account: string, id: string) => api.owner.accountImports.get.query({ account, import: id });
const bad = async (account: string, id: string) =>
  (await api.owner.accountImports.rows.query({ account, import: id })).rows.map(({ line, outcome }) => [line, outcome]);
async function ended(account: string, job: string) {
  return vi.waitFor(
    async () => {
      const shown = await api.owner.jobs.get.query({ account, job, limit: 500 });
      expect(shown.job.endedAt).not.toBeNull();
      return { ...shown.job, items: shown.items };
    },
    { timeout: 20_000, interval: 50 },
  );
}
const run = async (account: string, id: string, mode?: 'each') =>
  ended(account, (await api.owner.accountImports.run.mutate({ account, import: id, ...(mode && { mode }) })).job);
/** Names below an account, each behind those above it. */
async function below(account: string): Promise<string[]> {
  const { job } = await api.owner.accounts.export.mutate({ account });
  await ended(account, job);
  const { content } = await api.owner.jobs.file.query({ account, job });
  return content
    .split('\r\n')
    .slice(1, -1)
    .map((line) => line.split(',')[5] ?? '')
    .toSorted();
}

describe('A file of accounts (rules/accounts 26, 27, 28)', () => {
  it('C1 is imported with its rows in any order; the same file twice changes nothing', async () => {
    const account = await branch();
    const top = `top-${branches}`;
    const name = (id: string): string => `${branches}${id}`;
    const north = { account, name: 'North', externalId: name('north'), metadata: { kept: 1 } };
    await api.owner.accounts.create.mutate(north);
    const row = (id: string, parent: string, called = `Name ${id}`): string =>
      [name(id), parent === 'top' ? top : name(parent), called].join(',');
    const file = csv(
      'ExternalId,parentExternalID,NAME',
      row('c', 'b'),
      row('b', 'a'),
      row('a', 'top'),
      row('d', 'north'),
      row('north', 'top', 'North'),
    );
    const plan = await planned(account, file);
    expect(plan).toMatchObject({ state: 'planned', rows: 5, counts: { new: 4, same: 1, bad: 0, changed: 0 } });
    const { rows: same } = await api.owner.accountImports.rows.query({ account, import: plan.id, of: 'same' });
    expect(same).toMatchObject([{ line: 6, outcome: 'same', cells: [name('north'), top, 'North'] }]);
    const before = (await api.owner.accounts.get.query({ account: api.root })).subaccounts;
    const job = await run(account, plan.id);
    expect(job).toMatchObject({
      state: 'succeeded',
      label: 'Import accounts',
      subject: 'accounts.csv',
      items: [{ result: { made: 4, same: 1 } }],
    });
    expect(await get(account, plan.id)).toMatchObject({ state: 'ended', made: 4, job: job.id });
    expect(await below(account)).toEqual([
      'Name a',
      'Name a / Name b',
      'Name a / Name b / Name c',
      'North',
      'North / Name d',
    ]);
    expect((await api.owner.accounts.get.query({ account: api.root })).subaccounts).toBe(before + 4);
    const log = await api.owner.audit.list.query({ account, scope: 'nested', kind: 'accounts' });
    const created = log.rows.filter(({ action }) => action === 'account.created');
    expect(created.slice(0, 4).map(({ actor }) => actor.name)).toEqual(Array(4).fill('Olivia Owner'));
    // Once more, by the same file sent again, and by the same one that was imported.
    const again = await planned(account, file);
    expect(again.counts).toMatchObject({ new: 0, same: 5, bad: 0 });
    expect(await codeOf(run(account, again.id))).toBe('ALREADY_IN_STATE');
    expect(await codeOf(run(account, plan.id))).toBe('PLAN_STALE');
    expect(await below(account)).toHaveLength(5);
  });

  it('C2 is kept whole or imported as if its bad rows weren’t there; these come back as the same CSV', async () => {
    const account = await branch();
    const rows = [
      'x,y,X one',
      'y,x,Y one',
      'z,x,Z one',
      'k,nope,"=K, ""one"""',
      'ok,,Okay',
      'ok,,Again',
      'q,ok,okay',
      'p,,OKAY',
    ];
    const file = csv(
      'externalId,parentExternalId,name',
      ...rows.map((row) => row.replace(/^(\w+),(\w*)/, (_, id, parent) => `${id}-2,${parent && `${parent}-2`}`)),
    );
    const { id, counts } = await planned(account, file);
    expect(counts).toEqual({
      new: 2,
      same: 0,
      bad: 6,
      changed: 0,
      byCode: { PARENT_CYCLE: 2, PARENT_BAD: 1, PARENT_MISSING: 1, ROW_DUPLICATE: 1, NAME_TAKEN: 1 },
    });
    expect(await bad(account, id)).toEqual([
      [2, 'PARENT_CYCLE'],
      [3, 'PARENT_CYCLE'],
      [4, 'PARENT_BAD'],
      [5, 'PARENT_MISSING'],
      [7, 'ROW_DUPLICATE'],
      [9, 'NAME_TAKEN'],
    ]);
    const errors = await api.owner.accountImports.errors.query({ account, import: id });
    expect([errors.filename, errors.nextCursor]).toEqual(['accounts-errors.csv', null]);
    expect(errors.content.split('\r\n')[0]).toBe('externalId,parentExternalId,name,line,code,field,message');
    expect(errors.content).toContain(
      `\r\nk-2,nope-2,"'=K, ""one""",5,PARENT_MISSING,parentExternalId,"There is no account`,
    );
    // What was corrected in that file is read as it stands.
    const corrected = errors.content.replaceAll('nope-2', '').replace('Y one', 'Why');
    expect((await planned(account, corrected)).counts).toMatchObject({
      new: 3,
      byCode: { PARENT_CYCLE: 2, PARENT_BAD: 1 },
    });
    expect(await refusalOf(api.owner.accountImports.run.mutate({ account, import: id }))).toMatchObject({
      code: 'BATCH_REFUSED',
      message: expect.stringContaining('6 rows'),
    });
    expect(await below(account)).toEqual([]);
    expect(await run(account, id, 'each')).toMatchObject({ state: 'succeeded', total: 2 });
    expect(await below(account)).toEqual(['Okay', 'Okay / okay']);
  });

  it('sets accounts up with the blueprints that rows name, and says before which can’t be (rules/accounts 26, rules/blueprints 6)', async () => {
    const { owner } = api;
    const account = await branch();
    const n = branches;
    const save = (name: string, said: object): Promise<{ id: string }> =>
      owner.blueprints.save.mutate({ account, name, ...said });
    const practice = await save('Practice', { limits: { agents: { max: 3 }, members: { max: 3, reserve: 2 } } });
    const { products } = await owner.products.create.mutate({
      account,
      kind: 'schedule',
      products: [{ document: { name: 'Hours of {{city}}' } }],
    });
    const hours = products[0]!.id;
    await save('Asking', {
      products: [{ product: hours }],
      variables: [{ key: 'city', label: 'City', at: [{ product: hours, place: '/name' }] }],
    });
    const shop = await save('Shop', { caps: { levels: { tasks: 'read' } }, products: [{ product: hours }] });
    const rows = [
      `a-${n},One,,PRACTICE`,
      `b-${n},Two,a-${n},${shop.id}`,
      `c-${n},Three,,`,
      `d-${n},Four,,Nothing`,
      `e-${n},Five,d-${n},Practice`,
      `f-${n},Six,,Asking`,
      `g-${n},Seven,,Practice`,
    ];
    const file = csv('externalId,name,parentExternalId,blueprint', ...rows);
    // Room is kept for one of the two that want it: that shows when they are set up.
    await owner.limits.set.mutate({ account, limits: [{ kind: 'members', max: 3 }] });
    const { id, counts } = await planned(account, file);
    expect(counts).toMatchObject({ new: 4, byCode: { NOT_FOUND: 1, PARENT_BAD: 1, VARIABLE_INVALID: 1 } });
    const told = await owner.accountImports.rows.query({ account, import: id });
    expect(told.rows.map(({ line, field, outcome }) => [line, field, outcome])).toEqual([
      [5, 'blueprint', 'NOT_FOUND'],
      [6, 'parentExternalId', 'PARENT_BAD'],
      [7, 'blueprint', 'VARIABLE_INVALID'],
    ]);
    expect(await run(account, id, 'each')).toMatchObject({ state: 'succeeded' });
    expect(await below(account)).toEqual(['One', 'One / Two', 'Three']);
    const refused = await owner.accountImports.rows.query({ account, import: id });
    expect(refused.rows.map(({ line }) => line)).toEqual([5, 6, 7, 8]);
    const of = (external: string): string => `ext:${external}-${n}`;
    const maxOf = async (at: string) =>
      (await owner.limits.get.query({ account: at })).limits.find(({ kind }) => kind === 'agents')?.max;
    expect([await maxOf(of('a')), await maxOf(of('c'))]).toEqual([3, null]);
    await vi.waitFor(async () => {
      const { applications } = await owner.blueprints.applied.query({ account: of('b') });
      expect(applications).toMatchObject([{ state: 'set_up', drift: 'as_set_up', blueprint: { id: shop.id } }]);
    });
    const { rows: copies } = await owner.products.list.query({ account: of('b'), kind: 'schedule' });
    expect(copies.map(({ name }) => name)).toEqual(['Hours of {{city}}']);
    // The same file again changes nothing, whatever became of the blueprint.
    await owner.blueprints.remove.mutate({ account, blueprint: practice.id });
    expect((await planned(account, file)).counts).toMatchObject({ new: 0, same: 3 });
    // What an export says of that is not read.
    const exported = csv('externalId,name,blueprint,blueprintVersion,drift', `x-${n},Xaver,Nothing,1,as_set_up`);
    expect((await planned(account, exported)).counts).toMatchObject({ new: 1, bad: 0 });
  });

  it('sets up at most a hundred accounts in one transaction, all of them or none', async () => {
    const { owner } = api;
    const account = await branch();
    const n = branches;
    await owner.blueprints.save.mutate({ account, name: 'Small', limits: { members: { max: 3, reserve: 2 } } });
    const rows = Array.from({ length: 101 }, (_, i) => `many-${n}-${i},Many ${i},Small`);
    const header = 'externalId,name,blueprint';
    const wide = await planned(account, csv(header, ...rows));
    expect(await refusalOf(owner.accountImports.run.mutate({ account, import: wide.id }))).toMatchObject({
      code: 'BAD_REQUEST',
      field: 'mode',
    });
    await owner.limits.set.mutate({ account, limits: [{ kind: 'members', max: 3 }] });
    const { id } = await planned(account, csv(header, ...rows.slice(0, 2)));
    const { state, items } = await run(account, id);
    expect([state, items[0]?.error?.message]).toEqual([
      'failed',
      expect.stringMatching(/^Nothing was imported: line 3: /),
    ]);
    expect(await below(account)).toEqual([]);
    await owner.limits.set.mutate({ account, limits: [{ kind: 'members', max: 4 }] });
    const again = await planned(account, csv(header, ...rows.slice(0, 2)));
    expect(await run(account, again.id)).toMatchObject({ state: 'succeeded' });
    expect(await below(account)).toEqual(['Many 0', 'Many 1']);
  });

  it('is judged again when the tree has changed, and what differs is shown before anything is written', async () => {
    const account = await branch();
    const { id } = await planned(account, csv('externalId;name', 'one-3;First', 'two-3;Second'));
    await api.owner.accounts.create.mutate({ account, name: 'FIRST' });
    expect(await codeOf(run(account, id))).toBe('PLAN_STALE');
    const { rows } = await api.owner.accountImports.rows.query({ account, import: id, of: 'changed' });
    expect(rows).toMatchObject([{ line: 2, was: 'new', outcome: 'NAME_TAKEN', field: 'name' }]);
    expect((await get(account, id)).counts).toMatchObject({ new: 1, bad: 1, changed: 1 });
    expect(await below(account)).toEqual(['FIRST']);
    // Something else in the tree makes no difference.
    await api.owner.accounts.create.mutate({ account: api.root, name: 'Elsewhere' });
    expect(await run(account, id, 'each')).toMatchObject({ state: 'succeeded' });
    expect(await below(account)).toEqual(['FIRST', 'Second']);
  });

  it('takes room under limits row by row, counted in the file’s order', async () => {
    const account = await branch();
    await api.owner.limits.set.mutate({ account, limits: [{ kind: 'subaccounts', max: 2 }] });
    const { id, counts } = await planned(
      account,
      csv('externalId,name,parentExternalId', 'c4,Third,a4', 'a4,First,', 'b4,Second,'),
    );
    expect(counts).toMatchObject({ new: 2, byCode: { LIMIT_REACHED: 1 } });
    expect(await bad(account, id)).toEqual([[2, 'LIMIT_REACHED']]);
  });

  it('is made in parts of 2 000 rows: each sees what those before it made and took room for, and names are kept as they are', async () => {
    const account = await branch();
    const n = branches;
    const MANY = 2_050;
    const name = (i: number): string => `{"${i}"}, NULL \\ \\x${i} ü`;
    const rows = Array.from({ length: MANY }, (_, i) => [
      `wide-${n}-${i},,"${name(i).replaceAll('"', '""')}"`,
      `deep-${n}-${i},wide-${n}-${i},Deep ${i}`,
    ]).flat();
    await api.owner.limits.set.mutate({ account, limits: [{ kind: 'subaccounts', max: 2 * MANY }] });
    const { id, counts } = await planned(account, csv('externalId,parentExternalId,name', ...rows));
    expect(counts).toMatchObject({ new: 2 * MANY, bad: 0 });
    expect(await run(account, id)).toMatchObject({
      state: 'succeeded',
      items: [{ result: { made: 2 * MANY, same: 0 } }],
    });
    expect((await api.owner.accounts.get.query({ account })).subaccounts).toBe(2 * MANY);
    const last = await api.owner.accounts.get.query({ account: `ext:wide-${n}-${MANY - 1}` });
    expect(last).toMatchObject({ name: name(MANY - 1), children: 1, subaccounts: 1 });
    expect(await codeOf(api.owner.accounts.create.mutate({ account, name: 'One more' }))).toBe('LIMIT_REACHED');
  });

  it('that was exported is read back, and changes nothing; accounts without external ids are known by theirs', async () => {
    const account = await branch();
    const parent = (await api.owner.accounts.create.mutate({ account, name: '=Formula, "quoted"' })).account.id;
    await api.owner.accounts.create.mutate({ account: parent, name: '’s-Gravenhage', externalId: '-5.25' });
    const { job } = await api.owner.accounts.export.mutate({ account });
    await ended(account, job);
    const { content } = await api.owner.jobs.file.query({ account, job });
    expect((await planned(account, content)).counts).toMatchObject({ new: 0, same: 2, bad: 0 });
    expect((await planned(account, content.replaceAll('Gravenhage', 'Hage'))).counts).toMatchObject({
      byCode: { EXTERNAL_ID_CONFLICT: 1 },
    });
  });
});

describe('The route of files of accounts', () => {
  const HEADER = 'externalId,name\r\n';
  it.each([
    ['Windows-1252', Buffer.from(`${HEADER}a,M\xfcller\r\n`, 'latin1'), 'Windows-1252'],
    ['NUL', `${HEADER}a,One\r\nb,T\0wo\r\n`, 'NUL character in line 3'],
    ['an unknown column', 'externalId,name,Colour\r\n', 'no column “Colour”'],
    ['a column twice', 'externalId,name,NAME\r\n', 'The column “name” comes twice'],
    ['a quote that is never closed', `${HEADER}a,One\r\n"b,Two\r\nc,Three\r\n`, 'after line 2 is never closed'],
    ['a quote in a bare cell', `${HEADER}"a","One\r\nand"\r\nb,T"wo\r\n`, 'wrong place in the row after line 3'],
    ['a row without end', `${HEADER}a,${'x'.repeat(70_000)}\r\n`, 'more than 65536 characters'],
    ['nothing but a header', HEADER, 'no row'],
    ['nothing', '', 'no row'],
  ])('refuses %s, and keeps nothing', async (_, file, message) => {
    const sent = await upload(api, api.root, file);
    expect([sent.status, sent.code]).toEqual([400, 'BAD_REQUEST']);
    expect(sent.message).toContain(message);
    expect((await api.owner.accountImports.list.query({ account: api.root })).rows).toEqual([]);
  });

  it('reads mixed line ends and a byte order mark, and counts lines as they are in the file', async () => {
    const account = await branch();
    const file =
      '\uFEFFname\texternalId\r\n"Two\r\nlines"\ta5\n\n\nFine\tb5\rx\tc5\r\nToo\tmany\tcells\n"Ends, here"\td5';
    const { id, rows, counts } = await planned(account, file);
    expect([rows, counts.new]).toEqual([5, 2]);
    expect(await bad(account, id)).toEqual([
      [2, 'NAME_INVALID'],
      [7, 'NAME_INVALID'],
      [8, 'BAD_REQUEST'],
    ]);
  });

  it('is for those who may make accounts, and for CSV', async () => {
    const account = await branch();
    const file = `${HEADER}a6,One\r\n`;
    const { secret } = await api.key(account);
    const key = { authorization: `Bearer ${secret}` };
    expect(await upload(api, account, file, key)).toMatchObject({ status: 200, rows: 1 });
    expect(await upload(api, api.root, file, key)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(await upload(api, account, file, { authorization: 'Bearer nonsense' })).toMatchObject({ status: 401 });
    expect(await upload(api, account, file, { cookie: '' })).toMatchObject({ status: 401 });
    expect(await upload(api, account, file, { 'content-type': 'application/json' })).toMatchObject({ status: 415 });
    const large = new Blob([new Uint8Array(64 * 1_048_576 + 1)]);
    expect(await upload(api, account, large)).toMatchObject({ status: 413 });
  });

  it('keeps ten files of an account, each for a day', async () => {
    const account = await branch();
    for (let n = 0; n < 12; n += 1) await upload(api, account, `${HEADER}a7,One\r\n`);
    const { rows } = await api.owner.accountImports.list.query({ account });
    expect(rows).toHaveLength(10);
    clock.aheadMs = 86_400_001;
    expect((await api.owner.accountImports.list.query({ account })).rows).toEqual([]);
    await api.composed.jobs.run();
    clock.aheadMs = 0;
    const left = await api.database.asOwner(
      'SELECT FROM account_import_rows UNION ALL SELECT FROM account_imports',
      [],
    );
    expect(left).toHaveLength(0);
  });
});

describe('The job that imports a file', () => {
  /** A file of three steps of 500 rows at the most. */
  const ROWS = 1_001;
  async function threeSteps() {
    const account = await branch();
    const rows = Array.from({ length: ROWS }, (_, n) => `step-${branches}-${n},Account ${n}`);
    const { id } = await planned(account, csv('externalId,name', ...rows));
    return { account, id };
  }

  /** Locks something, until it is released. */
  async function hold(lock: string): Promise<readonly [release: () => Promise<unknown>, held: Promise<unknown>]> {
    const { asOwner } = api.database;
    await asOwner('CREATE TABLE IF NOT EXISTS gates (opened int); DELETE FROM gates');
    const held = asOwner(`DO $$ BEGIN
      ${lock};
      WHILE NOT EXISTS (SELECT FROM gates) LOOP PERFORM pg_sleep(0.02); END LOOP;
    END $$`);
    const sleeping = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`;
    await expect.poll(async () => (await asOwner(sleeping)).length, { timeout: 8_000 }).toBe(1);
    return [() => asOwner('INSERT INTO gates VALUES (1)'), held];
  }

  /** Does something while the first step can't come to its end: what every account has beside it can't be written. */
  async function inTheMiddle<T>(start: () => Promise<T>, work: () => Promise<unknown>): Promise<T> {
    const { asOwner } = api.database;
    const [release, held] = await hold('LOCK TABLE account_caps IN SHARE MODE');
    const waits = (what: string) =>
      vi.waitFor(
        async () => {
          const waiting = await asOwner(`SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE d.datname = current_database() AND NOT l.granted AND ${what}`);
          expect(waiting.length).toBeGreaterThan(0);
        },
        { timeout: 8_000, interval: 20 },
      );
    try {
      const started = await start();
      await waits(`l.relation = 'account_caps'::regclass`);
      const done = work();
      await Promise.race([done, waits(`l.locktype = 'advisory'`)]);
      await release();
      await done;
      return started;
    } finally {
      await release();
      await held;
    }
  }
  const start = (client: Client, account: string, id: string, mode: 'all' | 'each') => async () =>
    (await client.accountImports.run.mutate({ account, import: id, mode })).job;

  it('can be stopped: what is made stays, and the rest can be imported later', async () => {
    const { account, id } = await threeSteps();
    const job = await inTheMiddle(start(api.owner, account, id, 'each'), async () => {
      const { rows } = await api.owner.jobs.list.query({ account });
      expect(await codeOf(api.owner.accountImports.plan.mutate({ account, import: id }))).toBe('ALREADY_IN_STATE');
      await api.owner.jobs.cancel.mutate({ account, job: rows[0]!.id });
    });
    // Whatever waited for the tree before the one who stopped it had its turn.
    const { state, done } = await ended(account, job);
    expect([state, done === 1 || done === 2]).toEqual(['cancelled', true]);
    expect(await get(account, id)).toMatchObject({ state: 'ended', made: 500 * done });
    expect(await codeOf(run(account, id, 'each'))).toBe('PLAN_STALE');
    const { counts } = await get(account, id);
    expect(counts).toMatchObject({ new: ROWS - 500 * done, same: 500 * done, bad: 0, changed: 500 * done });
    expect(await run(account, id)).toMatchObject({ state: 'succeeded', total: 1 });
    expect((await api.owner.accounts.get.query({ account })).subaccounts).toBe(ROWS);
  });

  it('lets nobody judge its file who waited for it to be asked for (rules/accounts 27)', async () => {
    const account = await branch();
    const { id } = await planned(account, csv('externalId,name', `late-${branches},Late`));
    // The job is asked for, and not yet committed: its row of the journal can't be written.
    const [release, held] = await hold(`PERFORM FROM journal_heads WHERE root_id = '${api.root}' FOR UPDATE`);
    try {
      const waiting = async (): Promise<number> =>
        (
          await api.database.asOwner(
            `SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database OR l.database IS NULL
              WHERE d.datname = current_database() AND NOT l.granted AND l.locktype IN ('transactionid', 'tuple')`,
          )
        ).length;
      const running = run(account, id);
      await expect.poll(waiting, { timeout: 8_000 }).toBe(1);
      const judging = codeOf(api.owner.accountImports.plan.mutate({ account, import: id }));
      await expect.poll(waiting, { timeout: 8_000 }).toBe(2);
      await release();
      expect(await judging).toBe('ALREADY_IN_STATE');
      expect(await running).toMatchObject({ state: 'succeeded', items: [{ result: { made: 1, same: 0 } }] });
    } finally {
      await release();
      await held;
    }
  });

  it('ends where whoever asked for it loses the right', async () => {
    const { account, id } = await threeSteps();
    const email = `admin-${branches}@example.com`;
    const { link } = await api.owner.members.invite.mutate({ account, email, role: 'admin' });
    const token = link.split('/').at(-1) ?? '';
    await clientWith(api.url, {}).members.acceptInvitation.mutate({ token, name: 'Adam', password: PASSWORD });
    const admin = clientOf(api.url, await signIn(api.url, email, PASSWORD));
    const { members } = await api.owner.members.list.query({ account });
    const userId = members.find((one) => one.email === email)?.userId ?? '';
    const job = await inTheMiddle(start(admin, account, id, 'each'), () =>
      api.owner.members.remove.mutate({ account, userId }),
    );
    const found = await ended(account, job);
    const ends = found.items.map(({ state, error }) => error?.code ?? state);
    expect(ends.join(' ')).toMatch(/^done (done )?(FORBIDDEN ?)+$/);
    expect((await api.owner.accounts.get.query({ account })).subaccounts).toBe(500 * found.done);
  });

  it.each([
    ['is imported when that is in no row’s way', 'Anything', 'succeeded'],
    ['is kept from being imported in part when it is in the way of a row of the second part', 'Wanted', 'failed'],
  ])('of which the tree has changed since it was asked for %s', async (_, renamed, state) => {
    const account = await branch();
    const n = branches;
    const { id: other } = (await api.owner.accounts.create.mutate({ account, name: 'Other' })).account;
    const rows = Array.from({ length: 2_050 }, (__, i) => `turn-${n}-${i},Account ${i}`);
    const { id } = await planned(account, csv('externalId,name', ...rows, `turn-${n},Wanted`));
    const job = await inTheMiddle(start(api.owner, account, id, 'all'), async () => {
      await api.database.asOwner(
        `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = 'account_caps'::regclass`,
      );
      await api.owner.accounts.rename.mutate({ account: other, name: renamed });
    });
    const found = await ended(account, job);
    const stale = 'Nothing was imported: line 2052 was new and is NAME_TAKEN now. Check the file again.';
    const [item] = found.items;
    expect([found.state, item?.state === 'done' || item?.error?.message]).toEqual([
      state,
      state === 'failed' ? stale : true,
    ]);
    expect((await api.owner.accounts.get.query({ account })).subaccounts).toBe(state === 'failed' ? 1 : 2_052);
  });

  it('makes all accounts once, when its server is cut off in the middle and two servers are asked for it', async () => {
    const { account, id } = await threeSteps();
    const second = await startApi(api.database.serving, { clock });
    try {
      const asked = () =>
        Promise.allSettled([
          start(api.owner, account, id, 'all')(),
          start(clientOf(second.url, api.headers['cookie'] ?? ''), account, id, 'all')(),
        ]);
      const answers = await inTheMiddle(asked, () =>
        api.database.asOwner(
          `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = 'account_caps'::regclass`,
        ),
      );
      const [job, ...others] = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      expect(others).toEqual([]);
      const found = await ended(account, job ?? '');
      expect(found).toMatchObject({ state: 'succeeded', items: [{ result: { made: ROWS, same: 0 } }] });
      // Where the tree is waited for in vain, a busy machine makes it more than two.
      expect(found.items[0]?.attempts).toBeGreaterThan(1);
      expect((await api.owner.accounts.get.query({ account })).subaccounts).toBe(ROWS);
    } finally {
      await second.close();
    }
  });
});
