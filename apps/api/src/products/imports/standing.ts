import {
  findProductsByName,
  kindsOfProducts,
  membersAmong,
  type PlacedProduct,
  type TenantTransaction,
} from '@tenantree/db';
import type { AccountId, RowId } from '@tenantree/domain';
import { type NamedThing, type ParsedDocument, productKind, refsOf } from '@tenantree/domain/products';
import { refuseWith } from '../../hall/refused.ts';
import { namedBy, presentAmong, requireFree } from '../writing.ts';
import type { ImportItem } from './import-payload.ts';

/** What a step brings to an account. */
export type Coming = {
  readonly account: { readonly id: AccountId };
  readonly written: readonly {
    readonly item: Pick<ImportItem, 'product' | 'kind' | 'source' | 'act' | 'name'>;
    readonly parsed: Pick<ParsedDocument, 'name' | 'refs'>;
    /** What there is of it. */
    readonly present: Pick<PlacedProduct, 'nameKey' | 'document'> | null;
  }[];
};

/** @throws Refused NOT_FOUND */
export const goneFromSource = ({ name }: Pick<ImportItem, 'name'>): never =>
  refuseWith('NOT_FOUND', `“${name}” was deleted, or moved, where it comes from.`, 'product');

/** Something by its id, in an account. */
export const at = (account: AccountId, id: RowId): string => `${account} ${id}`;

const nameAt = (account: AccountId, kind: string, nameKey: string): string => `${account} ${kind} ${nameKey}`;

const kindsIn = ({ account, written }: Coming): Map<string, string> =>
  new Map(written.map(({ item }) => [at(account.id, item.product), item.kind]));

/** What there is in accounts that names and references of steps depend on: what one of them brings is there for those behind it. */
export class Standing {
  readonly #names: Map<string, RowId>;
  readonly #kinds: Map<string, string>;
  readonly #members: ReadonlySet<string>;
  /** What moved. */
  readonly #gone = new Set<RowId>();

  private constructor(names: Map<string, RowId>, kinds: Map<string, string>, members: ReadonlySet<string>) {
    this.#names = names;
    this.#kinds = kinds;
    this.#members = members;
  }

  static async of(trx: TenantTransaction, steps: readonly Coming[]): Promise<Standing> {
    const all = steps.flatMap(({ account, written }) => written.map((one) => ({ account: account.id, ...one })));
    const names = all.flatMap(({ account, item: { kind }, parsed }) =>
      productKind(kind).names === 'any' ? [] : [{ account, kind, nameKey: parsed.name.key }],
    );
    const named = all.map(({ account, parsed }) => namedBy(account, parsed.refs));
    const placed = await findProductsByName(trx, names);
    const products = await kindsOfProducts(
      trx,
      named.flatMap((one) => one.products),
    );
    const members = await membersAmong(
      trx,
      named.flatMap((one) => one.members),
    );
    return new Standing(
      new Map(placed.map((one) => [nameAt(one.account, one.kind, one.nameKey), one.id])),
      new Map(products.map((one) => [at(one.account, one.id), one.kind])),
      new Set(members.map((one) => at(one.account, one.id))),
    );
  }

  #isThere(account: AccountId, { kind, id }: NamedThing, coming: ReadonlyMap<string, string>): boolean {
    const key = at(account, id);
    return kind === 'member' ? this.#members.has(key) : (coming.get(key) ?? this.#kinds.get(key)) === kind;
  }

  /** What a step would name that isn't there, that it could do without, and that nothing of its account named before. */
  lackedBy(step: Coming): ReadonlySet<RowId> {
    const { account, written } = step;
    const kinds = kindsIn(step);
    return new Set(
      written.flatMap(({ item, parsed, present }) => {
        const lacking = parsed.refs.filter((ref) => ref.need === 'optional' && !this.#isThere(account.id, ref, kinds));
        if (lacking.length === 0) return [];
        const before = new Set(present ? refsOf(productKind(item.kind), present.document).map(({ id }) => id) : []);
        return lacking.flatMap(({ id }) => (before.has(id) ? [] : [id]));
      }),
    );
  }

  /** What leaves an account is there no more for those behind it. @returns how all of that is undone */
  leave(account: AccountId, gone: readonly Pick<PlacedProduct, 'id' | 'kind' | 'nameKey'>[]): () => void {
    const keys = gone.flatMap(({ id, kind, nameKey }) => [
      [this.#names, nameAt(account, kind, nameKey)] as const,
      [this.#kinds, at(account, id)] as const,
    ]);
    const had = keys.map(([map, key]) => [map, key, map.get(key)] as const);
    for (const [map, key] of keys) map.delete(key);
    return () => {
      for (const [map, key, value] of had) if (value !== undefined) map.set(key, value);
    };
  }

  /** Adds what a step brings. @returns which products each of them names, in their order @throws Refused NOT_FOUND, NAME_TAKEN, REFERENCE_MISSING: then nothing of it is added */
  add({ account, written }: Coming): NamedThing[][] {
    const names = new Map<string, RowId>();
    for (const { item, parsed } of written) {
      if (item.act === 'move' && this.#gone.has(item.source)) goneFromSource(item);
      const key = nameAt(account.id, item.kind, parsed.name.key);
      requireFree(productKind(item.kind), { id: item.product, parsed }, names.get(key) ?? this.#names.get(key));
      names.set(key, item.product);
    }
    const kinds = kindsIn({ account, written });
    const isThere = (ref: NamedThing): boolean => this.#isThere(account.id, ref, kinds);
    // What a copy named before, and could do without, may be gone.
    const refs = written.map(({ parsed, present }) =>
      presentAmong(parsed.refs, isThere, new Set(present ? parsed.refs.map(({ id }) => id) : [])),
    );
    for (const { item, present } of written)
      if (present) this.#names.delete(nameAt(account.id, item.kind, present.nameKey));
    for (const [key, id] of names) this.#names.set(key, id);
    for (const [key, kind] of kinds) this.#kinds.set(key, kind);
    for (const { item } of written) if (item.act === 'move') this.#gone.add(item.source);
    return refs;
  }
}
