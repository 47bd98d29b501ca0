/** A query that answers page by page, such as `tenantree.trpc.accounts.list`. */
export type PagedQuery<Input, Page> = {
  readonly query: (input: Input, options?: { signal?: AbortSignal }) => Promise<Page>;
};

/** A page, and where the next one begins; null after the last. */
export type PageOf = { readonly nextCursor: string | null };

/**
 * All pages of a query: `for await (const { rows } of pages(trpc.accounts.list, { account }))`. A page is asked for when the one before it
 * has been read.
 *
 * @param input of the query; with a `cursor` the pages begin there
 * @param options the signal ends it, with the call under way
 * @throws what the query throws, see `refusalOf`
 */
export async function* pages<Input extends { cursor?: string | undefined }, Page extends PageOf>(
  query: PagedQuery<Input, Page>,
  input: Input,
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<Page, void, undefined> {
  for (let next: Input | null = input; next !== null; ) {
    const page: Page = await query.query(next, options);
    yield page;
    next = page.nextCursor === null ? null : { ...input, cursor: page.nextCursor };
  }
}
