import { accountsRouter } from './accounts/procedures.ts';
import { agentsRouter } from './agents/procedures.ts';
import { auditRouter } from './audit/procedures.ts';
import { embedRouter } from './embed/procedures.ts';
import { router } from './guard/procedure.ts';
import { jobsRouter } from './jobs/procedures.ts';
import { keysRouter } from './keys/procedures.ts';
import { membersRouter } from './members/procedures.ts';
import { sessionRouter } from './session/procedures.ts';
import { setupRouter } from './setup/procedures.ts';
import { usageRouter } from './usage/procedures.ts';

/** Everything that can be asked of Tenantree. What each procedure needs stands in guard/access.ts. */
export const appRouter = router({
  accounts: accountsRouter,
  agents: agentsRouter,
  audit: auditRouter,
  embed: embedRouter,
  jobs: jobsRouter,
  keys: keysRouter,
  members: membersRouter,
  session: sessionRouter,
  setup: setupRouter,
  usage: usageRouter,
});

/** The router's type: all that a typed client needs, and all of this package that it may import. */
export type AppRouter = typeof appRouter;
