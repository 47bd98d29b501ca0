import { Failed } from './failed.ts';
import { counted } from './progress.ts';
import type { RegionRun } from './region.ts';

type Waiting = Pick<RegionRun, 'trpc' | 'persist' | 'sleep' | 'show'>;
type Job = { readonly account: string; readonly job: string };

const LOOK_MS = 200;

/** Looks again and again until there is something to see. */
export async function until<T>({ sleep }: Pick<Waiting, 'sleep'>, look: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== null) return seen;
    await sleep(LOOK_MS);
  }
}

/** Waits until a job has ended. @throws Failed when not all of it was done */
export async function jobEnded(run: Waiting, what: string, { account, job: id }: Job): Promise<void> {
  const { trpc, persist, show } = run;
  const job = await until(run, async () => {
    const seen = (await persist(() => trpc.jobs.get.query({ account, job: id, limit: 1 }))).job;
    show(`${what}: ${counted(seen.done + seen.skipped)} of ${counted(seen.total)}`);
    return seen.endedAt === null ? null : seen;
  });
  if (job.state === 'succeeded') return;
  const { items } = await persist(() => trpc.jobs.get.query({ account, job: id, state: 'failed', limit: 1 }));
  throw new Failed(`${what}: ${counted(job.failed)} failed. ${items[0]?.error?.message ?? `The job is ${job.state}.`}`);
}

/** Waits until nothing is under way in an account any more that an earlier start asked for. */
export async function idle(run: Waiting, account: string): Promise<void> {
  const { trpc, persist, show } = run;
  await until(run, async () => {
    const { rows } = await persist(() => trpc.jobs.list.query({ account, limit: 20 }));
    const going = rows.find(({ endedAt }) => endedAt === null);
    if (going) show(`Waiting for what was begun before: ${going.label}`);
    return going ? null : true;
  });
}
