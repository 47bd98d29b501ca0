import { instantOf } from '@tenantree/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mockTree } from './example-tree.ts';
import { deep, deepAll, open, painted, show, statusOf } from './stage.ts';

afterEach(() => document.body.replaceChildren());

const DAY_MS = 86_400_000;
const inDays = (days: number) => instantOf(Date.now() + days * DAY_MS);
const day = (instant: string): string =>
  new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' }).format(new Date(instant));
const order = { kind: 'read_only', from: null, until: null, reason: null } as const;

describe('a scheduled suspension', () => {
  it('says from when before it begins, and nothing once it has ended', async () => {
    const source = mockTree();
    const from = instantOf(Date.now() + 2 * DAY_MS);
    const isThisYear = new Date(from).getFullYear() === new Date().getFullYear();
    source.patch(source.idOf('Évora Turismo'), { status: 'suspended', suspension: { ...order, from } });
    source.patch(source.idOf('Cedar Retail'), { status: 'suspended', suspension: { ...order, until: inDays(-1) } });
    const shown = await show(source);
    if (isThisYear) expect(statusOf(shown, 'Évora Turismo')).toBe(`Suspends ${day(from)} · read-only`);
    expect(shown.row('Évora Turismo').dataset['state']).toBe('planned');
    expect(statusOf(shown, 'Cedar Retail')).toBe('');
  });

  it('begins and ends on screen by time alone', async () => {
    const source = mockTree();
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
    try {
      const [from, until] = [instantOf(Date.now() + 60_000), instantOf(Date.now() + 120_000)];
      source.patch(source.idOf('Acme Group'), { suspension: { ...order, from, until } });
      const shown = await show(source);
      expect(shown.row('Acme Group').dataset['state']).toBe('planned');
      await vi.advanceTimersByTimeAsync(61_000);
      await painted();
      expect(shown.row('Acme Group').dataset['state']).toBe('suspended');
      await vi.advanceTimersByTimeAsync(60_000);
      await painted();
      expect(shown.row('Acme Group').dataset['state']).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });

  it('can be taken back before it begins', async () => {
    const source = mockTree();
    source.patch(source.idOf('Évora Turismo'), { suspension: { ...order, from: inDays(2) } });
    const shown = await show(source);
    const entries = await shown.screen.menuOf(shown.line('Évora Turismo').account.row);
    expect(entries.map(({ label }) => label)).toContain('Cancel the planned suspension');
    await shown.screen.perform('reactivate', shown.line('Évora Turismo').account.row);
    await vi.waitFor(() =>
      expect(deepAll(shown.screen.renderRoot, '.toast')[0]?.textContent).toContain('stays active'),
    );
    expect(statusOf(shown, 'Évora Turismo')).toBe('');
  });

  it('leaves one message, whose Undo fits what holds now; what was said of other things stays', async () => {
    const source = mockTree();
    source.patch(source.idOf('Évora Turismo'), { suspension: { ...order, from: inDays(2) } });
    const shown = await show(source);
    const said = (): string[] =>
      deepAll(shown.screen.renderRoot, '.toast span').map(({ textContent }) => textContent ?? '');
    const account = () => shown.line('Évora Turismo').account.row;
    await shown.screen.perform('protect', account());
    await vi.waitFor(() => expect(said()).toHaveLength(1));
    await shown.screen.perform('reactivate', account());
    await vi.waitFor(() => expect(said()).toHaveLength(2));
    deepAll(shown.screen.renderRoot, '.toast .act').at(-1)?.click();
    await vi.waitFor(() => expect(said().at(-1)).toMatch(/^Évora Turismo will be suspended/));
    await shown.screen.perform('reactivate', account());
    await vi.waitFor(() => expect(said().at(-1)).toBe('Évora Turismo stays active'));
    expect(said()).toEqual(['Évora Turismo is protected from closing', 'Évora Turismo stays active']);
  });
});

describe('a suspension from above', () => {
  it('is named in the rows of an account that is entered, also where one only hears that there is one', async () => {
    const source = mockTree();
    source.effective = {
      kind: 'read_only',
      by: { id: source.idOf('Acme Group'), name: 'Acme Group' },
      changesAt: null,
    };
    const shown = await show(source);
    expect(statusOf(shown, 'Cedar Retail')).toBe('Suspended with Acme Group');
    expect(statusOf(shown, 'Delta Logistics')).toBe('Suspended · read-only');
    source.effective = { ...source.effective, by: null };
    shown.screen.refresh();
    await vi.waitFor(() => expect(statusOf(shown, 'Cedar Retail')).toBe('Suspended with an account above'));
    source.effective = { kind: null, by: null, changesAt: null };
    shown.screen.refresh();
    await vi.waitFor(() => expect(statusOf(shown, 'Cedar Retail')).toBe(''));
  });

  it('is named where it is the acting account’s own', async () => {
    const source = mockTree();
    const { id, name } = source.root.row;
    source.patch(id, { status: 'suspended', suspension: order });
    source.effective = { kind: 'read_only', by: { id, name }, changesAt: null };
    const shown = await show(source);
    expect(statusOf(shown, 'Cedar Retail')).toBe('Suspended with Acme Holding');
    source.patch(id, { status: 'active', suspension: null });
    source.announce([id]);
    await painted();
    expect(statusOf(shown, 'Cedar Retail')).toBe('');
  });

  it('is named in a branch that is entered because there is no room to open it', async () => {
    const shown = await show(mockTree(), { width: 340 });
    deep(shown.row('Delta Logistics'), '.toggle').click();
    await vi.waitFor(() => expect(shown.names()).toEqual(['Delta Warehousing']));
    expect(shown.row('Delta Warehousing').getAttribute('aria-label')).toBe(
      'Delta Warehousing, Suspended with Delta Logistics',
    );
  });

  it('is named in every branch that is open', async () => {
    const shown = await show(mockTree());
    await open(shown, 'Delta Logistics');
    expect(statusOf(shown, 'Delta Warehousing')).toBe('Suspended with Delta Logistics');
  });
});
