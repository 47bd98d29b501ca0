import type { InAccount, SignedIn } from '@tenantree/contract';
import { type EmbedGrant, type Refusal, refuse } from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';

type Needs = SignedIn | InAccount;

/** Why somebody may not call a procedure because of what they are; null: they may, as far as their permissions go. */
export function refusalToActor(actor: Actor, needs: Needs): Refusal | null {
  if (actor.kind === 'embed') return refusalToScreen(actor.grant, needs);
  return needs.callers.kinds.includes(actor.kind) ? null : NOT_FOR[actor.kind];
}

const forbidden = (message: string): Refusal => refuse('FORBIDDEN', message).refusal;

/** Nothing is for keys and screens alone, so that each of these says who it is for. */
const NOT_FOR = {
  person: forbidden('This is for programs: call it with an API key, from your backend.'),
  key: forbidden('Only a signed-in person can do this.'),
};

/** Why an embedded screen may not call a procedure (rules/keys 8). */
function refusalToScreen({ access, features }: EmbedGrant, needs: Needs): Refusal | null {
  const { kinds, screens } = needs.callers;
  const isOpened = screens === 'every' || screens.some((feature) => features.includes(feature));
  if (!kinds.includes('embed') || !isOpened)
    return { code: 'FEATURE_NOT_ALLOWED', message: 'This screen was not opened for this.' };
  // Of a billing transfer a screen is only shown where it stands.
  return access === 'read' && needs.kind === 'account' && needs.work !== 'read' && needs.work !== 'transfer'
    ? forbidden('This screen was opened for reading only.')
    : null;
}
