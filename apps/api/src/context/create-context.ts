import type { GuessLimits } from '../auth/guess-limits.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { Hall } from '../hall/hall.ts';
import type { People } from '../hall/people.ts';
import type { AnyJob } from '../jobs/define-job.ts';
import type { Hub } from '../live/hub.ts';
import type { Actor, Person } from './actor.ts';
import { authenticate } from './authenticate.ts';
import type { Connection } from './connection.ts';
import type { Context, Inspect } from './context.ts';

/** What every context is made from, the same for all calls of a server. */
export type ContextParts = {
  readonly hall: Hall;
  readonly people: People;
  readonly sessions: Sessions;
  readonly limits: GuessLimits;
  readonly hub: Hub;
  readonly inspect: Inspect | null;
  readonly jobs: readonly AnyJob[];
};

const BEARER = /^Bearer ([\x21-\x7e]{1,200})$/i;

/**
 * The context of a request, or of all calls of one WebSocket. Never throws: a client whose first message failed would reconnect for
 * ever; who is not recognised is refused by the procedure.
 */
export function createContext(parts: ContextParts, connection: Connection): Context {
  const { hall, people, hub, jobs, limits, sessions, inspect } = parts;
  const token =
    connection.connectionParams?.['token'] ?? BEARER.exec(connection.headers.get('authorization') ?? '')?.[1] ?? null;
  const session = async (): Promise<Person | null> => {
    const found = connection.sameOrigin ? await sessions.sessionOf(connection.headers) : null;
    return (
      found && {
        kind: 'person',
        user: found.user.id,
        name: found.user.name,
        email: found.user.email,
        sessionId: found.sessionId,
        expiresAt: found.expiresAt,
        provedAt: found.provedAt,
      }
    );
  };
  const address = connection.remoteAddress;
  const anew = (): Promise<Actor | 'invalid' | null> =>
    authenticate(hall, { token, origin: connection.origin, session });
  let ofBatch: Promise<Actor | 'invalid' | null> | undefined;
  return {
    hall,
    people,
    hub,
    jobs,
    requestId: connection.requestId,
    address,
    idempotencyKeys: connection.idempotencyKeys ?? [],
    repeated: connection.repeated ?? (() => undefined),
    observeCall: connection.observeCall,
    inspect,
    authenticate: () => (connection.isBatch ? (ofBatch ??= anew()) : anew()),
    guess: {
      password: (email, attempt) => limits.password(address, email, attempt),
      link: (attempt) => limits.link(address, attempt),
    },
  };
}
