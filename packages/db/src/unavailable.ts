import { DatabaseUnusableError } from './unusable.ts';

/**
 * Failures of PostgreSQL that end by themselves: lost connections (class 08), too little of something (53), shutting down and starting (57),
 * a machine that only lets read until another one takes over.
 */
const OF_POSTGRESQL = /^(08|53|57)...$|^25006$/;
/** Of one transaction: it stood still, or waited for a lock in vain. */
const OF_A_TRANSACTION = /^(25P03|55P03)$/;
/** Of the way to it; of a local one EAGAIN, when more wait there than may. */
const OF_THE_NETWORK =
  /^E(AGAIN|AI_AGAIN|CONNREFUSED|CONNRESET|CONNABORTED|PIPE|NOENT|NOTFOUND|TIMEDOUT|HOSTUNREACH|HOSTDOWN|NETUNREACH|NETDOWN)$/;
/** Of the driver, which has no codes; of a connection that is lost already, and of the pool's. */
const OF_THE_DRIVER =
  /^(Connection terminated|timeout e(xpired|xceeded)|Query read timeout|Client .+ is not queryable|Postgres connection has been discarded)/;

const textOf = (error: object, field: 'code' | 'message'): string => {
  const value: unknown = Reflect.get(error, field);
  return typeof value === 'string' ? value : '';
};

/** Whether something failed because the database doesn't answer at this moment, whatever is asked of it, or may not be served. */
export const isOutage = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  (error instanceof DatabaseUnusableError ||
    OF_POSTGRESQL.test(textOf(error, 'code')) ||
    OF_THE_NETWORK.test(textOf(error, 'code')) ||
    OF_THE_DRIVER.test(textOf(error, 'message')));

/** Whether something failed so that nothing was changed and trying again can help: an outage, or somebody who was in the way. */
export const isUnavailable = (error: unknown): boolean =>
  isOutage(error) || (typeof error === 'object' && error !== null && OF_A_TRANSACTION.test(textOf(error, 'code')));
