import { it } from 'vitest';
import { IS_LONG } from './rounds.ts';

/**
 * A test that only `npm run test:long` runs, in a file of `AGAIN` (rounds.ts): a further way through what every run goes through once, or a
 * further fault of a kind of which every run has one. Apart from rounds.ts, which Vitest's configuration reads: there are no tests yet.
 */
export const further: (name: string, test: () => Promise<void>) => void = IS_LONG ? it : () => undefined;
