import type { AccountId, RowId } from '@tenantree/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { DEFAULT_VIEW, loadTexts, type ScreenView, SourceRefusal } from '../src/index.ts';
import { looksAt, violations } from './accessible.ts';
import { largeTree, mockTree } from './example-tree.ts';
import type { MemorySource } from './memory-source.ts';
import { deep, deepAll, focused, focusedName, open, painted, type Shown, show } from './stage.ts';

afterEach(() => document.body.replaceChildren());

const pressed = (name: string | RegExp): HTMLElement => {
  const found = page.getByRole('button', { name }).element();
  if (!(found instanceof HTMLElement)) throw new Error(`no ${name}`);
  return found;
};
/** Reaches a button with Tab alone and presses it. */
async function tabTo(name: string, key = '{Enter}'): Promise<void> {
  for (let k = 0; k < 80; k += 1) {
    const at = focused();
    if (at?.getAttribute('aria-label') === name || at?.textContent?.trim() === name) {
      await userEvent.keyboard(key);
      return;
    }
    await userEvent.keyboard('{Tab}');
  }
  throw new Error(`Tab does not reach ${name}`);
}
const told = ({ screen }: Shown): ScreenView[] => {
  const views: ScreenView[] = [];
  screen.addEventListener('sam-view', ({ detail }) => views.push(detail));
  return views;
};
const strip = async ({ screen }: Shown): Promise<HTMLElement> =>
  vi.waitFor(() => deep(screen.renderRoot, '.look-tabs'));
const headsOf = ({ tree }: Shown): string[] =>
  deepAll(tree.renderRoot, '.head .cell').map((head) => head.classList.item(1) ?? '');
const cellsOf = (row: HTMLElement): string[] =>
  [...row.children].filter((cell) => cell.checkVisibility()).map((cell) => cell.classList.item(1) ?? '');

const PRACTICE = '00000000-0000-7000-8000-0000000000b1' as RowId;
/** Two accounts that were set up by a blueprint, one of which was changed since. */
function withBlueprints(source: MemorySource): MemorySource {
  const told = { from: { id: null, name: 'Root' }, sections: [], variables: [], savedBy: null, savedAt: null };
  source.offered = [{ ...told, id: PRACTICE, name: 'Practice', version: 2 }];
  source.setUp.set(source.idOf('Northgate Dental'), { blueprint: PRACTICE, drift: 'as_set_up' });
  source.setUp.set(source.idOf('Filiale Zürich'), { blueprint: PRACTICE, drift: 'changed_here' });
  return source;
}

