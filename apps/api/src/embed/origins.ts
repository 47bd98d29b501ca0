import type { ShownOrigins } from '@tenantree/contract';
import { endUnlistedSessions, findOriginList, type OriginList, storeOriginList } from '@tenantree/db';
import { parseOriginList } from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted } from '../hall/refused.ts';

/** The list of origins that holds for the acting account: its own, or that of the nearest account above that has one. */
export const originsOf = async (hall: Hall, account: Access): Promise<ShownOrigins> =>
  shownList(await findOriginList(hall.db, account.id), account);

function shownList(list: OriginList | null, { chain, reached }: Access): ShownOrigins {
  if (!list) return { origins: null, from: null };
  const owner = reached.includes(list.account) ? chain.find((link) => link.id === list.account) : undefined;
  return {
    origins: list.origins,
    from: owner ? { id: owner.id, name: owner.name } : { id: null, name: 'an account above you' },
  };
}

/**
 * Gives the acting account a list of its own, which holds for all below it that have none; or takes it away (null). Live sessions on origins
 * that are not listed any more end.
 *
 * @returns the list that holds now
 * @throws Refused BAD_REQUEST
 */
export async function setOrigins(
  hall: Hall,
  caller: Caller,
  account: Access,
  wish: readonly string[] | null,
): Promise<ShownOrigins> {
  const own = wish && granted(parseOriginList(wish));
  const above = account.parent && own === null ? await findOriginList(hall.db, account.parent.id) : null;
  const list = own === null ? above : { account: account.id, origins: own };
  await hall.change(caller, { root: account.root, acting: account.id }, async ({ trx, now, happened, rights }) => {
    await storeOriginList(trx, account.id, own);
    const origins = own === null ? 'those above' : own.join(', ') || 'none';
    const details = { account: account.name, origins };
    happened('embed.originsSet', account.id, details, { id: account.id, name: account.name });
    if (list === null) return;
    const tokens = await endUnlistedSessions(trx, account.id, list.origins, now);
    if (tokens.length > 0) rights({ tokens });
  });
  return shownList(list, account);
}
