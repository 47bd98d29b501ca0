import { z } from 'zod';
import * as inputs from './inputs.ts';
import { mutation, query } from './procedure.ts';
import * as shapes from './shapes.ts';

export const setup = {
  status: query({
    says: 'Whether somebody owns this server.',
    needs: { kind: 'public', why: 'The first-run screen asks before anybody exists.' },
    input: inputs.nothing,
    output: z.strictObject({ claimed: z.boolean() }),
  }),

  claim: mutation({
    says: 'Takes a server that nobody owns, with the link that it printed.',
    needs: { kind: 'public', why: 'Needs the one-time link that the server printed.' },
    input: z.strictObject({
      token: inputs.linkSecret,
      name: inputs.name,
      email: inputs.email,
      password: inputs.password,
      accountName: inputs.name,
    }),
    output: z.strictObject({ account: shapes.accountId }),
    refusals: ['UNAUTHORIZED', 'RATE_LIMITED', 'NAME_INVALID', 'ALREADY_CLAIMED'],
  }),
};
