import type { TestDatabase } from '@tenantree/db/testing';
import type { RowId } from '@tenantree/domain';
import { expect, vi } from 'vitest';
import { agentsNamed, type Client, clientOf, clientWith, PASSWORD, signIn } from './clients.ts';
import { jobsEnded } from './jobs.ts';
import { prepareKillableServer } from './killable-server.ts';
import { DETAILS, stopAtWrites } from './transfer-stage.ts';

/** Accounts in the middle of a transfer, with everything around them that a transfer touches. */
type Family = { readonly account: string; readonly parent: string; readonly names: ReadonlyMap<string, string> };

/** How a transfer ends. */
type Way = 'completing' | 'expiring';

/** A server that is killed while transfers end, and what its database then says. */
export type KilledTransfers = {
  /** Kills the server in the `step`-th statement that writes while a transfer completes. @returns what was found: as before, or as after */
  completing(step: number): Promise<'before' | 'after'>;
  /** The same of a server that ends a transfer whose time is over. */
  expiring(step: number): Promise<'before' | 'after'>;
  close(): Promise<void>;
};

/** What is no part of a transfer: who is signed in, what goes on by itself, and how far jobs have come. */
const BESIDE = `('jobs', 'job_items', 'job_files', 'job_workers', 'kept_answers', 'applied_functions', 'kysely_migration', 'kysely_migration_lock', 'migrations_done',
  'stop_at', 'uncounted_usage', 'unfolded_quarters', 'account_search')`;

