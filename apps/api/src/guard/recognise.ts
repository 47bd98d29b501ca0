import type { AuditActor } from '@tenantree/db';
import { type Actor, keyOf, userOf } from '../context/actor.ts';
import type { Context } from '../context/context.ts';
import type { Caller } from '../hall/hall.ts';
import { Refused } from '../hall/refused.ts';
import type { Access } from './admit.ts';
import { UNAUTHORIZED } from './error-shape.ts';

/** Who calls. @throws Refused UNAUTHORIZED */
export async function recognise(ctx: Context): Promise<Actor> {
  const actor = await ctx.authenticate();
  if (actor === null || actor === 'invalid') throw new Refused(UNAUTHORIZED);
  return actor;
}

/** The one who calls, as slices know them. @param access null: in no account */
export const callerOf = ({ requestId }: Context, actor: Actor, access: Access | null): Caller => ({
  actor: auditActor(actor, access),
  ...(access && { above: access.path.slice(0, access.path.indexOf(access.by.account)) }),
  user: userOf(actor),
  key: keyOf(actor),
  requestId,
  ...(access && { reached: access.reached }),
});

/** How the audit log names an actor, and the account of the membership that admitted it (rules/audit 2). */
function auditActor(actor: Actor, access: Access | null): AuditActor {
  const from = access?.chain.find((link) => link.id === access.by.account);
  const via = from ? { id: from.id, name: from.name } : null;
  switch (actor.kind) {
    case 'person':
      return { kind: 'person', id: actor.user, name: actor.name, via };
    case 'key':
      return { kind: 'key', id: actor.key, name: actor.name, via };
    case 'embed':
      return { kind: 'embed', id: actor.key.id, name: `${actor.userRef} on ${actor.origin}`, via };
  }
}
