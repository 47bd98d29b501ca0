import { type AccountId, type EmbedGrant, type Instant, instantOf } from '@tenantree/domain';
import type { KeyActor } from '../context/actor.ts';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { hashSecret, secretOf } from '../hall/secrets.ts';

export type TokenInput = {
  readonly origin: string;
  readonly grant: EmbedGrant;
  readonly userRef: string;
  readonly ttlSeconds: number;
};

/** Makes a short-lived token under which the embedded widget runs on one origin, for one user of the reseller (widget.md 1). It ends with its key. @throws Refused */
export async function createEmbedToken(
  hall: Hall,
  caller: Caller,
  key: KeyActor,
  account: { readonly id: AccountId; readonly name: string },
  input: TokenInput,
): Promise<{ token: string; expiresAt: Instant }> {
  const origin = parseOrigin(input.origin);
  const token = secretOf('embed', hall.newSecret());
  const now = nowOf(hall);
  const asked = instantOf(hall.clock.nowMs() + input.ttlSeconds * 1_000);
  const expiresAt = key.expiresAt !== null && key.expiresAt < asked ? key.expiresAt : asked;
  const id = hall.newId();
  const { grant, userRef } = input;
  const tokenHash = hashSecret(token);
  await hall.trace(caller, {
    action: 'embed.tokenCreated',
    details: { account: account.name, user: userRef, origin },
    account: account.id,
    target: { id, name: userRef },
    token: { account: account.id, id, key: key.key, origin, grant, userRef, tokenHash, now, expiresAt },
  });
  return { token, expiresAt };
}

/** An exact origin: scheme, host and port, nothing behind them. */
function parseOrigin(text: string): string {
  const url = URL.parse(text);
  if (url && (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === text) return text;
  return refuseWith(
    'BAD_REQUEST',
    'An origin is a scheme, a host and a port if it is not the usual one: https://portal.example.',
    'origin',
  );
}
