import { type Database, type JournalNews, listen, MAX_NOTIFY_BYTES, notify } from '@tenantree/db';
import { type AccountId, isId, isRecord } from '@tenantree/domain';
import { type CutAnswer, type CutQuestion, readAnswer, readQuestion } from './cut-count.ts';

/** What one server tells the others about one tree: which versions it committed, and what they changed. */
export type TreeNews = {
  readonly root: AccountId;
  readonly versions: readonly number[];
  /** By the names of channels: whose state changed; null: more than is listed. Nothing did on a channel that is not named. */
  readonly changed: Readonly<Record<string, readonly AccountId[] | null>>;
  /** Where it comes in texts that belong together, whose newest version is `of`: how many went before. Versions come with the last one. */
  readonly part?: { readonly of: number; readonly before: number; readonly last: boolean };
};

/** What one server tells the others in one text. */
export type News = {
  /** Who tells; servers ignore their own. */
  readonly from: string;
  readonly trees: readonly TreeNews[];
  /** Of journals. */
  readonly rows: readonly JournalNews[];
  /** Bells that rang (bells.ts). */
  readonly rang?: readonly string[];
  /** A question to all others, and the answer to one (cut-count.ts). */
  readonly asks?: CutQuestion | undefined;
  readonly answers?: CutAnswer | undefined;
};

/**
 * Carries texts between the servers of one deployment. What is sent arrives in its order at every other server, and maybe at the one that
 * sent it, or gets lost: then it is read from the database.
 */
export type NewsCarrier = {
  /** Longest text that travels, in bytes. */
  readonly maxBytes: number;
  /** Sends a text. @param subject what it is about: the id of a tree's root, or a bell; for carriers that tell texts apart by that */
  publish(subject: string, text: string): void;
  /** Hears all texts until closed. Resolves when it does. @param onLost called when some may have been lost */
  subscribe(onText: (text: string) => void, onLost: () => void): Promise<{ close(): Promise<void> }>;
};

/** For a server that is alone. */
export const NO_NEWS: Pick<NewsCarrier, 'maxBytes' | 'publish'> = {
  maxBytes: Number.POSITIVE_INFINITY,
  publish: () => undefined,
};

/** A text on its way, and what it is about. */
type Telling = { readonly subject: string; readonly text: string };

type Draft = {
  readonly versions: Set<number>;
  readonly changed: Map<string, Set<AccountId> | null>;
};

/** Most accounts of a tree that one tick tells of on a channel, in some fifty texts. Where more changed, the others read which from the tree's own notes. */
const MOST_IDS = 10_000;

/** Gathers what this server committed, so that the others are told once per tick and not once per change (rules/live 6). */
export class Newsroom {
  readonly #from: string;
  readonly #carrier: Pick<NewsCarrier, 'maxBytes' | 'publish'>;
  readonly #drafts = new Map<AccountId, Draft>();
  readonly #rows: JournalNews[] = [];
  readonly #rang = new Set<string>();

  /** @param from names this server @param carrier carries texts to the other servers */
  constructor(from: string, carrier: Pick<NewsCarrier, 'maxBytes' | 'publish'>) {
    this.#from = from;
    this.#carrier = carrier;
  }

  /** Notes whose state a version changed on a channel; null: who knows. */
  note(root: AccountId, version: number, channel: string, ids: readonly AccountId[] | null): void {
    const draft = this.#draft(root);
    draft.versions.add(version);
    const known = draft.changed.get(channel);
    if (known === null) return;
    const all = known ?? new Set<AccountId>();
    for (const id of ids ?? []) all.add(id);
    draft.changed.set(channel, ids === null || all.size > MOST_IDS ? null : all);
  }

  /** Notes rows of a journal. What touches rights doesn't wait for the tick. */
  tell(news: JournalNews): void {
    this.#rows.push(news);
    if (news.rights !== null) this.flush();
  }

  /** Notes that a bell rang. */
  ring(bell: string): void {
    this.#rang.add(bell);
  }

  /** Asks the other servers something, or answers one, at once. */
  speak(what: Pick<News, 'asks' | 'answers'>): void {
    this.#carrier.publish('cuts', JSON.stringify({ from: this.#from, trees: [], rows: [], ...what } satisfies News));
  }

