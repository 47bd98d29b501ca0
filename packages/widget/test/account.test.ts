import { DAY_MS, type Decimal, instantOf, type RowId } from '@tenantree/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { PRODUCT_ROWS, SourceRefusal } from '../src/index.ts';
import { type AccountActing, defineRooms, SamAccount } from '../src/rooms.ts';
import { violations } from './accessible.ts';
import { mockTree } from './example-tree.ts';
import { MemoryActivity } from './memory-activity.ts';
import { MemoryBilling } from './memory-billing.ts';
import { MemoryImports } from './memory-imports.ts';
import { MemoryLimits } from './memory-limits.ts';
import { MemoryMembers } from './memory-members.ts';
import { MemoryPermissions } from './memory-permissions.ts';
import { MemoryProducts } from './memory-products.ts';
import type { MemorySource } from './memory-source.ts';
import { MemoryUsage } from './memory-usage.ts';
import { focused, painted, type Stage, stage } from './stage.ts';

afterEach(() => {
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
});

/** What is offered and done with an account elsewhere: here it is only noted. */
const actingOn = (source: MemorySource, done: string[]): AccountActing => ({
  menuOf: async ({ suspension }) => [
    { id: 'rename', label: 'Rename' },
    suspension ? { id: 'reactivate', label: 'Reactivate' } : { id: 'suspend', label: 'Suspend…' },
  ],
  perform: async (id, { id: account }) => {
    done.push(id);
    if (id === 'reactivate') await source.reactivate(account);
  },
  renameAccount: async ({ id }, name) => {
    try {
      await source.rename(id, name);
      return null;
    } catch (error) {
      return error instanceof SourceRefusal ? error : null;
    }
  },
});

async function show(
  name = 'Acme North',
  options: Stage = {},
  prepare: (one: SamAccount) => void = () => undefined,
  first: (memory: MemorySource) => void = () => undefined,
) {
  defineRooms();
  const accounts = mockTree();
  first(accounts);
  const members = new MemoryMembers();
  const limits = new MemoryLimits();
  const usage = new MemoryUsage(accounts);
  const done: string[] = [];
  const element = new SamAccount();
  const activity = new MemoryActivity();
  activity.note({ id: accounts.idOf(name), name }, 'created Acme North');
  element.source = {
    accounts,
    members,
    permissions: new MemoryPermissions(accounts),
    limits,
    products: new MemoryProducts(),
    imports: new MemoryImports(accounts),
    billing: new MemoryBilling({ id: accounts.idOf(name), name }),
    activity,
    usage,
  };
  element.account = accounts.idOf(name);
  element.acting = actingOn(accounts, done);
  element.viewer = { user: null, role: 'owner' };
  prepare(element);
  stage({ width: 560, ...options }).append(element);
  return { accounts, members, limits, usage, element, done, id: element.account };
}

const heading = () => page.getByRole('heading', { name: /Acme North|North Side/ });
const panel = () => page.getByRole('complementary', { name: 'Account' });

