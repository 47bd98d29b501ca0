import type { Instant } from '@tenantree/domain';
import { sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import type { JobRef } from './queue.ts';

/** A part of a job's file. */
export type JobFilePart = {
  readonly filename: string;
  readonly type: 'csv' | 'pdf';
  /** Of a PDF in base64. */
  readonly content: string;
  /** It tells what only those may see who may see usage. */
  readonly hasUsage: boolean;
  readonly expiresAt: Instant;
};

/** Writes a part of a job's file, from 0 on. */
export async function writeJobFile(
  trx: TenantTransaction,
  { account, job }: JobRef,
  { part, filename, type, content, hasUsage, expiresAt }: JobFilePart & { readonly part: number },
): Promise<void> {
  await sql`
    INSERT INTO job_files (account_id, job_id, part, filename, type, content, has_usage, expires_at)
    VALUES (${account}, ${job}, ${part}, ${filename}, ${type}, ${content}, ${hasUsage}, ${expiresAt}::timestamptz)`.execute(
    trx,
  );
}

/** Finds a part of a job's file; null when there is none, or it has expired. */
export async function findJobFile(
  trx: TenantTransaction,
  { account, job }: JobRef,
  { part, now }: { readonly part: number; readonly now: Instant },
): Promise<(JobFilePart & { readonly isLast: boolean }) | null> {
  type Raw = {
    filename: string;
    type: 'csv' | 'pdf';
    content: string;
    has_usage: boolean;
    expires_at: Date;
    is_last: boolean;
  };
  const { rows } = await sql<Raw>`
    SELECT f.filename, f.type, f.content, f.has_usage, f.expires_at, NOT EXISTS (SELECT FROM job_files n
      WHERE n.account_id = ${account} AND n.job_id = ${job} AND n.part = ${part} + 1) AS is_last
    FROM job_files f
    WHERE f.account_id = ${account} AND f.job_id = ${job} AND f.part = ${part} AND f.expires_at > ${now}::timestamptz`.execute(
    trx,
  );
  const [row] = rows;
  if (!row) return null;
  const { filename, type, content, has_usage: hasUsage, expires_at: at, is_last: isLast } = row;
  return { filename, type, content, hasUsage, expiresAt: at.toISOString() as Instant, isLast };
}
