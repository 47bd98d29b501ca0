import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  beginTreeChange,
  endChange,
  journalText,
  listChildren,
  readCappedSubtree,
  readCapsBelow,
  readCapsToChange,
  readChain,
  readExplainedChain,
  readHoldersBelow,
  readMembershipsOn,
  type TenantTransaction,
  writeCaps,
} from '../../../packages/db/src/index.ts';
import {
  type AccountId,
  afterChange,
  capOutcome,
  explain,
  HIGHEST,
  type Instant,
  type Level,
  lastChange,
  PERMISSIONS,
  packLevels,
  previewCaps,
  UNBOUNDED,
  type UserId,
} from '../../../packages/domain/src/index.ts';
import { unpackBuild } from '../build-before.ts';
import { type BenchDatabase, idOf, plantTree, startDatabase, uuidOf } from '../database.ts';
import { interleave, median, nowMs } from '../measure.ts';
import { isWanted } from '../only.ts';
import { digits, isMet, ratio, type Target, table, targets } from '../report.ts';
import { checkers, plantChains, questions, rightAnswer } from './checks.ts';

/** The last commit before accounts had caps. */
const COMMIT = process.env['BENCH_BEFORE_CAPS'] ?? '6568378';
const NOW = '2026-11-28T12:00:00.000Z' as Instant;
/** Accounts below the two that caps are set at: 10 000 and 100 000. The tree is theirs together. */
const SMALL = 10_000;
const LARGE = 100_000;
const [ROOT, AT_SMALL, AT_LARGE] = [1, 2, 3].map((n) => idOf(n) as AccountId) as [AccountId, AccountId, AccountId];
const PERSON = idOf(900_000) as UserId;
/** Chains that the recursion is asked for: a sample of all, as it takes minutes for them. */
const RECURSED = 300;

/** Compares permissions with what one would do otherwise. */
export async function comparePermissions(): Promise<boolean> {
  const list = isWanted('one check') ? await compareChecks() : [];
  const parts = (Object.keys(PARTS) as Part[]).filter(isWanted);
  if (parts.length > 0) list.push(...(await compareParts(parts)));
  if (list.length > 0) console.log(`\n${targets(list)}`);
  return list.every(isMet);
}

const PARTS = { explain: compareExplain, preview: comparePreview, set: compareSet, page: comparePage };
type Part = keyof typeof PARTS;

async function compareParts(parts: readonly Part[]): Promise<Target[]> {
  const database = await startDatabase();
  try {
    await plant(database);
    const list: Target[] = [];
    for (const part of parts) list.push(...(await PARTS[part](database)));
    return list;
  } finally {
    await database.drop();
  }
}

async function timed(work: () => unknown): Promise<number> {
  const began = nowMs();
  await work();
  return nowMs() - began;
}

const timesOf = async <Name extends string>(
  cases: Readonly<Record<Name, () => unknown>>,
  repeats: number,
): Promise<Record<Name, number>> => {
  const names = Object.keys(cases) as Name[];
  const runs = Object.fromEntries(names.map((name) => [name, () => timed(cases[name])])) as Record<
    Name,
    () => Promise<number>
  >;
  const times = await interleave(runs, repeats);
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>;
};

/** Accounts that are asked for in turn; of one, its ability and its chain stay in the processor's cache. */
const ASKED = { one: 1, many: 400 } as const;

async function compareChecks(): Promise<Target[]> {
  const one = await checksPerSecond(ASKED.one);
  const many = await checksPerSecond(ASKED.many);
  return [
    { what: 'one check: × @casl/ability, one cached an account', measured: many.ours / many.cached, atLeast: 3.4 },
    { what: 'one check: × @casl/ability, five cached along the chain', measured: one.ours / one.along, atLeast: 4 },
    { what: 'one check: × casbin enforceSync', measured: one.ours / one.casbin, atLeast: 500 },
  ];
}

