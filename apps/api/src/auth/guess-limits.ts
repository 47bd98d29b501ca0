import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { refuseWith } from '../hall/refused.ts';

/** Slows down who guesses passwords, invitations and other secrets (reliability.md 4), alike whether what they guess at exists or not. */
export type GuessLimits = {
  /**
   * Counts one guess from an address, and one at a subject (an e-mail address, the name of an endpoint).
   *
   * @throws Refused RATE_LIMITED
   */
  count(address: string, subject: string): Promise<void>;
  /** Takes a guess back that was right. */
  forgive(address: string, subject: string): Promise<void>;
};

const WINDOW_SECONDS = 15 * 60;

/** Guesses within 15 minutes that an address, and a subject, may get wrong. */
export const GUESSES = { perAddress: 50, perSubject: 10 } as const;

/** Limits kept in this server's memory: a restart forgets them, another server counts for itself. */
export function createGuessLimits(): GuessLimits {
  const addresses = new RateLimiterMemory({ points: GUESSES.perAddress, duration: WINDOW_SECONDS });
  const subjects = new RateLimiterMemory({ points: GUESSES.perSubject, duration: WINDOW_SECONDS });
  return {
    count: async (address, subject) => {
      // Counted before the guess is looked at, so that many at once don't slip through.
      await consume(addresses, networkOf(address));
      await consume(subjects, subject);
    },
    forgive: async (address, subject) => {
      await addresses.reward(networkOf(address));
      await subjects.delete(subject);
    },
  };
}

/** An IPv6 customer owns a whole /64 and could take a new address for every guess. */
const networkOf = (address: string): string =>
  address.includes(':') && !address.includes('.') ? address.split(':').slice(0, 4).join(':') : address;

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    const minutes = Math.ceil(error.msBeforeNext / 60_000);
    refuseWith('RATE_LIMITED', `Too many attempts. Try again in ${minutes} minute${minutes === 1 ? '' : 's'}.`);
  }
}
