import {
  type ActorKind,
  type AnswerOf,
  CONTRACT,
  type Contract,
  type ErrorShape,
  type InAccount,
  inKind,
  type ParsedOf,
  type Procedure,
  type ProcedureKind,
  type SignedIn,
  type SliceName,
} from '@tenantree/contract';
import { type AccountId, decideRecentProof, type ErrorCode, isRecord, type Refusal } from '@tenantree/domain';
import { parseProductKind } from '@tenantree/domain/products';
import { initTRPC, type TRPC_ERROR_CODE_NUMBER, type TrackedEnvelope } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { type Actor, turnOf } from '../context/actor.ts';
import type { Context } from '../context/context.ts';
import { networkOf } from '../hall/addresses.ts';
import type { Caller } from '../hall/hall.ts';
import { granted, Refused, refuseWith } from '../hall/refused.ts';
import type { Viewer } from '../live/ports.ts';
import { type Access, admit } from './admit.ts';
import { refusalToActor } from './callers.ts';
import { refusalOf, statusOf, toSent, toTRPCError } from './error-shape.ts';
import type { LongAnswer } from './long-answer.ts';
import { once } from './once.ts';
import { callerOf, recognise } from './recognise.ts';
import { checkStorable } from './storable.ts';
import { viewerOf } from './viewer.ts';

/** What a procedure's function is given of the world, by what the procedure needs. */
export type ContextOf<Need> =
  Need extends InAccount<infer By>
    ? Recognised<By> & {
        readonly access: Access;
        /** The caller as the hub knows them. */
        readonly viewer: () => Viewer;
      }
    : Need extends SignedIn<infer By>
      ? Recognised<By>
      : Context;

type Recognised<By extends ActorKind> = Context & {
  readonly actor: Extract<Actor, { readonly kind: By }>;
  readonly caller: Caller;
};

/** One call of a procedure, admitted and read. */
export type Call<P> =
  P extends Procedure<ProcedureKind, infer Need>
    ? { readonly ctx: ContextOf<Need>; readonly input: ParsedOf<P>; readonly signal: AbortSignal | undefined }
    : never;

/** What does a procedure's work. */
export type Handler<P> = (
  call: Call<P>,
) => P extends Procedure<'subscription'>
  ? AsyncIterable<TrackedEnvelope<AnswerOf<P>>, void, undefined>
  : AnswerOf<P> | Promise<AnswerOf<P>>;

/** What does the work of a procedure whose answer may be long, and how that is kept for a repeat. */
export type LongHandler<P> = { readonly does: Handler<P>; readonly long: LongAnswer<AnswerOf<P>, AnswerOf<P>> };

/** The functions of all procedures of a slice. */
export type Handlers<Slice extends SliceName> = {
  readonly [Name in keyof Contract[Slice]]:
    | Handler<Contract[Slice][Name]>
    | (Contract[Slice][Name] extends Procedure<'mutation', InAccount> ? LongHandler<Contract[Slice][Name]> : never);
};

