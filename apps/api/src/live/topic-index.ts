import type { AccountId } from '@tenantree/domain';

/** Who is told of an account. Most accounts that are watched by name are watched by one topic, and it costs no set of its own. */
export class TopicIndex<Topic extends object> {
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
