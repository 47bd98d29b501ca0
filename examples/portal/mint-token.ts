export type MintOptions = {
  /** Where Tenantree runs. */
  readonly api: string;
  /** An API key of the reseller. Stays on this server. */
  readonly key: string;
  /** The account whose subtree the token opens. */
  readonly account: string;
  /** The one origin on whose pages the token works. */
  readonly origin: string;
  /** Who is looking, in the portal's own words; stands in the audit log beside everything that is done. */
  readonly userRef: string;
};

/** A token for `<subaccount-manager>`, and until when it is good. */
export type EmbedToken = { readonly token: string; readonly expiresAt: string };

/** Tenantree said no. */
export class TokenRefused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce((inner, name) => (isRecord(inner) ? inner[name] : undefined), value);

const textOr = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);

/** What people may do on this portal's screen, and nothing else: the token is refused for the rest. */
const FEATURES = ['usage', 'switch', 'create', 'rename', 'suspend', 'close'];

/**
 * Asks Tenantree for an embed token with one plain HTTP request, so that it can be copied into any language.
 *
 * @throws TokenRefused with the code that the server gave
 */
export async function mintToken({ api, key, account, origin, userRef }: MintOptions): Promise<EmbedToken> {
  const response = await fetch(`${api}/trpc/embed.createToken`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ account, origin, userRef, features: FEATURES }),
  });
  const answer: unknown = await response.json();
  const token = at(answer, 'result', 'data', 'token');
  const expiresAt = at(answer, 'result', 'data', 'expiresAt');
  if (typeof token === 'string' && typeof expiresAt === 'string') return { token, expiresAt };
  const code = at(answer, 'error', 'data', 'refusal', 'code');
  const message = at(answer, 'error', 'data', 'refusal', 'message');
  throw new TokenRefused(textOr(code, String(response.status)), textOr(message, 'Tenantree gave no token.'));
}
