import {
  type CopySource,
  type ProductLink,
  type ProductRow,
  readLinks,
  readLinksOf,
  readPlaced,
  readSources,
  type TenantTransaction,
} from '@tenantree/db';
import { type AccountId, canonicalJson, type RowId } from '@tenantree/domain';
import { differencesOf, filled, productKind, refsOf, writeCopy } from '@tenantree/domain/products';

/** A copy as it stands to what it is a copy of. */
export type CopyState = {
  readonly link: ProductLink;
  readonly source: CopySource;
  readonly updateAvailable: boolean;
};

/** What a copy is compared with. */
export const baseOf = ({ source, parts, base, filling }: ProductLink) => ({
  version: source.version,
  name: source.name,
  parts,
  document: base,
  filling,
});

/**
 * Those of some products that are copies. An update is available when merging it would make the copy another, not because its source is of a later
 * version (rules/products 14).
 */
export async function readCopies(
  trx: TenantTransaction,
  account: AccountId,
  products: readonly RowId[],
): Promise<ReadonlyMap<RowId, CopyState>> {
  const links = await readLinks(trx, account, products);
  const sources = new Map(
    (
      await readSources(
        trx,
        account,
        links.map(({ product }) => product),
      )
    ).map((one) => [one.product, one]),
  );
  const newer = links.filter(({ product }) => sources.get(product)?.document);
  const placed = new Map((await readPlaced(trx, newer)).map((row) => [row.id, row]));
  const named = newer.flatMap(({ product }) => {
    const { kind } = placed.get(product) ?? {};
    const document = sources.get(product)?.document;
    return kind && document ? refsOf(productKind(kind), document).map(({ id }) => id) : [];
  });
  const ids = new Map(
    (named.length === 0 ? [] : await readLinksOf(trx, [account], [...new Set(named)])).map((one) => [
      one.source.product,
      one.product,
    ]),
  );
  return new Map(
    links.flatMap((link) => {
      const source = sources.get(link.product);
      if (!source) return [];
      const row = placed.get(link.product);
      const updateAvailable = row !== undefined && isNews(link, source, row, ids);
      return [[link.product, { link, source, updateAvailable }] as const];
    }),
  );
}

/** How the copies of one product stand to it, by their accounts. */
export async function standOf(
  trx: TenantTransaction,
  source: Pick<ProductRow, 'kind' | 'document' | 'version' | 'name'>,
  links: readonly ProductLink[],
): Promise<ReadonlyMap<AccountId, { readonly updateAvailable: boolean; readonly differences: number }>> {
  const kind = productKind(source.kind);
  const placed = new Map((await readPlaced(trx, links)).map((row) => [row.id, row]));
  const named = [...new Set(refsOf(kind, source.document).map(({ id }) => id))];
  const accounts = links.map(({ account }) => account);
  const there = Map.groupBy(named.length === 0 ? [] : await readLinksOf(trx, accounts, named), (link) => link.account);
  return new Map(
    links.flatMap((link) => {
      const row = placed.get(link.product);
      if (!row) return [];
      const ids = new Map((there.get(link.account) ?? []).map((one) => [one.source.product, one.product]));
      const updateAvailable = source.version > link.source.version && isNews(link, source, row, ids);
      const differences = differencesOf(kind, link.base, row.document).length;
      return [[link.account, { updateAvailable, differences }] as const];
    }),
  );
}

function isNews(
  link: ProductLink,
  { document, version, name }: Pick<CopySource, 'document' | 'version' | 'name'>,
  row: Awaited<ReturnType<typeof readPlaced>>[number],
  ids: ReadonlyMap<RowId, RowId>,
): boolean {
  if (document === null || version === null || name === null) return false;
  const kind = productKind(row.kind);
  const written = writeCopy(kind, {
    act: 'update',
    source: { document, version, name },
    parts: link.parts,
    name: row.name,
    ids: new Map([...link.ids, ...ids]),
    isWaiting: link.needs.length > 0,
    present: { document: row.document, base: baseOf(link) },
  });
  return canonicalJson(written.document) !== canonicalJson(filled(kind, row.document));
}
