import { setTimeout as pass } from 'node:timers/promises';
import { FairQueue } from '@tenantree/domain';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { networkOf } from '../hall/addresses.ts';
import { Refused } from '../hall/refused.ts';

/**
 * Stops and slows who guesses passwords and links (reliability.md 4), alike whether what they guess at exists or not. Only what was wrong
 * counts: an attempt answers null for that, and what it throws or returns otherwise is no guess.
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

const WINDOW_SECONDS = 15 * 60;

/**
 * Wrong guesses within 15 minutes: after `perPair` an address is refused for this person; after `perAddress` from one address, or
 * `perPerson` at one person from anywhere, each further attempt waits `slowMs`, `atOnce` of an address at a time.
 */
export const GUESSES = { perPair: 10, perAddress: 50, perPerson: 20, slowMs: 1_000, atOnce: 10 } as const;

/** Requests within 15 minutes that mail somebody: how many an address may make, and how many mails a person gets. */
export const MAILS = { perAddress: 20, perPerson: 3 } as const;

const within15Minutes = (points: number): RateLimiterMemory =>
  new RateLimiterMemory({ points, duration: WINDOW_SECONDS });

/** Limits kept in this server's memory: a restart forgets them, another server counts for itself. */
export function createGuessLimits(): GuessLimits {
  const pairs = within15Minutes(GUESSES.perPair);
  const addresses = within15Minutes(GUESSES.perAddress);
  const people = within15Minutes(GUESSES.perPerson);
  const askers = within15Minutes(MAILS.perAddress);
  const mailed = within15Minutes(MAILS.perPerson);
  const waiting = new Map<string, number>();
  const attempts = new FairQueue(Number.POSITIVE_INFINITY, 1);

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
      const pair = `${network} ${email}`;
      // One after the other, so that many at once don't slip through, and none that is right is taken for one too many.
      return attempts.run(pair, async () => {
        await refuseIfOver(pairs, pair);
        if ((await isOver(addresses, network)) || (await isOver(people, email))) await wait(network);
        const outcome = await attempt();
        if (outcome !== null) await pairs.delete(pair);
        else
          for (const [limiter, key] of [
            [pairs, pair],
            [addresses, network],
            [people, email],
          ] as const)
            await limiter.penalty(key);
        return outcome;
      });
    },

    mail: async (address, email) => {
      const network = networkOf(address);
      await refuseIfOver(askers, network);
      await askers.penalty(network);
      return (await mailed.penalty(email)).consumedPoints > MAILS.perPerson ? 'enough' : 'mail';
    },

    link: async (address, attempt) => {
      const network = networkOf(address);
      if (await isOver(addresses, network)) await wait(network);
      const outcome = await attempt();
      if (outcome === null) await addresses.penalty(network);
      return outcome;
    },
  };
}

const isOver = async (limiter: RateLimiterMemory, key: string): Promise<boolean> =>
  ((await limiter.get(key))?.consumedPoints ?? 0) >= limiter.points;

async function refuseIfOver(limiter: RateLimiterMemory, key: string): Promise<void> {
  const wrong = await limiter.get(key);
  if (wrong === null || wrong.consumedPoints < limiter.points) return;
  const minutes = Math.ceil(wrong.msBeforeNext / 60_000);
  refuse(`Too many attempts. Try again in ${minutes} minute${minutes === 1 ? '' : 's'}.`, wrong.msBeforeNext);
}

/** @throws Refused RATE_LIMITED always */
function refuse(message: string, waitMs: number): never {
  throw new Refused({ code: 'RATE_LIMITED', message, retryAfterSeconds: Math.ceil(waitMs / 1_000) });
}
