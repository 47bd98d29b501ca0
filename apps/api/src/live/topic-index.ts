import type { AccountId } from '@tenantree/domain';
import type { Scope } from './topic.ts';

type Scoped = { readonly scope: Scope };

/** Topics by account. Most accounts that are watched by name are watched by one topic, and it costs no set of its own. */
class ByAccount<Topic extends Scoped> {
  readonly #topics = new Map<AccountId, Topic | Set<Topic>>();

  has(account: AccountId): boolean {
    return this.#topics.has(account);
  }

  of(account: AccountId | undefined): Iterable<Topic> {
    const known = account === undefined ? undefined : this.#topics.get(account);
    if (known === undefined) return [];
    return known instanceof Set ? known : [known];
  }

  add(account: AccountId, topic: Topic): void {
    const known = this.#topics.get(account);
    if (known === undefined) this.#topics.set(account, topic);
    else if (known instanceof Set) known.add(topic);
    else if (known !== topic) this.#topics.set(account, new Set([known, topic]));
  }

  delete(account: AccountId, topic: Topic): void {
    const known = this.#topics.get(account);
    if (known instanceof Set) {
      known.delete(topic);
      if (known.size > 0) return;
    } else if (known !== topic) return;
    this.#topics.delete(account);
  }
}

/** Who is told of an account: those who watch all below one above it, it by name, or the children of its parent. */
export class TopicIndex<Topic extends Scoped> {
  readonly #subtrees = new ByAccount<Topic>();
  readonly #named = new ByAccount<Topic>();
  readonly #parents = new ByAccount<Topic>();

  add(topic: Topic): void {
    for (const [topics, account] of this.#listsOf(topic.scope)) topics.add(account, topic);
  }

  delete(topic: Topic): void {
    for (const [topics, account] of this.#listsOf(topic.scope)) topics.delete(account, topic);
  }

  /** Whether somebody watches an account by name. */
  names(account: AccountId): boolean {
    return this.#named.has(account);
  }

  /** Those who are told of an account that stands, or stood, at the end of a path. Some may come twice. */
  *watching(path: readonly AccountId[], account: AccountId): Generator<Topic> {
    for (const place of path) yield* this.#subtrees.of(place);
    for (const topics of [this.#named.of(account), this.#parents.of(path.at(-2))])
      for (const topic of topics) if (path.includes(topic.scope.within)) yield topic;
  }

  *#listsOf({ within, only, childrenOf = [] }: Scope): Generator<readonly [ByAccount<Topic>, AccountId]> {
    if (only === null) yield [this.#subtrees, within];
    for (const account of only ?? []) yield [this.#named, account];
    for (const account of childrenOf) yield [this.#parents, account];
  }
}
