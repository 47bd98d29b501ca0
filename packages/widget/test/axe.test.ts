import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { looksAt, violations } from './accessible.ts';
import { mockTree } from './example-tree.ts';
import { deep, open, painted, type Shown, type Stage, show } from './stage.ts';

afterEach(() => document.body.replaceChildren());

const dialogOf = ({ screen }: Shown): HTMLElement => deep(screen.renderRoot, 'dialog[open]');

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

it.each(looksAt(1200, 800, 600, 420, 320))('axe finds nothing, $theme $dir at $width px', async (look) => {
  await opened(look);
  expect(await violations()).toEqual([]);
});

// What is behind a dialog or a menu was looked at above.
describe.each(looksAt(1200, 800))('axe finds nothing, $theme $dir at $width px,', (look) => {
  it('in search results, menus and dialogs', async () => {
    const shown = await opened(look);
    shown.screen.focusSearch();
    await userEvent.keyboard('acme');
    await vi.waitFor(() => expect(shown.store.sought?.query).toBe('acme'));
    await painted();
    expect(await violations()).toEqual([]);
    deep(shown.row('Acme North'), '.actions button').click();
    await vi.waitFor(() => deep(shown.tree.renderRoot, '[role="menuitem"]'));
    await painted();
    expect(await violations(deep(shown.tree.renderRoot, '[role="menu"]'))).toEqual([]);
    await userEvent.keyboard('sus{Enter}');
    await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open] .hits strong'));
    expect(await violations(dialogOf(shown))).toEqual([]);
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => expect(shown.screen.renderRoot.querySelector('sam-suspend')).toBeNull());
    deep(shown.screen.renderRoot, '.create').click();
    await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open]'));
    await userEvent.keyboard('x{Enter}');
    await vi.waitFor(() => deep(shown.screen.renderRoot, '[role="alert"]'));
    expect(await violations(dialogOf(shown))).toEqual([]);
    // Else what was typed would be there again in the next dialog.
    await userEvent.keyboard('{Escape}');
  });

  it('in dialogs about all that is selected', async () => {
    const shown = await opened(look);
    for (const label of ['Set limits…', 'Suspend…', 'Export CSV']) {
      await userEvent.click(page.getByRole('button', { name: label }));
      if (label === 'Set limits…') await userEvent.fill(page.getByLabelText('At most'), '10');
      await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open] sam-table'));
      expect(await violations(dialogOf(shown))).toEqual([]);
      await userEvent.keyboard('{Escape}');
    }
  });
});
