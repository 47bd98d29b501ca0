import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mailOf } from '../src/mail/letter.ts';
import { createSmtp } from '../src/mail/send-mail.ts';
import { agentsNamed, type Client, join, PASSWORD } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { jobsEnded } from './support/jobs.ts';
import { type MailServer, startMailServer, type TakenMail } from './support/mail-server.ts';

let mails: MailServer;
let api: Deployment;
let lines = '';
/** Addresses that the mail server doesn't take for now. */
const refused = new Set<string>(['lost@example.com']);

beforeAll(async () => {
  mails = await startMailServer((address) => refused.has(address));
  const smtp = { url: mails.url, from: 'Tenantree <hello@tree.example>' };
  api = await deploy({ config: { smtp }, onLog: (line) => (lines += line) });
});
afterAll(async () => {
  await api.close();
  await mails.close();
});

it('Without a mail server nothing leaves, and the log says so at the start', async () => {
  let said = '';
  const without = await deploy({ onLog: (line) => (said += line) });
  await without.close();
  expect(said).toContain('no mail server is set (SMTP_URL)');
  expect(lines).not.toContain('no mail server is set');
});

const forget = (email: string) =>
  fetch(`${api.url}/auth/password/forgotten`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: api.url },
    body: JSON.stringify({ email }),
  });
const mailsTo = (address: string): TakenMail[] => mails.taken.filter(({ to }) => to.includes(address));

it('A mail goes to the mail server, to one address in its ASCII form, with the link whole', async () => {
  await api.composed.auth.create({ email: 'ann@bücher.example', name: 'Ann', password: PASSWORD });
  expect((await forget('ann@bücher.example')).status).toBe(200);
  await vi.waitFor(() => expect(mails.taken).toHaveLength(1));
  expect(mails.said.filter((line) => line.startsWith('RCPT'))).toEqual(['RCPT TO:<ann@xn--bcher-kva.example>']);
  const { text = '' } = mails.taken[0] ?? {};
  expect(text).toMatch(/^From: Tenantree <hello@tree\.example>\r$/m);
  const link = /^https?:\S+\/reset\/(tt_reset_\w+)\r$/m.exec(text)?.[1] ?? '';
  expect(text).toMatch(new RegExp(`<a href="https?:[^"]+/reset/${link}">`));
  const answer = await fetch(`${api.url}/auth/password/reset`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: api.url },
    body: JSON.stringify({ token: link, password: 'another good password' }),
  });
  expect(answer.status).toBe(200);
  expect(lines).not.toContain(link);
});

it('A mail that is not taken is told to the log, and to nobody who asked', async () => {
  await api.composed.auth.create({ email: 'lost@example.com', name: 'Lost', password: PASSWORD });
  expect((await forget('lost@example.com')).status).toBe(200);
  await vi.waitFor(() => expect(lines).toContain('failed in the background'));
  expect(lines).not.toContain('tt_reset_');
});

it('An address is never read as two, a name never as HTML, and a line never as a header', async () => {
  const send = createSmtp({ url: mails.url, from: 'hello@tree.example' });
  const letter = {
    subject: 'x\r\nBcc: b@example.com',
    says: ['<b>"Tom & Co"</b>', { label: 'x', url: 'http://y/"z' }],
  };
  await send(mailOf({ to: 'a@example.com,b@example.com', ...letter })).catch(() => undefined);
  expect(mailsTo('b@example.com')).toEqual([]);
  await send(mailOf({ to: 'c@example.com', key: 'once', ...letter }));
  const { text } = mailsTo('c@example.com')[0]!;
  expect(text).toContain('<p>&lt;b&gt;&quot;Tom &amp; Co&quot;&lt;/b&gt;</p>');
  expect(text).toContain('href="http://y/&quot;z"');
  expect(text).toMatch(/^Message-ID: <once@tree\.example>\r$/im);
  expect(text).not.toMatch(/^Bcc:/m);
});

