import { findJobFile, type JobFilePart, type TenantTransaction, writeJobFile } from '@tenantree/db';
import { DAY_MS, type Instant, instantOf, msOf, type RowId } from '@tenantree/domain';
import { z } from 'zod';
import { readCursor, writeCursor } from '../hall/cursor.ts';
import { nowOf } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import type { JobItem } from './define-job.ts';
import { findJob, type JobCall, maySee } from './shown-jobs.ts';

/** Days for which a file is kept (rules/jobs 14). */
const FILE_DAYS = 7;

const partNumber = z.number().int();

/** What is written into a file, and what it takes to read it beside what its job takes. */
export type FileTerms = { readonly filename: string; readonly usage: 'usage' | 'no usage' };

/** Writes the next part of the file of a job. @param part from 0 */
export const writePart = (
  { job }: Pick<JobItem<unknown>, 'job'>,
  trx: TenantTransaction,
  { filename, usage }: FileTerms,
  {
    part,
    type,
    content,
    now,
  }: Pick<JobFilePart, 'type' | 'content'> & { readonly part: number; readonly now: Instant },
): Promise<void> =>
  writeJobFile(
    trx,
    { account: job.account, job: job.id },
    {
      part,
      type,
      content,
      filename,
      hasUsage: usage === 'usage',
      expiresAt: instantOf(msOf(now) + FILE_DAYS * DAY_MS),
    },
  );

/**
 * A part of the file that a job wrote, for whoever may see the job and all that is in the file.
 *
 * @throws Refused NOT_FOUND when there is no such job, or it has no file any more; FORBIDDEN
 */
export async function readFile(
  call: Pick<JobCall, 'hall' | 'access' | 'jobs'>,
  job: RowId,
  cursor: string | undefined,
) {
  const { hall, access } = call;
  const place = `file:${job}`;
  const { secret } = hall.settings;
  const part = readCursor(secret, place, partNumber, cursor) ?? 0;
  await findJob(call, job);
  const now = nowOf(hall);
  const found = await hall.db.withTenant(
    access.id,
    (trx) => findJobFile(trx, { account: access.id, job }, { part, now }),
    { snapshot: true },
  );
  if (!found) return refuseWith('NOT_FOUND', 'This job has no file, or has it no more.', 'job');
  if (!maySee(access, found))
    return refuseWith('FORBIDDEN', 'There is usage in this file, which you may not see here.', 'job');
  const { filename, type, content, expiresAt, isLast } = found;
  return { filename, type, content, expiresAt, nextCursor: isLast ? null : writeCursor(secret, place, part + 1) };
}
