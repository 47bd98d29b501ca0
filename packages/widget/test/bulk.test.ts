import type { Instant } from '@tenantree/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { violations } from './accessible.ts';
import { mockTree } from './example-tree.ts';
import { deep, deepAll, open, type Shown, show, statusOf } from './stage.ts';

afterEach(() => {
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
});

/** Selects rows by their boxes. */
async function select(shown: Shown, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const box = shown.row(name).querySelector('input');
    if (!box) throw new Error(`no box of ${name}`);
    box.click();
  }
  await expect.element(page.getByRole('region', { name: 'What to do with what is selected' })).toBeVisible();
}

const bar = () => page.getByRole('region', { name: 'What to do with what is selected' });
const dialog = () => page.getByRole('dialog');

describe('what is selected', () => {
  it('can be all that is shown, with all that stands below it, and nothing again', async () => {
    const source = mockTree();
    const shown = await show(source);
    const [first = '', second = ''] = shown.names();
    await select(shown, first);
    await userEvent.click(bar().getByRole('button', { name: /Select all \d+ shown/ }));
    await expect
      .element(bar().getByRole('button', { name: new RegExp(`^${shown.names().length} selected`) }))
      .toBeVisible();
    expect(shown.row(second).getAttribute('aria-selected')).toBe('true');
    await expect.element(bar().getByRole('checkbox', { name: /With nested \(\+\d+\)/ })).toBeVisible();
    await userEvent.click(bar().getByRole('button', { name: /Clear selection/ }));
    await expect.element(bar()).not.toBeInTheDocument();
  });

  it('is suspended after it is said what happens to each, has a result for each, and all of it can be taken back', async () => {
    const source = mockTree();
    const shown = await show(source);
    await open(shown, 'Acme Group');
    const [one, two] = ['Acme North', 'Acme South'];
    await source.suspend(source.idOf(two), { kind: 'full_stop', from: null, until: null, reason: null });
    await vi.waitFor(() => expect(statusOf(shown, two)).toMatch(/Suspended/));
    await select(shown, one, two);
    await userEvent.click(bar().getByRole('button', { name: 'Suspend…' }));
    await expect
      .element(dialog().getByRole('row', { name: /Acme South/ }))
      .toMatchTextContent(/has a suspension of its own/);
    await userEvent.click(dialog().getByRole('button', { name: 'Suspend 1 account' }));
    await expect.element(dialog().getByRole('row', { name: /Acme North/ })).toMatchTextContent(/Acme North\s*Done/);
    await vi.waitFor(() => expect(statusOf(shown, one)).toMatch(/Suspended · read-only/));
    await userEvent.click(dialog().getByRole('button', { name: 'Undo all' }));
    await expect.element(dialog().getByText(/Taken back/)).toBeVisible();
    await vi.waitFor(() => expect(statusOf(shown, one)).toBe(''));
    expect(statusOf(shown, two)).toMatch(/Suspended/);
    await userEvent.click(dialog().getByRole('button', { name: 'Done' }));
    await expect.element(dialog()).not.toBeInTheDocument();
  });

  it('is given a limit, with what can’t be set and why before', async () => {
    const source = mockTree();
    const shown = await show(source);
    await open(shown, 'Acme Group');
    source.bulk.promised.add(source.idOf('Acme South'));
    await select(shown, 'Acme North', 'Acme South');
    await userEvent.click(bar().getByRole('button', { name: 'Set limits…' }));
    await userEvent.fill(dialog().getByLabelText('At most'), '2,000');
    await expect.element(dialog().getByRole('row', { name: /Acme North/ })).toMatchTextContent(/unlimited → 2,000/);
    await expect.element(dialog().getByRole('row', { name: /Acme South/ })).toMatchTextContent(/are promised 9/);
    await userEvent.click(dialog().getByRole('checkbox', { name: 'Members' }));
    await userEvent.selectOptions(dialog().getByLabelText('Maximum', { exact: true }).nth(1), 'Leave as it is');
    await userEvent.fill(dialog().getByLabelText('Promised from above').nth(1), 'some');
    await expect.element(dialog().getByText('Give a whole number from 0.')).toBeVisible();
    await userEvent.fill(dialog().getByLabelText('Promised from above').nth(1), '5');
    await expect.element(dialog().getByLabelText('Promised from next month on')).toHaveLength(1);
    await userEvent.fill(dialog().getByLabelText('Promised from next month on'), '1,500');
    await userEvent.fill(dialog().getByLabelText('Tell at percent').first(), '80, 95');
    await userEvent.selectOptions(dialog().getByLabelText('At the maximum').first(), 'Only tell of it');
    await expect
      .element(dialog().getByRole('row', { name: /Acme North/ }))
      .toMatchTextContent(
        /Call minutes: unlimited → 2,000, .*0 promised → 1,500 from next month on, .*Only tell of it, .*80, 95 %.* · Members: 0 promised → 5 promised/,
      );
    await userEvent.click(dialog().getByRole('button', { name: 'Set for 1 account' }));
    await expect.element(dialog().getByText(/1 account done/)).toBeVisible();
    expect(source.bulk.asked).toEqual([
      {
        what: 'limits',
        accounts: [source.idOf('Acme North')],
        limits: [
          { kind: 'minutes', max: 2_000, nextReserve: 1_500, atLimit: 'notify', thresholds: [80, 95] },
          { kind: 'members', reserve: 5 },
        ],
      },
    ]);
  });

  it('shows both sides of what somebody else changed meanwhile, and who did', async () => {
    const source = mockTree();
    const shown = await show(source);
    await open(shown, 'Acme Group');
    const at = '2026-11-20T10:00:00.000Z' as Instant;
    source.bulk.conflict = [
      {
        about: 'limit',
        kind: 'minutes',
        meant: { max: 2_000, reserve: 5 },
        present: { max: 900, reserve: 5, atLimit: 'notify', thresholds: [80] },
        by: 'Dana Weber',
        at,
      },
    ];
    await select(shown, 'Acme North');
    await userEvent.click(bar().getByRole('button', { name: 'Set limits…' }));
    await userEvent.fill(dialog().getByLabelText('At most'), '2,000');
    await userEvent.click(dialog().getByRole('button', { name: 'Set for 1 account' }));
    await expect
      .element(dialog().getByRole('row', { name: /Acme North/ }))
      .toMatchTextContent(/Call minutes: 900 now; you meant 2,000\. Set by Dana Weber, .*20/);
  });

  it('takes a preset as a job, with what it would change before', async () => {
    const source = mockTree();
    await source.presets.savePreset(source.root.row.id, { name: 'Standard', levels: { tasks: 'read' } });
    source.presets.put(source.idOf('Acme North'), { tasks: 'read' });
    const shown = await show(source);
    await open(shown, 'Acme Group');
    await select(shown, 'Acme North', 'Acme South');
    await userEvent.click(bar().getByRole('button', { name: 'Apply preset…' }));
    await userEvent.click(dialog().getByRole('radio', { name: /Standard/ }));
    await expect
      .element(dialog().getByRole('row', { name: /Acme South/ }))
      .toMatchTextContent(/1 level changes: Tasks: Read/);
    // Who has its levels already follows it from then on, too.
    await expect
      .element(dialog().getByRole('row', { name: /Acme North/ }))
      .toMatchTextContent(/takes it; no level changes/);
    await userEvent.click(dialog().getByRole('button', { name: 'Apply Standard' }));
    await expect.element(dialog().getByText(/2 accounts done/)).toBeVisible();
    for (const name of ['Acme North', 'Acme South']) {
      const { rows, preset } = await source.presets.get(source.idOf(name));
      expect(rows.find(({ key }) => key === 'tasks')).toMatchObject({ level: 'read' });
      expect(preset).toMatchObject({ name: 'Standard', version: 1 });
    }
  });

  it('is done by embedded screens, as far as theirs were made for it', async () => {
    const source = mockTree();
    source.features = ['limits', 'members'];
    const shown = await show(source);
    await select(shown, shown.names()[0] ?? '');
    await expect.element(bar().getByRole('button', { name: 'Set limits…' })).toBeVisible();
    await expect.element(bar().getByRole('button', { name: 'Export CSV' })).toBeVisible();
    await expect.element(bar().getByRole('button', { name: 'Apply preset…' })).not.toBeInTheDocument();
    await expect.element(bar().getByRole('button', { name: 'Suspend…' })).not.toBeInTheDocument();
  });

  it('is only exported by who may change nothing', async () => {
    const source = mockTree();
    const shown = await show(source, {}, (screen) => {
      screen.readOnly = true;
    });
    await select(shown, shown.names()[0] ?? '');
    await expect.element(bar().getByRole('button', { name: 'Export CSV' })).toBeVisible();
    await expect.element(bar().getByRole('button', { name: 'Suspend…' })).not.toBeInTheDocument();
  });
});

