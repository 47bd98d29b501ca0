import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { SamSubaccounts } from '../src/index.ts';
import '../src/manager/entry.ts';
import { SubaccountManager } from '../src/manager/subaccount-manager.ts';
import { mockTree } from './example-tree.ts';
import { MemoryMembers } from './memory-members.ts';
import { deep, deepAll, focused, focusedName, type Stage, stage } from './stage.ts';
import { serve } from './wire.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
  for (const stop of stops.splice(0)) stop();
});

const API = 'https://accounts.example';

/** A manager in an empty page, once its first rows are there. */
async function manage(options: Stage = {}, prepare: (one: SubaccountManager) => void = () => undefined) {
  const source = mockTree();
  const members = new MemoryMembers();
  const wire = serve(API, source, { members });
  stops.push(wire.stop);
  const manager = new SubaccountManager();
  Object.assign(manager, { api: API, account: source.root.row.id, getToken: async () => 'tt_embed_1' });
  prepare(manager);
  stage({ width: 1200, height: 800, ...options }).append(manager);
  await vi.waitFor(() => expect(rows(manager).length).toBeGreaterThan(3));
  return { manager, source, members, wire };
}

const rows = (manager: SubaccountManager): HTMLElement[] =>
  deepAll(manager.shadowRoot ?? manager, '.window .row[data-kind="account"]');
const detail = () => page.getByRole('complementary', { name: 'Account' });
const openFirst = async (manager: SubaccountManager): Promise<void> => {
  rows(manager)[0]?.focus();
  await userEvent.keyboard('{Enter}');
  await expect.element(detail().getByRole('heading', { name: 'Acme Group' })).toBeVisible();
};
const list = (manager: SubaccountManager): HTMLElement => deep(manager.shadowRoot ?? manager, 'sam-subaccounts');

describe('the rooms of the manager', () => {
  it.each([
    [1200, 'visible'],
    [700, 'hidden'],
  ] as const)(
    'an account opens beside the list or in its place, and Esc leads back to its row (%i px)',
    async (width, seen) => {
      const { manager } = await manage({ width });
      await openFirst(manager);
      expect(getComputedStyle(list(manager)).visibility).toBe(seen);
      await vi.waitFor(() => expect(focused()?.textContent).toBe('Acme Group'));
      await userEvent.keyboard('{Escape}');
      await expect.element(detail()).not.toBeInTheDocument();
      await vi.waitFor(() => expect(focusedName()).toBe('Acme Group'));
    },
  );

  it('leaves an account to a page that shows it itself', async () => {
    const { manager } = await manage();
    const opened = vi.fn((event: Event) => event.preventDefault());
    manager.addEventListener('sam-open', opened);
    rows(manager)[0]?.focus();
    await userEvent.keyboard('{Enter}');
    await vi.waitFor(() => expect(opened).toHaveBeenCalledTimes(1));
    await manager.updateComplete;
    expect(deepAll(manager.shadowRoot ?? manager, 'sam-account')).toEqual([]);
  });

  it('opens nothing where its features leave that out', async () => {
    const { manager } = await manage({}, (one) => one.setAttribute('features', 'rename'));
    rows(manager)[0]?.focus();
    await userEvent.keyboard('{Enter}');
    await manager.updateComplete;
    expect(deepAll(manager.shadowRoot ?? manager, 'sam-account')).toEqual([]);
  });

  it('shows the members of an account and invites with no role above agency admin', async () => {
    const { manager, source, members } = await manage();
    const id = source.idOf('Acme Group');
    members.join(id, 'Ada Agency', 'agency_admin');
    await manager.open(id, 'members');
    await expect.element(page.getByRole('row', { name: /Ada Agency/ })).toBeVisible();
    await expect
      .element(page.getByLabelText('Role of the invitation'))
      .toMatchTextContent(/^Agency adminMemberViewer$/);
  });

  it('does in the detail what the list does, with the same dialogs', async () => {
    const { manager } = await manage();
    await openFirst(manager);
    await userEvent.click(detail().getByRole('button', { name: 'Actions for Acme Group' }));
    await userEvent.click(page.getByRole('menuitem', { name: 'Suspend…' }));
    await userEvent.click(page.getByRole('dialog').getByRole('button', { name: 'Suspend Acme Group' }));
    await expect.element(page.getByText('Acme Group suspended')).toBeVisible();
  });

  it('changes nothing any more when the session is over', async () => {
    const { manager, wire } = await manage();
    await manager.open(deepAccount(manager), 'members');
    await expect.element(page.getByLabelText('Invite by e-mail address')).toBeVisible();
    wire.refuse('UNAUTHORIZED');
    manager.refresh();
    await expect.element(page.getByLabelText('Invite by e-mail address')).not.toBeInTheDocument();
  });

  it('speaks the language of the page in every room, from right to left, too', async () => {
    const { manager } = await manage({}, (one) => Object.assign(one, { lang: 'de', dir: 'rtl' }));
    await manager.open(deepAccount(manager));
    await expect.element(page.getByRole('complementary', { name: 'Konto' })).toBeVisible();
    await expect.element(page.getByText('Minuten im Zeitraum')).toBeVisible();
    const panel = deep(manager.shadowRoot ?? manager, 'sam-account').getBoundingClientRect();
    expect(panel.left).toBeLessThan(manager.getBoundingClientRect().left + 2);
  });
});

/** Id of the account in the first row. */
const deepAccount = (manager: SubaccountManager) => {
  const screen = list(manager);
  const line = screen instanceof SamSubaccounts ? screen.session?.store?.view.visible.at(0) : undefined;
  if (line?.kind !== 'account') throw new Error('no account');
  return line.account.id;
};
