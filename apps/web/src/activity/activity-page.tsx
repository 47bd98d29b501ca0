import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import { Button, Empty, Loaded, Page, partsCss } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import css from './activity.module.css';
import { ActivityEntry, type Entry } from './activity-entry.tsx';
import { ActivityFilters } from './activity-filters.tsx';
import { byDay } from './days.ts';
import { type Filter, readFilter, writeFilter } from './filter-state.ts';

const ROWS = 50;

/**
 * What was done in the acting account, or in everything below it, latest first. Which entries are shown stands in the address, so
 * that it can be linked and outlives a reload.
 */
export default function ActivityPage({ account }: { readonly account: string }) {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const filter = useMemo(() => readFilter(search), [search]);
  const { scope } = filter;
  const of = filter.of ?? account;
  const acting = useAccount(account).data;
  const other = useAccount(filter.of ?? '').data;
  const query = useEntries(of, filter);
  const entries = query.data?.pages.flatMap(({ rows }) => rows) ?? [];
  const people = usePeople(of, entries);
  const onFilter = (next: Filter): void => navigate(path + writeFilter(next), { replace: true });
  // Also while its name is asked for, and where it can't be reached any more: never another one in its place.
  const chosen = filter.of === null ? null : { id: filter.of, name: other?.name ?? 'another account' };
  const name = chosen?.name ?? acting?.name ?? 'this account';
  return (
    <Page
      title="Activity"
      lead={`What was done in ${name}${scope === 'nested' ? ' and below it' : ''}, also by people from above.`}
    >
      <div className={`${partsCss.card} ${css.card}`}>
        {acting && (
          <ActivityFilters
            filter={filter}
            onFilter={onFilter}
            acting={acting}
            below={acting.levels['account.subaccounts'] === 'none' ? 'hidden' : 'seen'}
            of={chosen}
            people={people}
          />
        )}
        <Loaded query={query}>
          {() =>
            entries.length === 0 ? (
              <Nothing filter={filter} onFilter={onFilter} />
            ) : (
              <Days entries={entries} account={account} filter={filter} onFilter={onFilter} />
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

/** Entries of a log, page by page. */
const useEntries = (of: string, { scope, kind, by }: Filter) =>
  useInfiniteQuery({
    queryKey: ['activity', of, scope, kind, by],
    queryFn: ({ pageParam: cursor }) =>
      tenantree.trpc.audit.list.query({
        account: of,
        scope,
        limit: ROWS,
        ...(kind && { kind }),
        ...(by && { actor: by }),
        ...(cursor !== null && { cursor }),
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
    placeholderData: (before) => before,
  });

type Filtered = { readonly filter: Filter; readonly onFilter: (next: Filter) => void };

/** A log without entries, or without any that are asked for. */
function Nothing({ filter, onFilter }: Filtered) {
  const isFiltered = filter.kind !== null || filter.by !== null;
  return (
    <Empty>
      <p>
        {isFiltered ? 'Nothing of this kind, or by this person, has happened here.' : 'Nothing has happened here yet.'}
      </p>
      {isFiltered && <Button onClick={() => onFilter({ ...filter, kind: null, by: null })}>Show everything</Button>}
    </Empty>
  );
}

/** Entries by the days of the reader. */
const Days = ({
  entries,
  account,
  filter,
  onFilter,
}: Filtered & { readonly entries: readonly Entry[]; readonly account: string }) =>
  byDay(entries, new Date()).map(({ word, date, items }) => (
    <section key={date} className={css.day}>
      <h2>
        {word} <small>{date}</small>
      </h2>
      <ol>
        {items.map((entry) => (
          <ActivityEntry
            key={entry.id}
            entry={entry}
            place={filter.scope === 'nested' ? placeOf(entry, account) : null}
            onlyBy={filter.by === null ? (id) => onFilter({ ...filter, by: id }) : null}
            onlyOf={
              filter.scope === 'nested'
                ? (id) => onFilter({ ...filter, of: id === account ? null : id, scope: 'own' })
                : null
            }
          />
        ))}
      </ol>
    </section>
  ));

/** Where the account of an entry is shown in detail; the acting account is, where its subaccounts are. */
const placeOf = ({ account: { id, name } }: Entry, acting: string) => ({
  href: id === acting ? `/a/${acting}/subaccounts` : `/a/${acting}/subaccounts/${id}`,
  name,
});

/** Whom entries can be of: the members, as far as one may see them, and whoever did what is shown. */
function usePeople(account: string, entries: readonly Entry[]) {
  const mayRead = useAccount(account).data?.levels['account.members'] ?? 'none';
  const { data } = useQuery({
    queryKey: ['members', account],
    queryFn: () => tenantree.trpc.members.list.query({ account }),
    enabled: mayRead !== 'none',
  });
  const people = new Map<string, string>(data?.members.map(({ userId, name }) => [userId, name]));
  for (const { actor } of entries) if (actor.id !== null) people.set(actor.id, actor.name);
  return [...people].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name));
}
