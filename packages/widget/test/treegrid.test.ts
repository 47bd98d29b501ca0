import type { Instant } from '@tenantree/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { largeTree, mockTree, seeded } from './example-tree.ts';
import { deepAll, idsOf, open, painted, readRows, type Shown, show, statusOf } from './stage.ts';

afterEach(() => document.body.replaceChildren());

function checkSemantics(shown: Shown): void {
  const { store, tree } = shown;
  const { visible } = store.view;
  const read = readRows(shown);
  const indexes = read.map(({ index }) => index);
  expect(indexes, 'reading order is visual order').toEqual([...indexes].sort((a, b) => a - b));
  expect(new Set(indexes).size).toBe(indexes.length);
  const tops = shown.rows().map((row) => row.getBoundingClientRect().top);
  expect(tops, 'rows stand below each other').toEqual([...tops].sort((a, b) => a - b));
  expect(tree.renderRoot.querySelector('[role="treegrid"]')?.getAttribute('aria-rowcount')).toBe(
    String(visible.length + 1),
  );
  expect(shown.rows().filter((row) => row.tabIndex === 0).length, 'one stop for Tab').toBe(1);
  shown.rows().forEach((row, k) => {
    const line = read[k]?.line;
    if (!line) return;
    expect(row.getAttribute('aria-level')).toBe(String(line.level + 1));
    if (line.kind !== 'account') return;
    const { home, account } = line;
    expect(row.querySelector('bdi')?.textContent).toBe(account.row.name);
    expect(row.getAttribute('aria-posinset')).toBe(String(line.place + 1));
    expect(row.getAttribute('aria-setsize')).toBe(String(home.total));
    expect(row.getAttribute('aria-expanded')).toBe(account.row.children > 0 ? String(line.open) : null);
    expect(row.getAttribute('aria-selected')).toBe(String(store.selection.has(account.id)));
    expect(row.querySelector('.total')?.textContent).toBe(tree.texts.numbers.minutes(account.minutes?.total ?? '0'));
  });
}

/** The rows that the viewport cuts are all there: nothing blank. */
function checkFilled({ scroller, rows, store }: Shown): void {
  const box = scroller.getBoundingClientRect();
  const inSight = rows().filter(
    (row) => row.getBoundingClientRect().bottom > box.top + 34 && row.getBoundingClientRect().top < box.bottom,
  );
  const height = rows()[0]?.getBoundingClientRect().height ?? 40;
  const room = Math.floor((box.height - 34) / height);
  expect(inSight.length).toBeGreaterThanOrEqual(Math.min(room, store.view.visible.length));
}

