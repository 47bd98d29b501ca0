import { type Database, listChildren, type TenantTransaction } from '../../../packages/db/src/index.ts';

type ListQuery = Parameters<typeof listChildren>[1];
type Account = ListQuery['parent'];
type Sums = [id: string, accounts: number, members: number, agents: number, minutes: number];

const pageOf = (parent: string): ListQuery => ({
  parent: parent as Account,
  sort: 'name',
  direction: 'asc',
  statuses: ['active', 'suspended'],
  after: null,
  limit: 50,
  now: '2026-11-01T00:00:00.000Z' as ListQuery['now'],
  visibility: 'with_minutes',
});

/** The page as the API reads it. */
export const listPage = (app: Database, acting: string, parent: string) =>
  app.withTenant(acting as Account, (trx) => listChildren(trx, pageOf(parent)));

/** A page of rows and nothing more: the least that any listing must read. */
export const plainPage = 'SELECT * FROM accounts WHERE parent_id = $1 ORDER BY name_key, id LIMIT 50';

export type Listing = {
  /** The statement that reads the page, as the store sends it. */
  readonly text: string;
  readonly values: readonly unknown[];
  readonly sums: Sums[];
  /** Arguments of `withTenant` for a plain page under row-level security. */
  readonly plainRead: [Account, (trx: TenantTransaction) => Promise<unknown>];
};

/** Lets the store read a page once and notes which statement it sent. */
export async function captureListing(app: Database, acting: string, parent: string): Promise<Listing> {
  const sent: { sql: string; parameters: readonly unknown[] }[] = [];
  const { rows } = await app.withTenant(acting as Account, async (trx) => {
    const executor = trx.getExecutor();
    const noting = trx.withoutPlugins().withPlugin({
      transformQuery: ({ node }) => {
        sent.push(executor.compileQuery(node, { queryId: 'noted' }));
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    return listChildren(noting, pageOf(parent));
  });
  const listing = sent.find(({ sql }) => sql.includes('sort_key'));
  if (listing === undefined) throw new Error('the store no longer lists children with a sort key');
  return {
    text: listing.sql,
    values: listing.parameters,
    sums: rows
      .map(
        (row): Sums => [row.id, row.subaccounts + 1, row.members.total, row.agents.total, Number(row.minutes?.total)],
      )
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    plainRead: [
      acting as Account,
      (trx) =>
        trx
          .selectFrom('accounts')
          .selectAll()
          .where('parent_id', '=', parent)
          .orderBy('name_key')
          .orderBy('id')
          .limit(50)
          .execute(),
    ],
  };
}
