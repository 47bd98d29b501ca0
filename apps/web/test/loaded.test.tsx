import { NO_ANSWER } from '@tenantree/client';
import { ROLES, type UserId } from '@tenantree/domain';
import { afterEach, describe, expect, it } from 'vitest';
import { page } from 'vitest/browser';
import { MembersTable } from '../src/members/members-table.tsx';
import { Loaded } from '../src/parts/parts.tsx';
import { mount, OLIVIA, unmount } from './mount.tsx';

afterEach(unmount);

// As a call of the client ends that no server answered.
const cut = new Error(NO_ANSWER.message, { cause: { refusal: NO_ANSWER } });
const waiting = { data: undefined, error: null, failureReason: null, refetch: () => undefined };

describe('a list', () => {
  it('says that it is awaited, and why that takes long', async () => {
    mount(<Loaded query={waiting}>{() => 'content'}</Loaded>);
    await expect.element(page.getByRole('status')).toHaveTextContent('Loading …');
    await expect.element(page.getByRole('status')).toBeVisible();
    mount(<Loaded query={{ ...waiting, failureReason: cut }}>{() => 'content'}</Loaded>);
    await expect.element(page.getByRole('status')).toMatchTextContent(/^The server does not answer.* Trying again …$/);
  });

  it('shows what came', async () => {
    mount(<Loaded query={{ ...waiting, data: 'that' }}>{(data) => <p>Here is {data}.</p>}</Loaded>);
    await expect.element(page.getByText('Here is that.')).toBeVisible();
  });
});

describe('the members of an account', () => {
  const member = (userId: string, role: 'owner' | 'admin') => ({
    userId: userId as UserId,
    name: userId,
    email: `${userId}@example.com`,
    role,
    since: '2026-11-01T00:00:00.000Z' as never,
  });
  const table = (members: ReturnType<typeof member>[]) => (
    <MembersTable
      members={members}
      invitations={[]}
      me={OLIVIA.id}
      rights="change"
      roles={ROLES}
      onRole={() => undefined}
      onRemove={() => undefined}
      onWithdraw={() => undefined}
    />
  );

  it('can all go but the only owner', async () => {
    mount(table([member('olivia', 'owner'), member('adam', 'admin')]));
    await expect.element(page.getByRole('button', { name: 'Remove adam' })).toBeVisible();
    expect(page.getByRole('button', { name: 'Leave' }).query()).toBeNull();
    mount(table([member('olivia', 'owner'), member('otto', 'owner')]));
    await expect.element(page.getByRole('button', { name: 'Leave' })).toBeVisible();
  });
});
