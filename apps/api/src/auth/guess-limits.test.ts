import { describe, expect, it } from 'vitest';
import { Refused } from '../hall/refused.ts';
import { createGuessLimits, GUESSES } from './guess-limits.ts';

const wrong = async (): Promise<null> => null;
const right = async (): Promise<string> => 'in';
const outcomeOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.catch((error: unknown) => (error instanceof Refused ? error.refusal.code : error));
const times = <T>(count: number, act: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, each) => act(each));

describe('guesses', () => {
  it('at a password are bounded for an address and a person, also when they come all at once', async () => {
    const limits = createGuessLimits();
    const outcomes = await Promise.all(
      times(GUESSES.perPair + 5, () => outcomeOf(limits.password('10.0.0.1', 'ann@example.com', wrong))),
    );
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(GUESSES.perPair);
    expect(outcomes.filter((outcome) => outcome === 'RATE_LIMITED')).toHaveLength(5);
    expect(await outcomeOf(limits.password('10.0.0.1', 'bob@example.com', right))).toBe('in');
    expect(await outcomeOf(limits.password('10.0.0.2', 'ann@example.com', right))).toBe('in');
  });

  it('that were right are forgotten, and so is what failed for another reason', async () => {
    const limits = createGuessLimits();
    const fail = (): Promise<null> => Promise.reject(new Error('The database is away.'));
    const ask = (attempt: () => Promise<string | null>) =>
      outcomeOf(limits.password('::1', 'ann@example.com', attempt));
    for (const attempt of [...times(9, () => wrong), right, ...times(9, () => wrong), fail, fail, fail, wrong])
      expect(await ask(attempt)).not.toBe('RATE_LIMITED');
    expect(await ask(right)).toBe('RATE_LIMITED');
  });

  it('count only when they are wrong: any number of people joins behind one address, one of them in many tabs', async () => {
    const limits = createGuessLimits();
    const joined = times(GUESSES.perAddress * 2, () => limits.link('10.0.0.3', right));
    expect(new Set(await Promise.all(joined))).toEqual(new Set(['in']));
    const tabs = times(GUESSES.perPair * 2, () => limits.password('10.0.0.3', 'ann@example.com', right));
    expect(new Set(await Promise.all(tabs))).toEqual(new Set(['in']));
  });

  it('beyond the bound of an address take their time, so many at once and no more', async () => {
    const limits = createGuessLimits();
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
    const limits = createGuessLimits();
    await Promise.all(times(GUESSES.perPair, () => limits.password(one, 'ann@example.com', wrong)));
    const outcome = await outcomeOf(limits.password(two, 'ann@example.com', right));
    expect(outcome).toBe(seen === 'same' ? 'RATE_LIMITED' : 'in');
  });
});