export async function stageKilledTransfers(): Promise<KilledTransfers> {
  const server = await prepareKillableServer();
  const { database } = server;
  await server.start();
  const { account: root, key } = await server.claim();
  const people = { owner: '', child: '' };
  let isUp = true;
  const sign = async (): Promise<void> => {
    people.owner = await signIn(server.url, 'ada@example.com', PASSWORD);
    if (people.child !== '') people.child = await signIn(server.url, 'cleo@example.com', PASSWORD);
  };
  await sign();
  const up = async (): Promise<void> => {
    if (isUp) return;
    await server.start();
    isUp = true;
    await sign();
  };
  const down = async (): Promise<void> => {
    await server.kill();
    isUp = false;
  };
  const owner = (): Client => clientOf(server.url, people.owner);
  const child = (): Client => clientOf(server.url, people.child);
  const program = clientWith(server.url, { authorization: `Bearer ${key}` });
  let families = 0;

  const family = async (): Promise<Family> => {
    families += 1;
    const make = async (parent: string, name: string) =>
      (await owner().accounts.create.mutate({ account: parent, name })).account.id;
    const parent = await make(root, `Parent ${families}`);
    const account = await make(parent, 'Leaving');
    const leaf = await make(account, 'Leaf');
    await owner().products.create.mutate(agentsNamed(leaf, 'Agent'));
    const [taken, blank] = await copiesFrom(owner(), parent, [account]);
    await jobsEnded(database, 60_000);
    await owner().limits.set.mutate({ account, limits: [{ kind: 'agents', max: 5 }] });
    await owner().limits.set.mutate({ account: leaf, limits: [{ kind: 'agents', max: 3 }] });
    const caps = await owner().permissions.get.query({ account });
    await owner().permissions.set.mutate({ account, levels: { tasks: 'read' }, expectedVersion: caps.version ?? 0 });
    await owner().keys.create.mutate({ account, name: 'From above' });
    const event = { meter: 'call.minutes', quantity: '7', occurredAt: new Date().toISOString() } as const;
    await program.usage.record.mutate({
      account: root,
      events: [
        { ...event, account: leaf, idempotencyKey: `leaf ${families}` },
        { ...event, account, idempotencyKey: `account ${families}` },
      ],
    });
    const { link } = await owner().members.invite.mutate({ account, email: 'cleo@example.com', role: 'admin' });
    const token = link.split('/').at(-1) ?? '';
    if (people.child === '') {
      await clientWith(server.url, {}).members.acceptInvitation.mutate({ token, name: 'Cleo', password: PASSWORD });
      people.child = await signIn(server.url, 'cleo@example.com', PASSWORD);
    } else await child().members.acceptInvitation.mutate({ token });
    const wish = { account, name: 'Leaving', recipient: 'cleo@example.com', completion: 'confirmed' } as const;
    const products = [
      { product: taken, as: 'take_back' as const },
      { product: blank, as: 'blank' as const },
    ];
    await owner().transfers.start.mutate({ ...wish, products });
    await child().transfers.confirmOwner.mutate({ account });
    await child().transfers.setDetails.mutate({ account, ...DETAILS });
    await child().transfers.setPayment.mutate({ account, provider: 'invoice' });
    await child().transfers.choosePlan.mutate({ account, plan: 'business', version: 1 });
    await jobsEnded(database);
    await counted(database);
    const names = new Map(Object.entries({ [root]: 'ROOT', [parent]: 'PARENT', [account]: 'ACCOUNT', [leaf]: 'LEAF' }));
    return { account, parent, names };
  };

  const expire = ({ account }: Family) =>
    database.asOwner(
      `WITH t AS (UPDATE billing_transfers SET expires_at = started_at WHERE account_id = $1 AND state = 'in_progress' RETURNING account_id, expires_at)
       UPDATE accounts a SET transfer_until = t.expires_at FROM t WHERE a.id = t.account_id`,
      [account],
    );
  const runDue = () => server.run('apps/api/test/support/transfer-program.ts', [database.serving.user ?? '']);

  await stopAtWrites(database, 'pg_sleep(0.4)');

  const after = new Map<Way, string>();
  /** What it comes to where nobody is killed. */
  const undisturbed = async (way: Way): Promise<string> => {
    const known = after.get(way);
    if (known !== undefined) return known;
    await up();
    const one = await family();
    if (way === 'completing') await child().transfers.complete.mutate({ account: one.account });
    else {
      await down();
      await expire(one);
      await runDue().exit;
    }
    const said = await saidOf(database, one);
    after.set(way, said);
    return said;
  };

  /** The family that is under way, until one of the ways has ended it. */
  const present = new Map<Way, Family>([
    ['completing', await family()],
    ['expiring', await family()],
  ]);
  const killed = async (way: Way, step: number, begin: (one: Family) => Promise<() => Promise<void>>) => {
    if (!present.has(way)) {
      await up();
      present.set(way, await family());
    }
    const one = present.get(way)!;
    if (way === 'expiring') {
      // It would end it by itself.
      await down();
      await expire(one);
    }
    const before = await saidOf(database, one);
    await database.asOwner(`SELECT setval('stop_steps', 1, false); UPDATE stop_at SET n = ${step}`);
    const kill = await begin(one);
    await kill();
    await database.asOwner(`UPDATE stop_at SET n = 0`);
    await gone(database);
    const found = await saidOf(database, one);
    if (found === before) return 'before';
    // Whoever sends its mails hasn't; of their secrets only hashes are stored, and those are alike here.
    expect(found).toBe(await undisturbed(way));
    present.delete(way);
    return 'after';
  };
  /** Resolves when a statement stands still, or there was nothing to stop any more. */
  const stopped = (ended: () => boolean): Promise<void> =>
    vi.waitFor(async () => expect(ended() || (await sleeping(database)) > 0).toBe(true), {
      // a program of its own may have to start first
      timeout: 60_000,
      interval: 5,
    });

  return {
    completing: (step) =>
      killed('completing', step, async ({ account }) => {
        await up();
        let ended = false;
        const call = child()
          .transfers.complete.mutate({ account })
          .catch(() => undefined)
          .finally(() => (ended = true));
        await stopped(() => ended);
        return async () => {
          await down();
          await call;
        };
      }),
    expiring: (step) =>
      killed('expiring', step, async () => {
        const due = runDue();
        let ended = false;
        void due.exit.then(() => (ended = true));
        await stopped(() => ended);
        return async () => {
          due.child.kill('SIGKILL');
          await due.exit;
        };
      }),
    close: server.close,
  };
}

