import type { Role, UserId } from '@tenantree/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { SourceRefusal } from '../src/index.ts';
import { defineRooms, SamMembers } from '../src/rooms.ts';
import { mockTree } from './example-tree.ts';
import { MemoryMembers } from './memory-members.ts';
import { type Stage, stage } from './stage.ts';

afterEach(() => {
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
});

const tree = mockTree();
const account = tree.root.row.id;

type People = Readonly<Record<string, Role>>;
const OLIVIA = 'olivia-owner' as UserId;

/** Shows the members of an account to one of them. */
async function show(
  people: People,
  { role = null as Role | null, me = OLIVIA, ...options }: Stage & { role?: Role | null; me?: UserId } = {},
) {
  defineRooms();
  const source = new MemoryMembers();
  for (const [name, is] of Object.entries(people)) source.join(account, name, is);
  const element = new SamMembers();
  element.source = source;
  element.account = await tree.get(account);
  element.viewer = { user: me, role };
  stage(options).append(element);
  await vi.waitFor(() => expect(element.renderRoot.textContent).not.toContain('Loading'));
  return { source, element };
}

const OWNER_AND_ADMIN = { 'Olivia Owner': 'owner', 'Adam Admin': 'admin' } as const;
const row = (name: RegExp) => page.getByRole('row', { name });

describe('the members of an account', () => {
  it('are listed with their role and the last thing they did, and who never did anything is told so', async () => {
    const { source, element } = await show({ 'Olivia Owner': 'owner' });
    source.join(account, 'Vera Viewer', 'viewer', '2026-11-20T10:00:00.000Z' as never);
    await element.refresh();
    await expect.element(row(/Olivia Owner/)).toMatchTextContent(/Owner.*None here yet/);
    await expect.element(row(/Vera Viewer/)).toMatchTextContent(/Viewer.*Nov 20, 2026/);
  });

  it('can all be changed and taken out but the only owner, and it is said what to do first', async () => {
    await show(OWNER_AND_ADMIN);
    await expect.element(row(/Olivia Owner/)).toMatchTextContent(/Make somebody else owner first/);
    await expect.element(page.getByLabelText('Role of Olivia Owner')).not.toBeInTheDocument();
    expect(page.getByRole('button', { name: 'Leave' }).query()).toBeNull();
    await expect.element(page.getByLabelText('Role of Adam Admin')).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Remove Adam Admin' })).toBeVisible();
    await show({ ...OWNER_AND_ADMIN, 'Otto Owner': 'owner' });
    await expect.element(page.getByRole('button', { name: 'Leave' })).toBeVisible();
  });

  it('are told that they can’t undo it when they lower their own role, and keep it when they would rather not', async () => {
    const { source } = await show({ ...OWNER_AND_ADMIN, 'Other Owner': 'owner' });
    await userEvent.selectOptions(page.getByLabelText('Role of Olivia Owner'), 'viewer');
    const dialog = page.getByRole('dialog', { name: 'Change my role in Acme Holding to Viewer?' });
    await expect.element(dialog).toMatchTextContent(/You won’t be able to undo this yourself/);
    await userEvent.keyboard('{Escape}');
    await expect.element(dialog).not.toBeInTheDocument();
    await expect.element(page.getByLabelText('Role of Olivia Owner')).toHaveValue('owner');
    await userEvent.selectOptions(page.getByLabelText('Role of Olivia Owner'), 'viewer');
    await userEvent.click(dialog.getByRole('button', { name: 'Change my role to Viewer' }));
    await vi.waitFor(async () => expect((await source.list(account)).members[0]?.role).toBe('viewer'));
  });

  it('are asked about before they are taken out, and the focus is in the list afterwards', async () => {
    const { element } = await show(OWNER_AND_ADMIN);
    const changed = vi.fn();
    element.addEventListener('sam-change', changed);
    await userEvent.click(page.getByRole('button', { name: 'Remove Adam Admin' }));
    const dialog = page.getByRole('dialog', { name: 'Remove Adam Admin from Acme Holding?' });
    await userEvent.click(dialog.getByRole('button', { name: 'Remove Adam Admin' }));
    await expect.element(row(/Adam Admin/)).not.toBeInTheDocument();
    expect(changed).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(document.activeElement).toBe(element));
  });

  it('stay, with the reason in the dialog, when the server refuses', async () => {
    const { source } = await show(OWNER_AND_ADMIN);
    await userEvent.click(page.getByRole('button', { name: 'Remove Adam Admin' }));
    source.refusal = new SourceRefusal({
      code: 'UNAVAILABLE',
      message: 'The server does not answer.',
      retryable: true,
    });
    await userEvent.click(page.getByRole('dialog').getByRole('button', { name: 'Remove Adam Admin' }));
    await expect.element(page.getByRole('dialog').getByRole('alert')).toHaveTextContent('The server does not answer.');
    await expect.element(row(/Adam Admin/)).toBeVisible();
  });

  it('are offered no role above that of who looks, who changes nobody above them', async () => {
    await show({ 'Other Owner': 'owner', 'Adam Admin': 'admin' }, { me: 'adam-admin' as UserId });
    await expect
      .element(page.getByLabelText('Role of the invitation'))
      .toMatchTextContent(/^AdminAgency adminMemberViewer$/);
    await expect.element(page.getByLabelText('Role of Other Owner')).not.toBeInTheDocument();
    await expect.element(page.getByRole('button', { name: 'Remove Other Owner' })).not.toBeInTheDocument();
    await expect.element(page.getByLabelText('Role of Adam Admin')).toBeVisible();
  });

  it('are only looked at by who may not change them', async () => {
    const { element } = await show(OWNER_AND_ADMIN);
    element.access = 'readOnly';
    await expect.element(page.getByLabelText('Role of Adam Admin')).not.toBeInTheDocument();
    await expect.element(page.getByLabelText('Invite by e-mail address')).not.toBeInTheDocument();
    await expect.element(row(/Adam Admin/)).toBeVisible();
  });
});

