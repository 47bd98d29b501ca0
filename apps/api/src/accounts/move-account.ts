import {
  endUnlistedSessions,
  findSibling,
  lockOrigins,
  moveSubtree,
  readOriginList,
  subtreeHeight,
  transfersMeet,
} from '@tenantree/db';
import { type AccountId, type AccountRow, decideMove } from '@tenantree/domain';
import type { Change } from '../hall/change.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { act } from '../hall/transfer/act.ts';
import { readBack } from './read-back.ts';
import type { Standing } from './standing.ts';

/**
 * Moves an account with its subtree under another parent of the same tree (rules/accounts 19). Usage counted before stays with the
 * ancestors of its time; whoever reached the account only through the parents it leaves has lost it at once.
 *
 * @param commonAncestor the lowest account above both, as which the change is made
 * @throws Refused
 */
export async function moveAccount(
  hall: Hall,
  caller: Caller,
  where: Standing,
  to: AccountId,
  commonAncestor: AccountId,
): Promise<AccountRow> {
  return hall.change(caller, { root: where.root, acting: commonAncestor }, async (scope) => {
    const account = await scope.account(where.id);
    const target = await scope.account(to);
    if (account.transferUntil !== null) await act(hall, scope, caller, where.id, { event: 'move' });
    if (await transfersMeet(scope.trx, where.id, to))
      refuseWith(
        'NESTED_TRANSFER',
        'Below it, an account is in a billing transfer, and so is one above its new place.',
        'to',
      );
    const state = {
      account: { ...account, levelsBelow: await subtreeHeight(scope.trx, account) },
      to: target,
      siblingOfThatName: await findSibling(scope.trx, to, account.nameKey),
      maxDepth: hall.settings.maxDepth,
    };
    const move = granted(decideMove(state));
    await followOrigins(scope, account.id, to);
    await moveSubtree(scope.trx, account.id, move.parentId, scope.version, scope.now);
    const places = { before: where.parent?.name ?? '', after: target.name };
    // Whoever reads of it is told the places only as far as they reach them.
    const details = { account: account.name, ...places, beforeId: account.parentId ?? '', afterId: target.id };
    scope.happened('account.moved', account.id, details, { id: account.id, name: account.name });
    scope.left(account.path);
    scope.shows([...account.path, ...move.path]);
    scope.movesUsage();
    scope.rights({ subtree: account.id });
    return readBack(hall, scope, account.id);
  });
}

/** Where another list of origins holds from now on, sessions on what is not on it end; accounts below their own list stay with that (rules/keys 13). */
async function followOrigins({ trx, now }: Change, account: AccountId, to: AccountId): Promise<void> {
  const [before, after] = [await readOriginList(trx, account), await readOriginList(trx, to)];
  if (after === null || before?.account === account || before?.account === after.account) return;
  await lockOrigins(trx);
  // Who watches below the account is asked about again in any case.
  await endUnlistedSessions(trx, account, after.origins, now);
}
