import { formatDecimal, instantOf } from '@tenantree/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { SourceRefusal } from '../src/index.ts';
import { largeTree, mockTree } from './example-tree.ts';
import type { MemorySource } from './memory-source.ts';
import { deep, deepAll, focused, idsOf, open, painted, show, statusOf } from './stage.ts';

afterEach(() => document.body.replaceChildren());

const total = (row: HTMLElement): string => row.querySelector('.total')?.textContent ?? '';

/** Whose minutes are watched now. */
function minutesWatched(source: MemorySource): readonly unknown[] {
  const { args } = source.calls.findLast(({ method }) => method === 'subscribeUsage') ?? { args: [] };
  return Array.isArray(args[1]) ? args[1] : [];
}

describe('live minutes', () => {
  it('are written where they belong, for the account and everything above it, and move no row', async () => {
    const source = mockTree();
    const shown = await show(source);
    await open(shown, 'Acme Group', 'Acme North');
    const before = shown.names();
    const elements = shown.rows();
    await vi.waitFor(() => expect(minutesWatched(source)).toContain(source.idOf('Northgate Dental')));
    source.tick([[source.idOf('Northgate Dental'), '0.85']]);
    await painted();
    expect(total(shown.row('Northgate Dental'))).toBe('3,902.1');
    expect(total(shown.row('Acme North'))).toBe('12,792.3');
    expect(total(shown.row('Acme Group'))).toBe('53,205.1');
    expect(shown.row('Acme Group').querySelector('.own')?.textContent).toBe('11,203.4 own');
    expect(shown.names()).toEqual(before);
    expect(shown.rows()).toEqual(elements);
  });

  it('lose nothing while one types a search or a new name, and take no letter away', async () => {
    const source = mockTree();
    const shown = await show(source);
    await open(shown, 'Acme Group');
    const leaf = source.idOf('Acme South');
    shown.screen.focusSearch();
    for (const letter of 'acme s') {
      await userEvent.keyboard(letter);
      source.tick([[leaf, '1']]);
    }
    await vi.waitFor(() => expect(shown.names()).toEqual(['Acme Group', 'Acme South']));
    expect(focused()).toMatchObject({ value: 'acme s' });
    await painted();
    expect(total(shown.row('Acme South'))).toBe('9,050.3');
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => expect(shown.names()).toContain('Cedar Retail'));
    await shown.tree.goTo(shown.line('Acme South'));
    shown.tree.focus();
    await userEvent.keyboard('{F2}');
    await vi.waitFor(() => expect(focused()?.matches('.editing input, input:not([type])')).toBe(true));
    for (const letter of 'Acme Southern') {
      await userEvent.keyboard(letter);
      source.tick([[leaf, '1']]);
      await painted();
    }
    expect(focused()).toMatchObject({ value: 'Acme Southern' });
    expect(total(shown.row('Acme South'))).toBe('9,063.3');
  });

  it('pulse once a second at most, and not at all when everything moves', async () => {
    const source = largeTree();
    const shown = await show(source);
    const running = (): number =>
      shown.rows().filter((row) => row.querySelector('.minutes .pulse')?.getAnimations().length).length;
    const ids = shown.store.view.root.lines.map(({ account }) => account.id);
    const first = ids[0];
    if (!first) throw new Error('empty');
    source.tick([[first, '1']]);
    await painted();
    expect(running()).toBe(1);
    const pulse = shown.row('Reseller 00').querySelector('.minutes .pulse')?.getAnimations()[0];
    source.tick([[first, '1']]);
    await painted();
    expect(shown.row('Reseller 00').querySelector('.minutes .pulse')?.getAnimations()).toEqual([pulse]);
    source.tick(ids.map((id) => [id, '1'] as const));
    await painted();
    expect(running()).toBeLessThanOrEqual(12);
  });

  it('pause and resume: nothing moves meanwhile, everything is right afterwards', async () => {
    const source = mockTree();
    const shown = await show(source);
    shown.tree.focus();
    await userEvent.keyboard('p');
    await vi.waitFor(() => expect(deep(shown.screen.renderRoot, '.button.live').textContent?.trim()).toBe('Paused'));
    const before = total(shown.row('Borealis Motors'));
    for (let k = 0; k < 10; k++) source.tick([[source.idOf('Borealis Motors'), '10']]);
    source.arrive('Zeta');
    await painted();
    expect(total(shown.row('Borealis Motors'))).toBe(before);
    expect(shown.names()).not.toContain('Zeta');
    await userEvent.keyboard('p');
    await vi.waitFor(() => expect(total(shown.row('Borealis Motors'))).toBe('2,304.9'));
    expect(shown.names()).toContain('Zeta');
  });

  it('come for what is scrolled to, of a handful of accounts however many there are', async () => {
    const source = largeTree(1_200, 0, 0);
    const shown = await show(source);
    const watched = (): readonly unknown[] => minutesWatched(source);
    const first = source.idOf('Reseller 00');
    const last = source.idOf('Reseller 190');
    expect(watched()).toContain(first);
    expect(watched()).not.toContain(last);
    const before = total(shown.row('Reseller 00'));
    source.tick([[last, '1000']]);
    shown.scroller.scrollTop = 190 * shown.tree.getBoundingClientRect().height;
    await vi.waitFor(() => expect(watched()).toContain(last));
    const number = (): number => Number(total(shown.row('Reseller 190')).replaceAll(',', ''));
    const now = Number(source.rowOf(source.entry(last)).minutes?.total);
    await vi.waitFor(() => expect(number()).toBeCloseTo(now, 0));
    source.tick([[last, '5000']]);
    await vi.waitFor(() => expect(number()).toBeCloseTo(now + 5_000, 0));
    source.tick([[first, '300']]);
    shown.scroller.scrollTop = 0;
    await vi.waitFor(() => expect(watched()).toContain(first));
    await vi.waitFor(() => expect(total(shown.row('Reseller 00'))).not.toBe(before));
    expect(watched().length).toBeLessThanOrEqual(250);
  });

  it('never sort again by themselves: a chip offers it', async () => {
    const source = mockTree();
    const shown = await show(source);
    deep(shown.tree.renderRoot, '.head .minutes .column').click();
    await vi.waitFor(() => expect(shown.store.order.sort).toBe('minutes'));
    await painted();
    const before = shown.names();
    source.tick([[source.idOf('Évora Turismo'), '90000']]);
    const chip = await vi.waitFor(() => deep(shown.screen.renderRoot, '.chip.order'));
    expect(shown.names()).toEqual(before);
    expect(chip.textContent?.trim()).toBe('Order changed · Re-sort');
    chip.click();
    await vi.waitFor(() => expect(shown.names()[0]).toBe('Évora Turismo'));
    await vi.waitFor(() => expect(deepAll(shown.screen.renderRoot, '.chip.order')).toHaveLength(0));
  });

  it('begin at zero with a new billing period', async () => {
    const source = mockTree();
    const shown = await show(source);
    source.sendUsage({
      version: 99,
      period: instantOf(Date.UTC(2026, 11, 1)),
      minutes: [[source.idOf('Borealis Motors'), formatDecimal(5n * 10n ** 8n), formatDecimal(5n * 10n ** 8n)]],
    });
    await painted();
    expect(total(shown.row('Borealis Motors'))).toBe('0.5');
    expect(total(shown.row('Acme Group'))).toBe('0.0');
  });
});

