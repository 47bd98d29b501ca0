import type { KeyId } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { inAccount, mutation, PEOPLE_AND_KEYS, proved, query } from './procedure.ts';
import * as shapes from './shapes.ts';

/** Parts of a subtree that a key can be kept to. */
const MOST_PARTS = 50;

const keyId = shapes.id<KeyId>();
const scopes = z.union([z.literal('*'), z.partialRecord(shapes.permissionKey, shapes.level)]);

const key = z.strictObject({
  id: keyId,
  name: z.string(),
  prefix: z.string(),
  owner: z.strictObject({ id: shapes.userId, name: z.string() }),
  createdAt: shapes.instant,
  expiresAt: shapes.instant.nullable(),
  lastUsedAt: shapes.instant.nullable(),
  revokedAt: shapes.instant.nullable(),
  scopes,
  /** The accounts whose subtrees it is kept to; null: its own. */
  within: shapes.list(shapes.accountName).nullable(),
  /** The key it was made with, and ends with; null: a person made it. */
  madeBy: z.strictObject({ id: keyId, name: z.string().nullable() }).nullable(),
});

export const keys = {
  list: query({
    says: 'The account’s API keys, without their secrets.',
    needs: inAccount('developers.apiKeys', 'read', 'read', PEOPLE_AND_KEYS),
    input: inputs.onlyAccount,
    output: z.strictObject({ keys: shapes.list(key) }),
  }),

  create: mutation({
    says: 'Makes an API key; its secret is in this answer and nowhere else.',
    needs: proved(inAccount('developers.apiKeys', 'full', 'create', PEOPLE_AND_KEYS)),
    input: z.strictObject({
      account: inputs.account,
      name: inputs.name,
      expiresAt: inputs.instant.nullable().optional(),
      scopes: z.union([z.literal('*'), z.record(z.string().max(100), z.string().max(20))]).optional(),
      within: z.array(inputs.account).min(1).max(MOST_PARTS).optional(),
    }),
    output: z.strictObject({
      id: keyId,
      key: z.string(),
      prefix: z.string(),
      expiresAt: shapes.instant.nullable(),
      scopes,
    }),
    refusals: ['NAME_INVALID', 'LIMIT_REACHED'],
    secret: 'shown once',
  }),

  revoke: mutation({
    says: 'Ends an API key at once, with all that was made with it.',
    needs: inAccount('developers.apiKeys', 'full', 'change', PEOPLE_AND_KEYS),
    input: z.strictObject({ account: inputs.account, id: inputs.id<KeyId>('key') }),
    output: shapes.done,
  }),
};