describe('a flat list', () => {
  it('has all accounts of all depths in one order, with the way to each, and is again a tree as it was', async () => {
    const source = mockTree();
    const shown = await show(source, { width: 1600, height: 2400 });
    await open(shown, 'Acme Group');
    const before = shown.names();
    const views = told(shown);
    await strip(shown);
    shown.screen.renderRoot.querySelector('h1')?.focus();
    await tabTo('Flat');
    await vi.waitFor(() => expect(shown.names().length).toBeGreaterThan(15));
    expect(shown.names().slice(0, 3)).toEqual(['Acme Group', 'Acme North', 'Acme South']);
    expect(views.at(-1)).toEqual({ ...DEFAULT_VIEW, layout: 'flat' });
    await vi.waitFor(() =>
      expect(shown.row('Chicago Loop').querySelector('.path')?.textContent).toBe(
        'Acme Group › Acme North › Illinois 0O1lI Clinic',
      ),
    );
    expect(shown.row('Acme North').getAttribute('aria-level')).toBe('1');
    expect(shown.row('Acme North').hasAttribute('aria-expanded')).toBe(false);
    expect(headsOf(shown).slice(0, 3)).toEqual(['select', 'name', 'path']);
    // Sorted by the server, all of it.
    await userEvent.click(pressed('Minutes used'));
    await vi.waitFor(() => expect(shown.names()[0]).toBe('Acme Group'));
    await vi.waitFor(() => expect(shown.names()[1]).toBe('Cedar Retail'));
    shown.screen.renderRoot.querySelector('h1')?.focus();
    await tabTo('Tree');
    await vi.waitFor(() => expect(shown.names().length).toBe(before.length));
    expect(shown.line('Acme Group').open).toBe(true);
  });

  it.each([1100, 1170, 1250, 1400])(
    'has room for a name of eighteen letters beside the way to it, in %i px',
    async (width) => {
      const source = mockTree();
      const shown = await show(source, { width }, (screen) => {
        screen.view = { ...DEFAULT_VIEW, layout: 'flat' };
      });
      await vi.waitFor(() => expect(shown.store.sought?.sort).toBe('name'));
      await vi.waitFor(() => shown.row('Acme North'));
      const label = shown.row('Acme North').querySelector('.label')!;
      const room = label.parentElement!.getBoundingClientRect().right - label.getBoundingClientRect().left;
      expect(room).toBeGreaterThan(18 * 7.5);
    },
  );

  it('goes on in pages, selects, opens menus, follows keys, and shows what others change', async () => {
    const source = largeTree(10, 10, 4);
    const shown = await show(source, {}, (screen) => {
      screen.view = { ...DEFAULT_VIEW, layout: 'flat' };
    });
    await vi.waitFor(() => expect(shown.store.sought?.sort).toBe('name'));
    const { visible } = shown.store.view;
    expect([shown.store.view.root.total, visible.length]).toEqual([510, 201]);
    expect(visible.at(200)?.kind).toBe('more');
    shown.store.change((view) => view.more(view.root));
    await vi.waitFor(() => expect(shown.store.view.visible.length).toBe(401));
    shown.tree.focus();
    await userEvent.keyboard('{ArrowDown}x');
    expect(focusedName()).toBe('Branch 00-01');
    await vi.waitFor(() => expect(shown.store.selection.size).toBe(1));
    await vi.waitFor(() => pressed(/1 selected/));
    await userEvent.keyboard('{ContextMenu}');
    await vi.waitFor(() => page.getByRole('menuitem', { name: 'Rename' }).element());
    await userEvent.keyboard('{Escape}');
    const id = source.idOf('Branch 00-02');
    source.patch(id, { name: 'Branch renamed' });
    source.announce([id]);
    await vi.waitFor(() => expect(shown.names()).toContain('Branch renamed'));
    source.tick([[source.idOf('Branch 00-00'), '5']]);
    await vi.waitFor(() => expect(shown.store.account(source.idOf('Branch 00-00'))?.minutes?.total).not.toBe('0'));
    source.vanish(source.idOf('Branch 00-03'));
    await vi.waitFor(() => expect(shown.names()).not.toContain('Branch 00-03'));
  });

  it('takes up what others make, wherever it stands', async () => {
    const source = mockTree();
    const shown = await show(source, {}, (screen) => {
      screen.view = { ...DEFAULT_VIEW, layout: 'flat' };
    });
    await vi.waitFor(() => expect(shown.store.sought).not.toBeNull());
    await vi.waitFor(() => expect(source.subscribers).toBeGreaterThan(3));
    source.arrive('Aardvark', source.idOf('Acme North'));
    await vi.waitFor(() => expect(shown.names()[0]).toBe('Aardvark'), { timeout: 5_000 });
  });

  it('that is too long for an order is listed by name, and it is said why', async () => {
    const source = mockTree();
    const shown = await show(source, {}, (screen) => {
      screen.view = { ...DEFAULT_VIEW, layout: 'flat' };
    });
    await vi.waitFor(() => expect(shown.store.sought?.sort).toBe('name'));
    const message = 'More than 5000 accounts are sorted by name or date only.';
    source.failNext('search', new SourceRefusal({ code: 'BAD_REQUEST', message, field: 'sort' }));
    await userEvent.click(pressed('Minutes used'));
    await vi.waitFor(() => page.getByText(message).element());
    await vi.waitFor(() => expect(shown.store.order.sort).toBe('name'));
    expect(shown.names()[0]).toBe('Acme Group');
  });

  it('keeps to what is searched for and filtered, in its order', async () => {
    const shown = await show(mockTree(), {}, (screen) => {
      screen.view = { ...DEFAULT_VIEW, layout: 'flat', agents: 'none', query: '' };
    });
    await vi.waitFor(() => expect(shown.names()).toContain('Filiale Zürich'));
    expect(shown.names()).not.toContain('Acme Group');
    shown.screen.focusSearch();
    await userEvent.keyboard('store');
    await vi.waitFor(() => expect(shown.names().every((name) => name.startsWith('Cedar Store'))).toBe(true));
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => expect(shown.names()).toContain('Filiale Zürich'));
    shown.tree.focus();
    await userEvent.keyboard('{Escape}');
    // The filter is gone, and the list is flat still.
    await vi.waitFor(() => expect(shown.names()).toContain('Acme Group'));
    expect(shown.store.sought?.sort).toBe('name');
  });
});

