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
  const load = async (key: string, cursor: string | null): Promise<void> => {
    const kind = kinds.find((one) => one.kind === key)?.kind;
    if (!kind && key !== 'member') return;
    const query = { search: '', order: 'name', cursor, limit: MOST } as const;
    const { rows, nextCursor } = kind
      ? await source.list(account, kind, query)
      : { rows: await source.people(account), nextCursor: null };
    known.set(key, [...(known.get(key) ?? []), ...rows]);
    ready();
    if (nextCursor !== null) await load(key, nextCursor);
  };
  return (kind) => {
    const rows = known.get(kind);
    if (!rows) {
      known.set(kind, []);
      // What may not be seen, or can't be had now, can't be chosen.
      load(kind, null).catch(() => undefined);
    }
    return rows ?? [];
  };
}
