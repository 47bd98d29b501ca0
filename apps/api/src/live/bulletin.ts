import { type AccountId, isId, isRecord } from '@tenantree/domain';
import type { AccessChange } from './ports.ts';

/** What one server tells the others about one tree: which versions it committed, and what they changed (null: more than fits). */
export type TreeNews = {
  readonly root: AccountId;
  readonly versions: readonly number[];
  readonly usage: readonly AccountId[] | null;
  readonly accounts: readonly AccountId[] | null;
};

/** What one server tells the others. */
export type Bulletin = {
  /** Who tells; servers ignore their own. */
  readonly from: string;
  readonly trees: readonly TreeNews[];
  readonly access: readonly AccessChange[];
};

/** Longest payload of a PostgreSQL notification (bytes); ours is ASCII. */
const MAX_BYTES = 7_999;

/**
 * Writes news as notifications that fit: several small trees share one, and a tree that changed in more accounts than fit is sent without
 * them, so that whoever reads it reads what changed.
 */
export function writeBulletins(from: string, trees: readonly TreeNews[], access: readonly AccessChange[]): string[] {
  const texts: string[] = [];
  let open: TreeNews[] = [];
  const write = (some: readonly TreeNews[], changes: readonly AccessChange[]): string =>
    JSON.stringify({ from, trees: some, access: changes } satisfies Bulletin);
  for (const change of access) texts.push(write([], [change]));
  for (const tree of trees) {
    const fits = write([tree], []).length <= MAX_BYTES;
    const news = fits ? tree : { ...tree, usage: null, accounts: null };
    if (open.length > 0 && write([...open, news], []).length > MAX_BYTES) {
      texts.push(write(open, []));
      open = [];
    }
    open.push(news);
  }
  if (open.length > 0) texts.push(write(open, []));
  return texts;
}

/** Reads a notification; null when it isn't one of ours (another release may speak differently: then state is read again). */
export function readBulletin(text: string): Bulletin | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || typeof value['from'] !== 'string') return null;
  const { from, trees, access } = value;
  if (!Array.isArray(trees) || !Array.isArray(access)) return null;
  return trees.every(isTreeNews) && access.every(isAccessChange) ? { from, trees, access } : null;
}

const isIds = (value: unknown): boolean =>
  Array.isArray(value) && value.every((id) => typeof id === 'string' && isId(id));
const isIdsOrNull = (value: unknown): boolean => value === null || isIds(value);
const isTexts = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((text) => typeof text === 'string'));

const isTreeNews = (value: unknown): value is TreeNews =>
  isRecord(value) &&
  typeof value['root'] === 'string' &&
  Array.isArray(value['versions']) &&
  value['versions'].every((version) => Number.isSafeInteger(version)) &&
  isIdsOrNull(value['usage']) &&
  isIdsOrNull(value['accounts']);

const isAccessChange = (value: unknown): value is AccessChange =>
  isRecord(value) &&
  [value['users'], value['sessions'], value['keys'], value['tokens']].every(isTexts) &&
  (value['subtree'] === undefined || typeof value['subtree'] === 'string');