async function checksPerSecond(accounts: number) {
  const asked = plantChains(accounts);
  const all = questions(accounts);
  const right = rightAnswer(asked, all);
  const named = await checkers(asked);
  for (const { name, answer } of named) if (answer(all) !== right) throw new Error(`${name} decides otherwise`);
  const measured = named.map(({ name, rounds, answer }) => [
    name,
    () => {
      for (let round = 0; round < rounds; round++) answer(all);
    },
  ]);
  const times = await timesOf(Object.fromEntries(measured), 9);
  const perSecond = named.map(({ name, rounds }) => ((rounds * all.length) / (times[name] ?? Number.NaN)) * 1_000);
  const [ours = Number.NaN, , cached = Number.NaN, along = Number.NaN, casbin = Number.NaN] = perSecond;
  const title = accounts === 1 ? 'one check, always of one account' : `one check, of ${accounts} accounts in turn`;
  console.log(
    table(
      [{ title, align: 'left' }, { title: 'checks/s' }, { title: 'ours is' }],
      named.map(({ name }, at) => [name, digits(perSecond[at] ?? Number.NaN), ratio(ours / (perSecond[at] ?? 1))]),
    ),
  );
  return { ours, cached, along, casbin };
}

/** A root with two branches, of 10 000 and 100 000 accounts, four levels deep; two members in each account, every 50th restricted. */
async function plant({ owner }: BenchDatabase): Promise<void> {
  await owner.query(`
    CREATE TABLE bench_shape (n int PRIMARY KEY, parent int);
    INSERT INTO bench_shape VALUES (1, NULL), (2, 1), (3, 1);
    INSERT INTO bench_shape SELECT n, CASE WHEN n < 110 THEN 2 ELSE 10 + (n - 110) / 100 END FROM generate_series(10, ${9 + SMALL}) n;
    INSERT INTO bench_shape SELECT n, CASE WHEN n < 20110 THEN 3 ELSE 20010 + (n - 20110) / 100 END
      FROM generate_series(20010, ${20_009 + LARGE}) n;`);
  await plantTree(owner);
  await owner.query(`
    INSERT INTO auth.users (id, name, email, shown_email, email_verified, created_at, updated_at)
      SELECT ${uuidOf('900000 + p')}, 'Person', 'p' || p || '@example.com', 'p' || p || '@example.com', true, now(), now() FROM generate_series(0, 1) p`);
  await owner.query(`
    INSERT INTO members (root_id, account_id, user_id, role, created_at)
      SELECT a.root_id, a.id, ${uuidOf('900000 + p')}, CASE p WHEN 0 THEN 'owner' ELSE 'member' END, now()
      FROM accounts a CROSS JOIN generate_series(0, 1) p WHERE a.parent_id IS NOT NULL`);
  await owner.query(`
    UPDATE account_caps SET levels = levels || '{"campaigns": "read"}' WHERE account_id IN (SELECT ${uuidOf('n')} FROM bench_shape WHERE n > 3 AND n % 50 = 0)`);
  await owner.query(
    `UPDATE accounts SET caps_lowered = 1 WHERE id IN (SELECT ${uuidOf('n')} FROM bench_shape WHERE n > 3 AND n % 50 = 0)`,
  );
  await owner.query('VACUUM ANALYZE');
}

async function compareExplain({ app }: BenchDatabase): Promise<Target[]> {
  const leaf = idOf(20_009 + LARGE) as AccountId;
  const guard = async (): Promise<void> => {
    const chain = await readChain(app, leaf);
    await readMembershipsOn(
      app,
      PERSON,
      chain.map(({ id }) => id),
    );
  };
  const explained = (): Promise<unknown> =>
    app.withTenant(
      leaf,
      async (trx) => {
        const { chain, memberships } = await readExplainedChain(trx, PERSON);
        const standing = memberships.map((membership) => ({ ...membership, bound: null }));
        return PERMISSIONS.map(({ key }) => explain(key, standing, chain));
      },
      { snapshot: true },
    );
  for (let warm = 0; warm < 50; warm++) await Promise.all([guard(), explained()]);
  const many = (work: () => Promise<unknown>) => async () => {
    for (let n = 0; n < 100; n++) await work();
  };
  const times = await timesOf({ guard: many(guard), explained: many(explained) }, 9);
  console.log(
    `\nexplain of all 28 permissions: ${digits(times.explained / 100)} ms; what the guard reads: ${digits(times.guard / 100)} ms`,
  );
  return [
    {
      what: 'explain of all 28 permissions: × what the guard reads',
      measured: times.explained / times.guard,
      atMost: 3,
    },
  ];
}

