import type { Job, JobFrame } from '@tenantree/contract';
import { isEnded } from '@tenantree/domain';
import { useEffect, useState } from 'react';
import css from '../parts/cards.module.css';
import { queries, tenantree } from '../server.ts';

const STATES: Readonly<Record<Job['state'], string>> = {
  queued: 'Waiting',
  running: 'Running',
  succeeded: 'Done',
  partly: 'Done, with failures',
  failed: 'Failed',
  cancelled: 'Stopped',
};

/** A time that is left, in words of one unit. */
const leftWords = (seconds: number): string =>
  seconds < 60 ? `about ${seconds} s left` : `about ${Math.ceil(seconds / 60)} min left`;

/** Where a job is. */
export const State = ({ state, etaSeconds }: Pick<Job, 'state' | 'etaSeconds'>) => (
  <>
    <span className={state === 'failed' || state === 'partly' ? `${css.badge} ${css.loss}` : css.badge}>
      {STATES[state]}
    </span>{' '}
    {etaSeconds !== null && <small className={css.quiet}>{leftWords(etaSeconds)}</small>}
  </>
);

/** Who asked for a job. */
export const askedBy = ({ askedBy: { kind, name } }: Job): string => (kind === 'system' ? 'Tenantree' : name);

/** A job as it goes on: as it was read, and then as the server tells. Once it has ended it is read again, with all that is known of it then. */
export function useProgress(
  account: string,
  job: Job,
): Pick<JobFrame, 'state' | 'done' | 'total' | 'skipped' | 'failed' | 'etaSeconds'> {
  const [frame, setFrame] = useState<JobFrame | null>(null);
  const { id } = job;
  const runs = !isEnded(job.state);
  useEffect(() => {
    if (!runs) return;
    const subscription = tenantree.trpc.jobs.live.subscribe(
      { account, job: id },
      {
        onData: ({ data }) => {
          setFrame(data);
          if (!isEnded(data.state)) return;
          subscription.unsubscribe();
          void queries.invalidateQueries({ queryKey: ['jobs', account] });
          void queries.invalidateQueries({ queryKey: ['job', account, id] });
        },
        // It is read again with the list, or by whoever loads the page again.
        onError: () => undefined,
      },
    );
    return () => {
      subscription.unsubscribe();
      // It may be tried again afterwards.
      setFrame(null);
    };
  }, [account, id, runs]);
  return runs && frame ? frame : job;
}
