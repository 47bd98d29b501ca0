import type { InAccount } from '@tenantree/contract';
import { findKeyInTreeOf, type JobAsker } from '@tenantree/db';
import { type AccountId, type Decision, type Refusal, refuse } from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import { actorOf } from '../context/authenticate.ts';
import { type Access, admit } from '../guard/admit.ts';
import { type Hall, nowOf } from '../hall/hall.ts';

/** Whoever asked for a job, as they would call now; null: there is nobody any more. */
export async function actorOfAsker(
  hall: Hall,
  { actor: { kind, name }, user, key }: JobAsker,
  account: AccountId,
): Promise<Actor | null> {
  const now = nowOf(hall);
  if (kind === 'person' && user !== null)
    return { kind, user, name, email: '', sessionId: '', expiresAt: null, provedAt: now };
  const found = key === null ? null : await findKeyInTreeOf(hall.db, account, key);
  return found && actorOf(found, now);
}

/**
 * Whether whoever asked for a job may have it done, and as whom: what they may do is what they may do now. An embedded screen's session is
 * over before long; what it asked for stands with the key that it was made with.
 */
export async function admitAsker(
  hall: Hall,
  asker: JobAsker,
  account: AccountId,
  needs: InAccount,
): Promise<Decision<Access>> {
  const actor = await actorOfAsker(hall, asker, account);
  const decision = actor && (await admit(hall, actor, account, needs));
  return decision?.ok ? decision : refuse('FORBIDDEN', `${asker.actor.name} may not do this any more.`);
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
