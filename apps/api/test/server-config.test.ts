import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../src/server/config.ts';

const SECRET = 'a secret that is long enough to be one';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantree-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const problemsOf = (environment: Record<string, string>): Promise<readonly string[]> =>
  readConfig({ DATA_DIR: folder, ...environment }).then(
    () => [],
    (error: unknown) => (error instanceof ConfigError ? error.problems : [String(error)]),
  );

describe('the settings', () => {
  it('need nothing: everything has a value that works on one machine', async () => {
    expect(await readConfig({ DATA_DIR: folder, PORT: '' })).toMatchObject({
      port: 7300,
      host: '127.0.0.1',
      databaseUrl: null,
      databasePool: 17,
      servers: 1,
      publicUrl: null,
      maxDepth: 5,
      mainAccountsBy: 'everyone',
      usageMaxAgeDays: 35,
      usageRetentionDays: null,
      closedRetentionDays: 30,
      liveResumeMinutes: 15,
      liveTickMs: 50,
      liveMaxBufferBytes: 1_048_576,
      logLevel: 'info',
      smtp: null,
      metricsToken: null,
    });
  });

  it('tell everything that is wrong with them at once', async () => {
    const problems = await problemsOf({
      PORT: '40000',
      MAX_DEPTH: '33',
      MAIN_ACCOUNTS_BY: 'me',
      LIVE_TICK_MS: '5.5',
      PUBLIC_URL: 'https://example.com/path',
      SECRET: 'short',
      LOG_LEVEL: 'loud',
    });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'PORT',
      'PUBLIC_URL',
      'SECRET',
      'MAX_DEPTH',
      'MAIN_ACCOUNTS_BY',
      'LIVE_TICK_MS',
      'LOG_LEVEL',
    ]);
  });

  it('keep usage events for as long as late usage, its keys and the closing of a period need, or for ever', async () => {
    expect(await problemsOf({ USAGE_RETENTION_DAYS: '69' })).toEqual([
      expect.stringMatching(/^USAGE_RETENTION_DAYS must be at least 70 where USAGE_MAX_AGE_DAYS is 35/),
    ]);
    expect(await readConfig({ DATA_DIR: folder, USAGE_RETENTION_DAYS: '70' })).toMatchObject({
      usageRetentionDays: 70,
    });
    expect(await problemsOf({ USAGE_RETENTION_DAYS: '33', USAGE_MAX_AGE_DAYS: '2' })).toEqual([
      expect.stringMatching(/at least 34/),
    ]);
    expect(await problemsOf({ USAGE_RETENTION_DAYS: '34', USAGE_MAX_AGE_DAYS: '2' })).toEqual([]);
    expect(await problemsOf({ USAGE_RETENTION_DAYS: 'ever' })).toEqual([
      expect.stringMatching(/^USAGE_RETENTION_DAYS must be a whole number/),
    ]);
  });

  it('take proxies as addresses and ranges, and nothing else', async () => {
    const { trustedProxies } = await readConfig({
      DATA_DIR: folder,
      TRUSTED_PROXIES: '10.0.0.0/8, ::1,2001:db8::/32,::ffff:192.0.2.0/120,',
    });
    expect(trustedProxies.map(([address, bits]) => `${address.toString()}/${bits}`)).toEqual([
      '10.0.0.0/8',
      '::1/128',
      '2001:db8::/32',
      '192.0.2.0/24',
    ]);
    for (const wrong of [
      '10.0.0.0/33',
      'proxy.example',
      '10.0.0',
      '::1/129',
      '10.0.0.0/8/8',
      '*',
      '::ffff:1.2.3.4/8',
    ]) {
      expect(await problemsOf({ TRUSTED_PROXIES: `127.0.0.1,${wrong}` }), wrong).toEqual([
        expect.stringMatching(/^TRUSTED_PROXIES must be addresses or ranges .* is neither$/),
      ]);
    }
  });

  it('need a shared secret as soon as several servers can use one database', async () => {
    const address = 'postgres://db.example/tenantree';
    expect(await problemsOf({ DATABASE_URL: address })).toEqual([
      expect.stringMatching(/^SECRET must be set together/),
    ]);
    expect(await problemsOf({ DATABASE_URL: address, PORT: 'x' })).toHaveLength(2);
    expect(await problemsOf({ DATABASE_URL: address, SECRET })).toEqual([]);
  });

  it('take other addresses of a database only beside its own', async () => {
    const [DATABASE_URL, other] = ['postgres://pooler.example/tenantree', 'postgres://db.example/tenantree'];
    const others = { DATABASE_DIRECT_URL: other, DATABASE_OWNER_URL: other };
    expect(await problemsOf(others)).toEqual([
      'DATABASE_DIRECT_URL must be set together with DATABASE_URL',
      'DATABASE_OWNER_URL must be set together with DATABASE_URL',
    ]);
    expect(await readConfig({ DATA_DIR: folder, SECRET, DATABASE_URL, ...others })).toMatchObject({
      databaseUrl: DATABASE_URL,
      databaseDirectUrl: other,
      databaseOwnerUrl: other,
    });
  });

  it('take a mail server with the address that mails come from', async () => {
    const SMTP_URL = 'smtps://user:secret@mail.example';
    expect(await problemsOf({ SMTP_URL })).toEqual([expect.stringMatching(/^MAIL_FROM must be set together/)]);
    expect(await problemsOf({ SMTP_URL: 'mail.example', MAIL_FROM: 'x' })).toHaveLength(2);
    const MAIL_FROM = 'Tenantree <hello@tree.example>';
    expect(await readConfig({ DATA_DIR: folder, SMTP_URL, MAIL_FROM })).toMatchObject({
      smtp: { url: SMTP_URL, from: MAIL_FROM },
    });
  });

  it('make a secret once and keep it to their owner', async () => {
    const dataDir = join(folder, 'fresh');
    const [first, second] = await Promise.all([readConfig({ DATA_DIR: dataDir }), readConfig({ DATA_DIR: dataDir })]);
    expect(first.secret).toHaveLength(64);
    expect((await readConfig({ DATA_DIR: dataDir })).secret).toBe(first.secret);
    expect(second.secret).toBe(first.secret);
    expect((await stat(join(dataDir, 'secret'))).mode & 0o777).toBe(0o600);
    expect((await readFile(join(dataDir, 'secret'), 'utf8')).trim()).toBe(first.secret);
  });

  it('leave the address open unless it is said, and drop a slash at its end', async () => {
    expect((await readConfig({ DATA_DIR: folder })).publicUrl).toBeNull();
    expect((await readConfig({ DATA_DIR: folder, PUBLIC_URL: 'https://tree.example/' })).publicUrl).toBe(
      'https://tree.example',
    );
  });

  it('are a file of plans that can be sold from, or samples', async () => {
    expect((await readConfig({ DATA_DIR: folder })).plans.plans.map(({ id }) => id)).toEqual([
      'start',
      'business',
      'agency',
    ]);
    const path = join(folder, 'plans.json');
    const plan = { id: 'one', name: 'One', currency: 'EUR', monthlyFee: '9.90', meters: {} };
    const flat = { model: 'flat', price: '0.1' };
    const toldOf = async (file: object): Promise<string> => {
      await writeFile(path, JSON.stringify(file));
      return (await problemsOf({ PLANS: path })).join();
    };
    const told = (...plans: object[]): Promise<string> => toldOf({ plans });
    const sender = (howToPay: string) => ({ sender: { name: 'Platform', howToPay }, plans: [plan] });
    expect(await toldOf(sender('To IBAN XX00'))).toBe('');
    expect(await toldOf(sender('x'.repeat(501)))).toMatch(/^PLANS is no file of plans: sender\.howToPay/);
    expect(await told(plan)).toBe('');
    expect(await told({ ...plan, currency: 'EUX' })).toBe(
      "PLANS has a plan “one” that can't be sold: currency: There is no currency “EUX”: codes are those of ISO 4217.",
    );
    expect(await told({ ...plan, monthlyFee: '1.0000000001' })).toMatch(
      /^PLANS has a plan “one”.*: monthlyFee: A price is/,
    );
    expect(await told({ ...plan, meters: { 'call.hours': flat } })).toMatch(/There is no meter “call.hours”/);
    expect(await told({ ...plan, meters: { messages: { ...flat, price: 1 } } })).toMatch(
      /^PLANS is no file of plans: plans\.0\.meters/,
    );
    expect(await told(plan, plan)).toBe('PLANS names the plan “one” twice');
    await writeFile(path, '{');
    expect((await problemsOf({ PLANS: path })).join()).toMatch(/^PLANS is no JSON/);
    expect((await problemsOf({ PLANS: join(folder, 'none.json') })).join()).toMatch(/^PLANS can't be read/);
  });
});
