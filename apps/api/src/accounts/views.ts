import { deleteView, findView, insertView, readViews, type TenantTransaction } from '@tenantree/db';
import { type AccountId, nameKey, type RowId } from '@tenantree/domain';
import type { EmbedActor, Person } from '../context/actor.ts';
import type { Handlers } from '../guard/procedure.ts';
import type { Hall } from '../hall/hall.ts';
import { Refused, refuseWith } from '../hall/refused.ts';

/** Views that one may keep of one list. */
const MOST_VIEWS = 50;

/** Whose a view is. What a user of an embedded screen keeps is found again by whoever the same account's key is told is the same user. */
const ownerOf = (actor: Person | EmbedActor): string =>
  actor.kind === 'person' ? `person ${actor.user}` : `embed ${actor.key.account} ${actor.userRef}`;

/** What people keep for themselves changes nothing that others see: it takes no turn in the tree, and no log has it. */
const inList = <T>(hall: Hall, account: AccountId, work: (trx: TenantTransaction) => Promise<T>): Promise<T> =>
  hall.db.withTenant(account, work);

const noView = () => refuseWith('NOT_FOUND', 'There is no such view.', 'view');

export const views: Handlers<'views'> = {
  list: async ({ ctx: { hall, access, actor } }) => {
    const mine = { account: access.id, owner: ownerOf(actor) };
    return { views: await hall.db.withTenant(access.id, (trx) => readViews(trx, mine), { snapshot: true }) };
  },

  save: ({ ctx: { hall, access, actor }, input: { view, name, look } }) =>
    inList(hall, access.id, async (trx) => {
      const mine = { account: access.id, owner: ownerOf(actor) };
      if (view !== undefined && !(await findView(trx, mine, view))) noView();
      const id: RowId = view ?? hall.newId();
      const outcome = await insertView(trx, mine, { id, name, nameKey: nameKey(name), look }, MOST_VIEWS);
      if (outcome === 'taken')
        throw new Refused({ code: 'NAME_TAKEN', message: `You already have a view named “${name}”.`, field: 'name' });
      if (outcome === 'many')
        refuseWith('BAD_REQUEST', `You keep ${MOST_VIEWS} views of this list. Delete one first.`, 'name');
      return { id };
    }),

  remove: ({ ctx: { hall, access, actor }, input }) =>
    inList(hall, access.id, async (trx) => {
      const mine = { account: access.id, owner: ownerOf(actor) };
      if (!(await deleteView(trx, mine, input.view))) noView();
      return {};
    }),
};
