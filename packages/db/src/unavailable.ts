/**
 * Failures of PostgreSQL that end by themselves: lost connections (class 08), too little of something (53), shutting down and starting (57),
 * a machine that only lets read until another one takes over, a transaction that stood still, a lock that was waited for in vain.
 */
const OF_POSTGRESQL = /^(08|53|57)...$|^(25006|25P03|55P03)$/;
/** Of the way to it. */
const OF_THE_NETWORK =
  /^E(CONNREFUSED|CONNRESET|PIPE|NOENT|TIMEDOUT|HOSTUNREACH|NETUNREACH|HOSTDOWN|NOTFOUND|AI_AGAIN)$/;
/** Of the driver, which has no codes; of a connection that is lost already, and of the pool's. */
const OF_THE_DRIVER =
  /^(Connection terminated|timeout e(xpired|xceeded)|Client .+ is not queryable|Postgres connection has been discarded)/;

const textOf = (error: object, field: 'code' | 'message'): string => {
  const value: unknown = Reflect.get(error, field);
  return typeof value === 'string' ? value : '';
};

/** Whether something failed because the database doesn't answer at this moment, so that nothing was changed and trying again can help. */
export const isUnavailable = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  (OF_POSTGRESQL.test(textOf(error, 'code')) ||
    OF_THE_NETWORK.test(textOf(error, 'code')) ||
    OF_THE_DRIVER.test(textOf(error, 'message')));
