import { randomUUID } from 'node:crypto';
import { isUnavailable, openDatabase } from '@tenantree/db';
import { createTestDatabase, type TestDatabase } from '@tenantree/db/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Refused } from '../hall/refused.ts';
import { createGuessLimits, GUESSES, type GuessLimits, MAILS } from './guess-limits.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('database'));
});
afterAll(() => database.drop());

const clock = { nowMs: () => Date.now() };
/** The limits of a server; those of one secret count together. */
const limitsOf = (secret: string, db = database.db): GuessLimits =>
  createGuessLimits({ db, clock, settings: { secret } });
const limitsAlone = (): GuessLimits => limitsOf(randomUUID());

const wrong = async (): Promise<null> => null;
const right = async (): Promise<string> => 'in';
const outcomeOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.catch((error: unknown) => (error instanceof Refused ? error.refusal.code : error));
const times = <T>(count: number, act: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, each) => act(each));

describe('guesses', () => {
  it('at a password are bounded for an address and a person, also when they come all at once', async () => {
    const limits = limitsAlone();
    const outcomes = await Promise.all(
      times(GUESSES.perPair + 5, () => outcomeOf(limits.password('10.0.0.1', 'ann@example.com', wrong))),
    );
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(GUESSES.perPair);
    expect(outcomes.filter((outcome) => outcome === 'RATE_LIMITED')).toHaveLength(5);
    expect(await outcomeOf(limits.password('10.0.0.1', 'bob@example.com', right))).toBe('in');
    expect(await outcomeOf(limits.password('10.0.0.2', 'ann@example.com', right))).toBe('in');
  });

  it('that were right are forgotten, and so is what failed for another reason', async () => {
    const limits = limitsAlone();
    const fail = (): Promise<null> => Promise.reject(new Error('The database is away.'));
    const ask = (attempt: () => Promise<string | null>) =>
      outcomeOf(limits.password('::1', 'ann@example.com', attempt));
    for (const attempt of [...times(9, () => wrong), right, ...times(9, () => wrong), fail, fail, fail, wrong])
      expect(await ask(attempt)).not.toBe('RATE_LIMITED');
    expect(await ask(right)).toBe('RATE_LIMITED');
  });

  it('count only when they are wrong: any number of people joins behind one address, one of them in many tabs', async () => {
    const limits = limitsAlone();
    const joined = times(GUESSES.perAddress * 2, () => limits.link('10.0.0.3', right));
    expect(new Set(await Promise.all(joined))).toEqual(new Set(['in']));
    const tabs = times(GUESSES.perPair * 2, () => limits.password('10.0.0.3', 'ann@example.com', right));
    expect(new Set(await Promise.all(tabs))).toEqual(new Set(['in']));
  });

  it('beyond the bound of an address take their time, so many at once and no more', async () => {
    const limits = limitsAlone();
    await Promise.all(times(GUESSES.perAddress, () => limits.link('2001:db8::1', wrong)));
    const more = await Promise.all(times(GUESSES.atOnce + 2, () => outcomeOf(limits.link('2001:db8::2', right))));
    expect(more.filter((outcome) => outcome === 'in')).toHaveLength(GUESSES.atOnce);
    expect(more.filter((outcome) => outcome === 'RATE_LIMITED')).toHaveLength(2);
    expect(await limits.link('10.0.0.4', right)).toBe('in');
  });

  it.each([
    ['2001:db8::1', '2001:db8:0:0:5::', 'same'],
    ['2001:db8:0:1::', '2001:db8:0:1:2:3:4:5', 'same'],
    ['::1', '::2', 'same'],
    ['2001:db8::1', '2001:db8:0:1::1', 'other'],
    ['10.0.0.1', '10.0.0.2', 'other'],
  ])('see %s and %s as of the %s network', async (one, two, seen) => {
    const limits = limitsAlone();
    await Promise.all(times(GUESSES.perPair, () => limits.password(one, 'ann@example.com', wrong)));
    const outcome = await outcomeOf(limits.password(two, 'ann@example.com', right));
    expect(outcome).toBe(seen === 'same' ? 'RATE_LIMITED' : 'in');
  });

  it('are counted for all servers together, and a restart forgets none', async () => {
    const secret = randomUUID();
    const [one, other] = [limitsOf(secret), limitsOf(secret)];
    for (let guess = 0; guess < GUESSES.perPair; guess += 1)
      expect(await (guess % 2 ? one : other).password('10.0.0.1', 'ann@example.com', wrong)).toBe(null);
    for (const limits of [one, other, limitsOf(secret)])
      expect(await outcomeOf(limits.password('10.0.0.1', 'ann@example.com', right))).toBe('RATE_LIMITED');
    const mails = await Promise.all(
      times(MAILS.perPerson * 2, (each) => (each % 2 ? one : other).mail('10.0.0.5', 'ann@example.com')),
    );
    expect(mails.filter((outcome) => outcome === 'mail')).toHaveLength(MAILS.perPerson);
  });

  it('are forgotten after a quarter of an hour', async () => {
    let nowMs = Date.now();
    const limits = createGuessLimits({
      db: database.db,
      clock: { nowMs: () => nowMs },
      settings: { secret: randomUUID() },
    });
    const ask = (attempt: () => Promise<string | null>) =>
      outcomeOf(limits.password('10.0.0.6', 'ann@example.com', attempt));
    for (let guess = 0; guess < GUESSES.perPair; guess += 1) await ask(wrong);
    nowMs += 15 * 60_000 - 1;
    expect(await ask(right)).toBe('RATE_LIMITED');
    nowMs += 1;
    expect(await ask(wrong)).toBe(null);
    expect(await ask(right)).toBe('in');
  });

  it('are not looked at, right or wrong, while the database that counts them is away', async () => {
    const away = openDatabase({ host: '127.0.0.1', port: 1 });
    const limits = limitsOf(randomUUID(), away);
    let looked = 0;
    const look = async (): Promise<string> => {
      looked += 1;
      return 'in';
    };
    const asked = [
      () => limits.password('10.0.0.7', 'ann@example.com', look),
      () => limits.link('10.0.0.7', look),
      () => limits.mail('10.0.0.7', 'ann@example.com'),
    ];
    for (const ask of asked) expect(isUnavailable(await ask().catch((error: unknown) => error))).toBe(true);
    expect(looked).toBe(0);
    await away.close();
  });

  it('leave nothing in the database that tells of whom they are', async () => {
    const limits = limitsAlone();
    await limits.password('10.9.8.7', 'ann@example.com', wrong);
    await limits.mail('10.9.8.7', 'ann@example.com');
    const rows = await database.db.auth
      .withTables<{ attempts: { key: Buffer } }>()
      .selectFrom('attempts')
      .select('key')
      .execute();
    expect(rows.length).toBeGreaterThan(4);
    for (const { key } of rows) expect(key.toString('latin1')).not.toMatch(/10\.9\.8\.7|ann@/);
  });
});
