import { useInfiniteQuery } from '@tanstack/react-query';
import type { Job, JobItem } from '@tenantree/contract';
import { BLUEPRINT_SECTIONS, isRecord, LIMIT_KINDS } from '@tenantree/domain';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { SECTIONS } from '../blueprints/words.ts';
import { saveFile, saveItems } from '../money/save-job.ts';
import { ask } from '../parts/ask.ts';
import css from '../parts/cards.module.css';
import { Act, Card, Select, Table } from '../parts/cards.tsx';
import { Button, Empty, Loaded, Page } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { conflictWords } from './conflict-words.ts';
import { askedBy, State, useProgress } from './job-parts.tsx';

const { jobs } = tenantree.trpc;
const ITEMS = 100;

const STATES: Readonly<Record<JobItem['state'], string>> = {
  pending: 'Waiting',
  done: 'Done',
  skipped: 'Left as it was',
  failed: 'Failed',
};

/** One job: how it goes or went, what became of each of its items, the file it wrote, and how to stop it or take it back. */
export default function JobPage({ account, job: id }: { readonly account: string; readonly job: string }) {
  const [state, setState] = useState<JobItem['state'] | ''>('');
  const query = useInfiniteQuery({
    queryKey: ['job', account, id, state],
    queryFn: ({ pageParam }) =>
      jobs.get.query({
        account,
        job: id,
        limit: ITEMS,
        ...(state !== '' && { state }),
        ...(pageParam !== '' && { cursor: pageParam }),
      }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const job = query.data?.pages[0]?.job;
  const again = async (items?: readonly number[]): Promise<void> => {
    await jobs.retry.mutate({ account, job: id, ...(items && { items: [...items] }) });
    await queries.invalidateQueries({ queryKey: ['job', account, id] });
  };
  return (
    <Page title={job?.label ?? 'Job'} lead={job?.subject ?? ''}>
      <p className={css.acts}>
        <Link href={`/a/${account}/work`}>All jobs</Link>
        {job && <Acts account={account} job={job} again={again} />}
      </p>
      <Loaded query={query} missing="No such job">
        {({ pages }) =>
          job ? (
            <>
              <Head account={account} job={job} />
              <Card
                title="What became of it"
                aside={<Which account={account} job={id} state={state} onChange={setState} />}
              >
                <Items
                  account={account}
                  items={pages.flatMap(({ items }) => items)}
                  again={job.retryable ? again : null}
                />
                {query.hasNextPage && (
                  <div className={css.in}>
                    <Button onClick={() => void query.fetchNextPage()}>
                      {query.isFetchingNextPage ? 'Loading…' : `Show ${ITEMS} more`}
                    </Button>
                  </div>
                )}
              </Card>
            </>
          ) : null
        }
      </Loaded>
    </Page>
  );
}

type WhichProps = {
  readonly account: string;
  readonly job: string;
  /** Nothing: all items. */
  readonly state: JobItem['state'] | '';
  readonly onChange: (state: JobItem['state'] | '') => void;
};

/** Which items are shown, and saved. */
const Which = ({ account, job, state, onChange }: WhichProps) => (
  <>
    <Select label="Show" value={state} onChange={({ target }) => onChange(target.value as JobItem['state'] | '')}>
      <option value="">Everything</option>
      {Object.entries(STATES).map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </Select>
    <Act does={() => saveItems(account, job, state || undefined)} working="Saving…">
      Save as CSV
    </Act>
  </>
);

/** What is not undone, for whom somebody else changed it since or it is gone. */
const staysWords = (left: number): string =>
  left === 0
    ? ''
    : left === 1
      ? ' One of them was changed since, or is gone, and stays as it is.'
      : ` ${left} of them were changed since, or are gone, and stay as they are.`;

/** Asks whether to take back what a job did, and leads to the job that does. */
async function askToUndo(account: string, { id, label }: Job, go: (to: string) => void): Promise<void> {
  const { accounts } = await jobs.previewUndo.query({ account, job: id });
  const left = accounts.filter((one) => one.left !== null);
  const many = accounts.length === 1 ? 'one account' : `${accounts.length} accounts`;
  await ask({
    title: `Undo “${label}”?`,
    text: `It takes back what was done to ${many}.${staysWords(left.length)}`,
    lines: left.map(({ account: { name }, left: why, conflict }) =>
      [`${name || 'Gone, or elsewhere'}: ${why?.message ?? ''}`, ...conflict.map(conflictWords)].join(' '),
    ),
    submit: 'Undo',
    act: async () => {
      const undoing = await jobs.undo.mutate({ account, job: id });
      go(`/a/${account}/work/${undoing.job}`);
    },
  });
}

/** Lets what failed be tried again: all of it, or some items by their numbers. */
type Again = (items?: readonly number[]) => Promise<void>;

type ActsProps = { readonly account: string; readonly job: Job; readonly again: Again };

function Acts({ account, job, again: retry }: ActsProps) {
  const { id, label, file, stoppable, undoable, retryable } = job;
  const [, go] = useLocation();
  const again = () => queries.invalidateQueries({ queryKey: ['job', account, id] });
  const stop = (): Promise<void> =>
    ask({
      title: `Stop “${label}”?`,
      text: 'Nothing more of it begins. What is done stays done.',
      submit: 'Stop',
      act: async () => {
        await jobs.cancel.mutate({ account, job: id });
        await again();
      },
    });
  const undo = (): Promise<void> => askToUndo(account, job, go);
  return (
    <>
      {file && (
        <Act does={() => saveFile(account, id)} working="Loading…">
          Save {file.filename}
        </Act>
      )}
      {stoppable && (
        <Act does={stop} working="Stopping…">
          Stop
        </Act>
      )}
      {retryable && (
        <Act does={() => retry()} working="Asking…">
          Try again what failed
        </Act>
      )}
      {undoable && (
        <Act does={undo} working="Looking…">
          Undo all
        </Act>
      )}
    </>
  );
}

function Head({ account, job }: { readonly account: string; readonly job: Job }) {
  const { state, done, skipped, failed, total, etaSeconds } = useProgress(account, job);
  const { numbers } = texts;
  return (
    <Card
      title={`${numbers.whole(done + skipped + failed)} of ${numbers.whole(total)}`}
      aside={<State state={state} etaSeconds={etaSeconds} />}
    >
      <div className={css.in}>
        <progress value={done + skipped + failed} max={Math.max(total, 1)} aria-label="Progress" />
        <dl className={css.facts}>
          <dt>Done</dt>
          <dd>{numbers.whole(done)}</dd>
          <dt>Left as it was</dt>
          <dd>{numbers.whole(skipped)}</dd>
          <dt>Failed</dt>
          <dd>{numbers.whole(failed)}</dd>
          <dt>Asked for by</dt>
          <dd>
            <bdi>{askedBy(job)}</bdi>, {numbers.dateTime(job.createdAt)}
          </dd>
          {job.endedAt !== null && (
            <>
              <dt>Ended</dt>
              <dd>{numbers.dateTime(job.endedAt)}</dd>
            </>
          )}
          {job.file && (
            <>
              <dt>Its file is kept until</dt>
              <dd>{numbers.dateTime(job.file.expiresAt)}</dd>
            </>
          )}
        </dl>
      </div>
    </Card>
  );
}

/** What of an account stayed as it is although the rest was taken back, each with why. */
const keptIn = (result: JobItem['result']): readonly string[] =>
  isRecord(result) && Array.isArray(result['kept'])
    ? result['kept'].flatMap((one) =>
        isRecord(one) && typeof one['reason'] === 'string' ? [`${keptName(one)} stays. ${one['reason']}`] : [],
      )
    : [];

/** What it is called: a product, a kind of limit, or a section of a blueprint. */
function keptName({ name, section }: { readonly [key: string]: unknown }): string {
  const limit = section === 'limits' && LIMIT_KINDS.find(({ key }) => key === name);
  if (limit) return limit.label;
  const its = BLUEPRINT_SECTIONS.find((one) => one === section);
  return typeof name === 'string' ? `“${name}”` : its ? SECTIONS[its] : 'Something';
}

/** Why an item was left, what it failed with, and what of it stayed. */
const why = ({ error, result }: JobItem): readonly string[] => [
  ...(error ? [error.message] : []),
  ...(isRecord(result) && typeof result['reason'] === 'string' ? [result['reason']] : []),
  ...keptIn(result),
];

type ItemsProps = {
  readonly account: string;
  readonly items: readonly JobItem[];
  /** Null: nobody may, or nothing failed. */
  readonly again: Again | null;
};

const Items = ({ account, items, again }: ItemsProps) =>
  items.length === 0 ? (
    <Empty>None.</Empty>
  ) : (
    <Table label="What became of it" columns={[{ figure: 'No.' }, 'About', 'End', 'Why']}>
      <tbody>
        {items.map((item) => (
          <tr key={item.n}>
            <td className={css.number}>{texts.numbers.whole(item.n)}</td>
            <th scope="row">
              {item.target !== null && item.name !== null ? (
                <Link href={`/a/${account}/subaccounts/${item.target}`}>
                  <bdi>{item.name}</bdi>
                </Link>
              ) : (
                <span className={css.quiet}>{item.target === null ? '–' : 'Gone, or elsewhere'}</span>
              )}
              {item.about && (
                <>
                  {' '}
                  <bdi className={css.quiet}>{item.about.join(', ')}</bdi>
                </>
              )}
            </th>
            <td>
              {STATES[item.state]}
              {again && item.state === 'failed' && (
                <div>
                  <Act
                    does={() => again([item.n])}
                    working="Asking…"
                    label={`Try again: no. ${texts.numbers.whole(item.n)}`}
                  >
                    Try again
                  </Act>
                </div>
              )}
            </td>
            <td>
              {why(item).map((one) => (
                <div key={one}>
                  <bdi>{one}</bdi>
                </div>
              ))}
              {item.conflict.map((one) => (
                <div key={conflictWords(one)} className={css.quiet}>
                  <bdi>{conflictWords(one)}</bdi>
                </div>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
