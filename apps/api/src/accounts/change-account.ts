import { findSibling, updateMetadata, updateName, updateProtection } from '@tenantree/db';
import {
  type AccountRow,
  decideProtection,
  decideRename,
  type Metadata,
  type Protection,
  parseMetadata,
  parseName,
} from '@tenantree/domain';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { readBack } from './read-back.ts';
import type { Standing } from './standing.ts';

/** Renames an account; nothing happens when it has the name already (rules/accounts 8). @throws Refused */
export async function renameAccount(hall: Hall, caller: Caller, where: Standing, name: string): Promise<AccountRow> {
  const parsed = granted(parseName(name));
  // Siblings are looked at as the parent: the account alone can't see them.
  return hall.change(caller, { root: where.root, acting: where.parent?.id ?? where.id }, async (scope) => {
    const account = await scope.account(where.id);
    const sibling = where.parent ? await findSibling(scope.trx, where.parent.id, parsed.key) : null;
    const decision = granted(decideRename({ account, parent: where.parent, siblingOfThatName: sibling }, parsed));
    if (decision.outcome === 'rename') {
      await updateName(scope.trx, account.id, parsed.name, parsed.key, scope.version);
      const details = { before: account.name, after: parsed.name };
      scope.happened('account.renamed', account.id, details, { id: account.id, name: parsed.name });
      scope.shows([account.id]);
    }
    return readBack(hall, scope, account.id);
  });
}

/** Replaces an account's free metadata (rules/accounts 4). @throws Refused */
export async function setMetadata(
  hall: Hall,
  caller: Caller,
  where: Standing,
  metadata: unknown,
): Promise<{ metadata: Metadata }> {
  const parsed = granted(parseMetadata(metadata));
  return hall.change(caller, { root: where.root, acting: where.id }, async (scope) => {
    const account = await scope.account(where.id);
    if (account.status === 'closed')
      refuseWith('ACCOUNT_CLOSED', `“${account.name}” is closed. Reopen it before you change it.`);
    await updateMetadata(scope.trx, account.id, parsed, scope.version);
    const target = { id: account.id, name: account.name };
    scope.happened('account.metadataSet', account.id, { account: account.name }, target);
    return { metadata: parsed };
  });
}

/** Turns an account's protection against closing and erasing on or off (rules/accounts 9). @throws Refused */
export async function setProtection(
  hall: Hall,
  caller: Caller,
  where: Standing,
  protection: Protection,
): Promise<AccountRow> {
  return hall.change(caller, { root: where.root, acting: where.id }, async (scope) => {
    const account = await scope.account(where.id);
    granted(decideProtection(account, protection));
    await updateProtection(scope.trx, account.id, protection === 'on', scope.version);
    const details = { account: account.name, protection };
    scope.happened('account.protectionSet', account.id, details, { id: account.id, name: account.name });
    scope.shows([account.id]);
    return readBack(hall, scope, account.id);
  });
}
