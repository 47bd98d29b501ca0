import { EMBED_FEATURES, type KeyId, MOST_ORIGINS, type RowId } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { type AnswerOf, inAccount, KEYS, mutation, PEOPLE_AND_KEYS, proved, query } from './procedure.ts';
import * as shapes from './shapes.ts';

const origin = inputs.text(1, 300);
const origins = z.array(origin).max(MOST_ORIGINS);
const userRef = inputs.line(200);
/** Whose sessions are asked for. */
const ofUser = inputs.names(userRef, 'user').optional();
/** Where an account may be embedded. */
const listed = z.strictObject({
  /** The list that holds; null: none does, and whoever opens a session names the origin. */
  origins: shapes.list(z.string()).nullable(),
  /** Whose list it is; without id and name where the reader doesn’t reach it. */
  from: z.strictObject({ id: shapes.accountId.nullable(), name: z.string() }).nullable(),
});

/** A live session of an embedded screen. */
const session = z.strictObject({
  id: shapes.rowId,
  account: shapes.accountName,
  userRef: z.string(),
  origins: shapes.list(z.string()),
  grant: z.strictObject({ access: z.enum(['read', 'full']), features: shapes.list(z.enum(EMBED_FEATURES)) }),
  /** The key that it was made with; its name where that is a key of the acting account’s subtree. */
  key: z.strictObject({ id: shapes.id<KeyId>(), name: z.string().nullable() }),
  createdAt: shapes.instant,
  expiresAt: shapes.instant,
});

export const embed = {
  createToken: mutation({
    says: 'Opens a session for the embedded widget, on some origins and for one user.',
    needs: inAccount('account.subaccounts', 'read', 'read', KEYS),
    input: z.strictObject({
      account: inputs.account,
      /** Short for a list of one. */
      origin: origin.optional(),
      origins: origins.min(1).optional(),
      access: z.enum(['read', 'full']).optional(),
      features: z.array(z.enum(EMBED_FEATURES)).min(1).max(EMBED_FEATURES.length).optional(),
      userRef,
      ttlSeconds: z.number().int().min(60).max(3_600).default(900),
    }),
    output: z.strictObject({
      id: shapes.rowId,
      token: z.string(),
      expiresAt: shapes.instant,
      /** When a page asks for the next one. */
      renewAfter: shapes.instant,
    }),
    refusals: ['ORIGIN_NOT_LISTED', 'RATE_LIMITED'],
    secret: 'shown once',
  }),

  list: query({
    says: 'Live sessions of embedded screens of the account and of all below it, newest first.',
    needs: inAccount('developers', 'read', 'read', PEOPLE_AND_KEYS),
    input: z.strictObject({
      account: inputs.account,
      userRef: ofUser,
      cursor: inputs.cursor,
      limit: inputs.limit(200),
    }),
    output: shapes.pageOf(session),
  }),

  revoke: mutation({
    says: 'Ends one session, all of a user, or all of a key; their screens are cut within a second.',
    needs: inAccount('developers', 'full', 'change', PEOPLE_AND_KEYS),
    input: z.strictObject({
      account: inputs.account,
      id: inputs.id<RowId>('session').optional(),
      userRef: ofUser,
      key: inputs.id<KeyId>('key').optional(),
    }),
    output: z.strictObject({ ended: shapes.count }),
  }),

  origins: query({
    says: 'The list of origins that holds for the account, and whose it is.',
    needs: inAccount('developers', 'read', 'read', PEOPLE_AND_KEYS),
    input: inputs.onlyAccount,
    output: listed,
  }),

  setOrigins: mutation({
    says: 'Gives the account a list of origins of its own, or takes it away.',
    needs: proved(inAccount('developers', 'full', 'change', PEOPLE_AND_KEYS)),
    input: z.strictObject({ account: inputs.account, origins: origins.nullable() }),
    output: listed,
  }),
};

/** A session that was opened for an embedded screen, with its token. */
export type OpenedSession = AnswerOf<typeof embed.createToken>;
/** Where an account may be embedded. */
export type ShownOrigins = AnswerOf<typeof embed.origins>;
