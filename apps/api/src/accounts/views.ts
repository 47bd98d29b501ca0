import type { SavedView } from '@tenantree/contract';
import { deleteView, findView, insertView, readViews, type TenantTransaction, type ViewOwner } from '@tenantree/db';
import { type AccountId, nameKey, type RowId } from '@tenantree/domain';
import type { EmbedActor, Person } from '../context/actor.ts';
import type { Access } from '../guard/admit.ts';
import type { Handlers } from '../guard/procedure.ts';
import type { Hall } from '../hall/hall.ts';
import { Refused, refuseWith } from '../hall/refused.ts';

type Look = SavedView['look'];
/** Who asks, for which account's list. */
type Caller = { readonly access: Access; readonly actor: Person | EmbedActor };

/** Views that one may keep of one list, and as many that are shared. */
const MOST_VIEWS = 50;

/** Whose a view is. What a user of an embedded screen keeps is found again by whoever the same account's key is told is the same user. */
const ownerOf = (actor: Person | EmbedActor): string =>
  actor.kind === 'person' ? `person ${actor.user}` : `embed ${actor.key.account} ${actor.userRef}`;

/** Whose those are that are shared with an account. */
const SHARED = 'account';

/** The caller's own views of a list, and those that all see. */
const ownersIn = ({ access, actor }: Caller): { readonly mine: ViewOwner; readonly shared: ViewOwner } => ({
  mine: { account: access.id, owner: ownerOf(actor) },
  shared: { account: access.id, owner: SHARED },
});

/** @throws Refused FORBIDDEN: what all see is made by people who may manage what is listed (rules/accounts 32) */
function requireManager({ access, actor }: Caller): void {
  if (actor.kind !== 'person' || access.levels['account.subaccounts'] !== 'full')
    refuseWith(
      'FORBIDDEN',
      `Only people who may manage the subaccounts of “${access.name}” change views that are shared.`,
    );
}

/** Whose a view is that is there: the caller's, or everybody's, whom the caller may change it for. @throws Refused NOT_FOUND, FORBIDDEN */
async function ownerOfKept(trx: TenantTransaction, caller: Caller, view: RowId): Promise<ViewOwner> {
  const { mine, shared } = ownersIn(caller);
  if (await findView(trx, mine, view)) return mine;
  if (!(await findView(trx, shared, view))) noView();
  requireManager(caller);
  return shared;
}

/** @throws Refused BAD_REQUEST: a view that is there stays whose it is */
function requireSame(audience: SavedView['audience'] | undefined, { owner }: ViewOwner): void {
  if (audience === undefined || (audience === 'account') === (owner === SHARED)) return;
  const what =
    owner === SHARED
      ? 'This view is shared: delete it, and keep it as your own.'
      : 'This view is your own: save it as a new one to share it.';
  refuseWith('BAD_REQUEST', what, 'audience');
}

/** How a list is looked at changes nothing of what is listed: it takes no turn in the tree, and no log has it. */
const inList = <T>(hall: Hall, account: AccountId, work: (trx: TenantTransaction) => Promise<T>): Promise<T> =>
  hall.db.withTenant(account, work);

const noView = () => refuseWith('NOT_FOUND', 'There is no such view.', 'view');

export const views: Handlers<'views'> = {
  list: async ({ ctx }) => {
    const { mine, shared } = ownersIn(ctx);
    const read = async (trx: TenantTransaction) => [
      ...(await readViews<Look>(trx, shared)).map((view) => ({ ...view, audience: 'account' as const })),
      ...(await readViews<Look>(trx, mine)).map((view) => ({ ...view, audience: 'private' as const })),
    ];
    return { views: await ctx.hall.db.withTenant(ctx.access.id, read, { snapshot: true }) };
  },

  save: ({ ctx, input: { view, name, look, audience } }) =>
    inList(ctx.hall, ctx.access.id, async (trx) => {
      if (view === undefined && audience === 'account') requireManager(ctx);
      const { mine, shared } = ownersIn(ctx);
      const owner = view === undefined ? (audience === 'account' ? shared : mine) : await ownerOfKept(trx, ctx, view);
      requireSame(audience, owner);
      const id: RowId = view ?? ctx.hall.newId();
      const outcome = await insertView(trx, owner, { id, name, nameKey: nameKey(name), look }, MOST_VIEWS);
      const isShared = owner.owner === SHARED;
      const there = isShared ? 'There already is a shared view' : 'You already have a view';
      if (outcome === 'taken')
        throw new Refused({ code: 'NAME_TAKEN', message: `${there} named “${name}”.`, field: 'name' });
      const kept = isShared ? 'There are' : 'You keep';
      if (outcome === 'many')
        refuseWith('BAD_REQUEST', `${kept} ${MOST_VIEWS} views of this list. Delete one first.`, 'name');
      return { id };
    }),

  remove: ({ ctx, input }) =>
    inList(ctx.hall, ctx.access.id, async (trx) => {
      if (!(await deleteView(trx, await ownerOfKept(trx, ctx, input.view), input.view))) noView();
      return {};
    }),
};
