import type { InAccount } from '@tenantree/contract';
import { msOf, type Refusal } from '@tenantree/domain';
import { type Actor, keyOf, turnOf, userOf } from '../context/actor.ts';
import type { Context } from '../context/context.ts';
import type { Entitlement, Viewer } from '../live/ports.ts';
import { type Access, admit, wouldAdmit } from './admit.ts';
import { UNAUTHORIZED } from './error-shape.ts';

/** The page asks for its next token; calls still have this one. */
const TO_RENEW: Refusal = { code: 'UNAUTHORIZED', message: 'This session is about to end. Present the next token.' };

/**
 * An admitted caller of a live procedure, as the hub knows them: it asks again whether the same call would still be admitted. A stream of a
 * session that is to be renewed ends then; who comes again with the same session has no other, and stays as long as it does (rules/keys 7).
 */
export function viewerOf(ctx: Context, actor: Actor, access: Access, procedure: string, needs: InAccount): Viewer {
  const { clock } = ctx.hall;
  const credential = actor.kind === 'person' ? actor.sessionId : actor.kind === 'key' ? actor.key : actor.token;
  const renewMs = actor.kind === 'embed' ? msOf(actor.renewAfter) : 0;
  const isToRenew = clock.nowMs() < renewMs;
  return {
    ...entitlementOf(ctx, actor, access, needs),
    // What is needed is not the same for every kind of product.
    key: `${credential}:${access.id}:${procedure}:${needs.permission}:${isToRenew}`,
    user: userOf(actor),
    session: actor.kind === 'person' ? actor.sessionId : null,
    apiKey: keyOf(actor),
    token: actor.kind === 'embed' ? actor.token : null,
    turn: turnOf(actor),
    ask: async () => {
      const again = await ctx.authenticate();
      if (again === null || again === 'invalid') return UNAUTHORIZED;
      if (isToRenew && clock.nowMs() >= renewMs) return TO_RENEW;
      const decision = await admit(ctx.hall, again, access.id, needs);
      return decision.ok ? entitlementOf(ctx, again, decision.value, needs) : decision.refusal;
    },
  };
}

/** Until when nothing can change by time alone: the end of a token or a session, when it is to be renewed, the start or end of a suspension above. */
function entitlementOf(ctx: Context, actor: Actor, access: Access, needs: InAccount): Entitlement {
  const nowMs = ctx.hall.clock.nowMs();
  const instants = [
    actor.expiresAt,
    actor.kind === 'embed' ? actor.renewAfter : null,
    ...access.chain.flatMap(({ suspension }) => (suspension ? [suspension.from, suspension.until] : [])),
  ];
  const ahead = instants.flatMap((instant) => (instant === null || msOf(instant) <= nowMs ? [] : [msOf(instant)]));
  return {
    path: access.path,
    changesAtMs: ahead.length === 0 ? null : Math.min(...ahead),
    holdsWith: ({ account, caps }) => {
      const chain = access.chain.map((link) => (link.id === account ? { ...link, caps } : link));
      return wouldAdmit({ ...access, chain }, needs, ctx.hall.clock.nowMs());
    },
  };
}
