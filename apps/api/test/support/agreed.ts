import { PROCEDURES, refusalsOf } from '@tenantree/contract';
import { isRecord } from '@tenantree/domain';
import { TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { Inspect } from '../../src/context/context.ts';
import type { AppRouter } from './clients.ts';

/** Compares how calls end with what the contract says of their procedures. */
export type Agreement = {
  readonly inspect: Inspect;
  /** @throws Error with every answer that is not as agreed, and every refusal that the procedure doesn't name */
  check(): void;
};

/** What an answer is on the wire. */
const sent = (answer: unknown): unknown => (answer === undefined ? undefined : JSON.parse(JSON.stringify(answer)));

/** Why an answer is not what the procedure's contract says; null when it is. */
export function breachOf(path: string, answer: unknown): string | null {
  const procedure = PROCEDURES.get(path);
  if (!procedure) return `${path} is in no contract`;
  const read = procedure.output.read(sent(answer));
  if (read.ok) return null;
  const { field = 'all of it', message } = read.refusal;
  return `${path} answers otherwise than agreed, ${field}: ${message} ${JSON.stringify(answer).slice(0, 500)}`;
}

export function createAgreement(): Agreement {
  const breaches = new Set<string>();
  return {
    inspect: (path, outcome) => {
      const procedure = PROCEDURES.get(path);
      if (outcome.kind === 'answer') {
        const breach = breachOf(path, outcome.answer);
        if (breach !== null) breaches.add(breach);
      } else if (procedure && !refusalsOf(procedure).includes(outcome.refusal.code))
        breaches.add(`${path} does not say that it refuses ${outcome.refusal.code}: ${outcome.refusal.message}`);
    },
    check: () => {
      if (breaches.size > 0) throw new Error(`Not as agreed:\n${[...breaches].join('\n')}`);
    },
  };
}

/** Ends a subscription that is sent a frame which is not as agreed: what a socket was sent, as it was read from it. */
export const asAgreed: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) =>
    observable((observer) =>
      next(op).subscribe({
        next: (envelope) => {
          const { result } = envelope;
          const frame = op.type === 'subscription' && 'data' in result ? result.data : null;
          const breach = isRecord(frame) ? breachOf(op.path, frame['data']) : null;
          if (breach === null) observer.next(envelope);
          else observer.error(TRPCClientError.from(new Error(breach)));
        },
        error: (error) => observer.error(error),
        complete: () => observer.complete(),
      }),
    );
