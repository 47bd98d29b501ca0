import { endSession, endSessions, readChain, readEntrances, readSessions, renamePerson } from '@tenantree/db';
import { type AccountId, parseName, type Role } from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import type { Handlers } from '../guard/procedure.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';

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

export const session: Handlers<'session'> = {
  me: async ({ ctx: { actor, hall } }) => {
    const accounts = await accountsOf(hall, actor);
    return {
      actor: actor.kind,
      user: actor.kind === 'person' ? { id: actor.user, name: actor.name, email: actor.email } : null,
      accounts,
      home: accounts[0]?.id ?? null,
    };
  },

  rename: async ({ ctx: { actor, hall }, input }) => {
    const { name } = granted(parseName(input.name));
    await renamePerson(hall.db, actor.user, name, nowOf(hall));
    return { name };
  },

  list: async ({ ctx: { actor, hall } }) => {
    const sessions = await readSessions(hall.db, actor.user, nowOf(hall));
    return { sessions: sessions.map((one) => ({ ...one, isThis: one.id === actor.sessionId })) };
  },

  end: async ({ ctx: { actor, caller, hall }, input }) => {
    await hall.changeSignIn(caller, async ({ trx, happened, rights }) => {
      if (!(await endSession(trx, actor.user, input.id)))
        refuseWith('NOT_FOUND', 'There is no such session of yours.', 'id');
      happened('person.sessionsEnded', { count: 1 });
      rights({ users: [actor.user] });
    });
    return {};
  },

  endAll: async ({ ctx: { actor, caller, hall } }) => {
    await hall.changeSignIn(caller, async ({ trx, happened, rights }) => {
      happened('person.sessionsEnded', { count: await endSessions(trx, actor.user) });
      rights({ users: [actor.user] });
    });
    return {};
  },
};
