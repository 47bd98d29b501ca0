import {
  deleteLinks,
  deleteProducts,
  findProducts,
  findUsers,
  forgetWhatWas,
  type HandedCopy,
  readCopiesFromAbove,
  type SettledProduct,
  type TenantTransaction,
  take,
  updateProduct,
  type Writing,
  writeSecrets,
} from '@tenantree/db';
import type { AccountId } from '@tenantree/domain';
import { parseDocument, productKind } from '@tenantree/domain/products';
import type { By, Change } from '../hall/change.ts';
import { granted } from '../hall/refused.ts';

/** Products that one transfer settles at the most; what is more stays with the account. */
const MOST_COPIES = 20_000;

/**
 * Does with products that came from above what the transfer was started with, as a part of its completion (rules/transfer 15): replaced by a blank
 * they keep their name and nothing else, taken back they are gone, and neither has a past any more. What something that stays needs is replaced.
 *
 * @param path of the account that leaves, root first
 */
export async function settleProducts(
  scope: Change,
  by: By,
  path: readonly AccountId[],
  settled: readonly SettledProduct[],
): Promise<{ readonly blank: number; readonly takenBack: number }> {
  const counts = { blank: 0, takenBack: 0 };
  if (settled.length === 0) return counts;
  const as = new Map(settled.map((one) => [one.product, one.as]));
  const copies = await readCopiesFromAbove(scope.trx, path, { only: [...as.keys()], limit: MOST_COPIES });
  for (const [account, all] of Map.groupBy(copies, (copy) => copy.account)) {
    const { id, name } = by.actor;
    const at = { account, at: scope.now, by: { id, name }, treeVersion: scope.version };
    const blank = all.filter(({ source }) => as.get(source.product) === 'blank');
    for (const copy of blank) await makeBlank(scope.trx, { ...at, kind: copy.kind }, copy);
    let going = all.filter(({ source }) => as.get(source.product) === 'take_back');
    for (;;) {
      const needed = await neededBy(scope.trx, account, going);
      for (const copy of needed) await makeBlank(scope.trx, { ...at, kind: copy.kind }, copy);
      blank.push(...needed);
      going = going.filter((copy) => !needed.includes(copy));
      if (needed.length === 0) break;
    }
    for (const [kind, gone] of Map.groupBy(going, (copy) => copy.kind)) await remove(scope, { ...at, kind }, gone);
    counts.blank += blank.length;
    counts.takenBack += going.length;
    if (going.some(({ kind }) => productKind(kind).limit === 'agents'))
      scope.shows((await scope.account(account)).path);
  }
  return counts;
}

/** Those of what is to go that something which stays can't do without. */
async function neededBy(
  trx: TenantTransaction,
  account: AccountId,
  going: readonly HandedCopy[],
): Promise<HandedCopy[]> {
  const ids = new Set(going.map(({ product }) => product));
  const needed: HandedCopy[] = [];
  for (const copy of going) {
    const users = await findUsers(trx, account, [copy.product], { need: 'required', limit: ids.size + 1 });
    if (users.some(({ id }) => !ids.has(id))) needed.push(copy);
  }
  return needed;
}

async function makeBlank(trx: TenantTransaction, writing: Writing, { account, product }: HandedCopy): Promise<void> {
  const kind = productKind(writing.kind);
  const [row] = await findProducts(trx, account, writing.kind, [product]);
  if (!row) return;
  const { name, document, secretPlaces } = granted(parseDocument(kind, { name: row.name }, null));
  const { id, externalId } = row;
  await updateProduct(trx, writing, { id, externalId, version: row.version + 1, name, document, refs: [] });
  await forgetWhatWas(trx, account, [product]);
  await writeSecrets(trx, account, product, { set: [], cleared: [], places: secretPlaces });
  await deleteLinks(trx, [{ account, product }]);
}

async function remove({ trx, version }: Change, writing: Writing, gone: readonly HandedCopy[]): Promise<void> {
  const ids = gone.map(({ product }) => product);
  await deleteProducts(trx, writing, ids, 'forgotten');
  await forgetWhatWas(trx, writing.account, ids);
  const { limit } = productKind(writing.kind);
  if (limit) await take(trx, [{ account: writing.account, resource: limit, n: -ids.length }], version);
}
