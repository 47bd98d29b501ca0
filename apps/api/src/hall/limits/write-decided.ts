import { type AccountState, writeLimit } from '@tenantree/db';
import {
  type AccountId,
  crossingsOf,
  type LimitKind,
  type LimitPlan,
  type LimitState,
  shownOf,
  shownTerms,
} from '@tenantree/domain';
import type { Change } from '../change.ts';

/** The way down to an account, as limits along it are read where no names are told. */
export const namedPath = (path: readonly AccountId[]): { readonly id: AccountId; readonly name: string }[] =>
  path.map((id) => ({ id, name: '' }));

/** Why a threshold is reached although nothing more is used. */
const BY_SETTING: Readonly<Record<string, string>> = { cause: 'limit lowered' };

/**
 * Writes what was decided of an account's limit, inside a change, and says what was set and what is reached by it.
 *
 * @param log of which account it is said
 */
export async function writeDecided(
  scope: Change,
  { id, name }: Pick<AccountState, 'id' | 'name'>,
  kind: LimitKind,
  { before, chain }: Pick<LimitPlan, 'before' | 'chain'>,
  log: AccountId = id,
): Promise<void> {
  const own = chain[0] ?? before;
  // A maximum that is lowered past what is used is a crossing, too; what has told of the former one has told.
  const { fired, told } =
    own.cap === null
      ? { fired: 0, told: [] }
      : crossingsOf(own.thresholds, own.cap, before.fired, { low: own.used, high: own.used });
  await writeLimit(scope.trx, kind, chain, fired, scope.now);
  const max = own.cap === null ? 'unlimited' : shownOf(kind, own.cap);
  const details = { kind: kind.stored, account: name, max, ...terms(kind, before, own) };
  scope.happened('limit.set', log, details, { id, name });
  for (const threshold of told)
    scope.happened('limit.reached', log, { account: name, kind: kind.stored, threshold, ...BY_SETTING }, { id, name });
}

const terms = (kind: LimitKind, before: LimitState, after: LimitState): Record<string, string | number> => ({
  before: JSON.stringify(shownTerms(kind, before)),
  after: JSON.stringify(shownTerms(kind, after)),
});
