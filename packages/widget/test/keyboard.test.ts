import type { Instant } from '@tenantree/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { mockTree } from './example-tree.ts';
import { deep, deepAll, focused, focusedName, open, painted, show, statusOf } from './stage.ts';

afterEach(() => document.body.replaceChildren());

const press = async (keys: string): Promise<void> => {
  await userEvent.keyboard(keys);
  await painted();
};

describe('with the keyboard alone', () => {
  it('one walks rows, opens branches, goes into cells and back out', async () => {
    const shown = await show(mockTree());
    shown.tree.focus();
    expect(focusedName()).toBe('Acme Group');
    await press('{ArrowRight}');
    await vi.waitFor(() => expect(shown.names()).toContain('Acme North'));
    await press('{ArrowDown}');
    expect(focusedName()).toBe('Acme North');
    await press('{ArrowRight}');
    await vi.waitFor(() => expect(shown.names()).toContain('Northgate Dental'));
    await press('{ArrowRight}');
    expect(focused()?.matches('input[type="checkbox"]')).toBe(true);
    await press('{ArrowRight}');
    expect(focused()?.matches('.cell.name')).toBe(true);
    await press('{End}');
    expect(focused()?.getAttribute('aria-label')).toBe('Actions for Acme North');
    await press('{ArrowDown}');
    expect(focused()?.getAttribute('aria-label')).toBe('Actions for Illinois 0O1lI Clinic');
    await press('{Home}{ArrowLeft}');
    expect(focused()?.matches('.row')).toBe(true);
    await press('{ArrowLeft}');
    expect(focusedName()).toBe('Acme North');
    await press('{ArrowLeft}{ArrowLeft}');
    expect(focusedName()).toBe('Acme Group');
    await press('{ArrowLeft}');
    expect(shown.line('Acme Group').open).toBe(false);
    await press('{End}');
    expect(focusedName()).toBe('Évora Turismo');
    await press('{Home}*');
    await vi.waitFor(() => expect(shown.names()).toContain('Cedar Store 1'));
    await press('bor');
    expect(focusedName()).toBe('Borealis Motors');
  });

  it('arrows are exchanged where one reads from right to left', async () => {
    const shown = await show(mockTree(), { dir: 'rtl' });
    shown.tree.focus();
    await press('{ArrowLeft}');
    await vi.waitFor(() => expect(shown.names()).toContain('Acme North'));
    await press('{ArrowRight}');
    expect(shown.line('Acme Group').open).toBe(false);
  });

  it('one selects one by one, in a range, everything, and nothing again', async () => {
    const shown = await show(mockTree());
    shown.tree.focus();
    await press('x');
    await press('{Shift>}{ArrowDown}{ArrowDown}{/Shift}');
    expect(shown.store.selection.size).toBe(3);
    expect(shown.row('Cedar Retail').getAttribute('aria-selected')).toBe('true');
    expect(deep(shown.screen.renderRoot, '.chip').textContent?.trim()).toBe('3 selected');
    await press('{Control>}a{/Control}');
    expect(shown.store.selection.size).toBe(5);
    await press('{Escape}');
    expect(shown.store.selection.size).toBe(0);
    expect(focused()?.closest('.row')).not.toBeNull();
  });

  it('one creates a subaccount, twice in a row, and lands on the new row', async () => {
    const source = mockTree();
    const shown = await show(source);
    shown.tree.focus();
    await press('c');
    await vi.waitFor(() => expect(focused()?.id).toBe('name'));
    await press('Zenit GmbH');
    await press('{Enter}');
    await vi.waitFor(() => expect(focusedName()).toBe('Zenit GmbH'));
    expect(deepAll(shown.screen.renderRoot, 'dialog[open]')).toHaveLength(0);
    expect(shown.row('Zenit GmbH').hasAttribute('data-fresh')).toBe(true);
    await press('c');
    await vi.waitFor(() => expect(focused()?.id).toBe('name'));
    await press('zenit  gmbh{Enter}');
    await vi.waitFor(() =>
      expect(deep(shown.screen.renderRoot, '[role="alert"]').textContent).toContain('already has a subaccount'),
    );
    expect(focused()).toMatchObject({ id: 'name', value: 'zenit  gmbh' });
    expect(focused()?.getAttribute('aria-invalid')).toBe('true');
    await press('{Escape}');
    await vi.waitFor(() => expect(focused()?.closest('.row')).not.toBeNull());
    expect(source.calls.filter(({ method }) => method === 'create')).toHaveLength(2);
  });

  it('one renames in place, is told why a name is refused, and keeps what was typed', async () => {
    const source = mockTree();
    const shown = await show(source);
    shown.tree.focus();
    await press('{ArrowDown}{F2}');
    await vi.waitFor(() => expect(focused()?.matches('input')).toBe(true));
    await press('Cedar Retail{Enter}');
    await vi.waitFor(() => expect(focused()).toMatchObject({ value: 'Cedar Retail' }));
    expect(
      deep(shown.screen.renderRoot, 'sam-rename').shadowRoot?.querySelector('[role="alert"]')?.textContent,
    ).toContain('already');
    expect(source.entry(source.idOf('Borealis Motors')).row.name).toBe('Borealis Motors');
    await press(' North{Enter}');
    await vi.waitFor(() => expect(focusedName()).toBe('Cedar Retail North'));
    await vi.waitFor(() => expect(source.idOf('Cedar Retail North')).toBeTruthy());
    expect(shown.tree.renderRoot.querySelector('.editing')).toBeNull();
  });

  it('one suspends and reactivates an account', async () => {
    const source = mockTree();
    const shown = await show(source);
    shown.tree.focus();
    await press('{ArrowDown}{Shift>}{F10}{/Shift}');
    await vi.waitFor(() => expect(focused()?.getAttribute('role')).toBe('menuitem'));
    await press('sus');
    expect(focused()?.textContent?.trim()).toBe('Suspend…');
    await press('{Enter}');
    await vi.waitFor(() => expect(focused()).toMatchObject({ name: 'kind', value: 'read_only' }));
    await press('{ArrowDown}');
    expect(focused()).toMatchObject({ value: 'full_stop', checked: true });
    await press('{Enter}');
    await vi.waitFor(() => expect(source.entry(source.idOf('Borealis Motors')).row.suspension?.kind).toBe('full_stop'));
    await vi.waitFor(() => expect(focusedName()).toBe('Borealis Motors'));
    expect(statusOf(shown, 'Borealis Motors')).toBe('Suspended · full stop');
    await press('{F6}');
    expect(focused()?.closest('.toast')).not.toBeNull();
    await press('{Shift>}{Tab}{/Shift}{Enter}');
    expect(focusedName()).toBe('Borealis Motors');
    await vi.waitFor(() => expect(source.entry(source.idOf('Borealis Motors')).row.status).toBe('active'));
  });

  it('one moves an account to where it is found, and takes it back', async () => {
    const source = mockTree();
    const shown = await show(source);
    shown.tree.focus();
    await press('{ArrowDown}{Shift>}{F10}{/Shift}');
    await vi.waitFor(() => expect(focused()?.getAttribute('role')).toBe('menuitem'));
    await press('m{Enter}');
    await vi.waitFor(() => expect(focused()?.id).toBe('to'));
    const dialog = shown.screen.renderRoot;
    await vi.waitFor(() => expect(deepAll(dialog, '.target b').map((b) => b.textContent)).toContain('Acme Group'));
    expect(deepAll(dialog, '.target b').map((b) => b.textContent)).not.toContain('Borealis Motors');
    await press('{Enter}');
    expect(source.calls.some(({ method }) => method === 'move')).toBe(false);
    await press('store 7');
    await vi.waitFor(() => expect(deepAll(dialog, '.target')).toHaveLength(1));
    expect(deep(dialog, '.target span').textContent).toBe('Acme Holding › Cedar Retail');
    await press('{ArrowDown} {Enter}');
    const moved = source.idOf('Borealis Motors');
    await vi.waitFor(() => expect(source.entry(moved).row.parentId).toBe(source.idOf('Cedar Store 7')));
    await vi.waitFor(() => expect(deepAll(shown.screen.renderRoot, 'dialog[open]')).toHaveLength(0));
    await press('{F6}{Shift>}{Tab}{/Shift}{Enter}');
    await vi.waitFor(() => expect(source.entry(moved).row.parentId).toBe(source.root.row.id));
    await vi.waitFor(() => expect(shown.names()).toContain('Borealis Motors'));
  });

  it('one protects an account, which is then told before it is closed, and takes it back', async () => {
    const source = mockTree();
    const shown = await show(source);
    shown.tree.focus();
    await press('{End}{Shift>}{F10}{/Shift}');
    await vi.waitFor(() => expect(focused()?.getAttribute('role')).toBe('menuitem'));
    await press('pp{Enter}');
    await vi.waitFor(() => expect(shown.line('Évora Turismo').account.row.protected).toBe(true));
    await press('{Shift>}{F10}{/Shift}');
    await vi.waitFor(() => expect(focused()?.getAttribute('role')).toBe('menuitem'));
    await press('{End}{Enter}');
    await vi.waitFor(() =>
      expect(deep(shown.screen.renderRoot, 'sam-close').shadowRoot?.textContent).toContain('Remove its protection'),
    );
    await press('{Escape}');
    await vi.waitFor(() => expect(focusedName()).toBe('Évora Turismo'));
    await press('{Shift>}{F10}{/Shift}');
    await vi.waitFor(() => expect(focused()?.getAttribute('role')).toBe('menuitem'));
    await press('rr{Enter}');
    await vi.waitFor(() => expect(shown.line('Évora Turismo').account.row.protected).toBe(false));
    await press('{Control>}z{/Control}');
    await vi.waitFor(() => expect(shown.line('Évora Turismo').account.row.protected).toBe(true));
  });

  it('one closes an account only by typing its name, and Ctrl+Z takes that back before anything older', async () => {
    const source = mockTree();
    source.patch(source.idOf('Évora Turismo'), { transferUntil: '2026-12-01T00:00:00.000Z' as Instant });
    const shown = await show(source);
    await shown.screen.perform('protect', shown.line('Cedar Retail').account.row);
    await vi.waitFor(() => expect(source.entry(source.idOf('Cedar Retail')).row.protected).toBe(true));
    shown.tree.focus();
    await press('{End}{Shift>}{F10}{/Shift}');
    await vi.waitFor(() => expect(focused()?.getAttribute('role')).toBe('menuitem'));
    await press('{End}{Enter}');
    await vi.waitFor(() => expect(focused()?.id).toBe('confirm'));
    const said = deep(shown.screen.renderRoot, 'sam-close').shadowRoot?.textContent;
    expect(said).toContain('kept for 35 days');
    expect(said).toContain('Its billing transfer is cancelled with it.');
    await press('{Enter}');
    expect(source.entry(source.idOf('Évora Turismo')).row.status).toBe('active');
    await press('évora turismo{Enter}');
    await vi.waitFor(() => expect(source.entry(source.idOf('Évora Turismo')).row.status).toBe('closed'));
    await vi.waitFor(() => expect(shown.names()).not.toContain('Évora Turismo'));
    await vi.waitFor(() => expect(focused()?.closest('.row')).not.toBeNull());
    await press('{Control>}z{/Control}');
    await vi.waitFor(() => expect(source.entry(source.idOf('Évora Turismo')).row.status).toBe('active'));
    expect(source.entry(source.idOf('Cedar Retail')).row.protected).toBe(true);
  });

  it('one finds rows by typing how they begin, without regard to case and diacritics', async () => {
    const shown = await show(mockTree());
    await open(shown, 'Acme Group');
    shown.tree.focus();
    await press('evora');
    expect(focusedName()).toBe('Évora Turismo');
  });

  it('one searches from the table, sees what matches, and Esc brings everything back as it was', async () => {
    const shown = await show(mockTree());
    await open(shown, 'Acme Group');
    const before = shown.names();
    shown.tree.focus();
    await press('{ArrowDown}/');
    expect(focused()).toMatchObject({ type: 'search' });
    await press('köln');
    await vi.waitFor(() => expect(shown.names()).toEqual(['Acme Group', 'Straße & Söhne', 'Filiale Köln']));
    await vi.waitFor(() => expect(shown.row('Filiale Köln').querySelector('mark')?.textContent).toBe('Köln'));
    expect(shown.row('Acme Group').dataset['found']).toBe('way');
    expect(deep(shown.screen.renderRoot, '.found').textContent).toBe('1 match in 1 branch');
    await press('{ArrowDown}');
    expect(focused()?.closest('.row')).not.toBeNull();
    await press('{Escape}');
    await vi.waitFor(() => expect(shown.names()).toEqual(before));
    expect(focusedName()).toBe('Acme North');
  });

  it('one is told when there may be more matches than were found', async () => {
    const source = mockTree();
    source.mostFound = 2;
    const shown = await show(source);
    shown.tree.focus();
    await press('/');
    await press('acme');
    await vi.waitFor(() => expect(deep(shown.screen.renderRoot, '.found').textContent).toBe('At least 2 matches'));
  });

  it('intents leave as events that a host can prevent', async () => {
    const shown = await show(mockTree());
    const seen: string[] = [];
    for (const type of ['sam-open', 'sam-switch', 'sam-action']) {
      document.addEventListener(
        type,
        (event) => {
          seen.push(type);
          event.preventDefault();
        },
        { once: true },
      );
    }
    shown.tree.focus();
    await press('{Enter}s');
    await press('c');
    expect(seen).toEqual(['sam-open', 'sam-switch', 'sam-action']);
    expect(deepAll(shown.screen.renderRoot, 'dialog')).toHaveLength(0);
  });

  it('the head is part of the table: sorting is one arrow away', async () => {
    const shown = await show(mockTree());
    shown.tree.focus();
    await press('{ArrowUp}');
    expect(focused()?.matches('.column')).toBe(true);
    await press('{ArrowRight}{Enter}');
    expect(shown.store.order).toEqual({ sort: 'minutes', direction: 'desc' });
    await vi.waitFor(() => expect(shown.names()[0]).toBe('Acme Group'));
    expect(deepAll(shown.tree.renderRoot, '[aria-sort]').map((head) => head.getAttribute('aria-sort'))).toEqual([
      'descending',
    ]);
    await press('{ArrowDown}');
    expect(focusedName()).toBe('Acme Group');
  });
});
