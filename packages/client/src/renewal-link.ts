import type { TRPCClientError, TRPCLink } from '@trpc/client';
import type { AnyRouter } from '@trpc/server';
import { observable, type Unsubscribable } from '@trpc/server/observable';
import { refusalOf } from './refusal-of.ts';
import type { Session } from './session.ts';

/**
 * Repeats a query or mutation once with a new token when the server answers UNAUTHORIZED. Nothing was done by a refused
 * call, so repeating it is safe. Refused again, or no new token to be had: the session is over and the caller gets the refusal.
 */
export function renewalLink(session: Session): TRPCLink<AnyRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        let attempt: Unsubscribable | undefined;
        let ended = false;

        const renew = async (serial: number, error: TRPCClientError<AnyRouter>): Promise<void> => {
          try {
            await session.renewAfter(serial);
          } catch {
            giveUp(error);
            return;
          }
          if (!ended) send('renewed');
        };
        const giveUp = (error: TRPCClientError<AnyRouter>): void => {
          session.expired();
          observer.error(error);
        };
        const send = (turn: 'first' | 'renewed'): void => {
          // before the first call there is no token yet: that call gets the first one
          const serial = Math.max(1, session.serial());
          attempt = next(op).subscribe({
            next: (envelope) => {
              session.accepted();
              observer.next(envelope);
            },
            complete: () => observer.complete(),
            error: (error) => {
              if (refusalOf(error).code !== 'UNAUTHORIZED') observer.error(error);
              else if (turn === 'renewed') giveUp(error);
              else void renew(serial, error);
            },
          });
        };
        send('first');
        return () => {
          ended = true;
          attempt?.unsubscribe();
        };
      });
}
