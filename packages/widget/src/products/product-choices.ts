import type { AccountId } from '@tenantree/domain';
import type { ProductsSource, ShownKind } from './products-source.ts';

/** Something that a field can name. */
export type Named = { readonly id: string; readonly name: string };

/** Most that are asked for at once. */
const MOST = 500;

/** What the fields of a product can name: products of the account and its members, loaded when a field first asks for them. */
export class ProductChoices {
  readonly #source: ProductsSource;
  readonly #account: AccountId;
  readonly #kinds: readonly ShownKind[];
  readonly #ready: () => void;
  readonly #known = new Map<string, readonly Named[]>();

  /** @param ready told when there are others */
  constructor(source: ProductsSource, account: AccountId, kinds: readonly ShownKind[], ready: () => void) {
    this.#source = source;
    this.#account = account;
    this.#kinds = kinds;
    this.#ready = ready;
  }

  of(kind: string): readonly Named[] {
    if (!this.#known.has(kind)) {
      this.#known.set(kind, []);
      // What may not be seen, or can't be had now, can't be chosen.
      this.#load(kind).catch(() => undefined);
    }
    return this.#known.get(kind) ?? [];
  }

  async #load(kind: string): Promise<void> {
    const entry = this.#kinds.find((one) => one.kind === kind);
    if (kind === 'member') this.#add(kind, await this.#source.people(this.#account));
    let cursor: string | null = null;
    if (entry)
      do {
        const query = { search: '', order: 'name', cursor, limit: MOST } as const;
        const page: Awaited<ReturnType<ProductsSource['list']>> = await this.#source.list(this.#account, entry.kind, query);
        this.#add(kind, page.rows);
        cursor = page.nextCursor;
      } while (cursor !== null);
  }

  #add(kind: string, rows: readonly Named[]): void {
    this.#known.set(kind, [...this.of(kind), ...rows]);
    this.#ready();
  }
}
