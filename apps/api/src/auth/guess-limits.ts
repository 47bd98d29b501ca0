import { createHmac } from 'node:crypto';
import { setTimeout as pass } from 'node:timers/promises';
import { type Attempts, forgetAttempts, noteAttempt, readAttempts } from '@tenantree/db';
import { FairQueue, instantOf, msOf } from '@tenantree/domain';
import { networkOf } from '../hall/addresses.ts';
import { type Hall, nowOf, type Settings } from '../hall/hall.ts';
import { Refused } from '../hall/refused.ts';

/**
 * Stops and slows who guesses passwords and links (rules/people 12), alike whether what they guess at exists or not. Only what was wrong
 * counts: an attempt answers null for that, and what it throws or returns otherwise is no guess. Servers count together, in the database; when
 * that doesn't answer, nobody is let guess.
 */
export type GuessLimits = {
  /**
   * Looks at a password of a person. Wrong ones are bounded for each address and person, so that strangers elsewhere lock nobody out.
   *
   * @throws Refused RATE_LIMITED
   */
  password<T>(address: string, email: string, attempt: () => Promise<T | null>): Promise<T | null>;
  /**
   * Counts a request that mails somebody, whether they exist or not.
   *
   * @returns whether this person was mailed too often to be mailed again
   * @throws Refused RATE_LIMITED when an address asks for too many
   */
  mail(address: string, email: string): Promise<'mail' | 'enough'>;
  /** Looks at the secret of a link, which nobody guesses in a lifetime: whoever tries is slowed. @throws Refused RATE_LIMITED */
  link<T>(address: string, attempt: () => Promise<T | null>): Promise<T | null>;
};

const WINDOW_MS = 15 * 60_000;

/**
 * Wrong guesses within 15 minutes: after `perPair` an address is refused for this person; after `perAddress` from one address, or
 * `perPerson` at one person from anywhere, each further attempt waits `slowMs`, `atOnce` of an address at a time.
 */
export const GUESSES = { perPair: 10, perAddress: 50, perPerson: 20, slowMs: 1_000, atOnce: 10 } as const;

/** Requests within 15 minutes that mail somebody: how many an address may make, and how many mails a person gets. */
export const MAILS = { perAddress: 20, perPerson: 3 } as const;

/** What is counted, and from how many on it is too much. */
const MOST = {
  pair: GUESSES.perPair,
  address: GUESSES.perAddress,
  person: GUESSES.perPerson,
  asker: MAILS.perAddress,
  mailed: MAILS.perPerson,
} as const;

/** Attempts of a kind, by somebody or at somebody. */
type Counted = { readonly key: Buffer; readonly most: number };
/** Counts by the hex text of their keys. */
type Counts = ReadonlyMap<string, Attempts>;

export type GuessLimitsParts = Pick<Hall, 'db' | 'clock'> & { readonly settings: Pick<Settings, 'secret'> };

export function createGuessLimits(hall: GuessLimitsParts): GuessLimits {
  const { db, clock } = hall;
  const waiting = new Map<string, number>();
  const attempts = new FairQueue(Number.POSITIVE_INFINITY, 1);

  /** Nobody can tell from the key whom it is about, without the deployment's secret: addresses are few enough to try them all. */
  const counted = (kind: keyof typeof MOST, whose: string): Counted => ({
    key: createHmac('sha256', hall.settings.secret).update(`${kind} ${whose}`).digest(),
    most: MOST[kind],
  });
  const read = (...all: Counted[]): Promise<Counts> => readAttempts(db, all.map(keyOf), nowOf(hall));
  const note = (...all: Counted[]): Promise<Counts> =>
    noteAttempt(db, all.map(keyOf), nowOf(hall), instantOf(clock.nowMs() + WINDOW_MS));

  const wait = async (network: string): Promise<void> => {
    const others = waiting.get(network) ?? 0;
    if (others >= GUESSES.atOnce) refuse('Too many attempts at once. Try again in a moment.', GUESSES.slowMs);
    waiting.set(network, others + 1);
    await pass(GUESSES.slowMs);
    const left = (waiting.get(network) ?? 1) - 1;
    if (left > 0) waiting.set(network, left);
    else waiting.delete(network);
  };

  return {
    password: (address, email, attempt) => {
      const network = networkOf(address);
      const pair = counted('pair', `${network} ${email}`);
      const [from, person] = [counted('address', network), counted('person', email)];
      // One after the other, so that many at once don't slip through, and none that is right is taken for one too many.
      return attempts.run(`${network} ${email}`, async () => {
        const counts = await read(pair, from, person);
        if (isReached(counts, pair)) refuseUntilEnd(counts, pair, clock.nowMs());
        if (isReached(counts, from) || isReached(counts, person)) await wait(network);
        const outcome = await attempt();
        if (outcome === null) await note(pair, from, person);
        else if (madeOf(counts, pair) > 0) await forgetAttempts(db, pair.key);
        return outcome;
      });
    },

    mail: async (address, email) => {
      const [asker, mailed] = [counted('asker', networkOf(address)), counted('mailed', email)];
      const asked = await note(asker);
      if (isPassed(asked, asker)) refuseUntilEnd(asked, asker, clock.nowMs());
      return isPassed(await note(mailed), mailed) ? 'enough' : 'mail';
    },

    link: async (address, attempt) => {
      const network = networkOf(address);
      const from = counted('address', network);
      if (isReached(await read(from), from)) await wait(network);
      const outcome = await attempt();
      if (outcome === null) await note(from);
      return outcome;
    },
  };
}

const keyOf = ({ key }: Counted): Buffer => key;
const attemptsOf = (counts: Counts, { key }: Counted): Attempts | undefined => counts.get(key.toString('hex'));
const madeOf = (counts: Counts, counted: Counted): number => attemptsOf(counts, counted)?.made ?? 0;
const isReached = (counts: Counts, counted: Counted): boolean => madeOf(counts, counted) >= counted.most;
const isPassed = (counts: Counts, counted: Counted): boolean => madeOf(counts, counted) > counted.most;

/** @throws Refused RATE_LIMITED always */
function refuseUntilEnd(counts: Counts, counted: Counted, nowMs: number): never {
  const endsAt = attemptsOf(counts, counted)?.endsAt;
  const leftMs = endsAt === undefined ? 0 : msOf(endsAt) - nowMs;
  const minutes = Math.ceil(leftMs / 60_000);
  return refuse(`Too many attempts. Try again in ${minutes} minute${minutes === 1 ? '' : 's'}.`, leftMs);
}

/** @throws Refused RATE_LIMITED always */
function refuse(message: string, waitMs: number): never {
  throw new Refused({ code: 'RATE_LIMITED', message, retryAfterSeconds: Math.ceil(waitMs / 1_000) });
}
