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
  capOutcome,
  decideLevels,
  type Instant,
  type Level,
  type Levels,
  levelsAfter,
  PERMISSIONS,
  type PermissionKey,
  packLevels,
  previewCaps,
  type SomeLevels,
  type WishedLevels,
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
  streams: z.strictObject({ cut: z.number(), complete: z.boolean() }),
});
/** How many live streams would be cut, and whether every server has said so. */
export type StreamCuts = CapsPreview['streams'];
/** What a preview showed, as its save is told of it again: of which caps, and of which last change of the tree. */
export type Previewed = z.infer<typeof shown>;

/** A change of one entry. */
export type CapEntryChange = {
  readonly key: PermissionKey;
  readonly before: Level | null;
  readonly after: Level | null;
};

/** The entries that other levels change, in the registry's order. */
export const changesOf = ({ levels }: Pick<Caps, 'levels'>, changed: WishedLevels): CapEntryChange[] =>
  PERMISSIONS.flatMap(({ key }) => {
    const after = changed[key];
    return after === undefined ? [] : [{ key, before: levels[key] ?? null, after }];
  });

/** One preview is of one account and of these levels; no other save takes it. */
const kindOf = (account: AccountId, levels: WishedLevels): string =>
  `caps:${account}:${createHash('sha256')
    // An array has null for what is not named; what is to be undecided says so.
    .update(JSON.stringify(PERMISSIONS.map(({ key }) => (levels[key] === null ? 'undecided' : levels[key]))))
    .digest('base64url')}`;

/** What a preview told, where it was one of this change. */
export const readPreview = (hall: Hall, account: AccountId, levels: WishedLevels, text: string): Previewed | null =>
  readSigned(hall.settings.secret, kindOf(account, levels), shown, text);

/** Counts the live streams that other caps of an account would cut. */
export type CountCuts = (supposed: { readonly account: AccountId; readonly caps: Levels }) => Promise<StreamCuts>;

/**
 * Who would lose or gain what by other caps of an account, and how many live streams would be cut (rules/permissions 17).
 *
 * @throws Refused CAPS_OF_ROOT, LEVEL_UNKNOWN
 */
export async function previewChange(
  hall: Hall,
  account: AccountId,
  wished: WishedLevels,
  countCuts: CountCuts,
): Promise<CapsPreview> {
  const levels = granted(decideLevels(wished));
  const now = nowOf(hall);
  const { stored, after, changed, effect, lastChange } = await hall.db.withTenant(
    account,
    async (trx) => {
      const { chain } = await readExplainedChain(trx, null);
      const stored = chain.at(-1)?.stored;
      if (!stored) return refuseWith('CAPS_OF_ROOT', 'A main account has no caps: nobody stands above it.', 'account');
      const { changed } = capOutcome(stored, { kind: 'set', levels });
      const subtree = await readCappedSubtree(trx, account, now);
      const after = packLevels(levelsAfter(stored.levels, changed));
      const effect = await effectOf(trx, subtree, { above: lowestOf(chain.slice(0, -1)), after, now });
      return { stored, after, changed, effect, lastChange: await readLastChange(trx) };
    },
    { snapshot: true },
  );
  // Outside the transaction: other servers are waited for.
  const streams = await countCuts({ account, caps: after });
  const { version } = stored;
  const { accounts, holders } = effect;
  const told: Previewed = { version, changed: lastChange, accounts, holders, streams };
  return {
    ...effect,
    streams,
    version,
    changes: changesOf(stored, changed),
    preview: writeCursor(hall.settings.secret, kindOf(account, levels), told),
  };
}

/** Who lost or gained what by a save, as things stand now. */
export const countEffect = (
  hall: Hall,
  account: AccountId,
  { before, after }: { readonly before: SomeLevels; readonly after: SomeLevels },
): Promise<Effect> =>
  hall.db.withTenant(
    account,
    async (trx) => {
      const now = nowOf(hall);
      const { chain } = await readExplainedChain(trx, null);
      const { places, ...subtree } = await readCappedSubtree(trx, account, now);
      // The account is the first of its subtree.
      const then = places.with(0, { ...places[0]!, caps: packLevels(before) });
      const above = lowestOf(chain.slice(0, -1));
      return effectOf(trx, { ...subtree, places: then }, { above, after: packLevels(after), now });
    },
    { snapshot: true },
  );

type Terms = { readonly above: Levels; readonly after: Levels; readonly now: Instant };
type Effect = Pick<CapsPreview, 'accounts' | 'holders' | 'rows' | 'sample'>;

async function effectOf(
  trx: TenantTransaction,
  { places, idAt, accounts }: CappedSubtree,
  { above, after, now }: Terms,
): Promise<Effect> {
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