describe('an account in detail', () => {
  it('says where it stands, what it has and is, and what was done in it; the focus is on its name', async () => {
    await show();
    await expect.element(heading()).toBeVisible();
    await vi.waitFor(() => expect(focused()?.textContent).toBe('Acme North'));
    await expect.element(panel()).toMatchTextContent(/Acme Holding › Acme Group/);
    await expect.element(panel()).toMatchTextContent(/Members.*Agents.*Subaccounts/);
    await expect.element(page.getByText('created Acme North')).toBeVisible();
  });

  it('shows minutes as they are used', async () => {
    const { accounts, id } = await show();
    const tile = page.getByText('Minutes this period');
    await expect.element(tile).toBeVisible();
    accounts.tick([[id, '1000000']]);
    await expect.element(panel()).toMatchTextContent(/1,0\d\d,\d{3}\.\d/);
  });

  it('draws its minutes of the last 30 days, its own and those below, with the same as a table, and asks again once more are used', async () => {
    const { accounts, usage, id } = await show('Acme North', {}, undefined, (memory) =>
      memory.grow('Deepest', memory.idOf('Acme North')),
    );
    await expect.element(page.getByText('No minutes were used in these days.')).toBeVisible();
    usage.use(id, '41.5', Date.now());
    usage.use(accounts.idOf('Deepest'), '1000', Date.now() - DAY_MS);
    usage.use(id, '99', Date.now() - 30 * DAY_MS);
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const waiting = () => timers.mock.calls.filter(([, ms]) => ms === 30_000);
    accounts.tick([[id, '41.5']]);
    await vi.waitFor(() => expect(waiting()).toHaveLength(1));
    accounts.tick([[id, '1']]);
    await painted();
    const [[ask] = []] = waiting();
    expect(waiting()).toHaveLength(1);
    timers.mockRestore();
    ask?.();
    const chart = page.getByRole('img', { name: /Minutes, last 30 days/ });
    await expect.element(chart).toBeVisible();
    expect(usage.asked).toBe(2);
    expect(await violations()).toEqual([]);
    await userEvent.click(chart);
    // Under the pointer or none: it ends at the last day.
    await userEvent.keyboard('{ArrowRight>30/}');
    await expect.element(page.getByText(/: 41\.5 \(By itself 41\.5 · By subaccounts 0\.0\)/)).toBeVisible();
    await userEvent.click(page.getByRole('button', { name: 'Show as table' }));
    const yesterday = page.getByRole('row').filter({ hasText: '1,000.0' });
    await expect.element(yesterday).toMatchTextContent(/0\.0.*1,000\.0.*1,000\.0/);
    await expect.element(page.getByText('99.0')).not.toBeInTheDocument();
  });

  it('follows what others make of it', async () => {
    const { accounts, id } = await show();
    await expect.element(heading()).toBeVisible();
    await accounts.rename(id, 'North Side');
    await expect.element(page.getByRole('heading', { name: 'North Side' })).toBeVisible();
    accounts.effective = { kind: 'read_only', by: { id, name: 'North Side' }, changesAt: null };
    await accounts.suspend(id, { kind: 'read_only', from: null, until: null, reason: 'unpaid' } as never);
    await expect.element(panel()).toMatchTextContent(/Suspended · read-only/);
    await expect.element(page.getByText('unpaid')).toBeVisible();
  });

  it('offers what needs somebody with the act that settles it', async () => {
    const { accounts, id, done } = await show();
    await expect.element(heading()).toBeVisible();
    await accounts.suspend(id, { kind: 'full_stop', from: null, until: null, reason: null } as never);
    await userEvent.click(page.getByRole('button', { name: 'Reactivate' }));
    await vi.waitFor(() => expect(done).toEqual(['reactivate']));
    await expect.element(page.getByText('It is suspended')).not.toBeInTheDocument();
  });

  it('says until when its billing transfer has to be completed, and leads there', async () => {
    const until = instantOf(Date.now() + 3 * 86_400_000);
    const { element } = await show('Acme North', {}, undefined, (memory) =>
      memory.patch(memory.idOf('Acme North'), { transferUntil: until }),
    );
    await expect.element(panel()).toMatchTextContent(/Its billing transfer ends unless it is completed by /);
    await userEvent.click(
      page
        .getByRole('listitem')
        .filter({ hasText: /billing transfer/ })
        .getByRole('button'),
    );
    await vi.waitFor(() => expect(element.tab).toBe('billing'));
  });

  it('says which limits are near, reached or stopped from above, as they become so, and what nobody reviewed', async () => {
    const { limits, element } = await show('Acme North', {}, undefined, (memory) =>
      memory.patch(memory.idOf('Acme North'), { caps: { restricted: 3, unreviewed: 2 } }),
    );
    await expect.element(panel()).toMatchTextContent(/2 permissions are not reviewed/);
    limits.put('agents', { max: 10, used: '7' as Decimal, free: '3' as Decimal });
    limits.put('minutes', { max: 100, used: '80' as Decimal, free: '20' as Decimal });
    await expect.element(panel()).toMatchTextContent(/Call minutes: 80\.0 of 100 used\./);
    await expect.element(page.getByText(/Agents: 7/)).not.toBeInTheDocument();
    limits.put('agents', { used: '12' as Decimal, free: '0' as Decimal });
    limits.put('calls', { free: '0' as Decimal });
    await expect.element(panel()).toMatchTextContent(/Agents: 12 of 10 used\. Nothing more is let through/);
    await expect.element(panel()).toMatchTextContent(/Concurrent calls: an account above lets nothing more through/);
    limits.put('minutes', { used: '79' as Decimal, free: '21' as Decimal });
    await expect.element(page.getByText(/Call minutes: /)).not.toBeInTheDocument();
    await userEvent.click(
      page
        .getByRole('listitem')
        .filter({ hasText: /Agents: 12/ })
        .getByRole('button'),
    );
    await vi.waitFor(() => expect(element.tab).toBe('limits'));
  });

  it('shows no part that one may not see', async () => {
    const { accounts, element } = await show('Acme North', {}, (one) => {
      const { get } = one.source?.accounts ?? mockTree();
      if (one.source)
        one.source = {
          ...one.source,
          accounts: Object.assign(Object.create(one.source.accounts), one.source.accounts, {
            get: async (...asked: Parameters<typeof get>) => {
              const detail = await get(...asked);
              const none = {
                ...Object.fromEntries(PRODUCT_ROWS.map((row) => [row, 'none' as const])),
                'account.members': 'none',
                'account.settings': 'none',
                account: 'none',
                billing: 'none',
                'billing.usage': 'none',
              } as const;
              return { ...detail, levels: { ...detail.levels, ...none } };
            },
          }),
        };
    });
    await expect.element(heading()).toBeVisible();
    expect(accounts.ids().length).toBeGreaterThan(0);
    expect(element.renderRoot.querySelector('nav')).toBeNull();
    await expect.element(panel()).toMatchTextContent(/not visible to you/);
    await expect.element(page.getByText('created Acme North')).not.toBeInTheDocument();
  });

  it('shows permissions in a tab of their own, with a mark while something is not saved', async () => {
    await show('Acme North', { width: 720 });
    await userEvent.click(page.getByRole('button', { name: 'Permissions', exact: true }));
    await expect.element(page.getByRole('grid', { name: 'Permissions of Acme North' })).toBeVisible();
    await userEvent.click(page.getByRole('radiogroup', { name: 'Tasks' }).getByRole('radio', { name: 'None' }));
    const marked = page.getByRole('button', { name: 'Permissions, with changes that are not saved' });
    await expect.element(marked).toHaveAttribute('aria-current', 'page');
    await userEvent.click(page.getByRole('button', { name: 'Overview' }));
    await userEvent.click(marked);
    await expect.element(page.getByText('1 change')).toBeVisible();
    await userEvent.click(page.getByRole('button', { name: 'Discard' }));
    await expect.element(marked).not.toBeInTheDocument();
  });

  it('shows no permissions of a main account, nor in a screen that was not made for them', async () => {
    const { accounts } = await show('Acme North', {}, undefined, (memory) => {
      memory.features = ['members', 'activity', 'products'];
    });
    await expect.element(page.getByRole('button', { name: 'Activity' })).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Permissions' })).not.toBeInTheDocument();
    await userEvent.click(page.getByRole('button', { name: 'Products' }));
    await expect.element(page.getByRole('heading', { name: 'Agents' })).toBeVisible();
    document.body.replaceChildren();
    await show(accounts.root.row.name);
    await expect.element(page.getByRole('button', { name: 'Activity' })).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Permissions' })).not.toBeInTheDocument();
  });

  it('imports products where there is an account above, in a screen that was made for it, if anything may be changed', async () => {
    const tab = page.getByRole('button', { name: 'Import Products' });
    const products = page.getByRole('button', { name: 'Products', exact: true });
    await show('Acme North', {}, undefined, (memory) => {
      memory.features = ['products', 'import'];
    });
    await userEvent.click(tab);
    await expect.element(page.getByRole('list', { name: 'Steps of the import' })).toBeVisible();
    const without: Parameters<typeof show>[] = [
      ['Acme North', {}, undefined, (memory) => Object.assign(memory, { features: ['products'] })],
      ['Acme North', {}, (one) => Object.assign(one, { access: 'readOnly' })],
      [mockTree().root.row.name],
    ];
    for (const given of without) {
      document.body.replaceChildren();
      await show(...given);
      await expect.element(products).toBeVisible();
      await expect.element(tab).not.toBeInTheDocument();
    }
  });

  it('says who came in from above, and for how long', async () => {
    await show('Acme North', {}, (one) => {
      const activity = new MemoryActivity();
      const enteredAt = instantOf(Date.UTC(2026, 10, 20, 10));
      const actor = { kind: 'person', id: 'bob', name: 'Bob Above' } as const;
      const end = { by: 'left', at: instantOf(Date.UTC(2026, 10, 20, 10, 25)) } as const;
      const visit = { id: 'v1' as RowId, actor, from: { id: null, name: 'an account above you' }, enteredAt, acts: 2 };
      activity.came = [
        { ...visit, id: 'v2' as RowId, end: null, acts: 0 },
        { ...visit, end },
      ];
      if (one.source) one.source = { ...one.source, activity };
    });
    await expect.element(page.getByText(/an account above you · here since/)).toBeVisible();
    await expect.element(page.getByText(/for 25 minutes · 2 changes/)).toBeVisible();
  });

  it('turns to its members by pointer and by Alt and a digit', async () => {
    const { members, id } = await show();
    members.join(id, 'Vera Viewer', 'viewer');
    await userEvent.click(page.getByRole('button', { name: 'Members', exact: true }));
    await expect.element(page.getByRole('row', { name: /Vera Viewer/ })).toBeVisible();
    await userEvent.keyboard('{Alt>}1{/Alt}');
    await expect.element(page.getByText('created Acme North')).toBeVisible();
    await userEvent.keyboard('{Alt>}2{/Alt}');
    await expect.element(page.getByRole('row', { name: /Vera Viewer/ })).toBeVisible();
  });

  it('leads from the last of what was done to all of it', async () => {
    await show();
    await userEvent.click(page.getByRole('button', { name: 'View all' }));
    await expect.element(page.getByRole('button', { name: 'Export CSV' })).toBeVisible();
    await expect.element(page.getByRole('row', { name: /created Acme North/ })).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Activity' })).toHaveAttribute('aria-current', 'page');
  });

  it('is renamed in its head; a name that is refused stays to be changed, and Esc gives it up', async () => {
    const { element } = await show();
    const closed = vi.fn();
    element.addEventListener('sam-close', closed);
    const choose = async (): Promise<void> => {
      await userEvent.click(page.getByRole('button', { name: 'Actions for Acme North' }));
      await userEvent.click(page.getByRole('menuitem', { name: 'Rename' }));
    };
    await choose();
    await userEvent.fill(page.getByRole('textbox', { name: 'New name of Acme North' }), 'Acme South');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText(/already a subaccount named/)).toBeVisible();
    await userEvent.keyboard('{Escape}');
    await expect.element(heading()).toHaveTextContent('Acme North');
    expect(closed).not.toHaveBeenCalled();
    await choose();
    await userEvent.fill(page.getByRole('textbox', { name: 'New name of Acme North' }), 'North Side');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('heading', { name: 'North Side' })).toBeVisible();
    await userEvent.keyboard('{Escape}');
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('says why it can’t be shown, and comes by itself when it only could not be had', async () => {
    const refused = new SourceRefusal({ code: 'NOT_FOUND', message: 'There is no such account.' });
    const { element, accounts } = await show('Acme North', {}, undefined, (memory) => memory.failNext('get', refused));
    await expect.element(page.getByRole('alert')).toMatchTextContent(/No such account/);
    accounts.failNext('get');
    element.account = accounts.idOf('Acme South');
    await expect.element(page.getByRole('heading', { name: 'Acme South' })).toBeVisible();
  });
});
