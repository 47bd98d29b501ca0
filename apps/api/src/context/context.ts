import type { Hall } from '../hall/hall.ts';
import type { People } from '../hall/people.ts';
import type { UsageWriter } from '../hall/usage-writer.ts';
import type { Hub } from '../live/hub.ts';
import type { Connection } from '../server/connection.ts';
import type { Actor } from './actor.ts';

/** What a procedure is given before anything is known of the caller. */
export type Context = {
  readonly hall: Hall;
  readonly people: People;
  readonly writer: UsageWriter;
  readonly hub: Hub;
  readonly requestId: string;
  /** Where the call came from, for limits per address. */
  readonly address: string;
  /** Recognises the caller anew: on a lasting connection a credential may have ended since the last call. */
  readonly authenticate: () => Promise<Actor | 'invalid' | null>;
  /** Tells metrics and the log how a call ended. */
  readonly observeCall: Connection['observeCall'];
  /** Slows down who guesses links and passwords. @throws Refused RATE_LIMITED */
  readonly limitGuesses: (what: string) => Promise<void>;
};