describe('live accounts', () => {
  it('arrive where the order wants them, change, and leave', async () => {
    const source = mockTree();
    const shown = await show(source);
    source.arrive('Bonn Telefon');
    await painted();
    expect(shown.names().slice(0, 3)).toEqual(['Acme Group', 'Bonn Telefon', 'Borealis Motors']);
    source.patch(source.idOf('Bonn Telefon'), {
      name: 'Bonn Telekom',
      status: 'suspended',
      suspension: { kind: 'no_new_work', from: null, until: null, reason: null },
    });
    source.announce([source.idOf('Bonn Telekom')]);
    await painted();
    expect(statusOf(shown, 'Bonn Telekom')).toBe('Suspended · no new work');
    expect(deep(shown.screen.renderRoot, '.count').textContent).toBe('6 subaccounts · 41 with nested');
    source.vanish(source.idOf('Bonn Telekom'));
    await painted();
    expect(shown.names()).not.toContain('Bonn Telekom');
  });
});

describe('what is watched', () => {
  it('are the branches that are loaded, and what changes in one while it is opened is not lost', async () => {
    const source = mockTree();
    const shown = await show(source);
    const watched = (): unknown => source.calls.findLast(({ method }) => method === 'subscribeAccounts')?.args[1];
    const [root, group] = [source.root.row.id, source.idOf('Acme Group')];
    expect(watched()).toMatchObject({ childrenOf: [root] });
    shown.store.change((view) => view.open(shown.line('Acme Group')));
    await vi.waitFor(() => expect(shown.line('Acme Group').branch?.state).toBe('loaded'));
    source.arrive('Aardvark Dental', group);
    source.arrive('Zebra Dental');
    await vi.waitFor(() => expect(watched()).toMatchObject({ childrenOf: [root, group] }));
    await vi.waitFor(() => expect(shown.names()).toEqual(expect.arrayContaining(['Aardvark Dental', 'Zebra Dental'])));
  });

  it('is read again when too much happened while one was away', async () => {
    const source = mockTree();
    const shown = await show(source);
    source.grow('Zulu Trading');
    source.announceGap();
    await vi.waitFor(() => expect(shown.names()).toContain('Zulu Trading'));
  });
});

