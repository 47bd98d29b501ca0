import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Client, codeOf, join } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

const HOUR_MS = 3_600_000;
let api: Deployment;
let owner: Client;
/** Hours that the server's clock is ahead. */
let ahead = 0;
let customer: string;
let below: string;
beforeAll(async () => {
  api = await deploy({ clock: { nowMs: () => Date.now() + ahead * HOUR_MS } });
  owner = api.owner;
});
afterAll(() => api.close());

let serial = 0;
beforeEach(async () => {
  ahead = 0;
  serial += 1;
  customer = (await owner.accounts.create.mutate({ account: api.root, name: `Customer ${serial}` })).account.id;
  below = (await owner.accounts.create.mutate({ account: customer, name: 'Branch' })).account.id;
});

const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString();
const statusOf = async (): Promise<string> => (await owner.accounts.get.query({ account: customer })).status;
const listed = async (status: 'active' | 'suspended'): Promise<boolean> => {
  const { rows, total } = await owner.accounts.list.query({ account: api.root, status: [status], limit: 200 });
  expect(total).toBe(rows.length);
  expect(rows.every((row) => row.status === status)).toBe(true);
  return rows.some(({ id }) => id === customer);
};
const found = async (status: 'active' | 'suspended'): Promise<boolean> =>
  (
    await owner.accounts.search.query({ account: api.root, query: `Customer ${serial}`, status: [status] })
  ).matches.includes(customer as never);

describe('A suspension with a start and an end (rules/accounts 13)', () => {
  it('is seen as active before, suspended meanwhile and active after, in rows, filters, searches and the account itself', async () => {
    await owner.accounts.suspend.mutate({ account: customer, kind: 'read_only', from: inHours(1), until: inHours(3) });
    for (const [hours, seen, other] of [
      [0, 'active', 'suspended'],
      [2, 'suspended', 'active'],
      [4, 'active', 'suspended'],
    ] as const) {
      ahead = hours;
      expect(await statusOf(), `after ${hours} h`).toBe(seen);
      expect([await listed(seen), await listed(other)]).toEqual([true, false]);
      expect([await found(seen), await found(other)]).toEqual([true, false]);
    }
    expect((await owner.accounts.get.query({ account: customer })).suspension).toBeNull();
  });

  it('tells when it begins and ends by itself, also to what stands below', async () => {
    const [from, until] = [inHours(1), inHours(3)];
    await owner.accounts.suspend.mutate({ account: customer, kind: 'read_only', from, until });
    const effective = async () => (await owner.accounts.get.query({ account: below })).effective;
    expect(await effective()).toEqual({ kind: null, by: null, changesAt: from });
    ahead = 2;
    expect(await effective()).toMatchObject({ kind: 'read_only', by: { id: customer }, changesAt: until });
    ahead = 4;
    expect(await effective()).toEqual({ kind: null, by: null, changesAt: null });
  });

  it('tells people of an account nothing of what is planned above them, and of what holds there only until when', async () => {
    const admin = await join(api.url, owner, below, `below-${serial}@example.com`, 'admin');
    const [from, until] = [inHours(1), inHours(3)];
    await owner.accounts.suspend.mutate({
      account: customer,
      kind: 'no_new_work',
      from,
      until,
      reason: 'Secret above',
    });
    const seen = async () => admin.accounts.get.query({ account: below });
    expect((await seen()).payer).toBeNull();
    expect((await seen()).effective).toEqual({ kind: null, by: null, changesAt: null });
    ahead = 2;
    expect((await seen()).effective).toEqual({ kind: 'no_new_work', by: null, changesAt: until });
    expect(JSON.stringify(await seen())).not.toContain('Secret above');
  });

  it('can be taken back before it begins, and is none any more after its end', async () => {
    await owner.accounts.suspend.mutate({ account: customer, kind: 'read_only', from: inHours(1), until: inHours(2) });
    const row = await owner.accounts.reactivate.mutate({ account: customer });
    expect(row).toMatchObject({ status: 'active', suspension: null });
    await owner.accounts.suspend.mutate({ account: customer, kind: 'read_only', until: inHours(2) });
    ahead = 3;
    expect(await codeOf(owner.accounts.reactivate.mutate({ account: customer }))).toBe('ALREADY_IN_STATE');
  });

  it('stands with its reason and its times in the account and in its log', async () => {
    const [from, until, reason] = [inHours(1), inHours(3), 'The invoice of October is unpaid'];
    const row = await owner.accounts.suspend.mutate({ account: customer, kind: 'read_only', from, until, reason });
    expect(row).toMatchObject({ status: 'active', suspension: { kind: 'read_only', from, until, reason } });
    const { rows } = await owner.audit.list.query({ account: customer });
    const words = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
    expect(rows[0]?.sentence).toBe(
      `suspended Customer ${serial} (read-only) from ${words(from)} until ${words(until)}: ${reason}`,
    );
    expect(rows[0]?.details).toMatchObject({ from, until, reason });
  });
});

describe('Many accounts at once (rules/accounts 11, rules/jobs 10)', () => {
  const ended = (job: string) =>
    vi.waitFor(
      async () => {
        const { job: shown, items } = await owner.jobs.get.query({ account: api.root, job, limit: 10 });
        expect(shown.endedAt).not.toBeNull();
        return items.map(({ target, state }) => [target, state]);
      },
      { timeout: 20_000, interval: 100 },
    );
  const statusesOf = async (...accounts: readonly string[]) =>
    Promise.all(accounts.map(async (account) => (await owner.accounts.get.query({ account })).status));

  it('are suspended by a job with a result for each, and taken back they are as they were', async () => {
    const make = async (name: string) =>
      (await owner.accounts.create.mutate({ account: api.root, name: `${name} ${serial}` })).account.id;
    const [one, own] = [await make('One'), await make('Suspended before')];
    await owner.accounts.suspend.mutate({ account: own, kind: 'full_stop' });
    const accounts = [customer, one, own];
    const { job } = await owner.accounts.suspendMany.mutate({ account: api.root, accounts, reason: 'unpaid' });
    expect(await ended(job)).toEqual([
      [customer, 'done'],
      [one, 'done'],
      [own, 'skipped'],
    ]);
    expect(await statusesOf(...accounts)).toEqual(['suspended', 'suspended', 'suspended']);
    const back = await owner.accounts.reactivateMany.mutate({ account: api.root, accounts: [customer, one] });
    expect(await ended(back.job)).toEqual([
      [customer, 'done'],
      [one, 'done'],
    ]);
    expect(await statusesOf(...accounts)).toEqual(['active', 'active', 'suspended']);
  });

  it('never are the account itself, nor one that stands elsewhere', async () => {
    const many = (account: string, accounts: readonly string[]) =>
      codeOf(owner.accounts.suspendMany.mutate({ account, accounts: [...accounts] }));
    expect(await many(customer, [customer])).toBe('BAD_REQUEST');
    expect(await many(below, [customer])).toBe('NOT_FOUND');
  });
});
