const SANE = /^[A-Za-z0-9._:-]{8,128}$/;

/** The id under which a request is logged: the caller's own when it is harmless in a log, else a fresh one. */
export const requestIdOf = (headers: Headers, fresh: () => string): string => {
  const given = headers.get('x-request-id');
  return given !== null && SANE.test(given) ? given : fresh();
};