describe('the screen', () => {
  it('shows nothing for a moment, then the shape of rows, then rows', async () => {
    const source = mockTree();
    source.hold();
    const pending = show(source);
    await vi.waitFor(() => expect(deepAll(document, '.bones')).toHaveLength(1));
    source.release();
    await pending;
    expect(deepAll(document, '.bones')).toHaveLength(0);
  });

  it.each([
    ['FORBIDDEN', 'You can’t see these subaccounts'],
    ['NOT_FOUND', 'There is no such account'],
    ['UNAVAILABLE', 'No connection'],
    ['INTERNAL', 'The subaccounts could not be loaded'],
  ] as const)('says what is the matter: %s', async (code, title) => {
    const source = mockTree();
    source.failNext(
      'get',
      new SourceRefusal({ code, message: 'The server said no.', requestId: 'r-17', retryable: code === 'UNAVAILABLE' }),
    );
    source.failNext(
      'list',
      new SourceRefusal({ code, message: 'The server said no.', requestId: 'r-17', retryable: code === 'UNAVAILABLE' }),
    );
    const errors: unknown[] = [];
    document.addEventListener('sam-error', (event) => errors.push(event instanceof CustomEvent && event.detail.code), {
      once: true,
    });
    const pending = show(source);
    pending.catch(() => undefined);
    await vi.waitFor(() => expect(deep(document, '.state h2').textContent).toBe(title));
    expect(errors).toEqual([code]);
    // Where there is no server yet, it is tried again by itself; what is refused is not tried again.
    if (code === 'INTERNAL') deep(document, '.state button').click();
    if (code === 'UNAVAILABLE' || code === 'INTERNAL') await pending;
    else expect(deepAll(document, '.state button')).toEqual([]);
  });

  it('keeps the last good rows and says how old they are when they can’t be brought up to date', async () => {
    const source = mockTree();
    const shown = await show(source);
    source.failNext('list', new SourceRefusal({ code: 'INTERNAL', message: 'Disk full.', requestId: 'r-9' }));
    shown.screen.refresh();
    const note = await vi.waitFor(() => deep(shown.screen.renderRoot, '.note'));
    expect(note.textContent).toMatch(/Showing data from .* · Disk full\./);
    expect(note.textContent).toContain('r-9');
    expect(shown.names()).toContain('Borealis Motors');
    note.querySelector('button')?.click();
    await vi.waitFor(() => expect(deepAll(shown.screen.renderRoot, '.note')).toHaveLength(0));
  });

  it('offers to create the first subaccount, and says what was not found', async () => {
    const { MemorySource } = await import('./memory-source.ts');
    const source = new MemorySource('Empty');
    void show(source).catch(() => null);
    await vi.waitFor(() => expect(deep(document, '.state h2').textContent).toBe('No subaccounts yet'));
    const id = source.arrive('First');
    await vi.waitFor(() => expect(deepAll(document, '.row[data-kind="account"]')).toHaveLength(1));
    expect(idsOf(source)).toEqual([id]);
    const search = deep(document, 'input[type="search"]');
    search.focus();
    await userEvent.keyboard('zzz');
    await vi.waitFor(() => expect(deep(document, '.state p').textContent).toBe('No subaccount matches “zzz”.'));
    deep(document, '.state button').click();
    await vi.waitFor(() => expect(deepAll(document, '.row[data-kind="account"]').length).toBeGreaterThan(0));
  });

  it('creates once however often one clicks, and says at the field why a name is refused', async () => {
    const source = mockTree();
    const shown = await show(source);
    deep(shown.screen.renderRoot, '.create').click();
    const dialog = await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open]'));
    await userEvent.keyboard('Nova');
    source.hold();
    const submit = deep(dialog, '[type="submit"]');
    submit.click();
    submit.click();
    await userEvent.keyboard('{Enter}');
    source.release();
    await vi.waitFor(() => expect(shown.names()).toContain('Nova'));
    expect(source.calls.filter(({ method }) => method === 'create')).toHaveLength(1);
  });

  it('shows offline since when, and live again', async () => {
    const source = mockTree();
    const shown = await show(source);
    source.become('offline');
    await painted();
    expect(deep(shown.screen.renderRoot, '.button.live').textContent).toContain('Offline since');
    source.become('catching-up');
    await painted();
    expect(deep(shown.screen.renderRoot, '.button.live').textContent?.trim()).toBe('Catching up');
  });
});