describe('filters', () => {
  it('are chips that turn into their opposite and go away, by keys alone', async () => {
    const shown = await show(mockTree());
    const views = told(shown);
    await strip(shown);
    shown.screen.renderRoot.querySelector('h1')?.focus();
    await tabTo('Filter');
    await vi.waitFor(() => page.getByRole('menuitemcheckbox', { name: 'No agents' }).element());
    const item = page.getByRole('menuitemcheckbox', { name: 'No agents' }).element();
    for (let k = 0; k < 20 && focused() !== item; k += 1) await userEvent.keyboard('{ArrowDown}');
    await userEvent.keyboard('{Enter}{Escape}');
    await vi.waitFor(() => expect(views.at(-1)).toMatchObject({ agents: 'none' }));
    await vi.waitFor(() => expect(shown.names()).toContain('Filiale Zürich'));
    await tabTo('No agents. Turn into: With agents');
    await vi.waitFor(() => expect(views.at(-1)).toMatchObject({ agents: 'some' }));
    await vi.waitFor(() => expect(shown.names()).not.toContain('Filiale Zürich'));
    shown.screen.renderRoot.querySelector('h1')?.focus();
    await tabTo('With agents. Remove filter');
    await vi.waitFor(() => expect(views.at(-1)).toEqual(DEFAULT_VIEW));
  });

  it('by date, level and branch are asked for in a dialog and a row’s menu, and are chips, too', async () => {
    const source = mockTree();
    const shown = await show(source);
    const views = told(shown);
    await strip(shown);
    await userEvent.click(page.getByRole('button', { name: 'Filter', exact: true }));
    await userEvent.click(page.getByRole('menuitem', { name: 'Created, level…' }));
    await userEvent.selectOptions(page.getByLabelText('Level', { exact: true }), '2');
    await userEvent.fill(page.getByLabelText('Created before'), '2030-01-01');
    await userEvent.click(page.getByRole('dialog').getByRole('button', { name: 'Filter', exact: true }));
    await vi.waitFor(() =>
      expect(views.at(-1)).toEqual({
        ...DEFAULT_VIEW,
        level: 2,
        createdBefore: new Date('2030-01-01T00:00').toISOString(),
      }),
    );
    await vi.waitFor(() => expect(shown.names()).toContain('Acme North'));
    expect(shown.names()).not.toContain('Northgate Dental');
    await userEvent.click(pressed('Clear all'));
    await vi.waitFor(() => expect(views.at(-1)).toEqual(DEFAULT_VIEW));
    deep(shown.row('Cedar Retail'), '.actions button').click();
    await userEvent.click(page.getByRole('menuitem', { name: 'Filter to this branch' }));
    await vi.waitFor(() => expect(views.at(-1)).toMatchObject({ under: source.idOf('Cedar Retail') }));
    await vi.waitFor(() => expect(shown.store.view.visible.length).toBe(23));
    expect(pressed('Below Cedar Retail. Remove filter').textContent?.trim()).toBe('Below Cedar Retail');
  });

  it('by blueprint and drift are asked for in the dialog and are chips with names, by keys alone', async () => {
    const source = withBlueprints(mockTree());
    const shown = await show(source);
    const views = told(shown);
    await strip(shown);
    shown.screen.renderRoot.querySelector('h1')?.focus();
    await tabTo('Filter');
    const more = page.getByRole('menuitem', { name: 'Created, level…' });
    await vi.waitFor(() => more.element());
    await userEvent.keyboard('{End}{Enter}');
    await vi.waitFor(() => page.getByLabelText('Blueprint', { exact: true }).element());
    expect(page.getByLabelText('Drift', { exact: true }).elements()).toEqual([]);
    for (let k = 0; k < 20 && focused()?.id !== 'blueprint'; k += 1) await userEvent.keyboard('{Tab}');
    await userEvent.keyboard('Practice');
    await vi.waitFor(() => page.getByLabelText('Drift', { exact: true }).element());
    await userEvent.keyboard('{Tab}Changed');
    expect(await violations(deep(shown.screen.renderRoot, 'dialog[open]'))).toEqual([]);
    await tabTo('Filter');
    await vi.waitFor(() =>
      expect(views.at(-1)).toEqual({ ...DEFAULT_VIEW, blueprint: PRACTICE, drift: 'changed_here' }),
    );
    await vi.waitFor(() => expect(shown.names()).toContain('Filiale Zürich'));
    expect(shown.names()).not.toContain('Northgate Dental');
    shown.screen.renderRoot.querySelector('h1')?.focus();
    await tabTo('Drift is Changed here. Remove filter');
    await vi.waitFor(() => expect(views.at(-1)).toEqual({ ...DEFAULT_VIEW, blueprint: PRACTICE }));
    await vi.waitFor(() => expect(shown.names()).toContain('Northgate Dental'));
    shown.screen.renderRoot.querySelector('h1')?.focus();
    await tabTo('Blueprint is Practice. Remove filter');
    await vi.waitFor(() => expect(views.at(-1)).toEqual(DEFAULT_VIEW));
  });

  it('by blueprint come from an address, with its name; without the blueprint there is no drift either', async () => {
    const shown = await show(withBlueprints(mockTree()), {}, (screen) => {
      screen.view = { ...DEFAULT_VIEW, blueprint: PRACTICE, drift: 'as_set_up' };
    });
    const views = told(shown);
    await vi.waitFor(() => expect(shown.names()).toContain('Northgate Dental'));
    expect(shown.names()).not.toContain('Filiale Zürich');
    await vi.waitFor(() => pressed('Drift is As set up. Remove filter'));
    await vi.waitFor(() => pressed('Blueprint is Practice. Remove filter').click());
    await vi.waitFor(() => expect(views.at(-1)).toEqual(DEFAULT_VIEW));
  });

  it('by drift follow when nothing else of an account changed', async () => {
    const source = withBlueprints(mockTree());
    const shown = await show(source, {}, (screen) => {
      screen.view = { ...DEFAULT_VIEW, blueprint: PRACTICE, drift: 'as_set_up' };
    });
    await vi.waitFor(() => expect(shown.names()).toContain('Northgate Dental'));
    await vi.waitFor(() => expect(source.calls.some(({ method }) => method === 'watchApplied')).toBe(true));
    source.drift(source.idOf('Filiale Zürich'), PRACTICE, 'as_set_up');
    await vi.waitFor(() => expect(shown.names()).toContain('Filiale Zürich'), { timeout: 5_000 });
    source.drift(source.idOf('Northgate Dental'), PRACTICE, 'both');
    await vi.waitFor(() => expect(shown.names()).not.toContain('Northgate Dental'), { timeout: 5_000 });
    expect(shown.names()).toContain('Filiale Zürich');
  });

  it('by blueprint are not offered where none is, nor in embedded screens', async () => {
    const source = withBlueprints(mockTree());
    source.features = ['create'];
    await strip(await show(source));
    await userEvent.click(page.getByRole('button', { name: 'Filter', exact: true }));
    await userEvent.click(page.getByRole('menuitem', { name: 'Created, level…' }));
    await vi.waitFor(() => page.getByLabelText('Level', { exact: true }).element());
    expect(page.getByLabelText('Blueprint', { exact: true }).elements()).toEqual([]);
  });
});

