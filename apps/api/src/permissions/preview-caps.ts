import { createHash } from 'node:crypto';
import type { CapsPreview } from '@tenantree/contract';
import {
  type CappedSubtree,
  readAccountRows,
  readCappedSubtree,
  readExplainedChain,
  readLastChange,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  type AccountLabel,
  type Caps,
  canonicalJson,
  capOutcome,
  decideLevels,
  type Instant,
  type Level,
  type Levels,
  PERMISSIONS,
  type PermissionKey,
  packLevels,
  previewCaps,
  type SomeLevels,
} from '@tenantree/domain';
import { z } from 'zod';
import { readSigned, writeCursor } from '../hall/cursor.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { lowestOf } from './read-caps.ts';

/** Accounts that a preview names. */
const SAMPLE = 50;

const counts = z.strictObject({ person: z.number(), key: z.number(), session: z.number() });
const shown = z.strictObject({
  version: z.number(),
  changed: z.number(),
  accounts: z.strictObject({ checked: z.number(), changed: z.number() }),
  holders: counts,
});
/** What a preview showed, as its save is told of it again: of which caps, and of which last change of the tree. */
export type Previewed = z.infer<typeof shown>;

/** A change of one entry. */
export type CapEntryChange = { readonly key: PermissionKey; readonly before: Level | null; readonly after: Level };

/** The entries that other levels change, in the registry's order. */
export const changesOf = ({ levels }: Pick<Caps, 'levels'>, changed: SomeLevels): CapEntryChange[] =>
  PERMISSIONS.flatMap(({ key }) => {
    const after = changed[key];
    return after === undefined ? [] : [{ key, before: levels[key] ?? null, after }];
  });

/** One preview is of one account and of these levels; no other save takes it. */
const kindOf = (account: AccountId, levels: SomeLevels): string =>
  `caps:${account}:${createHash('sha256')
    .update(canonicalJson({ ...levels }))
    .digest('base64url')}`;

/** What a preview told, where it was one of this change. */
export const readPreview = (hall: Hall, account: AccountId, levels: SomeLevels, text: string): Previewed | null =>
  readSigned(hall.settings.secret, kindOf(account, levels), shown, text);

/** Who would lose or gain what by other caps of an account (rules/permissions 17). @throws Refused CAPS_OF_ROOT, LEVEL_UNKNOWN */
export async function previewChange(hall: Hall, account: AccountId, wished: SomeLevels): Promise<CapsPreview> {
  const levels = granted(decideLevels(wished));
  const now = nowOf(hall);
  return hall.db.withTenant(
    account,
    async (trx) => {
      const { chain } = await readExplainedChain(trx, null);
      const stored = chain.at(-1)?.stored;
      if (!stored) return refuseWith('CAPS_OF_ROOT', 'A main account has no caps: nobody stands above it.', 'account');
      const { changed } = capOutcome(stored, { kind: 'set', levels });
      const subtree = await readCappedSubtree(trx, account, now);
      const above = lowestOf(chain.slice(0, -1));
      const effect = await effectOf(trx, subtree, { above, after: packLevels({ ...stored.levels, ...changed }), now });
      const { accounts, holders } = effect;
      const told: Previewed = { version: stored.version, changed: await readLastChange(trx), accounts, holders };
      return {
        ...effect,
        version: stored.version,
        changes: changesOf(stored, changed),
        preview: writeCursor(hall.settings.secret, kindOf(account, levels), told),
      };
    },
    { snapshot: true },
  );
}

type Terms = { readonly above: Levels; readonly after: Levels; readonly now: Instant };

async function effectOf(
  trx: TenantTransaction,
  { places, idAt, accounts }: CappedSubtree,
  { above, after, now }: Terms,
): Promise<Pick<CapsPreview, 'accounts' | 'holders' | 'rows' | 'sample'>> {
  const effect = previewCaps(above, places, after);
  const sample = effect.accounts.slice(0, SAMPLE).map(idAt);
  return {
    accounts: { checked: accounts, changed: effect.accounts.length },
    holders: effect.counts,
    rows: effect.rows.map(({ key, before, after, counts: holders }) => ({ key, before, after, holders })),
    sample: await namesOf(trx, sample, now),
  };
}

async function namesOf(trx: TenantTransaction, ids: readonly AccountId[], now: Instant): Promise<AccountLabel[]> {
  if (ids.length === 0) return [];
  const rows = await readAccountRows(trx, ids, now, 'without_minutes');
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return ids.flatMap((id) => {
    const name = names.get(id);
    return name === undefined ? [] : [{ id, name }];
  });
}
