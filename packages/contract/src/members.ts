import { ROLES, type RowId, type UserId } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { inAccount, mutation, PEOPLE, query, reach, screensFor } from './procedure.ts';
import * as shapes from './shapes.ts';

const role = z.enum(ROLES);

const member = z.strictObject({
  userId: shapes.userId,
  name: z.string(),
  email: z.string(),
  role: shapes.role,
  since: shapes.instant,
  /** When they last did something in the account or below it, if only enter; null: never. */
  lastActivity: shapes.instant.nullable(),
});

const invitation = z.strictObject({
  id: shapes.rowId,
  email: z.string(),
  role: shapes.role,
  expiresAt: shapes.instant,
  invitedBy: z.strictObject({ id: shapes.userId, name: z.string() }).nullable(),
});

const PROVES_ADDRESS = 'Needs the secret of the invitation, which proves the address.';

export const members = {
  list: query({
    says: 'The account’s members, and its open invitations.',
    needs: inAccount('account.members', 'read', 'read', screensFor('members')),
    input: inputs.onlyAccount,
    output: z.strictObject({ members: shapes.list(member), invitations: shapes.list(invitation) }),
  }),

  invite: mutation({
    says: 'Invites an address to the account; the link is in this answer and nowhere else.',
    needs: inAccount('account.members', 'full', 'change', screensFor('members')),
    input: z.strictObject({ account: inputs.account, email: inputs.email, role }),
    output: z.strictObject({ id: shapes.rowId, link: z.string(), expiresAt: shapes.instant }),
    refusals: ['ROLE_TOO_HIGH', 'ALREADY_MEMBER'],
    secret: 'shown once',
  }),

  revokeInvitation: mutation({
    says: 'Withdraws an open invitation.',
    needs: inAccount('account.members', 'full', 'change', screensFor('members')),
    input: z.strictObject({ account: inputs.account, id: inputs.id<RowId>('invitation') }),
    output: shapes.done,
  }),

  setRole: mutation({
    says: 'Gives a member another role.',
    needs: inAccount('account.members', 'full', 'change', screensFor('members')),
    input: z.strictObject({ account: inputs.account, userId: inputs.id<UserId>('member'), role }),
    output: shapes.done,
    refusals: ['ROLE_TOO_HIGH', 'LAST_OWNER', 'ALREADY_IN_STATE'],
  }),

  remove: mutation({
    says: 'Takes a person out of the account, with the keys and invitations they made there or below.',
    needs: inAccount('account.members', 'full', 'change', screensFor('members')),
    input: z.strictObject({ account: inputs.account, userId: inputs.id<UserId>('member') }),
    output: shapes.done,
    refusals: ['ROLE_TOO_HIGH', 'LAST_OWNER'],
  }),

  leave: mutation({
    says: 'Takes oneself out of the account.',
    needs: reach('change', PEOPLE),
    input: inputs.onlyAccount,
    output: shapes.done,
    refusals: ['LAST_OWNER'],
  }),

  invitation: query({
    says: 'What the page behind an invitation’s link shows.',
    needs: { kind: 'public', why: PROVES_ADDRESS },
    input: z.strictObject({ token: inputs.linkSecret }),
    output: z.strictObject({ accountName: z.string(), email: z.string(), role: shapes.role }),
    refusals: ['UNAUTHORIZED', 'RATE_LIMITED'],
  }),

  acceptInvitation: mutation({
    says: 'Accepts an invitation: as who is signed in, with the password, or as a new person.',
    needs: { kind: 'public', why: PROVES_ADDRESS },
    input: z.strictObject({
      token: inputs.linkSecret,
      name: inputs.name.optional(),
      password: inputs.password.optional(),
    }),
    output: z.strictObject({ account: shapes.accountId }),
    refusals: [
      'LIMIT_REACHED',
      'UNAUTHORIZED',
      'FORBIDDEN',
      'RATE_LIMITED',
      'NAME_INVALID',
      'ACCOUNT_SUSPENDED',
      'ACCOUNT_CLOSED',
      'ALREADY_MEMBER',
    ],
  }),
};
