import { z } from 'zod';
import * as inputs from './inputs.ts';
import { inAccount, mutation, PEOPLE_AND_KEYS, query } from './procedure.ts';
import * as shapes from './shapes.ts';

const MOST_AT_ONCE = 500;

const agent = z.strictObject({ id: shapes.rowId, name: z.string(), externalId: z.string().nullable() });

export const agents = {
  create: mutation({
    says: 'Makes agents; one with an external id that the account has already is answered as it is.',
    needs: inAccount('agents.general', 'full', 'create', PEOPLE_AND_KEYS),
    input: z.strictObject({
      account: inputs.account,
      agents: z
        .array(z.strictObject({ name: inputs.name, externalId: inputs.externalId.optional() }))
        .min(1)
        .max(MOST_AT_ONCE),
    }),
    output: z.strictObject({ agents: shapes.list(agent), created: shapes.count }),
    refusals: ['NAME_INVALID', 'EXTERNAL_ID_CONFLICT', 'LIMIT_REACHED'],
  }),

  list: query({
    says: 'The account’s agents, a page at a time.',
    needs: inAccount('agents.general', 'read', 'read', PEOPLE_AND_KEYS),
    input: z.strictObject({ account: inputs.account, cursor: inputs.cursor, limit: inputs.limit(500) }),
    output: shapes.pageOf(agent),
  }),
};