  /** Sends what was noted. */
  flush(): void {
    // One at a time: what waits travels together anyway.
    for (const bell of this.#rang)
      this.#carrier.publish(
        bell,
        JSON.stringify({ from: this.#from, trees: [], rows: [], rang: [bell] } satisfies News),
      );
    this.#rang.clear();
    for (const row of this.#rows.splice(0)) this.#carrier.publish(row.root, this.#write(row));
    for (const [root, { versions, changed }] of this.#drafts) {
      const news: TreeNews = {
        root,
        versions: [...versions],
        changed: Object.fromEntries([...changed].map(([name, ids]) => [name, ids && [...ids]])),
      };
      for (const { subject, text } of writeTree(this.#from, news, this.#carrier.maxBytes))
        this.#carrier.publish(subject, text);
    }
    this.#drafts.clear();
  }

  /** A row in one text; where it shows too much for that, the others read what. */
  #write(row: JournalNews): string {
    const write = (one: JournalNews): string =>
      JSON.stringify({ from: this.#from, trees: [], rows: [one] } satisfies News);
    const text = write(row);
    return text.length > this.#carrier.maxBytes ? write({ ...row, shows: null }) : text;
  }

  #draft(root: AccountId): Draft {
    const known = this.#drafts.get(root);
    if (known) return known;
    const draft: Draft = { versions: new Set(), changed: new Map() };
    this.#drafts.set(root, draft);
    return draft;
  }
}

/** Accounts of one text of several. */
const PART_IDS = 150;

/** Writes what happened in a tree: in one text where it fits, otherwise in several that are read together. @param maxBytes of a text; ours are ASCII */
export function writeTree(from: string, tree: TreeNews, maxBytes: number): Telling[] {
  const write = (news: TreeNews): string => JSON.stringify({ from, trees: [news], rows: [] } satisfies News);
  const { root } = tree;
  const texts: string[] = [];
  const of = Math.max(...tree.versions);
  let rest = tree;
  let text = write(rest);
  for (let next = firstList(rest); next && text.length > maxBytes; next = firstList(rest)) {
    const [name, ids] = next;
    const before = texts.length;
    const changed = { [name]: ids.slice(0, PART_IDS) };
    texts.push(write({ root, versions: [], changed, part: { of, before, last: false } }));
    const left = { ...rest.changed, [name]: ids.slice(PART_IDS) };
    rest = { ...rest, changed: left, part: { of, before: before + 1, last: true } };
    text = write(rest);
  }
  return [...texts, text].map((one) => ({ subject: root, text: one }));
}

/** The first channel of which accounts are listed. */
function firstList({ changed }: TreeNews): readonly [string, readonly AccountId[]] | undefined {
  for (const [name, ids] of Object.entries(changed)) if (ids && ids.length > 0) return [name, ids];
  return undefined;
}

type OpenParts = { of: number; parts: number; readonly changed: Map<string, AccountId[]> };

/** Puts together what came in several texts. Where one of them is missing it isn't known what changed: then it is read. */
export class Parts {
  /** By sender and tree. */
  readonly #open = new Map<string, OpenParts>();

  /** @returns null while more is to come */
  take(from: string, news: TreeNews): TreeNews | null {
    const { part, ...tree } = news;
    if (!part) return tree;
    const key = `${from} ${tree.root}`;
    const known = this.#open.get(key);
    const open: OpenParts = known?.of === part.of ? known : { of: part.of, parts: 0, changed: new Map() };
    const isWhole = open.parts === part.before;
    open.parts += 1;
    for (const [name, ids] of Object.entries(tree.changed)) {
      const known = open.changed.get(name) ?? [];
      for (const id of ids ?? []) known.push(id);
      open.changed.set(name, known);
    }
    if (!part.last) {
      this.#open.set(key, open);
      return null;
    }
    this.#open.delete(key);
    const changed = Object.entries(tree.changed).map(([name, ids]) => [
      name,
      isWhole && ids ? open.changed.get(name) : null,
    ]);
    return { ...tree, changed: Object.fromEntries(changed) };
  }
}

/** Reads a text; null when it isn't one of ours (another release may speak differently: then state is read again). */
export function readNews(text: string): News | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || typeof value['from'] !== 'string') return null;
  const { from, trees, rows, rang = [] } = value;
  if (!Array.isArray(trees) || !Array.isArray(rows) || !Array.isArray(rang) || !isTexts(rang)) return null;
  if (!trees.every(isTreeNews) || !rows.every(isJournalNews)) return null;
  const [asks, answers] = [readQuestion(value['asks']), readAnswer(value['answers'])];
  return { from, trees, rows, rang, ...(asks && { asks }), ...(answers && { answers }) };
}

const isIdsOrNull = (value: unknown): boolean =>
  value === null || (Array.isArray(value) && value.every((id) => typeof id === 'string' && isId(id)));
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
  isRecord(value['changed']) &&
  Object.values(value['changed']).every(isIdsOrNull) &&
  isPart(value['part']);

const isRights = (value: unknown): boolean =>
  isRecord(value) &&
  [value['users'], value['sessions'], value['keys'], value['tokens']].every(isTexts) &&
  (value['subtree'] === undefined || typeof value['subtree'] === 'string');

const isJournalNews = (value: unknown): value is JournalNews =>
  isRecord(value) &&
  typeof value['root'] === 'string' &&
  Number.isSafeInteger(value['after']) &&
  Number.isSafeInteger(value['seq']) &&
  (value['version'] === null || Number.isSafeInteger(value['version'])) &&
  isIdsOrNull(value['shows']) &&
  (value['moved'] === undefined || value['moved'] === true) &&
  (value['rights'] === null || isRights(value['rights']));

const NOTIFICATIONS = 'tenantree_live';
/** Stands between texts that travel together; JSON has none inside. */
const BETWEEN = '\n';

/**
 * News over the database's notifications. There is one channel, which every server hears: telling texts apart by subject would cost a LISTEN
 * per tree and save no work of the database. What waits while a notification is under way travels together.
 *
 * @param onError told when notifications could not be sent: they are lost
 */
export function notifyNews(db: Database, onError: (error: unknown) => void): NewsCarrier & { settle(): Promise<void> } {
  const waiting: string[] = [];
  let sending: Promise<void> | null = null;

  const sendAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      let payload = waiting.shift() ?? '';
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        if (payload.length + BETWEEN.length + next.length > MAX_NOTIFY_BYTES) break;
        payload += BETWEEN + next;
        waiting.shift();
      }
      await db.onBehalfOf(null, () => notify(db, NOTIFICATIONS, payload)).catch(onError);
    }
    sending = null;
  };

  return {
    maxBytes: MAX_NOTIFY_BYTES,
    publish: (_subject, text) => {
      waiting.push(text);
      // One after the other: that keeps their order and takes one connection.
      sending ??= sendAll();
    },
    subscribe: (onText, onLost) =>
      listen(db, NOTIFICATIONS, {
        onMessage: (payload) => payload.split(BETWEEN).forEach(onText),
        onReconnect: onLost,
      }),
    settle: async () => {
      await sending;
    },
  };
}
