import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, Cell, partsCss as css, Empty, Loaded, Page, When } from '../parts/parts.tsx';
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
                        <Cell label="When">
                          <When instant={row.at} />
                        </Cell>
                        <Cell label="Who">
                          <strong dir="auto">{row.actor.name}</strong>{' '}
                          <span className={css.muted}>{wayOf(row.actor)}</span>
                        </Cell>
                        <Cell label="What">
                          <span dir="auto">{row.sentence}</span>
                        </Cell>
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

type Actor = Awaited<ReturnType<typeof tenantree.trpc.audit.list.query>>['rows'][number]['actor'];

const KINDS = { person: '', key: 'API key', embed: 'embedded widget', system: 'Tenantree itself' } as const;

/** By what means, and from which account, somebody came in. */
const wayOf = ({ kind, via }: Actor): string => [KINDS[kind], via && `via ${via.name}`].filter(Boolean).join(' ');
