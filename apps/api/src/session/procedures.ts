import { readChain, readEntrances } from '@tenantree/db';
import type { AccountId, Role } from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import { router, signedInProcedure } from '../guard/procedure.ts';
import type { Hall } from '../hall/hall.ts';

type KnownAccount = { readonly id: AccountId; readonly name: string; readonly role: Role | null };

/** More accounts than these nobody picks from a list. */
const MOST_ENTRANCES = 500;

/** Where somebody may start: a person's memberships, or the one account of a key or token. */
async function accountsOf(hall: Hall, actor: Actor): Promise<KnownAccount[]> {
  if (actor.kind === 'person') return readEntrances(hall.db, actor.user, MOST_ENTRANCES);
  const account = (await readChain(hall.db, actor.account)).at(-1);
  return account ? [{ id: account.id, name: account.name, role: null }] : [];
}

export const sessionRouter = router({
  me: signedInProcedure.query(async ({ ctx }) => {
    const { actor } = ctx;
    const accounts = await accountsOf(ctx.hall, actor);
    return {
      actor: actor.kind,
      user: actor.kind === 'person' ? { id: actor.user, name: actor.name, email: actor.email } : null,
      accounts,
      /** Where the web app opens: the topmost account, and of several such the oldest membership. */
      home: accounts[0]?.id ?? null,
    };
  }),
});
