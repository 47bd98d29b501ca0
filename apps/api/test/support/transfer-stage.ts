import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestDatabase } from '@tenantree/db/testing';
import { expect, vi } from 'vitest';
import { type Client, clientOf, clientWith, PASSWORD, signIn } from './clients.ts';
import { type Deployment, deploy } from './deployment.ts';
import { jobsEnded } from './jobs.ts';
import type { StartOptions } from './start-api.ts';

/** A deployment whose mails can be read, with what transfers need. */
export type TransferStage = {
  readonly api: Deployment;
  /** Makes an account below another one. */
  /** Where its mails are, for another server beside it, too. */
  readonly dataDir: string;
  make(parent: string, name: string): Promise<string>;
  /** The newest mail to an address whose text has something in it; resolves when it is there. */
  mailTo(email: string, containing?: string): Promise<string>;
  mailsTo(email: string): Promise<string[]>;
  /** The secret of the link in the newest invitation to an address. */
  tokenFor(email: string): Promise<string>;
  /** Starts a transfer from above. */
  start(account: string, name: string, recipient: string, more?: object): Promise<void>;
  /** Accepts the invitation as a new person, who is signed in then. */
  accept(email: string): Promise<Client>;
  /** Does the rest of the checklist as an owner. */
  setUp(owner: Client, account: string): Promise<void>;
  /** Resolves when an account pays for itself. */
  independent(owner: Client, account: string): Promise<void>;
  /** Lets all that a server owes be done. */
  settle(): Promise<void>;
  /** Lets the time of the database go on for a transfer: everything of it happened so much earlier. */
  pass(account: string, days: number): Promise<void>;
  /** From now on connections can be cut. */
  cutting(): Promise<void>;
  /** Cuts the connection of the n-th statement from now that writes; 0: none. */
  cutAt(n: number): Promise<void>;
  close(): Promise<void>;
};

const STOPPED_TABLES = [
  'accounts',
  'members',
  'invitations',
  'api_keys',
  'billing_transfers',
  'departures',
  'subscriptions',
  'billing_details',
  'past_placements',
  'journal',
  'journal_heads',
  'tree_versions',
  'tree_changes',
  'limits',
  'account_caps',
  'resource_totals',
  'jobs',
  'carried_entries',
  'products',
];

/**
 * From now on something is done in the n-th statement of a change of a tree that writes, as `stop_at` says (0: in none): counts, traces and
 * housekeeping beside it are not asked.
 *
 * @param doing what is done there, as SQL
 */
export async function stopAtWrites(database: TestDatabase, doing: string): Promise<void> {
  await database.asOwner(`
    CREATE SEQUENCE stop_steps; CREATE TABLE stop_at (n int); INSERT INTO stop_at VALUES (0);
    CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
    BEGIN
      IF (SELECT n FROM stop_at) > 0 AND current_setting('tenantree.account', true) <> ''
        AND EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' AND mode = 'ExclusiveLock') THEN
        IF nextval('stop_steps') = (SELECT n FROM stop_at) THEN PERFORM ${doing}; END IF;
      END IF;
      RETURN NULL;
    END $$`);
  // One table at a time: the servers go on meanwhile, and lock several of them in orders of their own.
  for (const name of STOPPED_TABLES)
    await database.asOwner(
      `CREATE TRIGGER stop AFTER INSERT OR UPDATE OR DELETE ON ${name} FOR EACH STATEMENT EXECUTE FUNCTION stop()`,
    );
}

/** Notes that an account left an account, as its transfer does; which one and when: anybody, now. @returns the id of what is kept of it */
export async function departed(
  database: TestDatabase,
  from: string,
  left: { readonly account?: string; readonly at?: number } = {},
): Promise<string> {
  const [row] = await database.asOwner<{ id: string }>(
    `INSERT INTO departures (root_id, account_id, id, departed, name, agency, at, accounts, external_ids)
     SELECT root_id, id, uuidv7(), coalesce($2::uuid, uuidv7()), 'Gone', 'kept', coalesce($3, now()), '{}', '{}' FROM accounts WHERE id = $1 RETURNING id`,
    [from, left.account ?? null, left.at === undefined ? null : new Date(left.at)],
  );
  return row!.id;
}

export const DETAILS = { country: 'DE', name: 'Acme GmbH', address: ['Am Ring 1', '10115 Berlin'], taxId: null };

export async function stageTransfers(options: StartOptions = {}): Promise<TransferStage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-transfers-'));
  const api = await deploy({ ...options, config: { dataDir, ...options.config } });
  const mailsTo = async (email: string): Promise<string[]> => {
    const folder = join(dataDir, 'outbox');
    const files = (await readdir(folder).catch((): string[] => [])).toSorted((a, b) => a.localeCompare(b));
    const all = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    return all.filter((mail) => mail.startsWith(`To: ${email}\n`));
  };
  const stage: TransferStage = {
    api,
    dataDir,
    make: async (account, name) => (await api.owner.accounts.create.mutate({ account, name })).account.id,
    mailsTo,
    mailTo: (email, containing = '') =>
      vi.waitFor(
        async () => {
          const found = (await mailsTo(email)).findLast((mail) => mail.includes(containing));
          expect(found).toBeDefined();
          return found!;
        },
        { timeout: 10_000, interval: 25 },
      ),
    tokenFor: async (email) => /tt_transfer_[\w-]+/.exec(await stage.mailTo(email, 'tt_transfer_'))?.[0] ?? '',
    start: async (account, name, recipient, more = {}) => {
      await api.owner.transfers.start.mutate({ account, name, recipient, ...more });
    },
    accept: async (email) => {
      const token = await stage.tokenFor(email);
      await clientWith(api.url, {}).transfers.acceptInvitation.mutate({ token, name: 'Cleo', password: PASSWORD });
      return clientOf(api.url, await signIn(api.url, email, PASSWORD));
    },
    setUp: async (owner, account) => {
      await owner.transfers.setDetails.mutate({ account, ...DETAILS });
      await owner.transfers.setPayment.mutate({ account, provider: 'invoice' });
      await owner.transfers.choosePlan.mutate({ account, plan: 'business', version: 1 });
    },
    independent: async (owner, account) => {
      await vi.waitFor(async () => expect((await owner.accounts.get.query({ account })).billingMode).toBe('direct'), {
        timeout: 10_000,
        interval: 25,
      });
    },
    settle: async () => {
      await jobsEnded(api.database);
      await api.composed.jobs.run();
      await jobsEnded(api.database);
    },
    pass: async (account, days) => {
      await api.database.asOwner(
        `UPDATE billing_transfers SET started_at = started_at - $2 * interval '1 day', expires_at = expires_at - $2 * interval '1 day'
         WHERE account_id = $1 AND state = 'in_progress'`,
        [account, days],
      );
      await api.database.asOwner(
        `UPDATE accounts SET transfer_until = transfer_until - $2 * interval '1 day' WHERE id = $1`,
        [account, days],
      );
    },
    cutting: () => stopAtWrites(api.database, 'pg_terminate_backend(pg_backend_pid())'),
    cutAt: async (n) => {
      await api.database.asOwner(`SELECT setval('stop_steps', 1, false); UPDATE stop_at SET n = ${n}`);
    },
    close: async () => {
      await api.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return stage;
}
