import { useQuery } from '@tanstack/react-query';
import type { Job } from '@tenantree/contract';
import { Link } from 'wouter';
import css from '../parts/cards.module.css';
import { Card, Table, usePages } from '../parts/cards.tsx';
import { Empty, Loaded, Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { askedBy, State, useProgress } from './job-parts.tsx';

/** How often a list that is looked at is read again (ms): another one may have asked for a job meanwhile. */
const AGAIN_MS = 15_000;

/** What is done in the acting account without anybody waiting for it: what runs, what ran, what failed. */
export default function WorkPage({ account }: { readonly account: string }) {
  const { cursor, turner } = usePages();
  const query = useQuery({
    queryKey: ['jobs', account, cursor ?? ''],
    queryFn: () => tenantree.trpc.jobs.list.query({ account, limit: 50, ...(cursor !== undefined && { cursor }) }),
    refetchInterval: AGAIN_MS,
    // Whoever comes back from a job may have had it tried again a moment ago.
    refetchOnMount: 'always',
  });
  return (
    <Page
      title="Work"
      lead="Jobs go on when you leave the page, and when a server stops. Each is kept for 30 days, with what became of every account."
    >
      <Card title="Jobs">
        <Loaded query={query}>
          {({ rows, nextCursor }) => (
            <>
              {rows.length === 0 ? (
                <Empty>
                  No jobs yet. Whatever you do with many accounts at once, and every file that takes a while, is found
                  here.
                </Empty>
              ) : (
                <Jobs account={account} rows={rows} />
              )}
              {turner(nextCursor)}
            </>
          )}
        </Loaded>
      </Card>
    </Page>
  );
}

const Jobs = ({ account, rows }: { readonly account: string; readonly rows: readonly Job[] }) => (
  <Table label="Jobs" columns={['Job', 'State', { figure: 'Done' }, { figure: 'Failed' }, 'Asked for by', 'At']}>
    <tbody>
      {rows.map((job) => (
        <Row key={job.id} account={account} job={job} />
      ))}
    </tbody>
  </Table>
);

function Row({ account, job }: { readonly account: string; readonly job: Job }) {
  const { state, done, total, failed, etaSeconds } = useProgress(account, job);
  return (
    <tr>
      <th scope="row" className={css.whole}>
        <Link href={`/a/${account}/work/${job.id}`}>
          {job.label}
          {job.subject !== null && <bdi className={css.quiet}> {job.subject}</bdi>}
        </Link>
      </th>
      <td>
        <State state={state} etaSeconds={etaSeconds} />
      </td>
      <td className={css.number}>
        {texts.numbers.whole(done)} of {texts.numbers.whole(total)}
      </td>
      <td className={css.number}>{texts.numbers.whole(failed)}</td>
      <td>
        <bdi>{askedBy(job)}</bdi>
      </td>
      <td>{texts.numbers.dateTime(job.createdAt)}</td>
    </tr>
  );
}
