import type { AccountId } from '@tenantree/domain';
import type { ProductsSource, ShownKind } from './products-source.ts';

/** Something that a field can name. */
export type Named = { readonly id: string; readonly name: string };
/** What can be named of a kind, as far as it is known. */
export type Choices = (kind: string) => readonly Named[];

/** Most that are asked for at once. */
const MOST = 500;

/**
 * What the fields of a product can name: products of the account and its members, loaded when a field first asks for them.
 *
 * @param ready told when there are others
 */
export function choicesOf(
  source: ProductsSource,
  account: AccountId,
  kinds: readonly ShownKind[],
  ready: () => void,
): Choices {
  const known = new Map<string, readonly Named[]>();
  const add = (kind: string, rows: readonly Named[]): void => {
    known.set(kind, [...(known.get(kind) ?? []), ...rows]);
    ready();
  };
  const load = async (key: string): Promise<void> => {
    if (key === 'member') add(key, await source.people(account));
    const kind = kinds.find((one) => one.kind === key)?.kind;
    for (let cursor: string | null | undefined; kind && cursor !== null; ) {
      const query = { search: '', order: 'name', cursor: cursor ?? null, limit: MOST } as const;
      const page: Awaited<ReturnType<ProductsSource['list']>> = await source.list(account, kind, query);
      add(key, page.rows);
      cursor = page.nextCursor;
    }
  };
  return (kind) => {
    const rows = known.get(kind);
    if (!rows) {
      known.set(kind, []);
      // What may not be seen, or can't be had now, can't be chosen.
      load(kind).catch(() => undefined);
    }
    return rows ?? [];
  };
}
