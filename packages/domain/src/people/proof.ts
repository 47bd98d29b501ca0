import { accept, type Decision, refuse } from '../errors.ts';
import { type Instant, msOf } from '../time.ts';

/** Minutes that a proof of the password lasts for what is hard to undo, such as making a key (rules/people 11). */
export const PROOF_MINUTES = 15;

/**
 * Whether a signed-in person proved the password recently enough for what a stranger at an open screen must not do (rules/people 11).
 *
 * @param provedAt when this session's person last gave the password: signing in counts
 * @param nowMs UTC milliseconds since 1970
 */
export function decideRecentProof(provedAt: Instant, nowMs: number): Decision<null> {
  if (nowMs - msOf(provedAt) < PROOF_MINUTES * 60_000) return accept(null);
  return refuse('REAUTHENTICATION_REQUIRED', 'Enter your password once more to do this.');
}
