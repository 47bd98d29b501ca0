import type { AccountId } from '@tenantree/domain';
import type { AccountSource, AccountsTold, SourceRefusal } from '../data/account-source.ts';
import type { TreeStore } from '../tree/tree-store.ts';

/** Rests between what is scrolled to and watching it, in milliseconds. */
const REST_MS = 150;
/** More branches than these aren't named: then everything below the acting account is watched. */
const MOST_BRANCHES = 200;

/** Whose changes are watched. */
type Watched = { readonly account: AccountId; readonly after: string; readonly usage: 'shown' | 'hidden' };

const covers = (known: ReadonlySet<AccountId>, wanted: Iterable<AccountId>): boolean => {
  for (const id of wanted) if (!known.has(id)) return false;
  return true;
};

/**
 * Watches what is shown of a tree, and nothing else, so that a screen costs the server the same however large the tree is: the minutes of the
 * rows in sight and around them, and the accounts of the branches that are loaded. When one scrolls, or opens a branch, the subscription is
 * exchanged for another. That loses nothing: one of minutes begins with the present state, one of accounts with what changed since
 * all that is loaded was known.
 */
export class LiveWatch {
  readonly #source: AccountSource;
  readonly #store: TreeStore;
  readonly #account: AccountId;
  readonly #onRefused: (refusal: SourceRefusal) => void;
  #after: string;
  #rows = new Set<AccountId>();
  /** Null: all of them. */
  #branches: ReadonlySet<AccountId> | null = new Set();
  #rest: ReturnType<typeof setTimeout> | undefined;
  #stopUsage: (() => void) | null = null;
  #stopAccounts: (() => void) | null = null;
  readonly #stopListening: () => void;

  /**
   * Watches until stopped.
   *
   * @param watched `after`: the resume id of the loaded rows
   * @param onRefused told when the server ended a subscription for good
   */
  constructor(source: AccountSource, store: TreeStore, watched: Watched, onRefused: (refusal: SourceRefusal) => void) {
    this.#source = source;
    this.#store = store;
    this.#account = watched.account;
    this.#after = watched.after;
    this.#onRefused = onRefused;
    this.#watchBranches();
    if (watched.usage === 'shown') this.#watchRows();
    const look = (): void => {
      this.#rest ??= setTimeout(() => {
        this.#rest = undefined;
        if (!this.#coversBranches()) this.#watchBranches();
        if (this.#stopUsage && !covers(this.#rows, store.inSight())) this.#watchRows();
      }, REST_MS);
    };
    this.#stopListening = store.listen({ changed: look, ticked: () => undefined, seen: look });
  }

  stop(): void {
    this.#stopListening();
    clearTimeout(this.#rest);
    this.#stopUsage?.();
    this.#stopAccounts?.();
  }

  #watchRows(): void {
    this.#stopUsage?.();
    this.#rows = this.#store.aroundSight();
    this.#stopUsage = this.#source.subscribeUsage(this.#account, [...this.#rows], {
      onFrame: (frame) => this.#store.takeUsage(frame),
      onRefused: this.#onRefused,
    });
  }

  #watchBranches(): void {
    this.#stopAccounts?.();
    const branches = this.#store.branches();
    this.#branches = branches.size > MOST_BRANCHES ? null : branches;
    const watched = { after: this.#after, childrenOf: this.#branches && [...this.#branches] };
    this.#stopAccounts = this.#source.subscribeAccounts(this.#account, watched, {
      onFrame: (frame) => this.#take(frame),
      onRefused: this.#onRefused,
    });
  }

  #take(frame: AccountsTold): void {
    // Of a branch that isn't watched yet more may have changed than a frame says.
    if (this.#coversBranches()) this.#after = frame.resumeId;
    this.#store.takeAccounts(frame);
    if (frame.gap) this.#store.refresh();
  }

  #coversBranches(): boolean {
    return this.#branches === null || covers(this.#branches, this.#store.branches());
  }
}
