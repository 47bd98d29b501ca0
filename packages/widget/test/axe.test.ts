import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { violations } from './accessible.ts';
import { mockTree } from './example-tree.ts';
import { deep, open, painted, type Shown, type Stage, show } from './stage.ts';

afterEach(() => document.body.replaceChildren());

const opened = async (options: Stage): Promise<Shown> => {
  const shown = await show(mockTree(), options);
  if ((options.width ?? 1200) >= 360) await open(shown, 'Acme Group');
  if ((options.width ?? 1200) >= 360) await open(shown, 'Delta Logistics');
  shown.store.selection.add(shown.line('Borealis Motors').account.id);
  shown.tree.requestUpdate();
  shown.screen.requestUpdate();
  await painted();
  return shown;
};

const looks = [
  ['light', 'ltr'],
  ['dark', 'ltr'],
  ['light', 'rtl'],
] as const;

describe.each(looks)('axe finds nothing, %s %s', (theme, dir) => {
  const extent = theme === 'dark' ? 'colours' : 'everything';
  it.each([1200, 800, 600, 420, 320])('at %s px', async (width) => {
    await opened({ width, theme, dir });
    expect(await violations(extent)).toEqual([]);
  });

  it('in search results, menus and dialogs', async () => {
    const shown = await opened({ theme, dir });
    shown.screen.focusSearch();
    await userEvent.keyboard('acme');
    await vi.waitFor(() => expect(shown.store.sought?.query).toBe('acme'));
    await painted();
    expect(await violations(extent)).toEqual([]);
    deep(shown.row('Acme North'), '.actions button').click();
    await vi.waitFor(() => deep(shown.tree.renderRoot, '[role="menuitem"]'));
    await painted();
    expect(await violations(extent)).toEqual([]);
    await userEvent.keyboard('sus{Enter}');
    await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open] .hits strong'));
    expect(await violations(extent)).toEqual([]);
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => expect(shown.screen.renderRoot.querySelector('sam-suspend')).toBeNull());
    deep(shown.screen.renderRoot, '.create').click();
    await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open]'));
    await userEvent.keyboard('x{Enter}');
    await vi.waitFor(() => deep(shown.screen.renderRoot, '[role="alert"]'));
    expect(await violations(extent)).toEqual([]);
    // Else what was typed would be there again in the next dialog.
    await userEvent.keyboard('{Escape}');
  });

  it('in dialogs about all that is selected', async () => {
    const shown = await opened({ theme, dir });
    for (const label of ['Set limits…', 'Suspend…', 'Export CSV']) {
      await userEvent.click(page.getByRole('button', { name: label }));
      if (label === 'Set limits…') await userEvent.fill(page.getByLabelText('At most'), '10');
      await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open] sam-table'));
      expect(await violations(extent)).toEqual([]);
      await userEvent.keyboard('{Escape}');
    }
  });
});
