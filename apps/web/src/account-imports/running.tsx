import type { AccountImport, JobFrame } from '@tenantree/contract';
import { isEnded, type RowId } from '@tenantree/domain';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import css from '../parts/cards.module.css';
import { Act, Card } from '../parts/cards.tsx';
import { queries, tenantree } from '../server.ts';
import own from './account-imports.module.css';
import { Counts } from './judged.tsx';
import { rowsWords } from './outcomes.ts';
import { ImportRows } from './rows.tsx';
import { told } from './told.ts';

const { jobs } = tenantree.trpc;

type Props = { readonly account: string; readonly file: AccountImport };

/** How a job goes, as long as it is looked at. */
function useJob(account: string, job: RowId | null): JobFrame | null {
  const [frame, setFrame] = useState<JobFrame | null>(null);
  useEffect(() => {
    if (job === null) return;
    const watch = jobs.live.subscribe(
      { account, job },
      {
        onData: ({ data }) => {
          setFrame(data);
          // Its rows may have come to something else, and there are accounts that weren't there.
          if (isEnded(data.state)) void Promise.all([told(), queries.invalidateQueries({ queryKey: ['account'] })]);
        },
      },
    );
    return () => watch.unsubscribe();
  }, [account, job]);
  return frame;
}

/** A file that is being imported, or was. */
export function Running({ account, file }: Props) {
  const frame = useJob(account, file.job);
  const isOver = frame !== null && isEnded(frame.state);
  return (
    <>
      <Card title={isOver ? 'Imported' : 'Importing'}>
        <div className={css.in}>
          {isOver ? (
            <Ended account={account} file={file} frame={frame} />
          ) : (
            <Going account={account} file={file} frame={frame} />
          )}
        </div>
      </Card>
      {isOver && (
        <>
          <Counts account={account} file={file} />
          <ImportRows account={account} file={file} />
        </>
      )}
    </>
  );
}

function Going({ account, file, frame }: Props & { readonly frame: JobFrame | null }) {
  const { job } = file;
  const ended = frame === null ? 0 : frame.done + frame.skipped + frame.failed;
  const inSteps = frame !== null && frame.total > 1;
  return (
    <>
      <p role="status">
        {inSteps
          ? `${ended} of ${rowsWords(frame.total, 'step')} done${frame.etaSeconds === null ? '' : `, about ${rowsWords(frame.etaSeconds, 'second')} left`}`
          : 'All in one step: nothing is there until all of it is.'}
      </p>
      <progress className={own.bar} aria-label="Import" {...(inSteps && { max: frame.total, value: ended })} />
      <p className={css.quiet}>You can leave this page: it goes on, and the file is listed under Import accounts.</p>
      {job !== null && !frame?.cancelAsked && (
        <div className={css.acts}>
          <Act does={async () => void (await jobs.cancel.mutate({ account, job }))} working="Stopping…">
            Stop
          </Act>
        </div>
      )}
      {frame?.cancelAsked && <p>Stopping. What is made stays.</p>}
    </>
  );
}

const ENDS: Readonly<Record<string, string>> = {
  succeeded: 'The import is over.',
  partly: 'The import is over; some steps failed.',
  failed: 'Nothing was imported.',
  cancelled: 'The import was stopped.',
};

function Ended({ account, file, frame }: Props & { readonly frame: JobFrame }) {
  const { job, made } = file;
  const [why, setWhy] = useState<string | null>(null);
  useEffect(() => {
    if (job === null || frame.failed === 0) return;
    void jobs.get.query({ account, job, state: 'failed', limit: 1 }).then(
      ({ items }) => setWhy(items[0]?.error?.message ?? null),
      () => undefined,
    );
  }, [account, job, frame.failed]);
  return (
    <>
      <p role="status">
        {ENDS[frame.state]} {rowsWords(made, 'account')} made.
      </p>
      {why !== null && <p className={css.loss}>{why}</p>}
      <p className={css.acts}>
        <Link href={`/a/${account}/subaccounts`}>Subaccounts</Link>
        {job !== null && <Link href={`/a/${account}/work/${job}`}>What its job did</Link>}
      </p>
    </>
  );
}
