import type { AuditActor } from '@tenantree/db';
import { decideRecentProof, isRecord, reachesFrom } from '@tenantree/domain';
import { initTRPC, TRPCError } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { type Actor, keyOf, turnOf, userOf } from '../context/actor.ts';
import type { Context } from '../context/context.ts';
import { networkOf } from '../hall/addresses.ts';
import type { Caller } from '../hall/hall.ts';
import { checkStorable } from '../hall/inputs.ts';
import type { Viewer } from '../live/ports.ts';
import { refusalToScreen, ruleOf } from './access.ts';
import { type Access, admit } from './admit.ts';
import { refusalOf, statusOf, toSent, toTRPCError, UNAUTHORIZED } from './error-shape.ts';
import { viewerOf } from './viewer.ts';

const t = initTRPC.context<Context>().create({
  sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 45_000 } },
  errorFormatter: ({ error, ctx, path }) => {
    const { refusal } = refusalOf(error);
    // Not the error's own: what cuts a stream is a bare refusal, which tRPC takes for a failure of the server.
    const { code } = toTRPCError(refusal);
    return {
      code: TRPC_ERROR_CODES_BY_KEY[code],
      message: refusal.message,
      data: {
        code,
        httpStatus: statusOf(refusal.code),
        path: path ?? null,
        refusal: toSent(refusal),
        requestId: ctx?.requestId ?? null,
      },
    };
  },
});

export const router = t.router;

/** Thrown errors of slices become tRPC errors with their refusal; anything unexpected keeps its cause for the log and loses its detail outside. */
const base = t.procedure.use(async ({ ctx, path, type, next }) => {
  const startedMs = performance.now();
  const result = await ctx.hall.db.onBehalfOf(networkOf(ctx.address), () => next());
  const failure = result.ok ? null : refusalOf(result.error);
  ctx.observeCall({ path, type, outcome: failure?.refusal.code ?? 'ok', durationMs: performance.now() - startedMs });
  if (result.ok || failure === null || failure.unexpected) return result;
  throw toTRPCError(failure.refusal);
});

async function recognise(ctx: Context): Promise<Actor> {
  const actor = await ctx.authenticate();
  if (actor === null || actor === 'invalid') throw toTRPCError(UNAUTHORIZED);
  return actor;
}

const misplaced = (path: string, kind: string): TRPCError =>
  new TRPCError({
    code: 'INTERNAL_SERVER_ERROR',
    cause: new Error(`${path} is declared as ${kind} in guard/access.ts`),
  });

/** For procedures that anybody may call. */
export const publicProcedure = base.use(async ({ path, getRawInput, next }) => {
  const rule = ruleOf(path);
  if (rule.kind !== 'public') throw misplaced(path, rule.kind);
  checkStorable(await getRawInput());
  return next();
});

/** From here on it is known who calls, and whose turn it is. */
const recognised = base.use(async ({ ctx, next }) => {
  const actor = await recognise(ctx);
  return ctx.hall.db.onBehalfOf(turnOf(actor), () => next({ ctx: { actor } }));
});

/** For procedures of whoever is recognised. */
export const signedInProcedure = recognised.use(async ({ ctx, path, getRawInput, next }) => {
  const rule = ruleOf(path);
  if (rule.kind !== 'signed_in') throw misplaced(path, rule.kind);
  const { actor } = ctx;
  checkStorable(await getRawInput());
  const refusal = actor.kind === 'embed' ? refusalToScreen(actor.grant, path) : null;
  if (refusal) throw toTRPCError(refusal);
  const caller = callerOf(ctx, actor, null);
  return next({ ctx: { caller } });
});

/** For batches in an acting account, each entry of which is read, and refused, by itself: one bad entry never loses the others. */
export const batchProcedure = recognised.use(async ({ ctx, path, getRawInput, next }) => {
  const rule = ruleOf(path);
  if (rule.kind !== 'account') throw misplaced(path, rule.kind);
  const { actor } = ctx;
  const input = await getRawInput();
  if (!isRecord(input) || typeof input.account !== 'string') {
    throw toTRPCError({ code: 'BAD_REQUEST', message: 'Name the account: its id or ext:THEIR-ID.', field: 'account' });
  }
  const asked = input.account;
  const decision = await admit(ctx.hall, actor, asked, path);
  if (!decision.ok) throw toTRPCError(decision.refusal);
  if (rule.proof === 'recent' && actor.kind === 'person') {
    const proof = decideRecentProof(actor.provedAt, ctx.hall.clock.nowMs());
    if (!proof.ok) throw toTRPCError(proof.refusal);
  }
  const access = decision.value;
  const caller = callerOf(ctx, actor, access);
  const viewer = (): Viewer => viewerOf(ctx, actor, access, path);
  return next({ ctx: { caller, access, viewer } });
});

/** For procedures in an acting account, which every such input names as `account`. */
export const accountProcedure = batchProcedure.use(async ({ getRawInput, next }) => {
  checkStorable(await getRawInput());
  return next();
});

const callerOf = ({ requestId }: Context, actor: Actor, access: Access | null): Caller => ({
  actor: auditActor(actor, access),
  user: userOf(actor),
  key: keyOf(actor),
  requestId,
});

/** How the audit log names an actor, and the account it came from when it acts from above (product.md 2.6). */
function auditActor(actor: Actor, access: Access | null): AuditActor {
  const through = access?.memberships.find((membership) => reachesFrom(membership, access.path));
  const from = access?.chain.find((link) => link.id === through?.account);
  const via = from && access && from.id !== access.id ? { id: from.id, name: from.name } : null;
  switch (actor.kind) {
    case 'person':
      return { kind: 'person', id: actor.user, name: actor.name, via };
    case 'key':
      return { kind: 'key', id: actor.key, name: actor.name, via };
    case 'embed':
      return { kind: 'embed', id: actor.key.id, name: `${actor.userRef} on ${actor.origin}`, via };
  }
}