describe('inviting', () => {
  it('explains roles where they are chosen; the usual choice is Member', async () => {
    await show(OWNER_AND_ADMIN);
    await expect.element(page.getByLabelText('Role of the invitation')).toHaveValue('member');
    await userEvent.click(page.getByText('What each role may do'));
    await expect.element(page.getByText(/^Looks and changes nothing, in this account only/)).toBeVisible();
  });

  it('shows the link once, lists who is invited until when, and can be taken back', async () => {
    await show(OWNER_AND_ADMIN);
    await userEvent.fill(page.getByLabelText('Invite by e-mail address'), 'vera@example.com');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText('https://accounts.example/invite/i1')).toBeVisible();
    await expect.element(page.getByLabelText('Invite by e-mail address')).toHaveValue('');
    await expect.element(row(/vera@example.com/)).toMatchTextContent(/Invitation expires Dec 4/);
    await userEvent.click(page.getByRole('button', { name: 'Withdraw invitation of vera@example.com' }));
    await userEvent.click(page.getByRole('dialog').getByRole('button', { name: 'Withdraw invitation' }));
    await expect.element(row(/vera@example.com/)).not.toBeInTheDocument();
  });

  it('says at the field what is wrong with an address, and keeps it', async () => {
    await show(OWNER_AND_ADMIN);
    const field = page.getByLabelText('Invite by e-mail address');
    await userEvent.fill(field, 'vera');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('alert')).toHaveTextContent('Give an e-mail address.');
    await expect.element(field).toHaveValue('vera');
  });

  it('begins with the first owner in an account without anybody', async () => {
    await show({}, { role: 'owner' });
    await expect.element(page.getByText('Nobody is in this account yet: invite its first owner.')).toBeVisible();
    await expect.element(page.getByLabelText('Role of the invitation')).toHaveValue('owner');
    await expect.element(page.getByRole('table')).not.toBeInTheDocument();
  });

  it('begins with the first owner where there are only others, until one is invited', async () => {
    const { source, element } = await show({ 'Adam Admin': 'admin' }, { role: 'owner' });
    await expect.element(page.getByText('This account has no owner yet: invite its first owner.')).toBeVisible();
    await source.invite(account, 'vera@example.com', 'owner');
    await element.refresh();
    await expect.element(page.getByText(/no owner yet/)).not.toBeInTheDocument();
    await expect.element(page.getByLabelText('Role of the invitation')).toHaveValue('member');
  });

  it('tells who may not make anybody owner who can', async () => {
    await show({}, { role: 'admin' });
    await expect.element(page.getByText(/Its first owner is invited by an owner of an account above/)).toBeVisible();
    await expect.element(page.getByLabelText('Role of the invitation')).toHaveValue('member');
  });
});
