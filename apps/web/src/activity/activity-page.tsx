import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, partsCss as css, Empty, Loaded, Page, when } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';

/** What happened in the acting account, latest first: who, through which account they came in, and what they did. */
export default function ActivityPage({ account }: { readonly account: string }) {
  const query = useInfiniteQuery({
    queryKey: ['activity', account],
    queryFn: ({ pageParam }) =>
      tenantree.trpc.audit.list.query({ account, ...(pageParam !== null && { cursor: pageParam }) }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
  });
  return (
    <Page title="Activity" lead="Everything done in this account, also by people from above.">
      <div className={css.card}>
        <Loaded query={query}>
          {({ pages }) =>
            pages[0]?.rows.length === 0 ? (
              <Empty>Nothing has happened here yet.</Empty>
            ) : (
              <table className={css.table}>
                <thead>
                  <tr>
                    <th scope="col">When</th>
                    <th scope="col">Who</th>
                    <th scope="col">What</th>
                  </tr>
                </thead>
                <tbody>
                  {pages
                    .flatMap(({ rows }) => rows)
                    .map((row) => (
                      <tr key={row.id}>
                        <td>{when(row.at)}</td>
                        <td>
                          <strong>{row.actor.name}</strong>{' '}
                          <span className={css.muted}>
                            {row.actor.kind === 'person'
                              ? ''
                              : row.actor.kind === 'key'
                                ? 'API key '
                                : `${row.actor.kind} `}
                            {row.actor.via && `via ${row.actor.via.name}`}
                          </span>
                        </td>
                        <td dir="auto">{row.sentence}</td>
                      </tr>
                    ))}
                </tbody>
              </table>
            )
          }
        </Loaded>
      </div>
      {query.hasNextPage && (
        <div>
          <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
            Show more
          </Button>
        </div>
      )}
    </Page>
  );
}
