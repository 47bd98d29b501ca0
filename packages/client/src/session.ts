/**
 * The client's credential. With `getToken` it is a bearer token, asked for when first needed and again when the server
 * says that it is no longer good; without, it is whatever cookie the browser sends by itself.
 */
export type Session = {
  /** Whether calls carry a bearer token at all. */
  readonly usesToken: boolean;
  /** Counts the tokens got so far, so that a refusal can be matched with the token it was about. */
  readonly serial: () => number;
  /** The present token; null without `getToken`. Rejects when `getToken` does. */
  readonly token: () => Promise<string | null>;
  /** Asks for another token; the present one stays in use when that fails. */
  readonly freshToken: () => Promise<string | null>;
  /** Makes sure that a token newer than `serial` is in use. Rejects when there is none to be had. */
  readonly renewAfter: (serial: number) => Promise<void>;
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
    usesToken: getToken !== undefined,
    serial: () => serial,
    token: async () => (getToken ? (present ?? ask(getToken)) : null),
    freshToken: async () => {
      if (!getToken) return null;
      try {
        return await ask(getToken);
      } catch (cause) {
        if (present === null) throw cause;
        return present;
      }
    },
    renewAfter: async (used) => {
      if (!getToken) throw new Error('There is no token to renew.');
      if (serial <= used) await ask(getToken);
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
