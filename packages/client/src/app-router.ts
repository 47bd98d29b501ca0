import type { AnswerOf, Contract, ErrorShape, Procedure, SentTo } from '@tenantree/contract';
import type {
  TRPCBuiltRouter,
  TRPCDefaultErrorShape,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from '@trpc/server';

type Def<Input, Output> = { readonly meta: unknown; readonly input: Input; readonly output: Output };

/** A frame of a subscription, with the id after which it is resumed. */
export type Frame<Data> = { readonly id: string; readonly data: Data };

type ProcedureOf<P> =
  P extends Procedure<'query'>
    ? TRPCQueryProcedure<Def<SentTo<P>, AnswerOf<P>>>
    : P extends Procedure<'mutation'>
      ? TRPCMutationProcedure<Def<SentTo<P>, AnswerOf<P>>>
      : TRPCSubscriptionProcedure<Def<SentTo<P>, AsyncIterable<Frame<AnswerOf<P>>, void, undefined>>>;

type Root = {
  ctx: object;
  meta: object;
  errorShape: ErrorShape & TRPCDefaultErrorShape;
  transformer: false;
};

/**
 * The router of a Tenantree server, as tRPC's own links and tools want it: `createTRPCClient<AppRouter>({ links: [httpBatchLink(…)] })`.
 * It is made from the contract and knows nothing of the server.
 */
export type AppRouter = TRPCBuiltRouter<
  Root,
  { [Slice in keyof Contract]: { [Name in keyof Contract[Slice]]: ProcedureOf<Contract[Slice][Name]> } }
>;