describe('A limit that is reached (rules/limits 19)', () => {
  let owner: Client;
  let parent: string;
  beforeAll(async () => {
    owner = api.owner;
    parent = (await owner.accounts.create.mutate({ account: api.root, name: 'Looked after' })).account.id;
    for (const [name, role] of [
      ['boss', 'owner'],
      ['admin', 'admin'],
      ['viewer', 'viewer'],
    ] as const)
      await join(api.url, owner, parent, `${name}@example.com`, role);
  });

  let made = 0;
  const agents = (account: string, n: number) =>
    owner.products.create.mutate(agentsNamed(account, ...Array.from({ length: n }, () => `Agent ${made++}`)));
  const subjects = (address: string): string[] =>
    mailsTo(address).map(({ text }) => /^Subject: (.*)\r$/m.exec(text)?.[1] ?? '');
  const jobs = async (account: string) =>
    (await owner.jobs.list.query({ account, limit: 50 })).rows.filter(({ kind }) => kind === 'limits.mail');

  it('is mailed once to each owner and admin of its account, with a link, by a job of the same change', async () => {
    await owner.limits.set.mutate({ account: parent, limits: [{ kind: 'agents', max: 4 }] });
    await agents(parent, 3);
    await agents(parent, 1);
    await vi.waitFor(
      () => expect([mailsTo('boss@example.com').length, mailsTo('admin@example.com').length]).toEqual([1, 1]),
      20_000,
    );
    const { rows } = await owner.audit.list.query({ account: parent, limit: 50 });
    const told = rows.filter(({ action }) => ['limit.reached', 'job.queued'].includes(action));
    // All three thresholds at once: the highest is told.
    expect(told.map(({ action, details }) => details['threshold'] ?? action)).toEqual(['job.queued', 100, 95, 80]);
    const { text } = mailsTo('boss@example.com')[0]!;
    expect(text).toContain('has reached 100 % of its limit of 4 agents, with everything below it.');
    expect(text).toContain(`/a/${parent}/subaccounts/${parent}/limits`);
    expect(mailsTo('viewer@example.com')).toEqual([]);
    expect(mailsTo(api.email)).toEqual([]);
    await jobsEnded(api.database);
    expect(await jobs(parent)).toMatchObject([{ state: 'succeeded', total: 2, done: 2 }]);
    expect(await owner.audit.verify.query({ account: api.root })).toMatchObject({ faults: [] });
    expect(subjects('boss@example.com')).toHaveLength(1);
  });

  it('is not mailed for a change that is not kept', async () => {
    const account = (await owner.accounts.create.mutate({ account: parent, name: 'Undone' })).account.id;
    await owner.limits.set.mutate({ account, limits: [{ kind: 'agents', max: 2 }] });
    await agents(account, 3).catch(() => undefined);
    expect(await jobs(account)).toEqual([]);
  });

  it('is mailed to those of the nearest account above where its own has none, and not to those who have left', async () => {
    const account = (await owner.accounts.create.mutate({ account: parent, name: 'Nobody’s' })).account.id;
    const before = mailsTo('boss@example.com').length;
    const asked = (): number => mails.said.filter((line) => line === 'RCPT TO:<admin@example.com>').length;
    const askedBefore = asked();
    refused.add('admin@example.com');
    await owner.limits.set.mutate({ account, limits: [{ kind: 'minutes', max: 10, thresholds: [50] }] });
    const occurredAt = new Date().toISOString();
    const event = { meter: 'call.minutes', quantity: '5', occurredAt, idempotencyKey: 'half' };
    await owner.usage.record.mutate({ account, events: [event] });
    await vi.waitFor(() => expect(mailsTo('boss@example.com')).toHaveLength(before + 1), 20_000);
    const { text } = mailsTo('boss@example.com').at(-1)!;
    expect(text).toContain('50 % of its limit of 10 call minutes a month');
    expect(text).toContain(`/a/${parent}/subaccounts/${account}/limits`);
    // The mail server takes it later: until then its person may have left.
    await vi.waitFor(() => expect(asked()).toBe(askedBefore + 1), 20_000);
    const { members } = await owner.members.list.query({ account: parent });
    const admin = members.find(({ email }) => email === 'admin@example.com')!;
    await owner.members.remove.mutate({ account: parent, userId: admin.userId });
    refused.delete('admin@example.com');
    await vi.waitFor(
      async () => expect(await jobs(account)).toMatchObject([{ state: 'succeeded', done: 1, skipped: 1, failed: 0 }]),
      { timeout: 30_000, interval: 200 },
    );
    expect(mailsTo('admin@example.com')).toHaveLength(1);
  });

  it('is mailed at most once an hour for the same threshold, however often calls come and go', async () => {
    const account = (await owner.accounts.create.mutate({ account: parent, name: 'Busy' })).account.id;
    await owner.limits.set.mutate({ account, limits: [{ kind: 'calls', max: 1, thresholds: [100] }] });
    for (const key of ['one', 'two', 'three']) {
      await owner.limits.acquire.mutate({ account, kind: 'calls', want: '1', key, leaseSeconds: 60 });
      await owner.limits.release.mutate({ account, kind: 'calls', key });
    }
    await jobsEnded(api.database);
    const { rows } = await owner.audit.list.query({ account, limit: 50 });
    expect(rows.filter(({ action }) => action === 'limit.reached')).toHaveLength(3);
    expect(await jobs(account)).toHaveLength(1);
  });
});
