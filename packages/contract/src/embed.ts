import { EMBED_FEATURES } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { inAccount, KEYS, mutation } from './procedure.ts';
import * as shapes from './shapes.ts';

export const embed = {
  createToken: mutation({
    says: 'Makes the short-lived token under which the embedded widget runs, on one origin and for one user.',
    needs: inAccount('account.subaccounts', 'read', 'read', KEYS),
    input: z.strictObject({
      account: inputs.account,
      origin: inputs.text(1, 300),
      access: z.enum(['read', 'full']).optional(),
      features: z.array(z.enum(EMBED_FEATURES)).min(1).max(EMBED_FEATURES.length).optional(),
      userRef: inputs.line(200),
      ttlSeconds: z.number().int().min(60).max(3_600).default(900),
    }),
    output: z.strictObject({ token: z.string(), expiresAt: shapes.instant }),
    secret: 'shown once',
  }),
};
