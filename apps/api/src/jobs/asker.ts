import type { InAccount } from '@tenantree/contract';
import { findKeyInTreeOf, type JobAsker } from '@tenantree/db';
import { type AccountId, type Decision, type Refusal, refuse } from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import { actorOf } from '../context/authenticate.ts';
import { type Access, admit } from '../guard/admit.ts';
import { type Hall, nowOf } from '../hall/hall.ts';

/**
 * Whether whoever asked for a job may have it done, and as whom: what they may do is what they may do now. An embedded screen's session is
 * over before long; what it asked for stands with the key that it was made with.
 */
export async function admitAsker(
  hall: Hall,
  { actor: { kind, name }, user, key }: JobAsker,
  account: AccountId,
  needs: InAccount,
): Promise<Decision<Access>> {
  const now = nowOf(hall);
  let actor: Actor | null = null;
  if (kind === 'person' && user !== null) {
    actor = { kind, user, name, email: '', sessionId: '', provedAt: now };
  } else if (key !== null) {
    const found = await findKeyInTreeOf(hall.db, account, key);
    actor = found && actorOf(found, now);
  }
  const decision = actor && (await admit(hall, actor, account, needs));
  return decision?.ok ? decision : refuse('FORBIDDEN', `${name} may not do this any more.`);
}

/** Why whoever asked for a job may not have it done any more; null: they may. Asked before each step. */
export async function refusalToAsker(
  hall: Hall,
  asker: JobAsker,
  account: AccountId,
  needs: InAccount,
): Promise<Refusal | null> {
  if (asker.actor.kind === 'system') return null;
  const decision = await admitAsker(hall, asker, account, needs);
  return decision.ok ? null : decision.refusal;
}
