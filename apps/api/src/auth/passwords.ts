import { hash, verify } from '@node-rs/argon2';

// argon2id is the library's default algorithm; the figures are OWASP's least (rules/people 9): 19 MiB, two passes, one lane.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** How passwords are stored, and told from others. */
export type Passwords = {
  /** The text that is stored for a password. */
  readonly hash: (password: string) => Promise<string>;
  /** Whether a password is the one that was stored. False also for a stored text that is no hash at all. */
  readonly isStored: (stored: string, password: string) => Promise<boolean>;
};

export const ARGON2: Passwords = {
  hash: (password) => hash(password, COST),
  isStored: (stored, password) => verify(stored, password).catch(() => false),
};
