import type { RowId } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { type AnswerOf, EVERYBODY, mutation, PEOPLE, query, signedIn } from './procedure.ts';
import * as shapes from './shapes.ts';

const me = z.strictObject({
  actor: z.enum(['person', 'key', 'embed']),
  /** Null for what acts without being a person. */
  user: z.strictObject({ id: shapes.userId, name: z.string(), email: z.string() }).nullable(),
  /** Where the caller may start; what acts for somebody has no role. */
  accounts: shapes.list(z.strictObject({ id: shapes.accountId, name: z.string(), role: shapes.role.nullable() })),
  /** Where the web app opens: the topmost account, and of several such the oldest membership. */
  home: shapes.accountId.nullable(),
});

const oneSession = z.strictObject({
  id: z.string(),
  signedInAt: shapes.instant,
  expiresAt: shapes.instant,
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  /** Whether it is the one that asks. */
  isThis: z.boolean(),
});

export const session = {
  me: query({
    says: 'Who calls, and where they may start.',
    needs: signedIn(EVERYBODY),
    input: inputs.nothing,
    output: me,
  }),

  rename: mutation({
    says: 'Gives oneself another name.',
    needs: signedIn(PEOPLE),
    input: z.strictObject({ name: inputs.name }),
    output: z.strictObject({ name: z.string() }),
    refusals: ['NAME_INVALID'],
  }),

  list: query({
    says: 'One’s own sessions, the latest sign-in first.',
    needs: signedIn(PEOPLE),
    input: inputs.nothing,
    output: z.strictObject({ sessions: shapes.list(oneSession) }),
  }),

  end: mutation({
    says: 'Ends one session of one’s own.',
    needs: signedIn(PEOPLE),
    input: z.strictObject({ id: inputs.id<RowId>('session') }),
    output: shapes.done,
    refusals: ['NOT_FOUND'],
  }),

  endAll: mutation({
    says: 'Ends all sessions of one’s own.',
    needs: signedIn(PEOPLE),
    input: inputs.nothing,
    output: shapes.done,
  }),
};

/** Who calls, and where they may start. */
export type Me = AnswerOf<typeof session.me>;