describe('importing into all that are selected', () => {
  it('has the steps of the tab, into all of them, by keys alone', async () => {
    const source = mockTree();
    source.imports.products.make(source.root.row.id, 'agent', { name: 'Front desk' });
    const shown = await show(source);
    for (const name of ['Borealis Motors', 'Cedar Retail']) shown.store.selection.add(source.idOf(name));
    shown.screen.requestUpdate();
    const button = page.getByRole('button', { name: 'Import products…' });
    await vi.waitFor(() => button.element());
    const opener = button.element();
    if (opener instanceof HTMLElement) opener.focus();
    await userEvent.keyboard('{Enter}');
    await vi.waitFor(() => page.getByText('Import products into 2 accounts').element());
    await vi.waitFor(() => page.getByText('Front desk').element());
    expect(await violations(deep(shown.screen.renderRoot, 'dialog[open]'))).toEqual([]);
    const element = deepAll(shown.screen.renderRoot, 'sam-import')[0];
    expect(element && 'targets' in element && Array.isArray(element.targets) && element.targets.length).toBe(2);
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => expect(deepAll(shown.screen.renderRoot, 'sam-bulk-import')).toEqual([]));
  });
});

describe('limits of minutes in the table', () => {
  it('are drawn without anybody having to touch it', async () => {
    const aside = document.createElement('p');
    aside.style.cssText = 'position: fixed; inset: auto 0 0 auto; margin: 0; inline-size: 4px; block-size: 4px';
    document.body.replaceChildren(aside);
    await userEvent.hover(aside);
    const source = mockTree();
    source.patch(source.idOf('Acme Group'), { minutesMax: '10' as never });
    const shown = await show(source, { width: 900, height: 200 });
    const limitOf = () => shown.row('Acme Group').querySelector('.minutes')?.getAttribute('data-limit');
    await vi.waitFor(() => expect(limitOf()).toBe('full'));
  });

  it('are a bar below the minutes with words beside it, and can be all that is listed', async () => {
    const source = mockTree();
    const [one, other] = [source.idOf('Acme Group'), source.idOf('Cedar Retail')];
    source.patch(one, { minutesMax: '10' as never });
    source.patch(other, { minutesMax: '1000000000' as never });
    const shown = await show(source);
    const cell = shown.row('Acme Group').querySelector('.minutes');
    expect(cell?.getAttribute('data-limit')).toBe('full');
    expect(cell?.textContent).toMatch(/\d+ % of 10$/);
    expect(shown.row('Cedar Retail').querySelector('.minutes')?.getAttribute('data-limit')).toBe('calm');
    const views: unknown[] = [];
    shown.screen.addEventListener('sam-view', ({ detail }) => views.push(detail));
    await userEvent.click(page.getByRole('button', { name: 'Filter', exact: true }));
    await userEvent.click(page.getByRole('menuitemcheckbox', { name: 'Near limit' }));
    await vi.waitFor(() => expect(shown.names()).toEqual(['Acme Group']));
    await vi.waitFor(() => expect(views.at(-1)).toMatchObject({ limits: 'near' }));
    // Together with what is typed, at any depth, and taken away by its chip.
    await userEvent.keyboard('{Escape}');
    source.patch(source.idOf('Acme North'), { minutesMax: '1' as never });
    await userEvent.fill(page.getByRole('searchbox'), 'north');
    await vi.waitFor(() => expect(shown.names()).toEqual(['Acme Group', 'Acme North']));
    await userEvent.click(page.getByRole('button', { name: /^Near limit\. / }));
    await vi.waitFor(() => expect(views.at(-1)).toEqual(expect.not.objectContaining({ limits: 'near' })));
  });
});

