import { type AnswerOf, type ProcedureAt, type ProcedurePath, procedureAt, type SentTo } from '@tenantree/contract';
import { callTRPCProcedure } from '@trpc/server';
import { accountImports } from './accounts/imports/procedures.ts';
import { accounts } from './accounts/procedures.ts';
import { views } from './accounts/views.ts';
import { audit } from './audit/procedures.ts';
import { invoices } from './billing/invoice-procedures.ts';
import { billing } from './billing/procedures.ts';
import { books } from './billing/rebilling/book-procedures.ts';
import { margins, statements } from './billing/rebilling/statement-procedures.ts';
import { blueprints } from './blueprints/procedures.ts';
import type { Context } from './context/context.ts';
import { embed } from './embed/procedures.ts';
import { router, slice } from './guard/procedure.ts';
import { jobs } from './jobs/procedures.ts';
import { keys } from './keys/procedures.ts';
import { limits } from './limits/procedures.ts';
import { members } from './members/procedures.ts';
import { permissions, presets } from './permissions/procedures.ts';
import { imports } from './products/imports/procedures.ts';
import { products } from './products/procedures.ts';
import { rollouts } from './products/rollouts/procedures.ts';
import { session } from './session/procedures.ts';
import { setup } from './setup/procedures.ts';
import { transfers } from './transfers/procedures.ts';
import { usage } from './usage/procedures.ts';

/** Everything that can be asked of Tenantree: the procedures of the contract, each with the function that does it. */
export const appRouter = router({
  accountImports: slice('accountImports', accountImports),
  accounts: slice('accounts', accounts),
  audit: slice('audit', audit),
  billing: slice('billing', billing),
  blueprints: slice('blueprints', blueprints),
  books: slice('books', books),
  embed: slice('embed', embed),
  invoices: slice('invoices', invoices),
  jobs: slice('jobs', jobs),
  keys: slice('keys', keys),
  limits: slice('limits', limits),
  margins: slice('margins', margins),
  members: slice('members', members),
  permissions: slice('permissions', permissions),
  presets: slice('presets', presets),
  imports: slice('imports', imports),
  products: slice('products', products),
  rollouts: slice('rollouts', rollouts),
  session: slice('session', session),
  setup: slice('setup', setup),
  statements: slice('statements', statements),
  transfers: slice('transfers', transfers),
  usage: slice('usage', usage),
  views: slice('views', views),
});

/** Calls procedures from inside the server, as whoever a context is of: through the same guard as everybody. @throws TRPCError */
export const callingAs =
  (ctx: Context) =>
  async <Path extends ProcedurePath>(
    path: Path,
    input: SentTo<ProcedureAt<Path>>,
  ): Promise<AnswerOf<ProcedureAt<Path>>> =>
    callTRPCProcedure({
      router: appRouter,
      path,
      getRawInput: async () => input,
      ctx,
      type: procedureAt(path).kind,
      signal: undefined,
      batchIndex: 0,
    });