describe('views', () => {
  it('are chosen, changed, kept, renamed and deleted, by keys alone', async () => {
    const source = mockTree();
    const shown = await show(source);
    const views = told(shown);
    await strip(shown);
    const start = (): void => shown.screen.renderRoot.querySelector<HTMLElement>('h1')?.focus();
    start();
    await tabTo('Restricted');
    await vi.waitFor(() => expect(views.at(-1)).toEqual({ ...DEFAULT_VIEW, caps: 'restricted', saved: 'restricted' }));
    start();
    await tabTo('All');
    await vi.waitFor(() => expect(views.at(-1)).toEqual(DEFAULT_VIEW));
    expect(shown.screen.renderRoot.querySelector('.changed')).toBeNull();
    start();
    await tabTo('Flat');
    await vi.waitFor(() => deep(shown.screen.renderRoot, '.changed'));
    start();
    await tabTo('Save as…');
    await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open]'));
    await userEvent.keyboard('Everyone{Enter}');
    await vi.waitFor(() =>
      expect(source.kept.map(({ name, view }) => [name, view.layout])).toEqual([['Everyone', 'flat']]),
    );
    const [kept] = source.kept;
    await vi.waitFor(() => expect(views.at(-1)).toEqual({ ...DEFAULT_VIEW, layout: 'flat', saved: kept?.id }));
    expect(pressed('Everyone').getAttribute('aria-pressed')).toBe('true');
    start();
    await tabTo('Tree');
    await vi.waitFor(() => deep(shown.screen.renderRoot, '.changed'));
    start();
    await tabTo('Reset');
    await vi.waitFor(() => expect(shown.store.sought?.sort).toBe('name'));
    start();
    await tabTo('Tree');
    await vi.waitFor(() => expect(views.at(-1)?.layout).toBeUndefined());
    start();
    await tabTo('Save');
    await vi.waitFor(() => expect(source.kept[0]?.view.layout).toBeUndefined());
    start();
    await tabTo('View Everyone');
    await vi.waitFor(() => page.getByRole('menuitem', { name: 'Rename…' }).element());
    await userEvent.keyboard('{Enter}');
    await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open]'));
    await userEvent.keyboard(' else{Enter}');
    await vi.waitFor(() => expect(source.kept[0]?.name).toBe('Everyone else'));
    start();
    await tabTo('View Everyone else');
    await userEvent.keyboard('{ArrowDown}{Enter}');
    await vi.waitFor(() => expect(source.kept).toEqual([]));
    await vi.waitFor(() => expect(views.at(-1)?.saved).toBeUndefined());
  });

  it('are deleted one by one: a menu that was closed again does nothing any more', async () => {
    const source = mockTree();
    const { density, ...view } = { ...DEFAULT_VIEW, density: 'comfortable' as const };
    for (const name of ['Mine', 'Other'])
      await source.views.save(source.root.row.id, { id: null, name, audience: 'private', view, density });
    const shown = await show(source);
    await strip(shown);
    await vi.waitFor(() => pressed('Mine'));
    for (const name of ['Mine', 'Other']) {
      await userEvent.click(pressed(name));
      await userEvent.click(pressed(`View ${name}`));
      await vi.waitFor(() => page.getByRole('menuitem', { name: 'Rename…' }).element());
      if (name === 'Mine') await userEvent.keyboard('{Escape}');
    }
    await userEvent.click(page.getByRole('menuitem', { name: 'Delete' }));
    await vi.waitFor(() => expect(source.kept.map(({ name }) => name)).toEqual(['Mine']));
    await vi.waitFor(() => expect(pressed('All').getAttribute('aria-pressed')).toBe('true'));
    expect(source.kept.map(({ name }) => name)).toEqual(['Mine']);
  });

  it('are shared with the account by whoever may manage its subaccounts, and changed by nobody else', async () => {
    const source = mockTree();
    const shown = await show(source);
    await strip(shown);
    await userEvent.click(pressed('Flat'));
    await vi.waitFor(() => pressed('Save as…'));
    await userEvent.click(pressed('Save as…'));
    await userEvent.fill(page.getByLabelText('Name', { exact: true }), 'Ours');
    await userEvent.click(page.getByRole('checkbox', { name: 'Share with this account' }));
    await userEvent.keyboard('{Enter}');
    await vi.waitFor(() =>
      expect(source.kept.map(({ name, audience }) => [name, audience])).toEqual([['Ours', 'account']]),
    );
    await vi.waitFor(() => expect(pressed('Ours').title).toBe('All who see this list see it.'));
    await userEvent.click(pressed('View Ours'));
    await userEvent.click(page.getByRole('menuitem', { name: 'Rename…' }));
    expect(page.getByRole('checkbox', { name: 'Share with this account' }).elements()).toEqual([]);
    await userEvent.fill(page.getByLabelText('Name', { exact: true }), 'All of us');
    await userEvent.keyboard('{Enter}');
    await vi.waitFor(() => expect(source.kept[0]).toMatchObject({ name: 'All of us', audience: 'account' }));
    // Who may only look sees it, changes it for themselves, and keeps that as their own.
    shown.screen.readOnly = true;
    await userEvent.click(pressed('Tree'));
    await vi.waitFor(() => pressed('Reset'));
    for (const name of ['Save', 'View All of us'])
      expect(page.getByRole('button', { name, exact: true }).elements()).toEqual([]);
    await userEvent.click(pressed('Save as…'));
    await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open]'));
    expect(page.getByRole('checkbox', { name: 'Share with this account' }).elements()).toEqual([]);
    await userEvent.keyboard('{Escape}');
  });

  it('say at the field when a name is taken', async () => {
    const source = mockTree();
    const { density, ...view } = { ...DEFAULT_VIEW, density: 'comfortable' as const };
    await source.views.save(source.root.row.id, { id: null, name: 'Mine', audience: 'private', view, density });
    const shown = await show(source);
    await strip(shown);
    await vi.waitFor(() => pressed('Mine'));
    await userEvent.click(pressed('Flat'));
    await userEvent.click(pressed('Save as…'));
    await userEvent.fill(page.getByLabelText('Name', { exact: true }), 'mine');
    await userEvent.keyboard('{Enter}');
    await vi.waitFor(() =>
      expect(deep(shown.screen.renderRoot, 'dialog [role="alert"]').textContent).toContain('already'),
    );
    await userEvent.keyboard('{Escape}');
  });
});

