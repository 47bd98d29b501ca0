import { afterEach, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import MembersPage from '../src/members/members-page.tsx';
import { queries } from '../src/server.ts';
import { HOME, know, mount, OLIVIA, unmount } from './mount.tsx';

afterEach(unmount);

const since = '2026-11-01T00:00:00.000Z';
const olivia = { userId: OLIVIA.id, name: OLIVIA.name, email: OLIVIA.email, role: 'owner', since };
const adam = { userId: 'adam', name: 'Adam Admin', email: 'adam@example.com', role: 'admin', since };
const invitation = { id: 'i1', email: 'vera@example.com', role: 'viewer', expiresAt: '2026-12-04T12:00:00.000Z' };

function show(...owners: (typeof olivia)[]): void {
  showAll({ members: [...owners, adam], invitations: [invitation] });
}

function showAll(people: { members: (typeof olivia)[]; invitations: (typeof invitation)[] }): void {
  queries.setQueryDefaults(['members'], { staleTime: Number.POSITIVE_INFINITY });
  queries.setQueryDefaults(['account'], { staleTime: Number.POSITIVE_INFINITY });
  mount(<MembersPage account={HOME.id} />);
  know(HOME);
  queries.setQueryData(['members', HOME.id], people);
}

it('the only owner’s role can’t be lowered, and it is said what to do first', async () => {
  show(olivia);
  const row = page.getByRole('row', { name: /Olivia Owner/ });
  await expect.element(row).toMatchTextContent(/Make somebody else owner first/);
  await expect.element(page.getByLabelText('Role of Olivia Owner')).not.toBeInTheDocument();
  await expect.element(page.getByLabelText('Role of Adam Admin')).toBeVisible();
});

it('whoever lowers their own role is told that they can’t undo it', async () => {
  show(olivia, { ...olivia, userId: 'other', name: 'Other Owner' });
  await userEvent.selectOptions(page.getByLabelText('Role of Olivia Owner'), 'viewer');
  const dialog = page.getByRole('dialog', { name: 'Change my role in Acme Group to Viewer?' });
  await expect.element(dialog).toMatchTextContent(/You won’t be able to undo this yourself/);
  await expect.element(dialog.getByRole('button', { name: 'Change my role to Viewer' })).toBeVisible();
});

it('roles are explained where they are chosen, and the usual choice is Member', async () => {
  show(olivia);
  await expect.element(page.getByLabelText('Role of the invitation')).toHaveValue('member');
  await userEvent.click(page.getByText('What each role may do'));
  await expect.element(page.getByText(/^Looks and changes nothing, in this account only/)).toBeVisible();
  await expect
    .element(page.getByRole('row', { name: /vera@example.com/ }))
    .toMatchTextContent(/Invitation expires Dec 4/);
});

it('nobody is offered a role above their own, nor to change who stands above them', async () => {
  show({ ...olivia, userId: 'other', name: 'Other Owner' });
  queries.setQueryData(['me'], {
    user: { ...OLIVIA, id: adam.userId },
    accounts: [{ ...HOME, role: 'admin' }],
    home: HOME.id,
  });
  const invited = page.getByLabelText('Role of the invitation');
  await expect.element(invited).toMatchTextContent(/^AdminAgency adminMemberViewer$/);
  await expect.element(page.getByLabelText('Role of Other Owner')).not.toBeInTheDocument();
  await expect.element(page.getByRole('button', { name: 'Remove Other Owner' })).not.toBeInTheDocument();
  await expect.element(page.getByLabelText('Role of Adam Admin')).toBeVisible();
});

it('an account without anybody says so, and offers to invite its first owner', async () => {
  showAll({ members: [], invitations: [] });
  await expect.element(page.getByText('Nobody is in this account yet: invite its first owner.')).toBeVisible();
  await expect.element(page.getByLabelText('Role of the invitation')).toHaveValue('owner');
  await expect.element(page.getByRole('table')).not.toBeInTheDocument();
});

it('an account with people and no owner says so, until one is invited', async () => {
  showAll({ members: [adam], invitations: [invitation] });
  await expect.element(page.getByText('This account has no owner yet: invite its first owner.')).toBeVisible();
  queries.setQueryData(['members', HOME.id], { members: [adam], invitations: [{ ...invitation, role: 'owner' }] });
  await expect.element(page.getByText(/no owner yet/)).not.toBeInTheDocument();
  await expect.element(page.getByLabelText('Role of the invitation')).toHaveValue('member');
});

it('who may not make anybody owner is told who can', async () => {
  showAll({ members: [], invitations: [] });
  queries.setQueryData(['me'], { user: OLIVIA, accounts: [{ ...HOME, role: 'admin' }], home: HOME.id });
  await expect.element(page.getByText(/Its first owner is invited by an owner of an account above/)).toBeVisible();
  await expect.element(page.getByLabelText('Role of the invitation')).toHaveValue('member');
});