describe('a filter', () => {
  const searches = (source: ReturnType<typeof mockTree>): number =>
    source.calls.filter(({ method }) => method === 'search').length;

  it('is asked again when somebody comes to match anywhere below, or matches no more, and at no other time', async () => {
    const source = mockTree();
    const [group, north] = [source.idOf('Acme Group'), source.idOf('Acme North')];
    source.patch(group, { minutesMax: '10' as never });
    const shown = await show(source);
    await userEvent.click(page.getByRole('button', { name: 'Filter', exact: true }));
    await userEvent.click(page.getByRole('menuitemcheckbox', { name: 'Near limit' }));
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => expect(shown.names()).toEqual(['Acme Group']));
    await vi.waitFor(() => expect(source.calls.some(({ method }) => method === 'watchNear')).toBe(true));
    // What is so already, and what has nothing to do with it, is no reason to ask.
    source.tellNear(group);
    source.tellNear(north);
    source.patch(north, { minutesMax: '1' as never });
    source.tellNear(north);
    await vi.waitFor(() => expect(shown.names()).toEqual(['Acme Group', 'Acme North']));
    expect(searches(source)).toBe(2);
    source.patch(group, { minutesMax: '1000000000' as never });
    source.patch(north, { minutesMax: null });
    source.tellNear(north);
    await vi.waitFor(() => expect(shown.names()).toEqual([]));
    expect(searches(source)).toBe(3);
  });

  it('of permissions follows what is saved below branches that nobody opened', async () => {
    const source = mockTree();
    const shown = await show(source);
    await userEvent.click(page.getByRole('button', { name: 'Filter', exact: true }));
    await userEvent.click(page.getByRole('menuitemcheckbox', { name: 'Restricted' }));
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => expect(searches(source)).toBe(1));
    await vi.waitFor(() => expect(shown.names()).toEqual([]));
    const north = source.idOf('Acme North');
    source.patch(north, { caps: { restricted: 2, unreviewed: 0 } });
    source.announce([north]);
    await vi.waitFor(() => expect(shown.names()).toEqual(['Acme Group', 'Acme North']));
    source.patch(north, { caps: { restricted: 0, unreviewed: 0 } });
    source.announce([north]);
    await vi.waitFor(() => expect(shown.names()).toEqual([]));
    expect(searches(source)).toBe(3);
  });
});

describe('exported accounts', () => {
  it('are written by a job with all below them, and saved as a file', async () => {
    const source = mockTree();
    const shown = await show(source);
    await select(shown, 'Acme Group');
    await userEvent.click(bar().getByRole('checkbox', { name: /With nested/ }));
    const saved = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
    await userEvent.click(bar().getByRole('button', { name: 'Export CSV' }));
    await userEvent.click(dialog().getByRole('button', { name: 'Write file' }));
    await vi.waitFor(() =>
      expect(saved.mock.contexts.map((link) => link instanceof HTMLAnchorElement && link.download)).toEqual([
        'accounts.csv',
      ]),
    );
    saved.mockRestore();
    const [asked] = source.bulk.asked;
    expect(asked?.accounts).toHaveLength((await source.get(source.idOf('Acme Group'))).subaccounts + 1);
    await expect.element(dialog().getByRole('button', { name: 'Undo all' })).not.toBeInTheDocument();
  });
});