describe('the tree table', () => {
  it('keeps reading order, levels, places and minutes right through random scrolling, opening and ticking', async () => {
    const source = largeTree();
    const shown = await show(source);
    const random = seeded(3);
    const ids = idsOf(source);
    for (let step = 0; step < 60; step++) {
      const { visible } = shown.store.view;
      const dice = random();
      if (dice < 0.4) shown.scroller.scrollTop = random() * (visible.length * 40);
      else if (dice < 0.75) {
        const line = visible.at(Math.floor(random() * visible.length));
        if (line?.kind === 'account')
          shown.store.change((view) => (line.open && random() < 0.5 ? view.close(line) : view.open(line)));
      } else if (dice < 0.85) {
        const line = visible.at(Math.floor(random() * visible.length));
        if (line) await shown.tree.goTo(line);
      } else
        source.tick(
          Array.from(
            { length: 5 },
            () => [ids[Math.floor(random() * ids.length)] ?? source.root.row.id, '1.5'] as const,
          ),
        );
      await painted();
      checkFilled(shown);
      // Rows are brought into reading order when the scrolling rests.
      await vi.waitFor(() => checkSemantics(shown));
    }
    expect(shown.rows().length).toBeLessThan(40);
  });

  it('lets the same rows take turns while it scrolls, and brings them into reading order when it rests', async () => {
    const shown = await show(largeTree());
    shown.scroller.scrollTop = 40 * 30;
    await painted();
    const before = shown.rows();
    for (let step = 0; step < 5; step++) {
      shown.scroller.scrollTop += 40 * 3;
      await painted();
      checkFilled(shown);
    }
    await vi.waitFor(() => checkSemantics(shown));
    expect(new Set(shown.rows())).toEqual(new Set(before));
  });

  it('keeps the same few rows in the document however many accounts are open', async () => {
    const source = largeTree(30, 20, 12);
    const shown = await show(source);
    for (const line of shown.store.view.root.lines) shown.store.change((view) => view.openDeep(line));
    await vi.waitFor(() => expect(shown.store.view.visible.length).toBe(30 * (1 + 20 * 13)));
    await painted();
    expect(shown.rows().length).toBeLessThan(35);
    shown.scroller.scrollTop = 40 * 5_000;
    await painted();
    checkSemantics(shown);
    checkFilled(shown);
  });

  it('pins the ancestors of the first row in sight, hidden from assistive technology, and jumps to one on click', async () => {
    const shown = await show(largeTree());
    await open(shown, 'Reseller 03', 'Branch 03-04');
    const index = shown.store.view.visible.indexOf(shown.line('Client 03-04-03'));
    shown.scroller.scrollTop = index * 40;
    const pins = await vi.waitFor(() => {
      const found = deepAll(shown.tree.renderRoot, '.pins .row');
      expect(found.map((pin) => pin.querySelector('bdi')?.textContent)).toEqual(['Reseller 03', 'Branch 03-04']);
      return found;
    });
    const tops = pins.map((pin) => pin.getBoundingClientRect().top - shown.scroller.getBoundingClientRect().top);
    expect(tops, 'one below the other under the head').toEqual([34, 74]);
    expect(pins[0]?.closest('[aria-hidden="true"]')).not.toBeNull();
    pins[0]?.click();
    await painted();
    expect(shown.store.view.visible.current).toBe(shown.line('Reseller 03'));
    const row = shown.row('Reseller 03').getBoundingClientRect();
    const box = shown.scroller.getBoundingClientRect();
    expect(row.top).toBeGreaterThanOrEqual(box.top);
    expect(row.bottom).toBeLessThanOrEqual(box.bottom);
  });

  it('has its columns in one order, and says who bills an account in words', async () => {
    const shown = await show(mockTree(), { width: 1280 });
    const heads = deepAll(shown.tree.renderRoot, '[role="columnheader"]').map((head) => head.textContent?.trim());
    expect(heads).toEqual([
      'Selected',
      'Name',
      'Minutes used',
      'Billing plan',
      'Status',
      'Permissions',
      'Members',
      'Agents',
      'Switch to',
      'Actions',
    ]);
    expect(shown.row('Cedar Retail').querySelector('.plan')?.textContent?.trim()).toBe('Parent Billing');
    expect(shown.row('Borealis Motors').querySelector('.plan')?.textContent?.trim()).toBe('Independent account');
  });

  it.each([1200, 1000, 800, 600, 400])('never shortens a name for what is the matter, in %i px', async (width) => {
    const source = mockTree();
    const shown = await show(source, { width });
    const wide = (): number => shown.row('Évora Turismo').querySelector('.label')!.getBoundingClientRect().width;
    const before = wide();
    source.patch(source.idOf('Évora Turismo'), {
      status: 'suspended',
      suspension: { kind: 'no_new_work', from: null, until: '2100-01-01T00:00:00.000Z' as Instant, reason: null },
    });
    source.announce([source.idOf('Évora Turismo')]);
    await painted();
    expect(wide()).toBe(before);
    expect(statusOf(shown, 'Évora Turismo')).toBe('Suspended · no new work · until Jan 1, 2100');
  });

  it('shows state, direction and script of a name as they are', async () => {
    const shown = await show(mockTree());
    await open(shown, 'Acme Group', 'Delta Logistics');
    const arabic = shown.row('شركة النور للاتصالات').querySelector('bdi');
    expect(arabic && getComputedStyle(arabic).direction).toBe('rtl');
    expect(statusOf(shown, 'Delta Logistics')).toBe('Suspended · read-only');
    expect(statusOf(shown, 'Delta Warehousing')).toBe('Suspended with Delta Logistics');
    expect(statusOf(shown, 'Cedar Retail')).toBe('');
  });

  it('calls a row by its account and the state of it, once, and each button by what it does with which account', async () => {
    const shown = await show(mockTree());
    await open(shown, 'Acme Group', 'Delta Logistics');
    expect(shown.row('Acme South').getAttribute('aria-label')).toBe('Acme South');
    expect(shown.row('Delta Logistics').getAttribute('aria-label')).toBe('Delta Logistics, Suspended, read-only');
    const buttons = [...shown.row('Acme South').querySelectorAll('button, input')].filter(
      (one) => one.closest('.special') === null,
    );
    expect(buttons.map((one) => one.getAttribute('aria-label'))).toEqual([
      'Select Acme South',
      'Switch to Acme South',
      'Actions for Acme South',
    ]);
  });

  it('marks the row of the account that is shown in detail elsewhere', async () => {
    const source = mockTree();
    const shown = await show(source, {}, (screen) => {
      screen.opened = source.idOf('Cedar Retail');
    });
    const marked = () => shown.rows().filter((row) => row.getAttribute('aria-current') === 'true');
    expect(marked()).toEqual([shown.row('Cedar Retail')]);
    const ground = (name: string): string => getComputedStyle(shown.row(name)).backgroundColor;
    // How rows look once somebody is there is loaded after them.
    await vi.waitFor(() => expect(ground('Cedar Retail')).not.toBe(ground('Acme Group')));
    shown.screen.opened = source.idOf('Acme Group');
    await painted();
    expect(marked()).toEqual([shown.row('Acme Group')]);
    shown.screen.opened = null;
    await painted();
    expect(marked()).toEqual([]);
  });

  it('loads further pages where one asks for them, and says in place what could not be loaded', async () => {
    const source = mockTree();
    const parent = source.idOf('Borealis Motors');
    for (let k = 0; k < 230; k++) source.grow(`Dealer ${String(k).padStart(3, '0')}`, parent);
    const shown = await show(source);
    await open(shown, 'Borealis Motors');
    shown.scroller.scrollTop = 40 * 196;
    await painted();
    const more = shown
      .rows()
      .find((row) => row.dataset['kind'] === 'more')
      ?.querySelector<HTMLElement>('.special button');
    expect(more?.textContent).toBe('Show 30 of 30 more');
    source.failNext('list');
    more?.click();
    const retry = await vi.waitFor(() => {
      const button = shown
        .rows()
        .find((row) => row.dataset['kind'] === 'failure')
        ?.querySelector<HTMLElement>('.special button');
      if (!button) throw new Error('no failure yet');
      return button;
    });
    expect(retry.textContent).toBe('Retry');
    retry.click();
    await vi.waitFor(() => expect(shown.line('Dealer 229').place).toBe(229));
    await painted();
    checkSemantics(shown);
  });
});
