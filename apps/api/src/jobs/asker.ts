import type { InAccount } from '@tenantree/contract';
import { findKeyInTreeOf, type JobAsker } from '@tenantree/db';
import type { AccountId, Refusal } from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import { actorOf } from '../context/authenticate.ts';
import { admit } from '../guard/admit.ts';
import { type Hall, nowOf } from '../hall/hall.ts';

/**
 * Why whoever asked for a job may not have it done any more; null: they may. Asked before each step: what they may do is what they may do
 * now. An embedded screen's session is over before long; what it asked for stands with the key that it was made with.
 */
export async function refusalToAsker(
  hall: Hall,
  { actor: { kind, name }, user, key }: JobAsker,
  account: AccountId,
  needs: InAccount,
): Promise<Refusal | null> {
  if (kind === 'system') return null;
  const now = nowOf(hall);
  let actor: Actor | null = null;
  if (kind === 'person' && user !== null) {
    actor = { kind, user, name, email: '', sessionId: '', provedAt: now };
  } else if (key !== null) {
    const found = await findKeyInTreeOf(hall.db, account, key);
    actor = found && actorOf(found, now);
  }
  const decision = actor && (await admit(hall, actor, account, needs));
  if (decision?.ok) return null;
  return { code: 'FORBIDDEN', message: `${name} may not do this any more.` };
}
