import type { AccountId } from '@tenantree/domain';
import { type TreeNews, writeBulletins } from './bulletin.ts';
import type { AccessChange } from './ports.ts';

type Draft = { readonly versions: number[]; usage: Set<AccountId> | null; accounts: Set<AccountId> | null };

/** More accounts than these don't fit into a notification anyway. */
const MAX_IDS = 200;

/** Gathers what this server committed, so that the others are told once per tick and not once per change (performance.md 7). */
export class NewsDesk {
  readonly #from: string;
  readonly #send: (text: string) => void;
  readonly #drafts = new Map<AccountId, Draft>();

  /** @param send hands one notification to the other servers */
  constructor(from: string, send: (text: string) => void) {
    this.#from = from;
    this.#send = send;
  }

  /** Notes what a version changed on a channel. @param ids null when it is not known, or too much */
  note(channel: 'usage' | 'accounts', root: AccountId, version: number, ids: Iterable<AccountId> | null): void {
    let draft = this.#drafts.get(root);
    if (!draft) this.#drafts.set(root, (draft = { versions: [], usage: new Set(), accounts: new Set() }));
    draft.versions.push(version);
    const known = draft[channel];
    if (known === null) return;
    for (const id of ids ?? []) {
      if (known.size > MAX_IDS) break;
      known.add(id);
    }
    if (ids === null || known.size > MAX_IDS) draft[channel] = null;
  }

  /** Access changes don't wait for the tick. */
  tellAccess(change: AccessChange): void {
    for (const text of writeBulletins(this.#from, [], [change])) this.#send(text);
  }

  /** Sends what was noted. */
  flush(): void {
    if (this.#drafts.size === 0) return;
    const list = (ids: Set<AccountId> | null): AccountId[] | null => (ids === null ? null : [...ids]);
    const trees: TreeNews[] = [...this.#drafts].map(([root, { versions, usage, accounts }]) => ({
      root,
      versions,
      usage: list(usage),
      accounts: list(accounts),
    }));
    this.#drafts.clear();
    for (const text of writeBulletins(this.#from, trees, [])) this.#send(text);
  }
}