describe('columns', () => {
  it('are chosen, moved and made wider in a dialog, by keys alone, and stay live', async () => {
    const source = mockTree();
    const shown = await show(source);
    const views = told(shown);
    await strip(shown);
    shown.screen.renderRoot.querySelector<HTMLElement>('h1')?.focus();
    await tabTo('Columns: which, in which order, how wide');
    await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open]'));
    const box = (name: string): HTMLElement => {
      const found = page.getByRole('checkbox', { name, exact: true }).element();
      if (!(found instanceof HTMLElement)) throw new Error(name);
      return found;
    };
    box('Billing plan').focus();
    await userEvent.keyboard(' ');
    box('Created').focus();
    await userEvent.keyboard(' ');
    pressed('Move Agents up').focus();
    await userEvent.keyboard('{Enter}{Enter}{Enter}{Enter}{Enter}');
    await userEvent.fill(page.getByLabelText('Width of Minutes used in pixels'), '200');
    await userEvent.click(pressed('Show columns'));
    await vi.waitFor(() =>
      expect(views.at(-1)?.columns?.map(({ column }) => column)).toEqual([
        'agents',
        'minutes',
        'status',
        'caps',
        'members',
        'created',
      ]),
    );
    const order = ['select', 'name', 'agents', 'minutes', 'status', 'caps', 'members', 'created', 'switch', 'actions'];
    await vi.waitFor(() => expect(headsOf(shown)).toEqual(order));
    const row = shown.row('Cedar Retail');
    expect(cellsOf(row)).toEqual(order);
    expect(deep(row, '.minutes').offsetWidth).toBe(200);
    const before = deep(row, '.total').textContent;
    source.tick([[source.idOf('Cedar Retail'), '11']]);
    await vi.waitFor(() => expect(deep(row, '.total').textContent).not.toBe(before));
    // Along the cells with the arrows, in their order.
    shown.tree.focus();
    await userEvent.keyboard('{ArrowRight}{ArrowRight}{ArrowRight}');
    const cell = (): string | undefined => focused()?.closest('.cell')?.classList.item(1) ?? undefined;
    expect(['name', 'agents']).toContain(cell());
  });

  it('say what set accounts up and how they stand to that, live, and ask only while they do', async () => {
    const source = withBlueprints(mockTree());
    source.setUp.set(source.idOf('Borealis Motors'), { blueprint: PRACTICE, drift: 'as_set_up' });
    const asked = (): number => source.calls.filter(({ method }) => method === 'applied').length;
    const shown = await show(source, { width: 1600 });
    await strip(shown);
    await open(shown, 'Acme Group', 'Straße & Söhne');
    expect(asked()).toBe(0);
    await userEvent.click(pressed('Columns: which, in which order, how wide'));
    await userEvent.click(page.getByRole('checkbox', { name: 'Blueprint', exact: true }));
    await userEvent.click(pressed('Show columns'));
    const cell = (name: string): HTMLElement => deep(shown.row(name), '.cell.blueprint');
    const says = (name: string): string => cell(name).innerText.replaceAll(/\s+/g, ' ').trim();
    await vi.waitFor(() => expect(says('Borealis Motors')).toBe('Practice v1 As set up'));
    expect(says('Filiale Zürich')).toBe('Practice v1 Changed here');
    expect(says('Cedar Retail')).toBe('');
    expect(cell('Borealis Motors').getAttribute('role')).toBe('gridcell');
    expect(headsOf(shown)).toContain('blueprint');
    const pages = (): number => source.calls.filter(({ method }) => method === 'list' || method === 'search').length;
    const before = pages();
    source.drift(source.idOf('Borealis Motors'), PRACTICE, 'newer_available');
    await vi.waitFor(() => expect(says('Borealis Motors')).toBe('Practice v1 Newer available'));
    source.drift(source.idOf('Cedar Retail'), 'unknown' as RowId, 'both');
    await vi.waitFor(() => expect(says('Cedar Retail')).toBe('From an account above v1 Both'));
    // What is opened is asked about, too; no page is loaded again for any of it.
    source.setUp.set(source.idOf('Northgate Dental'), { blueprint: PRACTICE, drift: 'same_by_hand' });
    expect(pages()).toBe(before);
    await open(shown, 'Acme North');
    await vi.waitFor(() => expect(says('Northgate Dental')).toBe('Practice v1 Same by hand'));
    // Paused, nothing changes before it goes on.
    const pause = deep(shown.screen.renderRoot, '.button.live');
    pause.click();
    await vi.waitFor(() => expect(shown.store.paused).toBe(true));
    const until = asked();
    source.drift(source.idOf('Borealis Motors'), PRACTICE, 'as_set_up');
    shown.store.change((view) => view.open(shown.line('Cedar Retail')));
    await vi.waitFor(() => expect(asked()).toBeGreaterThan(until));
    await painted();
    expect(says('Borealis Motors')).toBe('Practice v1 Newer available');
    pause.click();
    await vi.waitFor(() => expect(says('Borealis Motors')).toBe('Practice v1 As set up'));
    shown.screen.texts = await loadTexts('de');
    await vi.waitFor(() => expect(says('Cedar Retail')).toBe('Von einem Konto darüber v1 Beides'));
    expect(deep(shown.tree.renderRoot, '.head .blueprint').textContent?.trim()).toBe('Blaupause');
    // What cannot be had now is had with the next change.
    source.failNext('applied');
    source.drift(source.idOf('Borealis Motors'), PRACTICE, 'both');
    await vi.waitFor(() => expect(asked()).toBeGreaterThan(until + 2));
    source.drift(source.idOf('Borealis Motors'), PRACTICE, 'both');
    await vi.waitFor(() => expect(says('Borealis Motors')).toBe('Practice v1 Beides'));
    shown.screen.view = { ...DEFAULT_VIEW };
    await vi.waitFor(() => expect(headsOf(shown)).not.toContain('blueprint'));
    expect(source.watching).toBe(0);
  });

  it('say nothing of blueprints in embedded screens', async () => {
    const source = withBlueprints(mockTree());
    source.features = ['create'];
    const shown = await show(source, {}, (screen) => {
      screen.view = { ...DEFAULT_VIEW, columns: [{ column: 'blueprint' }, { column: 'minutes' }] };
    });
    await vi.waitFor(() => expect(headsOf(shown)).toEqual(['select', 'name', 'minutes', 'switch', 'actions']));
    await userEvent.click(pressed('Columns: which, in which order, how wide'));
    await vi.waitFor(() => page.getByRole('checkbox', { name: 'Created', exact: true }).element());
    expect(page.getByRole('checkbox', { name: 'Blueprint', exact: true }).elements()).toEqual([]);
    await userEvent.keyboard('{Escape}');
    expect(source.calls.some(({ method }) => method === 'applied')).toBe(false);
  });

  it('are made wider from their head with Alt and the arrows', async () => {
    const shown = await show(mockTree());
    const views = told(shown);
    await strip(shown);
    const head = deepAll(shown.tree.renderRoot, '.head .minutes .column')[0];
    head?.focus();
    const before = deep(shown.tree.renderRoot, '.head .minutes').offsetWidth;
    await userEvent.keyboard('{Alt>}{ArrowRight}{/Alt}');
    await vi.waitFor(() => expect(deep(shown.tree.renderRoot, '.head .minutes').offsetWidth).toBe(before + 16));
    await userEvent.keyboard('{Alt>}{ArrowLeft}{ArrowLeft}{/Alt}');
    await vi.waitFor(() => expect(deep(shown.tree.renderRoot, '.head .minutes').offsetWidth).toBe(before - 16));
    expect(views.at(-1)?.columns?.[0]).toEqual({ column: 'minutes', width: before - 16 });
  });

  it('are made wider by the edge of their head, and moved by their handle, with a pointer', async () => {
    const shown = await show(mockTree());
    const views = told(shown);
    await strip(shown);
    const head = deep(shown.tree.renderRoot, '.head .plan');
    const before = head.offsetWidth;
    const { right, top, height } = head.getBoundingClientRect();
    const at = (el: Element, type: string, clientX: number, clientY: number): boolean =>
      el.dispatchEvent(new PointerEvent(type, { pointerId: 1, clientX, clientY, bubbles: true, composed: true }));
    const capture = vi.spyOn(Element.prototype, 'setPointerCapture').mockImplementation(() => undefined);
    const [x, y] = [right - 3, top + height / 2];
    // What hears of the pointer comes after the table.
    await vi.waitFor(() => {
      at(head, 'pointerdown', x, y);
      at(head, 'pointermove', x + 50, y);
      expect(head.offsetWidth).toBe(before + 50);
    });
    expect(views).toEqual([]);
    at(head, 'lostpointercapture', x + 50, y);
    await vi.waitFor(() => expect(views.at(-1)?.columns?.[1]).toEqual({ column: 'plan', width: before + 50 }));
    await vi.waitFor(() => expect(deep(shown.row('Cedar Retail'), '.plan').offsetWidth).toBe(before + 50));
    await userEvent.click(pressed('Columns: which, in which order, how wide'));
    await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open]'));
    const items = deepAll(shown.screen.renderRoot, 'dialog[open] li');
    const list = items[0]?.parentElement;
    const middle = (n: number): number => (items[n]?.getBoundingClientRect().top ?? 0) + 8;
    const grip = items[3]?.querySelector('.grip');
    if (!list || !grip) throw new Error('no handle');
    at(grip, 'pointerdown', 0, middle(3));
    at(list, 'pointermove', 0, middle(1));
    at(list, 'pointermove', 0, middle(0));
    at(list, 'pointerup', 0, middle(0));
    at(list, 'pointermove', 0, middle(3));
    capture.mockRestore();
    await userEvent.click(pressed('Show columns'));
    await vi.waitFor(() =>
      expect(views.at(-1)?.columns?.map(({ column }) => column)).toEqual([
        'caps',
        'minutes',
        'plan',
        'status',
        'members',
        'agents',
      ]),
    );
  });

  it('that are wider than the table leave selection, name and acts in sight', async () => {
    const shown = await show(mockTree(), { width: 900 }, (screen) => {
      screen.view = {
        ...DEFAULT_VIEW,
        columns: [
          { column: 'id', width: 400 },
          { column: 'minutes', width: 300 },
          { column: 'path', width: 300 },
        ],
      };
    });
    await vi.waitFor(() => expect(headsOf(shown)[2]).toBe('id'));
    const { scroller } = shown;
    expect(scroller.scrollWidth).toBeGreaterThan(scroller.clientWidth);
    scroller.scrollLeft = 500;
    await painted();
    const [edge, name, acts] = [
      scroller,
      deep(shown.row('Cedar Retail'), '.name'),
      deep(shown.row('Cedar Retail'), '.actions'),
    ].map((el) => el.getBoundingClientRect());
    expect(name!.left - edge!.left).toBeLessThan(60);
    expect(edge!.right - acts!.right).toBeLessThan(60);
  });

  it('stand as they stood when they are the usual ones again', async () => {
    const shown = await show(mockTree(), {}, (screen) => {
      screen.view = { ...DEFAULT_VIEW, columns: [{ column: 'agents' }, { column: 'minutes' }] };
    });
    await vi.waitFor(() => expect(headsOf(shown)).toHaveLength(6));
    shown.screen.view = DEFAULT_VIEW;
    await vi.waitFor(() => expect(headsOf(shown)).toHaveLength(10));
    expect(cellsOf(shown.row('Cedar Retail')).slice(0, 5)).toEqual(['select', 'name', 'minutes', 'plan', 'status']);
  });
});

