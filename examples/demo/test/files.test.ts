import { readFileSync } from 'node:fs';
import { nameKey } from '@tenantree/domain';
import { describe, expect, it } from 'vitest';
import { parseAccounts } from '../accounts-file.ts';
import { MONTH_MS, parseCalls } from '../calls-file.ts';
import { callerOf, minutesOfSeconds, momentOf, placeCalls, type Stretch } from '../placing.ts';
import { agentsByCountry } from '../reseller.ts';

const read = (name: string): string => readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8');
const accounts = parseAccounts(read('accounts-iso3166.csv'));
const calls = parseCalls(read('calls-1999-08.csv'));
const leaves = accounts.leaves.map((leaf) => leaf.id);
const stretch: Stretch = { start: '2026-11-01T00:00:00.000Z', end: '2026-11-23T22:57:00.000Z' } as Stretch;

describe('the accounts file', () => {
  it('is the world with 5 372 accounts below it on four levels', () => {
    expect(accounts.world).toEqual({ id: 'iso', parentId: null, name: 'World', level: 0 });
    const perLevel = [1, 2, 3, 4].map((level) => accounts.rest.filter((account) => account.level === level).length);
    expect(perLevel).toEqual([6, 18, 249, 5_099]);
    expect([accounts.leaves.length, accounts.countries.length]).toEqual([5_099, 249]);
  });

  it('gives every account a name that no sibling has, and only where the file repeats one', () => {
    const keys = accounts.rest.map((account) => `${account.parentId} ${nameKey(account.name)}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(accounts.rest.filter((account) => account.parentId === 'AL').map((account) => account.name)).toContain(
      'Berat (AL-01)',
    );
    expect(accounts.rest.find((account) => account.id === 'AF-BAL')?.name).toBe('Balkh');
  });

  it('lists parents before their children', () => {
    const seen = new Set([accounts.world.id]);
    for (const account of accounts.rest) {
      expect(seen).toContain(account.parentId);
      seen.add(account.id);
    }
  });

  it('that is broken is refused with the place', () => {
    const header = 'external_id,parent_external_id,name\n';
    expect(() => parseAccounts(`${header}a,,World\nb,x,Lost\n`)).toThrow('b is out of order or there twice.');
    expect(() => parseAccounts(`${header}a,,World\na,a,Twice\n`)).toThrow('a is out of order or there twice.');
    expect(() => parseAccounts(`${header}a,,World\nb,,Other\n`)).toThrow('not exactly one top');
    expect(() => parseAccounts('id,name\n')).toThrow('Expected the columns');
    expect(() => parseAccounts(`${header}a,World\n`)).toThrow('Line 2: 2 fields instead of 3.');
  });
});

describe('the calls file', () => {
  it('has 42 078 calls, each once, in the order in which they came in', () => {
    expect(calls).toHaveLength(42_078);
    expect(new Set(calls.map((call) => call.key)).size).toBe(42_078);
    expect(calls.every((call, index) => index === 0 || call.enteredMs >= (calls[index - 1]?.enteredMs ?? 0))).toBe(
      true,
    );
    expect(calls.every((call) => call.enteredMs >= 0 && call.enteredMs < MONTH_MS)).toBe(true);
    const outcomes = Map.groupBy(calls, (call) => call.outcome);
    const counts = Object.fromEntries([...outcomes].map(([name, of]) => [name, of.length]));
    expect(counts).toEqual({ AGENT: 31_402, HANG: 10_366, PHANTOM: 310 });
  });

  it('names 31 people; NO_SERVER is nobody', () => {
    const agents = agentsByCountry(calls, accounts.countries);
    expect([...agents.values()].flat()).toHaveLength(31);
    expect(calls.filter((call) => call.agent === null)).toHaveLength(11_065);
    expect(agentsByCountry(calls, accounts.countries)).toEqual(agents);
  });

  it('that repeats a call is refused', () => {
    const [header, row] = read('calls-1999-08.csv').split('\n');
    expect(() => parseCalls([header, row, row].join('\n'))).toThrow('is in the file twice');
  });
});

describe('the events', () => {
  const events = placeCalls(calls, leaves, stretch);

  it('add up to the file’s seconds, which are 96 963.15 minutes', () => {
    const seconds = events.reduce((total, event) => total + BigInt(event.quantity), 0n);
    expect(minutesOfSeconds(seconds)).toBe('96963.15');
    expect([20n, 1n, 0n].map(minutesOfSeconds)).toEqual(['0.333333333', '0.016666667', '0']);
  });

  it('include the calls of no seconds, because they are calls', () => {
    expect(events.filter((event) => event.quantity === '0')).toHaveLength(
      calls.filter((call) => call.seconds === 0).length,
    );
  });

  it('have keys that are unique and fit', () => {
    const keys = events.map((event) => event.idempotencyKey);
    expect(new Set(keys).size).toBe(keys.length);
    expect(Math.max(...keys.map((key) => key.length))).toBeLessThanOrEqual(200);
  });

  it('are the same every time', () => {
    expect(placeCalls(parseCalls(read('calls-1999-08.csv')), leaves, stretch)).toEqual(events);
  });

  it('keep a known customer in one account and spread the unknown ones over most', () => {
    const known = calls.flatMap((call, index) =>
      call.customerId === '0' ? [] : [[call.customerId, events[index]?.account]],
    );
    expect(new Set(known.map((pair) => pair.join())).size).toBe(new Set(known.map(([customer]) => customer)).size);
    const unknown = new Set(
      events.filter((_, index) => calls[index]?.customerId === '0').map((event) => event.account),
    );
    expect(unknown.size).toBeGreaterThan(0.95 * leaves.length);
    expect(new Set(calls.filter((call) => call.customerId === '0').map(callerOf)).size).toBe(23_030);
  });

  it('happen within the stretch, in the order of the calls', () => {
    const moments = events.map((event) => event.occurredAt);
    expect(moments.toSorted()).toEqual(moments);
    expect(moments[0]! >= stretch.start && moments.at(-1)! < stretch.end).toBe(true);
    expect(momentOf(0, stretch)).toBe(stretch.start);
    expect(momentOf(MONTH_MS, stretch)).toBe(stretch.end);
    expect(momentOf(MONTH_MS / 2, stretch)).toBe('2026-11-12T11:28:30.000Z');
  });
});
