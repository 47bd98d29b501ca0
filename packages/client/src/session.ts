import { Unanswered } from './refusal-of.ts';

/**
 * The client's credential. With `getToken` it is a bearer token, asked for when first needed and again when the server
 * says that it is no longer good; without, it is whatever cookie the browser sends by itself.
 */
export type Session = {
  /** Counts the tokens got so far, so that a refusal can be matched with the token it was about. */
  readonly serial: () => number;
  /** The present token; null without `getToken`. @throws Unanswered `NO_TOKEN` when `getToken` throws or gives none */
  readonly token: () => Promise<string | null>;
  /** The token `serial` was refused: whether a newer one is in use now. @throws Unanswered `NO_TOKEN` when there is none to be had now */
  readonly renewAfter: (serial: number) => Promise<boolean>;
  /** The server refused a token that was just renewed (or there is none to renew): the session is over. */
  readonly expired: () => void;
  /** The server accepted the credential. */
  readonly accepted: () => void;
};

/** Failures of `getToken` in a row after which nobody believes any more that there will be another token. */
const FAILURES_BEFORE_END = 2;

/** What an `Authorization` header can carry after `Bearer`. */
const isToken = (value: unknown): value is string => typeof value === 'string' && /^[!-~]+$/.test(value);

const noToken = (cause: unknown): Unanswered => {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Unanswered(
    { code: 'NO_TOKEN', message: `There is no token: getToken failed. ${why}`, retryable: true },
    cause,
  );
};

/**
 * @param getToken what hands out tokens; called again whenever a new one is needed, never in parallel with itself
 * @param onExpired called once each time the session ends, until a call is accepted again: a new token was refused, too, or for a
 *   refused one there was no other, twice in a row
 */
export function createSession(getToken: (() => Promise<string>) | undefined, onExpired: () => void): Session {
  let serial = 0;
  let present: string | null = null;
  let asking: Promise<string> | null = null;
  let over = false;
  let failures = 0;

  const expired = (): void => {
    if (over) return;
    over = true;
    onExpired();
  };

  const ask = (source: () => Promise<string>): Promise<string> => {
    asking ??= (async () => {
      try {
        const token: unknown = await source();
        if (!isToken(token)) throw new TypeError('What it gave is no token.');
        present = token;
        serial += 1;
        failures = 0;
        return token;
      } catch (cause) {
        failures += 1;
        if (serial > 0 && failures >= FAILURES_BEFORE_END) expired();
        throw noToken(cause);
      } finally {
        asking = null;
      }
    })();
    return asking;
  };

  return {
    serial: () => serial,
    token: async () => (getToken ? (present ?? ask(getToken)) : null),
    renewAfter: async (used) => {
      if (!getToken) return false;
      if (serial > used) return true;
      present = null;
      await ask(getToken);
      return true;
    },
    expired,
    accepted: () => {
      over = false;
    },
  };
}
