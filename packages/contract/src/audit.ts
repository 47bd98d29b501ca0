import { AUDIT_KINDS, type AuditKind, type RowId } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { type AnswerOf, inAccount, type ParsedOf, PEOPLE_AND_KEYS, query, screensFor } from './procedure.ts';
import * as shapes from './shapes.ts';

const kind = z.enum(Object.keys(AUDIT_KINDS) as [AuditKind, ...AuditKind[]]);

/** Which entries are asked for. */
const asked = z.strictObject({
  account: inputs.account,
  /** `nested`: also those of every account below. */
  scope: z.enum(['own', 'nested']).default('own'),
  kind: kind.optional(),
  /** The person, key or embedded screen's key that did it. */
  actor: inputs.id<RowId>('actor').optional(),
  cursor: inputs.cursor,
});

const entry = z.strictObject({
  id: shapes.rowId,
  at: shapes.instant,
  account: shapes.accountName,
  /** Null for an action of a later release. */
  kind: kind.nullable(),
  action: z.string(),
  sentence: z.string(),
  actor: z.strictObject({
    kind: z.enum(['person', 'key', 'embed', 'system']),
    id: z.string().nullable(),
    name: z.string(),
    /** The account that it came from, when it acted inside another one; without an id when the reader doesn't reach it. */
    via: z.strictObject({ id: shapes.accountId.nullable(), name: z.string() }).nullable(),
  }),
  target: z.strictObject({ id: z.string(), name: z.string() }).nullable(),
  details: z.record(z.string(), z.unknown()),
  requestId: z.string().nullable(),
});

export const audit = {
  list: query({
    says: 'What was done in the account, newest first; with `nested` also in every account below.',
    needs: inAccount('account.settings', 'read', 'read', screensFor('activity')),
    input: asked.extend({ limit: inputs.limit(200) }),
    output: shapes.pageOf(entry),
  }),

  export: query({
    says: 'The same as CSV, 5 000 entries in a file.',
    needs: inAccount('account.settings', 'read', 'read', screensFor('activity')),
    input: asked,
    output: shapes.csvFile.extend({ nextCursor: z.string().nullable() }),
  }),

  verify: query({
    says: 'Whether the journal of the account’s tree is what was written: 100 000 rows from a number on.',
    needs: inAccount('account.settings', 'read', 'read', PEOPLE_AND_KEYS),
    input: z.strictObject({
      account: inputs.account,
      from: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
    }),
    output: z.strictObject({
      /** Numbers of the first and the last row that there should be; null before anything happened. */
      rows: z.strictObject({ first: z.number(), last: z.number() }).nullable(),
      faults: z.array(
        z.strictObject({
          fault: z.enum(['changed', 'added', 'missing']),
          /** Null for a row above the account or beside it. */
          seq: z.number().nullable(),
          id: shapes.rowId.nullable(),
          at: shapes.instant.nullable(),
        }),
      ),
      /** The number to go on from; null: everything has been looked at. */
      next: z.number().nullable(),
    }),
  }),
};

/** Which entries are asked for. */
export type AskedEntries = ParsedOf<typeof audit.export>;
/** An entry as it is read: what was done in a sentence that follows the actor's name. Accounts that the reader doesn't reach are not named. */
export type AuditLogEntry = AnswerOf<typeof audit.list>['rows'][number];
