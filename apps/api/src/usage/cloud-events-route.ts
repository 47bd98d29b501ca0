import { TRPCError } from '@trpc/server';
import type { Connection } from '../context/connection.ts';
import type { Context } from '../context/context.ts';
import { Refused, refuseWith } from '../hall/refused.ts';
import { appRouter } from '../router.ts';
import type { App } from '../wire/calls.ts';
import { BODY_BYTES } from '../wire/read-json.ts';
import { type RecordIn, recordCloudEvents, sentCloudEvents } from './cloud-events.ts';

/** Where CloudEvents 1.0 are sent: one event, structured or binary, or a batch as a JSON array. */
export const CLOUD_EVENTS_PATH = '/v1/usage/events';

/**
 * Takes CloudEvents by plain HTTP, as the account of the key that sends them. They enter through the procedure `usage.record`,
 * so that there is one guard and one way to record.
 */
export const cloudEventsRoute =
  (createContext: (connection: Connection) => Context) =>
  (app: App): void => {
    app.post(CLOUD_EVENTS_PATH, async (call) => {
      call.set('route', CLOUD_EVENTS_PATH);
      const caller = appRouter.createCaller(createContext(call.get('connection')));
      const { actor, accounts } = await refusing(caller.session.me());
      if (accounts.length === 0) refuseWith('NOT_FOUND', 'There is no account to record usage for.');
      // A key that is kept to parts of its account records in each of them; a person, where the app opens.
      const parts = actor === 'key' ? accounts : accounts.slice(0, 1);
      const recordIn: RecordIn = async (account, events) =>
        (await refusing(caller.usage.record({ account, events: [...events] }))).results;
      const sent = sentCloudEvents(call.req.raw.headers, await call.get('readJson')(BODY_BYTES.usage));
      const results = await recordCloudEvents(
        sent,
        parts.map(({ id }) => id),
        recordIn,
      );
      return call.json({ results });
    });
  };

/** The caller's errors in the form that answers outside tRPC have. */
async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TRPCError && error.cause instanceof Refused) throw error.cause;
    throw error;
  }
}