/** An agent, and a schedule that it may name, which accounts below have copies of. */
async function copiesFrom(client: Client, account: string, targets: readonly string[]): Promise<[RowId, RowId]> {
  const create = async (kind: 'agent' | 'schedule', document: { name: string }): Promise<RowId> =>
    (await client.products.create.mutate({ account, kind, products: [{ document }] })).products[0]!.id;
  const ids: [RowId, RowId] = [
    await create('agent', { name: 'Taken back' }),
    await create('schedule', { name: 'Made blank' }),
  ];
  const products = ids.map((product) => ({ product }));
  const { plan } = await client.imports.plan.mutate({ account, targets: [...targets], products });
  await client.imports.run.mutate({ account, plan });
  return ids;
}

const sleeping = async (database: TestDatabase): Promise<number> =>
  (
    await database.asOwner<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
    )
  )[0]?.n ?? 0;

/** Resolves when nothing of who was killed goes on in the database. */
const gone = (database: TestDatabase): Promise<void> =>
  vi.waitFor(
    async () =>
      expect(
        await database.asOwner(
          `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND backend_type = 'client backend'`,
        ),
      ).toEqual([]),
    { timeout: 20_000, interval: 10 },
  );

const counted = (database: TestDatabase): Promise<void> =>
  vi.waitFor(
    async () => {
      expect(await database.asOwner('SELECT FROM uncounted_usage')).toEqual([]);
      expect(await database.asOwner('SELECT FROM unfolded_quarters')).toEqual([]);
    },
    { timeout: 20_000, interval: 25 },
  );

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)"/g;
const BYTES = /\\\\x[0-9a-f]+/g;
/** Names and keys that are another one in each family. */
const NUMBERED = /(parent|leaf|account) \d+/gi;
const KEY = /tt_key_[\w-]+/g;
/** Numbers that say how often something was changed before. */
const COUNTED = /"(version|tree_version|seq|first_seq|shape|base|changed|last_change|events|n)": \d+/g;

/** Made when a mail is sent. */
const SECRET = /"token_hash": (?:null|"[^"]*"),? ?/g;

/** What servers did meanwhile: counts, and jobs, whose beginnings and ends change nothing that is shown. */
const BY_ITSELF = /"kind": "(?:usage", "root_id|job\.)|"accounts": \[\]/;

/** All rows of all tables that name one of a family, with its accounts by name and what is new each time made alike. */
async function saidOf(database: TestDatabase, { names }: Family): Promise<string> {
  const tables = await database.asOwner<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     AND c.relname NOT IN ${BESIDE} ORDER BY 1`,
  );
  const said: string[] = [];
  const hex = new Map([...names].map(([id, name]) => [id.replaceAll('-', ''), name]));
  for (const { name: table } of tables) {
    const rows = await database.asOwner<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${table} t`);
    const ofFamily = rows
      .map(({ row }) => {
        const ids = row.replace(UUID, (id) => names.get(id) ?? 'id');
        const bytes = ids.replace(BYTES, (text) =>
          (text.slice(3).match(/.{1,32}/g) ?? []).map((part) => hex.get(part) ?? 'bytes').join('/'),
        );
        return bytes
          .replace(TIME, '"time"')
          .replace(COUNTED, '"$1": 0')
          .replace(SECRET, '')
          .replace(NUMBERED, '$1')
          .replace(KEY, 'key');
      })
      .filter((row) => /PARENT|ACCOUNT|LEAF/.test(row) && !BY_ITSELF.test(row))
      .toSorted((a, b) => (a < b ? -1 : 1));
    for (const row of ofFamily) said.push(`${table} ${row}`);
  }
  return said.join('\n');
}
