import { endSession, endSessions, readChain, readEntrances, readSessions, renamePerson } from '@tenantree/db';
import { type AccountId, parseName, type Role } from '@tenantree/domain';
import { z } from 'zod';
import type { Actor, Person } from '../context/actor.ts';
import { router, signedInProcedure } from '../guard/procedure.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import * as inputs from '../hall/inputs.ts';
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

  rename: signedInProcedure.input(z.strictObject({ name: inputs.text(0, 4_000) })).mutation(async ({ ctx, input }) => {
    const person = personOf(ctx.actor);
    const { name } = granted(parseName(input.name));
    await renamePerson(ctx.hall.db, person.user, name, nowOf(ctx.hall));
    return { name };
  }),

  list: signedInProcedure.query(async ({ ctx }) => {
    const person = personOf(ctx.actor);
    const sessions = await readSessions(ctx.hall.db, person.user, nowOf(ctx.hall));
    return { sessions: sessions.map((session) => ({ ...session, isThis: session.id === person.sessionId })) };
  }),

  end: signedInProcedure.input(z.strictObject({ id: inputs.rowId })).mutation(async ({ ctx, input }) => {
    const person = personOf(ctx.actor);
    await ctx.hall.changeSignIn(ctx.caller, async ({ trx, happened, rights }) => {
      if (!(await endSession(trx, person.user, input.id)))
        refuseWith('NOT_FOUND', 'There is no such session of yours.', 'id');
      happened('person.sessionsEnded', { count: 1 });
      rights({ users: [person.user] });
    });
    return {};
  }),

  endAll: signedInProcedure.mutation(async ({ ctx }) => {
    const person = personOf(ctx.actor);
    await ctx.hall.changeSignIn(ctx.caller, async ({ trx, happened, rights }) => {
      happened('person.sessionsEnded', { count: await endSessions(trx, person.user) });
      rights({ users: [person.user] });
    });
    return {};
  }),
});

/** Sessions are of people; what acts for one has none. @throws Refused FORBIDDEN */
const personOf = (actor: Actor): Person =>
  actor.kind === 'person' ? actor : refuseWith('FORBIDDEN', 'Only a signed-in person has a name and sessions.');
