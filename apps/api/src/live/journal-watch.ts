import { type Head, type JournalNews, SIGN_IN_CHAIN } from '@tenantree/db';
import type { AccountId } from '@tenantree/domain';

/** The journal, as it is followed. */
export type JournalSource = {
  /** How far some trees are: one question, however many. */
  heads(roots: readonly AccountId[]): Promise<readonly Head[]>;
  /** What happened in a tree after a row, oldest first. */
  after(root: AccountId, seq: number, limit: number): Promise<readonly JournalNews[]>;
};

type Options = {
  readonly journal: JournalSource;
  /** Tells those who watch; some of it may come twice. */
  readonly tell: (news: JournalNews) => void;
  /** A tree is of another version than when it was looked at before. */
  readonly onMoved: (root: AccountId) => void;
  /** A tree is of this version. */
  readonly expect: (root: AccountId, version: number) => void;
  /** A tree's numbers went back: a backup was restored, or a standby took over that had not got everything. */
  readonly onLost: (root: AccountId) => void;
  /** Another history of the database is followed from now on: what was told of the former one may be lost, whatever the numbers are. */
  readonly onOtherHistory: () => void;
};

/** Rows that are read at one time. */
const ROWS = 500;
/** Rows before the first that is followed which are told of, too: somebody may have been let in before them, and not listened yet. */
const OVERLAP = 100;

type CatchUp = { readonly head: number; readonly isFirst: boolean };

/** How far a tree's rows have been told of, and those beyond a hole: by the row that they come after, up to which they go. */
type Followed = { reached: number; version: number; readonly ahead: Map<number, number> };

/**
 * Follows the journals of the trees that are watched here. Rows that this server wrote, or that others told of, are passed on at once. What
 * nobody told of is found when the heads are looked at: rows have numbers without a hole, so that whoever missed some knows which.
 */
export class JournalWatch {
  readonly #options: Options;
  readonly #followed = new Map<AccountId, Followed>();
  #epoch: string | null = null;
  #looking: Promise<void> | null = null;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Whether all of some trees are followed. */
  follows(roots: ReadonlySet<AccountId>): boolean {
    return this.#followed.has(SIGN_IN_CHAIN) && [...roots].every((root) => this.#followed.has(root));
  }

  /** Which history of the database is followed; nothing before `ready`. */
  get epoch(): string {
    return this.#epoch ?? '';
  }

  /** Resolves when it is known which history of the database is followed. */
  async ready(): Promise<void> {
    if (this.#epoch === null) await this.look(new Set());
  }

  /** Rows were committed here, or somebody told of them. */
  heard(news: JournalNews): void {
    const followed = this.#followed.get(news.root);
    if (followed && news.seq <= followed.reached) return;
    this.#options.tell(news);
    if (!followed) return;
    followed.ahead.set(news.after, Math.max(news.seq, followed.ahead.get(news.after) ?? 0));
    for (
      let seq = followed.ahead.get(followed.reached);
      seq !== undefined;
      seq = followed.ahead.get(followed.reached)
    ) {
      followed.ahead.delete(followed.reached);
      followed.reached = seq;
    }
  }

  /** Looks how far the trees are that are watched, and reads what nobody told of. One look at a time. @throws when the database doesn't answer */
  look(roots: ReadonlySet<AccountId>): Promise<void> {
    return (this.#looking ??= this.#look(roots).finally(() => {
      this.#looking = null;
    }));
  }

  async #look(roots: ReadonlySet<AccountId>): Promise<void> {
    for (const root of this.#followed.keys())
      if (root !== SIGN_IN_CHAIN && !roots.has(root)) this.#followed.delete(root);
    // What is heard while the database answers may be newer than the answer.
    const before = new Map([...this.#followed].map(([root, { reached }]) => [root, reached]));
    const heads = await this.#options.journal.heads([SIGN_IN_CHAIN, ...roots]);
    const isSame = heads[0]?.epoch === this.#epoch;
    const isOther = !isSame && this.#epoch !== null;
    this.#epoch = heads[0]?.epoch ?? null;
    if (isOther) this.#options.onOtherHistory();
    for (const { root, seq, version } of heads) {
      const known = this.#followed.get(root);
      const isLost = known !== undefined && (seq < (before.get(root) ?? 0) || version < known.version);
      if (isLost) this.#options.onLost(root);
      if (known !== undefined && version !== known.version) this.#options.onMoved(root);
      // In another history some of the last rows may be others.
      const isFirst = !known || isLost || !isSame;
      const followed = isFirst
        ? { reached: Math.max(0, seq - OVERLAP), version, ahead: new Map<number, number>() }
        : known;
      followed.version = version;
      this.#followed.set(root, followed);
      if (followed.reached < seq) await this.#catchUp(root, followed, { head: seq, isFirst });
      if (root !== SIGN_IN_CHAIN) this.#options.expect(root, version);
    }
  }

  async #catchUp(root: AccountId, followed: Followed, { head, isFirst }: CatchUp): Promise<void> {
    while (followed.reached < head) {
      const rows = await this.#options.journal.after(root, followed.reached, ROWS);
      for (const news of rows) {
        // What is shown is read by whoever begins: of rows from before only the rights are of interest.
        const isBefore = isFirst && news.seq <= head;
        if (news.seq > followed.reached) this.#options.tell(isBefore ? { ...news, version: null } : news);
        followed.reached = Math.max(followed.reached, news.seq);
      }
      for (const after of followed.ahead.keys()) if (after < followed.reached) followed.ahead.delete(after);
      if (rows.length === 0) return;
    }
  }
}
