import { readChain, readEntrances } from '@tenantree/db';
import type { AccountId, Role } from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import { router, signedInProcedure } from '../guard/procedure.ts';
import type { Hall } from '../hall/hall.ts';

type KnownAccount = { readonly id: AccountId; readonly name: string; readonly role: Role | null };

/** More accounts than these nobody picks from a list. */
const MOST_ENTRANCES = 500;

/** Where somebody may start: a person's memberships, the account of an embedded screen, or that of a key, in parts where it is kept to some. */
async function accountsOf(hall: Hall, actor: Actor): Promise<KnownAccount[]> {
  if (actor.kind === 'person') return readEntrances(hall.db, actor.user, MOST_ENTRANCES);
  const accounts: KnownAccount[] = [];
  for (const id of actor.standing.bounds.within ?? [actor.account]) {
    const account = (await readChain(hall.db, id)).at(-1);
    if (account) accounts.push({ id, name: account.name, role: null });
  }
  return accounts;
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
