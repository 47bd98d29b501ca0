import type { AccountId } from '@tenantree/domain';
import { type TreeNews, writeAccess, writeTree } from './bulletin.ts';
import type { AccessChange, News } from './ports.ts';

type Draft = {
  readonly versions: Set<number>;
  usage: Set<AccountId> | null;
  accounts: Set<AccountId> | null;
  moved?: true;
};

/** Most accounts of a tree that one tick tells of, in some fifty texts. Where more changed, the others read which from the tree's own notes. */
const MOST_IDS = 10_000;

/** Gathers what this server committed, so that the others are told once per tick and not once per change (performance.md 7). */
export class NewsDesk {
  readonly #from: string;
  readonly #news: Pick<News, 'maxBytes' | 'publish'>;
  readonly #drafts = new Map<AccountId, Draft>();

  /** @param from names this server @param news carries texts to the other servers */
  constructor(from: string, news: Pick<News, 'maxBytes' | 'publish'>) {
    this.#from = from;
    this.#news = news;
  }

  /** Notes what a version changed on a channel. @param ids null when it is not known, or too much */
  note(channel: 'usage' | 'accounts', root: AccountId, version: number, ids: Iterable<AccountId> | null): void {
    const draft = this.#draft(root);
    draft.versions.add(version);
    const known = draft[channel];
    if (known === null) return;
    for (const id of ids ?? []) known.add(id);
    if (ids === null || known.size > MOST_IDS) draft[channel] = null;
  }

  /** Notes that accounts came to where their minutes are news. */
  noteMove(root: AccountId): void {
    this.#draft(root).moved = true;
  }

  /** Access changes don't wait for the tick. */
  tellAccess(change: AccessChange): void {
    const { subject, text } = writeAccess(this.#from, change);
    this.#news.publish(subject, text);
  }

  /** Sends what was noted. */
  flush(): void {
    const list = (ids: Set<AccountId> | null): AccountId[] | null => ids && [...ids];
    for (const [root, { usage, accounts, ...draft }] of this.#drafts) {
      const news: TreeNews = {
        root,
        ...draft,
        versions: [...draft.versions],
        usage: list(usage),
        accounts: list(accounts),
      };
      for (const { subject, text } of writeTree(this.#from, news, this.#news.maxBytes))
        this.#news.publish(subject, text);
    }
    this.#drafts.clear();
  }

  #draft(root: AccountId): Draft {
    const known = this.#drafts.get(root);
    if (known) return known;
    const draft: Draft = { versions: new Set(), usage: new Set(), accounts: new Set() };
    this.#drafts.set(root, draft);
    return draft;
  }
}