const t = initTRPC.context<Context>().create({
  // Or each refusal's stack would be written out, which costs more than the refusal, for nobody: it is never sent.
  isDev: false,
  sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 45_000 } },
  errorFormatter: ({ error, ctx, path }): ErrorShape & { readonly code: TRPC_ERROR_CODE_NUMBER } => {
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
const observed = t.procedure.use(async ({ ctx, path, type, next }) => {
  const startedMs = performance.now();
  const result = await ctx.hall.db.onBehalfOf(networkOf(ctx.address), () => next());
  const failure = result.ok ? null : refusalOf(result.error);
  ctx.observeCall({ path, type, outcome: failure?.refusal.code ?? 'ok', durationMs: performance.now() - startedMs });
  if (failure) ctx.inspect?.(path, { kind: 'refusal', refusal: failure.refusal });
  else if (result.ok && type !== 'subscription') ctx.inspect?.(path, { kind: 'answer', answer: result.data });
  if (result.ok || failure === null || failure.unexpected) return result;
  throw toTRPCError(failure.refusal);
});

/** A call on its way in: what the wire brought, before anything of it is believed. */
type Arrival = {
  readonly ctx: Context;
  readonly path: string;
  readonly getRawInput: () => Promise<unknown>;
  /** The call's idempotency key, if it changes something and has one. */
  readonly key: string | null;
};

/** What a function is given, but for the signal. */
type Entered = {
  readonly ctx: Context;
  readonly input: unknown;
  /** In which account, if in any. */
  readonly account: AccountId | null;
  /** Why it is not done now, if it was not done before: the account is suspended or closed. */
  readonly refusal?: Refusal;
};

/** Lets anybody in. @throws Refused */
async function enter({ input, reads }: Procedure, { ctx, getRawInput }: Arrival): Promise<Entered> {
  const raw = await getRawInput();
  if (reads !== 'one by one') checkStorable(raw);
  return { ctx, input: granted(input.read(raw)), account: null };
}

/** Lets somebody in who touches no account's data but their own. @throws Refused */
async function enterSignedIn(actor: Actor, needs: SignedIn, procedure: Procedure, arrival: Arrival): Promise<Entered> {
  checkStorable(await arrival.getRawInput());
  const refusal = refusalToActor(actor, needs);
  if (refusal) throw new Refused(refusal);
  const more = { actor, caller: callerOf(arrival.ctx, actor, null) };
  return enter(procedure, { ...arrival, ctx: { ...arrival.ctx, ...more } });
}

/** Lets somebody into an account, which every such input names as `account`. Only then is more of the input looked at. @throws Refused */
async function enterAccount(actor: Actor, needs: InAccount, procedure: Procedure, arrival: Arrival): Promise<Entered> {
  const { ctx, path } = arrival;
  const input = await arrival.getRawInput();
  if (!isRecord(input) || typeof input['account'] !== 'string') {
    return refuseWith('BAD_REQUEST', 'Name the account: its id or ext:THEIR-ID.', 'account');
  }
  const kind = needs.products ? parseProductKind(input['kind']) : null;
  const rule = kind ? inKind(needs, kind) : needs;
  const decision = await admit(ctx.hall, actor, input['account'], rule);
  if (!decision.ok && arrival.key !== null && OF_STATUS.has(decision.refusal.code)) {
    // What was done before is answered as it was then, to whoever may still read here.
    const access = granted(await admit(ctx.hall, actor, input['account'], { ...rule, work: 'read' }));
    return { ...(await enter(procedure, arrival)), account: access.id, refusal: decision.refusal };
  }
  const access = granted(decision);
  if (needs.products && !kind) return refuseWith('BAD_REQUEST', 'Name the kind of product.', 'kind');
  if (needs.proof === 'recent' && actor.kind === 'person')
    granted(decideRecentProof(actor.provedAt, ctx.hall.clock.nowMs()));
  const viewer = (): Viewer => viewerOf(ctx, actor, access, path, rule);
  const more = { actor, access, viewer, caller: callerOf(ctx, actor, access) };
  const entered = await enter(procedure, { ...arrival, ctx: { ...ctx, ...more } });
  return { ...entered, account: access.id };
}

/** Refusals that say how the account is, and not what the caller may do in it. */
const OF_STATUS: ReadonlySet<ErrorCode> = new Set(['ACCOUNT_SUSPENDED', 'ACCOUNT_CLOSED']);

/** Any function of a slice, when what it is for is not told apart. */
type Work = (call: never) => unknown;
/** The same with how its answer is kept when that is long. */
type LongWork = { readonly does: Work; readonly long: LongAnswer };

/** One procedure of the router: what the contract says of it, and the function that does it. */
function serve(procedure: Procedure, handler: Work | LongWork) {
  const { needs } = procedure;
  const { does: work, long } = typeof handler === 'function' ? { does: handler, long: null } : handler;
  const entered = observed.use(async ({ ctx, path, getRawInput, signal, batchIndex, next }) => {
    const key = (procedure.kind === 'mutation' && ctx.idempotencyKeys[batchIndex]) || null;
    const arrival = { ctx, path, getRawInput, key };
    const answering = (actor: Actor | null, { refusal, account, ...call }: Entered) => {
      const answer = (): unknown => {
        if (refusal) throw new Refused(refusal);
        // The contract that chose what is put into the call also typed the function: the compiler can't follow that through a list.
        return work({ ...call, signal } as never);
      };
      if (key === null) return answer;
      const keyed = { ctx, path, procedure, key, actor, account, input: call.input, long };
      return () => once(keyed, async () => answer());
    };
    if (needs.kind === 'public') {
      const answer = answering(null, await enter(procedure, arrival));
      return next({ ctx: { answer } });
    }
    const actor = await recognise(ctx);
    return ctx.hall.db.onBehalfOf(turnOf(actor), async () => {
      const call =
        needs.kind === 'signed_in'
          ? await enterSignedIn(actor, needs, procedure, arrival)
          : await enterAccount(actor, needs, procedure, arrival);
      return next({ ctx: { answer: answering(actor, call) } });
    });
  });
  switch (procedure.kind) {
    case 'query':
      return entered.query(({ ctx }) => ctx.answer());
    case 'mutation':
      return entered.mutation(({ ctx }) => ctx.answer());
    case 'subscription':
      return entered.subscription(({ ctx }) => framesOf(ctx.answer()));
  }
}

function framesOf(answer: unknown): AsyncIterable<unknown, void, undefined> {
  if (isFrames(answer)) return answer;
  throw new Error('a subscription answers frames');
}

const isFrames = (answer: unknown): answer is AsyncIterable<unknown, void, undefined> =>
  typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;

/** The procedures of a slice, each with its function. */
export function slice<Slice extends SliceName>(name: Slice, handlers: Handlers<Slice>) {
  const procedures: Readonly<Record<string, Procedure>> = CONTRACT[name];
  const works: Readonly<Record<string, Work | LongWork>> = handlers;
  const served = Object.entries(procedures).map(([key, procedure]) => [key, serve(procedure, works[key]!)] as const);
  return router(Object.fromEntries(served));
}