const named = 'axe finds nothing in a flat, filtered, arranged table, $theme $dir at $width px';
it.each(looksAt(1400, 420, 320))(named, async ({ theme, dir, width }) => {
  const source = withBlueprints(mockTree());
  source.setUp.set(source.idOf('Acme North'), { blueprint: PRACTICE, drift: 'both' });
  const shown = await show(source, { theme, dir, width }, (screen) => {
    screen.view = {
      ...DEFAULT_VIEW,
      layout: 'flat',
      agents: 'some',
      under: '00000000-0000-7000-8000-000000000001' as AccountId,
      columns: [
        { column: 'blueprint' },
        { column: 'path' },
        { column: 'id' },
        { column: 'minutes' },
        { column: 'created', width: 150 },
      ],
      saved: 'near',
    };
  });
  shown.screen.view = { ...shown.screen.view, under: undefined };
  await vi.waitFor(() => expect(shown.store.sought?.sort).toBe('name'));
  await strip(shown);
  const blueprint = await vi.waitFor(() => deep(shown.row('Acme North'), '.cell.blueprint .drift'));
  // Narrow arrangements have their own cells.
  expect(blueprint.checkVisibility()).toBe(width > 1000);
  expect(await violations()).toEqual([]);
  if (width < 1000) return;
  const [first, second] = [deep(shown.row('Acme North'), '.cell.blueprint bdi'), blueprint].map((el) =>
    el.getBoundingClientRect(),
  );
  expect(first!.left < second!.left).toBe(dir === 'ltr');
  await userEvent.click(pressed('Columns: which, in which order, how wide'));
  await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open]'));
  expect(await violations(deep(shown.screen.renderRoot, 'dialog[open]'))).toEqual([]);
  await userEvent.keyboard('{Escape}');
  await vi.waitFor(() => expect(shown.screen.renderRoot.querySelector('sam-columns')).toBeNull());
  await userEvent.click(pressed('Save as…'));
  await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open]'));
  expect(await violations(deep(shown.screen.renderRoot, 'dialog[open]'))).toEqual([]);
  await userEvent.keyboard('{Escape}');
});