const AFTER = packLevels({ ...HIGHEST, agents: 'read', tasks: 'none' });

async function comparePreview({ app, owner }: BenchDatabase): Promise<Target[]> {
  const inOne = (work: (trx: TenantTransaction) => Promise<unknown>) => () =>
    app.withTenant(AT_LARGE, work, { snapshot: true });
  let people = 0;
  const preview = inOne(async (trx) => {
    const { places } = await readCappedSubtree(trx, AT_LARGE, NOW);
    people = previewCaps(UNBOUNDED, places, AFTER).counts.person;
  });
  const rows = inOne(async (trx) => {
    await readCapsBelow(trx, AT_LARGE);
    await readHoldersBelow(trx, AT_LARGE, NOW);
  });
  await preview();
  const times = await timesOf({ preview, rows }, 7);
  // One chain by recursion, for the two words of every row; as many of them as there are accounts.
  const recursion = await timed(async () => {
    for (let n = 0; n < RECURSED; n++) {
      const id = idOf(20_010 + n * Math.trunc(LARGE / RECURSED));
      await owner.query(
        `WITH RECURSIVE up AS (
           SELECT a.id, a.parent_id, c.levels FROM accounts a LEFT JOIN account_caps c ON c.account_id = a.id
             WHERE a.root_id = $1 AND a.id = $2
           UNION ALL SELECT a.id, a.parent_id, c.levels FROM up JOIN accounts a ON a.root_id = $1 AND a.id = up.parent_id
             LEFT JOIN account_caps c ON c.account_id = a.id)
         SELECT l.key, min(CASE l.value #>> '{}' WHEN 'none' THEN 0 WHEN 'full' THEN 2 ELSE 1 END), array_agg(DISTINCT m.role)
         FROM up CROSS JOIN LATERAL jsonb_each(up.levels) l LEFT JOIN members m ON m.root_id = $1 AND m.account_id = $2 GROUP BY l.key`,
        [ROOT, id],
      );
    }
  });
  const all = (recursion / RECURSED) * LARGE;
  console.log(
    `\npreview over ${digits(LARGE)} accounts, ${digits(people)} people change: ${digits(times.preview)} ms; its rows alone: ${digits(times.rows)} ms; a recursion an account: ${digits(all)} ms (from ${RECURSED})`,
  );
  return [
    { what: 'preview: × a recursion for each account’s chain', measured: all / times.preview, atLeast: 40 },
    { what: 'preview: × loading its rows', measured: times.preview / times.rows, atMost: 1.5 },
  ];
}

