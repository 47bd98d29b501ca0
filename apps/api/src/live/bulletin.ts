import { type AccountId, isId, isRecord } from '@tenantree/domain';
import type { AccessChange } from './ports.ts';

/** What one server tells the others about one tree: which versions it committed, and what they changed (null: more than is listed). */
export type TreeNews = {
  readonly root: AccountId;
  readonly versions: readonly number[];
  readonly usage: readonly AccountId[] | null;
  readonly accounts: readonly AccountId[] | null;
  /** Accounts came to where their minutes are news. */
  readonly moved?: true;
  /** Where it comes in texts that belong together, whose newest version is `of`: how many went before. Versions come with the last one. */
  readonly part?: { readonly of: number; readonly before: number; readonly last: boolean };
};

/** What one server tells the others in one text. */
export type Bulletin = {
  /** Who tells; servers ignore their own. */
  readonly from: string;
  readonly trees: readonly TreeNews[];
  readonly access: readonly AccessChange[];
};

/** A bulletin on its way, and what it is about. */
export type Telling = { readonly subject: string; readonly text: string };

/** Accounts of one text of several. */
const PART_IDS = 150;

/** Writes a change of access. */
export const writeAccess = (from: string, change: AccessChange): Telling => ({
  subject: 'access',
  text: JSON.stringify({ from, trees: [], access: [change] } satisfies Bulletin),
});

/** Writes what happened in a tree: in one text where it fits, otherwise in several that are read together. @param maxBytes of a text; ours are ASCII */
export function writeTree(from: string, tree: TreeNews, maxBytes: number): Telling[] {
  const write = (news: TreeNews): string => JSON.stringify({ from, trees: [news], access: [] } satisfies Bulletin);
  const texts: string[] = [];
  const of = Math.max(...tree.versions);
  let rest = tree;
  let text = write(rest);
  while (text.length > maxBytes && (rest.usage?.length || rest.accounts?.length)) {
    const before = texts.length;
    const [usage, accounts] = rest.usage?.length
      ? ([rest.usage.slice(0, PART_IDS), []] as const)
      : ([[], rest.accounts?.slice(0, PART_IDS) ?? []] as const);
    texts.push(write({ root: tree.root, versions: [], usage, accounts, part: { of, before, last: false } }));
    rest = {
      ...rest,
      usage: rest.usage && rest.usage.slice(usage.length),
      accounts: rest.accounts && rest.accounts.slice(accounts.length),
      part: { of, before: before + 1, last: true },
    };
    text = write(rest);
  }
  return [...texts, text].map((one) => ({ subject: tree.root, text: one }));
}

/** Puts together what came in several texts. Where one of them is missing it isn't known what changed: then it is read. */
export class Parts {
  /** By sender and tree. */
  readonly #open = new Map<string, { of: number; usage: AccountId[]; accounts: AccountId[]; parts: number }>();

  /** @returns null while more is to come */
  take(from: string, news: TreeNews): TreeNews | null {
    const { part, ...tree } = news;
    if (!part) return tree;
    const key = `${from} ${tree.root}`;
    const known = this.#open.get(key);
    const open = known?.of === part.of ? known : { of: part.of, usage: [], accounts: [], parts: 0 };
    const isWhole = open.parts === part.before;
    open.parts += 1;
    for (const id of tree.usage ?? []) open.usage.push(id);
    for (const id of tree.accounts ?? []) open.accounts.push(id);
    if (!part.last) {
      this.#open.set(key, open);
      return null;
    }
    this.#open.delete(key);
    return {
      ...tree,
      usage: isWhole && tree.usage ? open.usage : null,
      accounts: isWhole && tree.accounts ? open.accounts : null,
    };
  }
}

/** Reads a text; null when it isn't one of ours (another release may speak differently: then state is read again). */
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
const isPart = (value: unknown): boolean =>
  value === undefined ||
  (isRecord(value) &&
    Number.isSafeInteger(value['of']) &&
    Number.isSafeInteger(value['before']) &&
    typeof value['last'] === 'boolean');

const isTreeNews = (value: unknown): value is TreeNews =>
  isRecord(value) &&
  typeof value['root'] === 'string' &&
  Array.isArray(value['versions']) &&
  value['versions'].every((version) => Number.isSafeInteger(version)) &&
  isIdsOrNull(value['usage']) &&
  isIdsOrNull(value['accounts']) &&
  (value['moved'] === undefined || value['moved'] === true) &&
  isPart(value['part']);

const isAccessChange = (value: unknown): value is AccessChange =>
  isRecord(value) &&
  [value['users'], value['sessions'], value['keys'], value['tokens']].every(isTexts) &&
  (value['subtree'] === undefined || typeof value['subtree'] === 'string');
