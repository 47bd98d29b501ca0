import { insertEmbedToken } from '@tenantree/db';
import { type AccountId, type Instant, instantOf, type KeyId } from '@tenantree/domain';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { note } from '../hall/note.ts';
import { refuseWith } from '../hall/refused.ts';
import { hashSecret, secretOf } from '../hall/secrets.ts';

export type TokenInput = {
  readonly origin: string;
  readonly access: 'read' | 'full';
  readonly userRef: string;
  readonly ttlSeconds: number;
};

/** Makes a short-lived token under which the embedded widget runs on one origin, for one user of the reseller (widget.md 1). @throws Refused */
export async function createEmbedToken(
  hall: Hall,
  caller: Caller,
  key: KeyId,
  account: { readonly id: AccountId; readonly name: string },
  input: TokenInput,
): Promise<{ token: string; expiresAt: Instant }> {
  const origin = parseOrigin(input.origin);
  const token = secretOf('embed', hall.newSecret());
  const now = nowOf(hall);
  const expiresAt = instantOf(hall.clock.nowMs() + input.ttlSeconds * 1_000);
  const id = hall.newId();
  await hall.db.withTenant(account.id, async (trx) => {
    const { access, userRef } = input;
    await insertEmbedToken(trx, {
      account: account.id,
      id,
      key,
      origin,
      access,
      userRef,
      tokenHash: hashSecret(token),
      now,
      expiresAt,
    });
    await note(
      hall,
      caller,
      trx,
      now,
      account.id,
      { action: 'embed.tokenCreated', details: { account: account.name, user: userRef, origin } },
      { id, name: userRef },
    );
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
