import type { Refusal } from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';
import type { People } from '../hall/people.ts';
import type { AnyJob } from '../jobs/define-job.ts';
import type { Hub } from '../live/hub.ts';
import type { Actor } from './actor.ts';
import type { Connection } from './connection.ts';

/** How a call ended, for whoever looks at every one. */
export type Outcome =
  | { readonly kind: 'answer'; readonly answer: unknown }
  | { readonly kind: 'refusal'; readonly refusal: Refusal };
/** Looks at how every call ended: tests compare it with the contract. */
export type Inspect = (path: string, outcome: Outcome) => void;

/** What limits guesses (auth/guess-limits.ts), for the address of one call. */
export type Guess = {
  password<T>(email: string, attempt: () => Promise<T | null>): Promise<T | null>;
  link<T>(attempt: () => Promise<T | null>): Promise<T | null>;
};

/** What a procedure is given before anything is known of the caller. */
export type Context = {
  readonly hall: Hall;
  readonly people: People;
  readonly hub: Hub;
  /** Every kind of job there is. */
  readonly jobs: readonly AnyJob[];
  readonly requestId: string;
  /** Where the call came from, for limits per address. */
  readonly address: string;
  /** The idempotency key of each call of a request, as far as there are any. */
  readonly idempotencyKeys: readonly string[];
  /** Notes that a call was answered as an earlier one with the same key. */
  readonly repeated: () => void;
  /**
   * Recognises the caller anew: on a lasting connection a credential may have ended since the last call. Calls of one request, which begin at
   * one time, are recognised together.
   */
  readonly authenticate: () => Promise<Actor | 'invalid' | null>;
  /** Tells metrics and the log how a call ended. */
  readonly observeCall: Connection['observeCall'];
  readonly inspect: Inspect | null;
  /** Looks at secrets from the call's address, and slows down who guesses at them: null was a wrong guess. @throws Refused RATE_LIMITED */
  readonly guess: Guess;
};
