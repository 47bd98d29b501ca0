import { hash, verify } from '@node-rs/argon2';

// argon2id is the library's default algorithm; the figures are OWASP's least (rules/people 9): 19 MiB, two passes, one lane.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The text that is stored for a password. */
export const hashPassword = (password: string): Promise<string> => hash(password, COST);

/** Whether a password is the one that was stored. False also for a stored text that is no hash at all. */
export const isPassword = (stored: string, password: string): Promise<boolean> =>
  verify(stored, password).catch(() => false);
