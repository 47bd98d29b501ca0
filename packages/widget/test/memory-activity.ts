import { type AccountId, instantOf } from '@tenantree/domain';
import { SourceRefusal } from '../src/index.ts';
import type { ActivityFilter, ActivitySource, Entry } from '../src/rooms.ts';

type Asked = ActivityFilter & { readonly account: AccountId; readonly cursor: string | null };

/** A log in memory, who answers like the server does, one microtask later, and can be told to be away. */
export class MemoryActivity implements ActivitySource {
  readonly #entries: Entry[] = [];
  /** What was asked, and what files were asked for. */
  readonly asked: Asked[] = [];
  readonly exported: Asked[] = [];
  /** Who is in every account. */
  members: { readonly id: string; readonly name: string }[] = [];
  /** Every further call fails with this; null ends that. */
  refusal: SourceRefusal | null = null;

  /** Something was done: the newest entry. */
  note(account: Entry['account'], sentence: string, more: Partial<Entry> = {}): void {
    const k = this.#entries.length + 1;
    this.#entries.unshift({
      id: `00000000-0000-7000-8000-${String(k).padStart(12, '0')}` as Entry['id'],
      at: instantOf(Date.UTC(2026, 10, 20, 10, 0, k)),
      account,
      kind: 'accounts',
      action: 'account.renamed',
      sentence,
      actor: { kind: 'person', id: 'olivia', name: 'Olivia Owner', via: null },
      target: null,
      details: {},
      requestId: 'request-1',
      ...more,
    });
  }

  list: ActivitySource['list'] = async (account, filter, { limit, cursor }) => {
    this.asked.push({ ...filter, account, cursor });
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    const from = Number(cursor ?? 0);
    const all = this.#of(account, filter);
    const end = from + limit;
    return { rows: all.slice(from, end), nextCursor: end < all.length ? String(end) : null };
  };

  export: ActivitySource['export'] = async (account, filter, cursor) => {
    this.exported.push({ ...filter, account, cursor });
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    const [csv, nextCursor] = cursor === null ? ['id,at\r\n1,ü\r\n', 'next'] : ['id,at\r\n2,b\r\n', null];
    return { filename: 'activity.csv', csv, nextCursor };
  };

  people: ActivitySource['people'] = async () => this.members;

  #of(account: AccountId, { scope, kind, by }: ActivityFilter): readonly Entry[] {
    return this.#entries.filter(
      (one) =>
        (scope === 'nested' || one.account.id === account) &&
        (kind === null || one.kind === kind) &&
        (by === null || one.actor.id === by),
    );
  }
}
