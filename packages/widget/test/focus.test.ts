import { afterEach, describe, expect, it, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { largeTree, mockTree } from './example-tree.ts';
import { focused, focusedName, open, painted, show } from './stage.ts';

afterEach(() => document.body.replaceChildren());

describe('the focus is never lost', () => {
  it('when its row is scrolled thousands of rows away and back', async () => {
    const shown = await show(largeTree(30, 20, 12));
    for (const line of shown.store.view.root.lines) shown.store.change((view) => view.openDeep(line));
    await vi.waitFor(() => expect(shown.store.view.visible.length).toBe(30 * (1 + 20 * 13)));
    await shown.tree.goTo(shown.line('Branch 00-01'));
    shown.tree.focus();
    const row = focused();
    for (let step = 0; step < 40; step++) {
      shown.scroller.scrollTop += step < 20 ? 7_200 : -7_200;
      await painted();
      expect(focused()).toBe(row);
      expect(focusedName()).toBe('Branch 00-01');
      const indexes = shown.rows().map((one) => Number(one.getAttribute('aria-rowindex')));
      expect(indexes).toEqual([...indexes].sort((a, b) => a - b));
    }
    await userEvent.keyboard('{ArrowDown}');
    await painted();
    expect(focusedName()).toBe('Client 00-01-00');
    const box = shown.scroller.getBoundingClientRect();
    const place = focused()?.getBoundingClientRect();
    expect(place?.top).toBeGreaterThanOrEqual(box.top);
    expect(place?.bottom).toBeLessThanOrEqual(box.bottom);
  });

  it('when somebody else takes its account away: it goes to the nearest row, and that is said', async () => {
    const source = mockTree();
    const shown = await show(source);
    await open(shown, 'Acme Group');
    await shown.tree.goTo(shown.line('Acme South'));
    shown.tree.focus();
    source.vanish(source.idOf('Acme South'));
    await painted();
    expect(focusedName()).toBe('Straße & Söhne');
    expect(shown.tree.renderRoot.querySelector('[role="status"]')?.textContent).toBe(
      'Acme South is no longer here. Now at Straße & Söhne.',
    );
  });

  it('when its branch is closed, or taken away as a whole', async () => {
    const source = mockTree();
    const shown = await show(source);
    await open(shown, 'Acme Group', 'Acme North');
    await shown.tree.goTo(shown.line('Northgate Dental'));
    shown.tree.focus();
    shown.store.change((view) => view.close(shown.line('Acme Group')));
    await painted();
    expect(focusedName()).toBe('Acme Group');
    source.vanish(source.idOf('Acme Group'));
    await painted();
    expect(focusedName()).toBe('Borealis Motors');
  });

  it('when the status filter leaves its account out', async () => {
    const source = mockTree();
    const shown = await show(source);
    await shown.tree.goTo(shown.line('Borealis Motors'));
    shown.tree.focus();
    shown.store.filterBy(['suspended']);
    await vi.waitFor(() => expect(shown.names()).toEqual(['Delta Logistics']));
    expect(focusedName()).toBe('Delta Logistics');
  });

  it('when rows arrive above it: the row stays the same element, on the same account', async () => {
    const source = mockTree();
    const shown = await show(source);
    await shown.tree.goTo(shown.line('Cedar Retail'));
    shown.tree.focus();
    const row = focused();
    for (let k = 0; k < 30; k++) source.arrive(`Aachen ${k}`);
    await painted();
    expect(focused()).toBe(row);
    expect(focusedName()).toBe('Cedar Retail');
  });

  it('when a page was loaded by pressing Enter on the row that offers it', async () => {
    const source = mockTree();
    for (let k = 0; k < 240; k++) source.grow(`Zone ${String(k).padStart(3, '0')}`);
    const shown = await show(source);
    shown.tree.focus();
    await userEvent.keyboard('{End}');
    await painted();
    expect(focused()?.getAttribute('data-kind')).toBe('more');
    await userEvent.keyboard('{Enter}');
    await vi.waitFor(() => expect(focusedName()).toBe('Zone 195'));
  });
});

describe('what one looks at stays where it is', () => {
  const topOf = (row: HTMLElement): number => row.getBoundingClientRect().top;

  it('when rows come and go above it by themselves', async () => {
    const source = largeTree();
    const shown = await show(source);
    await open(shown, 'Reseller 03', 'Reseller 05');
    shown.scroller.scrollTop = 40 * 12;
    await painted();
    const before = topOf(shown.row('Branch 03-12'));
    source.arrive('Aaa');
    source.arrive('Aab');
    source.vanish(source.idOf('Reseller 01'));
    await painted();
    expect(topOf(shown.row('Branch 03-12'))).toBe(before);
  });

  it('when a search ends: the tree is where it was scrolled to', async () => {
    const shown = await show(largeTree());
    await open(shown, 'Reseller 03', 'Reseller 05');
    shown.scroller.scrollTop = 40 * 20;
    await painted();
    const before = shown.names().map((name) => [name, topOf(shown.row(name))]);
    shown.screen.focusSearch();
    await userEvent.keyboard('client 07-03');
    await vi.waitFor(() => expect(shown.store.sought?.query).toBe('client 07-03'));
    await painted();
    expect(shown.scroller.scrollTop).toBe(0);
    await userEvent.keyboard('{Escape}');
    await painted();
    expect(shown.names().map((name) => [name, topOf(shown.row(name))])).toEqual(before);
  });
});
