/**
 * The client's credential. With `getToken` it is a bearer token, asked for when first needed and again when the server
 * says that it is no longer good; without, it is whatever cookie the browser sends by itself.
 */
export type Session = {
  /** Counts the tokens got so far, so that a refusal can be matched with the token it was about. */
  readonly serial: () => number;
  /** The present token; null without `getToken`. Rejects when `getToken` does. */
  readonly token: () => Promise<string | null>;
  /** Whether a token newer than `serial` is in use now: got one, if there is one to be had. */
  readonly renewAfter: (serial: number) => Promise<boolean>;
  /** The server refused a token that was just renewed (or there is none to renew): the session is over. */
  readonly expired: () => void;
  /** The server accepted the credential. */
  readonly accepted: () => void;
};

/**
 * @param getToken what hands out tokens; called again whenever a new one is needed, never in parallel with itself
 * @param onExpired called once each time the session ends, until a call is accepted again
 */
export function createSession(getToken: (() => Promise<string>) | undefined, onExpired: () => void): Session {
  let serial = 0;
  let present: string | null = null;
  let asking: Promise<string> | null = null;
  let over = false;

  const ask = (source: () => Promise<string>): Promise<string> => {
    asking ??= (async () => {
      try {
        present = await source();
        serial += 1;
        return present;
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
      return ask(getToken).then(
        () => true,
        () => false,
      );
    },
    expired: () => {
      if (over) return;
      over = true;
      onExpired();
    },
    accepted: () => {
      over = false;
    },
  };
}