async function compareSet({ app, owner }: BenchDatabase): Promise<Target[]> {
  let turn = 0;
  const set = (account: AccountId) => async (): Promise<void> => {
    turn++;
    const level: Level = turn % 2 === 0 ? 'read' : 'full';
    await app.withTenant(ROOT, async (trx) => {
      const version = await beginTreeChange(trx, ROOT);
      const [caps] = await readCapsToChange(trx, [account]);
      if (!caps) throw new Error('there are caps');
      const wish = { kind: 'set', levels: { agents: level } } as const;
      const told = { by: { id: null, name: 'Bench' }, at: NOW };
      const last = lastChange(caps, capOutcome(caps, wish), told);
      await writeCaps(trx, [{ account, caps: afterChange(caps, wish, told), last }], version);
      const row = {
        id: crypto.randomUUID() as never,
        at: NOW,
        action: 'permissions.set',
        details: { account: 'Account', changes: `agents ${level}` },
        account,
        actor: { kind: 'system', id: null, name: 'Bench', via: null },
        target: { id: account, name: 'Account' },
        requestId: null,
        left: null,
      } as const;
      await endChange(trx, ROOT, version, journalText([row], { subtree: account }), { shows: [account] });
    });
  };
  const ten = (account: AccountId) => async () => {
    for (let n = 0; n < 20; n++) await set(account)();
  };
  await ten(AT_SMALL)();
  await ten(AT_LARGE)();
  const times = await timesOf({ small: ten(AT_SMALL), large: ten(AT_LARGE) }, 11);
  await owner.query(
    `CREATE TABLE bench_effective AS SELECT root_id, id, path_key, '{}'::jsonb AS levels FROM accounts; ALTER TABLE bench_effective ADD PRIMARY KEY (root_id, id)`,
  );
  const rewrite = await timed(() =>
    owner.query(
      `UPDATE bench_effective e SET levels = c.levels FROM accounts a JOIN account_caps c ON c.account_id = a.id
       WHERE a.root_id = $1 AND a.path_key >= uuid_send($2::uuid) AND a.path_key < uuid_send($2::uuid) || '\\xff'::bytea AND e.root_id = a.root_id AND e.id = a.id`,
      [ROOT, AT_LARGE],
    ),
  );
  const [small, large] = [times.small / 20, times.large / 20];
  console.log(
    `\nset a cap: above ${digits(SMALL)} accounts ${digits(small)} ms, above ${digits(LARGE)} ${digits(large)} ms; rewriting an effective level for each of these: ${digits(rewrite)} ms`,
  );
  return [{ what: 'set a cap above 100 000 accounts: × above 10 000', measured: large / small, atMost: 1.3 }];
}

type Listing = (trx: never, query: object) => Promise<unknown>;
type BuildBefore = {
  openDatabase(config: object): {
    withTenant: (account: string, work: (trx: never) => Promise<unknown>, options: object) => Promise<unknown>;
    close(): Promise<void>;
  };
  readonly listChildren: Listing;
};

async function comparePage({ app, owner, serving }: BenchDatabase): Promise<Target[]> {
  const folder = unpackBuild(COMMIT, ['packages/domain', 'packages/db']);
  if (folder === null) {
    console.log('\nThe history of this checkout doesn’t hold the build before: no page to compare with.');
    return [];
  }
  const before = (await import(pathToFileURL(join(folder, 'packages', 'db', 'src', 'index.ts')).href)) as BuildBefore;
  const open = before.openDatabase(serving);
  const query = {
    parent: idOf(20_010) as AccountId,
    sort: 'name',
    direction: 'asc',
    statuses: ['active', 'suspended'],
    after: null,
    limit: 50,
    now: NOW,
    visibility: 'with_minutes',
  } as const;
  const many = (work: () => Promise<unknown>) => async () => {
    for (let n = 0; n < 50; n++) await work();
  };
  const now = many(() => app.withTenant(ROOT, (trx) => listChildren(trx, query), { snapshot: true }));
  const former = many(() => open.withTenant(ROOT, (trx) => before.listChildren(trx, query), { snapshot: true }));
  const compare = async (what: string): Promise<Target> => {
    await now();
    await former();
    const times = await timesOf({ now, former }, 11);
    console.log(`\n${what}: ${digits(times.now / 50)} ms; by the build before: ${digits(times.former / 50)} ms`);
    return { what: `${what}: × the build before`, measured: times.now / times.former, atMost: 1.15 };
  };
  const list = [await compare('a page with permissions')];
  await owner.query(
    `INSERT INTO limits (root_id, account_id, kind, metered, cap, thresholds) SELECT root_id, id, 'call.seconds', true, 600000, '{80,95,100}' FROM accounts;
     INSERT INTO usage_totals (account_id, meter, period, own, total, own_events, total_events, version)
       SELECT id, 'call.seconds', '2026-11-01Z', 60, 60 * (subaccounts + 1), 1, subaccounts + 1, 1 FROM accounts`,
  );
  await owner.query('VACUUM ANALYZE limits, usage_totals');
  list.push(await compare('a page with permissions, minutes and a limit of each'));
  await open.close();
  return list;
}
