import type { AccountId } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Composed } from '../src/server/compose.ts';
import { clientWithToken, codeOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { jobsEnded } from './support/jobs.ts';
import { startApi } from './support/start-api.ts';

const DAY_MS = 86_400_000;
const KEEPING = { closedRetentionDays: 3, usageMaxAgeDays: 5 };
/** Near the end of a month: what was used in it is settled nine days later, and not before. */
const startedMs = Date.now();
const presentMs = (): number => Date.UTC(2026, 10, 28, 12) + Date.now() - startedMs;
const clock = { aheadMs: 0, nowMs: () => presentMs() + clock.aheadMs };

let first: Deployment;
let second: Composed;

beforeAll(async () => {
  first = await deploy({ clock, config: KEEPING });
  second = await startApi(first.database.serving, { clock, config: KEEPING });
});
afterAll(async () => {
  await second.close();
  await first.close();
});

/** Lets both look for what is due, and do it. */
async function runBoth(): Promise<void> {
  await Promise.all([first.composed.jobs.run(), second.jobs.run()]);
  await jobsEnded(first.database);
}
const create = async (account: string, name: string): Promise<string> =>
  (await first.owner.accounts.create.mutate({ account, name })).account.id;
const erasures = async (account: string): Promise<string[]> => {
  const { rows } = await first.owner.audit.list.query({ account, kind: 'accounts', limit: 200 });
  return rows.filter(({ action }) => action === 'account.erased').map(({ target }) => target?.name ?? '');
};

describe('a closed account', () => {
  it('is erased once when its retention and the time for its last usage are over, however many servers look', async () => {
    const { owner, root } = first;
    const parent = await create(root, 'Parent');
    const child = await create(parent, 'Child');
    const other = await create(root, 'Other');
    const kept = await create(root, 'Reopened');
    for (const account of [child, parent, other, kept]) await owner.accounts.close.mutate({ account });
    clock.aheadMs = 4 * DAY_MS;
    await runBoth();
    expect(await erasures(root)).toEqual([]);
    await owner.accounts.reopen.mutate({ account: kept });
    clock.aheadMs = 6 * DAY_MS;
    await runBoth();
    // A parent can go when its last child is gone: at the latest in the next round.
    await runBoth();
    expect((await erasures(root)).sort()).toEqual(['Child', 'Other', 'Parent']);
    expect(await codeOf(owner.accounts.get.query({ account: child }))).toBe('NOT_FOUND');
    expect((await owner.accounts.get.query({ account: kept })).status).toBe('active');
    const entry = (await owner.audit.list.query({ account: root })).rows.find(({ action }) => action !== 'job.ended');
    expect(entry).toMatchObject({ action: 'account.erased', actor: { kind: 'system', name: 'Tenantree' } });
    clock.aheadMs = 0;
  });

  it('leaves its usage in the totals and series of those above, wherever it stood', async () => {
    const { owner, root } = first;
    const [left, right] = [await create(root, 'Left'), await create(root, 'Right')];
    const account = await create(left, 'Used');
    const at = (aheadMs: number) => new Date(presentMs() + aheadMs).toISOString();
    const use = (idempotencyKey: string, quantity: string) =>
      owner.usage.record.mutate({
        account,
        events: [{ meter: 'call.minutes', quantity, occurredAt: at(-1), idempotencyKey }],
      });
    await use('there', '5');
    await owner.accounts.move.mutate({ account, to: right });
    await use('here', '4');
    const day = at(0).slice(0, 10);
    const range = { from: `${day}T00:00:00Z`, to: `${at(DAY_MS).slice(0, 10)}T00:00:00Z`, bucket: 'day' as const };
    const sums = (of: string) =>
      Promise.all([
        owner.usage.totals.query({ account: of, period: day.slice(0, 7) }).then(({ total }) => total),
        owner.usage.series
          .query({ account: of, ...range, scope: 'total' })
          .then(({ points }) => points.map(({ quantity }) => quantity)),
      ]);
    const before = await Promise.all([root, left, right].map(sums));
    expect(before).toEqual([
      ['9', ['9']],
      ['5', ['5']],
      ['4', ['4']],
    ]);
    await owner.accounts.close.mutate({ account });
    clock.aheadMs = 6 * DAY_MS;
    await runBoth();
    // Its month is not settled yet: half a day and five days after its end nothing of it can come any more.
    expect((await owner.accounts.get.query({ account })).status).toBe('closed');
    clock.aheadMs = 9 * DAY_MS;
    await runBoth();
    expect(await codeOf(owner.accounts.get.query({ account }))).toBe('NOT_FOUND');
    expect(await Promise.all([root, left, right].map(sums))).toEqual(before);
    clock.aheadMs = 0;
  });

  it('leaves viewers’ tables at once', async () => {
    const { owner, root, composed } = first;
    const account = await create(root, 'Watched');
    await owner.accounts.close.mutate({ account });
    const before = (await owner.accounts.get.query({ account: root })).treeVersion;
    clock.aheadMs = 6 * DAY_MS;
    await composed.jobs.run();
    await jobsEnded(first.database);
    // That it was asked for, that it is gone, that there was no more to do.
    expect((await owner.accounts.get.query({ account: root })).treeVersion).toBe(before + 3);
    await runBoth();
    // Looking without finding anything hands out no version: viewers would wait for what it changed.
    expect((await owner.accounts.get.query({ account: root })).treeVersion).toBe(before + 3);
    clock.aheadMs = 0;
  });
});

describe('what ended', () => {
  const tokens = async (): Promise<number> => {
    const { database, root } = first;
    return database.db.withTenant(root as AccountId, async (trx) => {
      const rows = await trx.selectFrom('embed_tokens').select('id').execute();
      return rows.length;
    });
  };
  const sessions = async (): Promise<number> => {
    const auth = first.database.db.auth.withTables<{ sessions: { id: string } }>();
    return (await auth.selectFrom('sessions').select('id').execute()).length;
  };

  it('is deleted a day later: tokens of embedded screens, and sessions', async () => {
    const { key, root, composed } = first;
    const { secret } = await key(root);
    const token = { account: root, origin: 'https://reseller.example', userRef: 'u1' };
    await clientWithToken(first.url, secret).embed.createToken.mutate(token);
    expect(await tokens()).toBe(1);
    expect(await sessions()).toBe(1);
    clock.aheadMs = DAY_MS / 2;
    await composed.jobs.run();
    expect(await tokens()).toBe(1);
    clock.aheadMs = 2 * DAY_MS;
    await composed.jobs.run();
    expect(await tokens()).toBe(0);
    expect(await sessions()).toBe(1);
    // Thirty days and one after it was used last, in the tests above.
    clock.aheadMs = 40 * DAY_MS;
    await composed.jobs.run();
    expect(await sessions()).toBe(0);
    clock.aheadMs = 0;
  });
});
