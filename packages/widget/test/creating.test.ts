import { afterEach, describe, expect, it, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { mockTree } from './example-tree.ts';
import type { MemorySource } from './memory-source.ts';
import { deep, open, painted, type Shown, show } from './stage.ts';

afterEach(() => document.body.replaceChildren());

/** What the dialog says about the bill, for a subaccount of an account on screen. */
async function payerOf(shown: Shown, parent: string): Promise<string | null> {
  await shown.screen.perform('create', shown.line(parent).account.row);
  const fact = await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open] .fact'));
  const words = fact.textContent;
  await userEvent.keyboard('{Escape}');
  await vi.waitFor(() => expect(shown.screen.renderRoot.querySelector('sam-create')).toBeNull());
  return words;
}

const directPayer = async (source: MemorySource): Promise<Shown> => {
  const shown = await show(source);
  await open(shown, 'Acme Group', 'Acme North');
  return shown;
};

describe('creating a subaccount', () => {
  it('names who pays: the nearest direct-billed account at or above the parent', async () => {
    const shown = await directPayer(mockTree());
    expect(await payerOf(shown, 'Acme North')).toBe('Paid by Acme Holding (Parent Billing)');
    expect(await payerOf(shown, 'Borealis Motors')).toBe('Paid by Borealis Motors (Parent Billing)');
  });

  it('names nobody above one’s reach', async () => {
    const source = mockTree();
    source.patch(source.root.row.id, { billingMode: 'parent' });
    const shown = await directPayer(source);
    expect(await payerOf(shown, 'Acme North')).toBe('Paid by an account above you (Parent Billing)');
  });

  it('follows the parent that is chosen', async () => {
    const source = mockTree();
    source.patch(source.idOf('Acme Group'), { billingMode: 'direct' });
    const shown = await directPayer(source);
    await shown.screen.perform('create', shown.line('Acme North').account.row);
    const dialog = (selector: string): HTMLElement => deep(shown.screen.renderRoot, `dialog[open] ${selector}`);
    await vi.waitFor(() => expect(dialog('.fact').textContent).toBe('Paid by Acme Group (Parent Billing)'));
    await userEvent.selectOptions(dialog('select'), 'Acme Holding');
    await painted();
    expect(dialog('.fact').textContent).toBe('Paid by Acme Holding (Parent Billing)');
  });

  it('is not offered at the deepest level, and the menu says why', async () => {
    const source = mockTree();
    source.maxDepth = 2;
    const shown = await show(source);
    await open(shown, 'Acme Group');
    deep(shown.row('Acme South'), '.actions button').click();
    const entry = await vi.waitFor(() => {
      const found = [...deep(shown.tree.renderRoot, 'sam-menu').shadowRoot!.querySelectorAll<HTMLElement>('.item')];
      const create = found.find((item) => item.innerText.startsWith('Create nested'));
      if (!create) throw new Error('not open yet');
      return create;
    });
    expect(entry.getAttribute('aria-disabled')).toBe('true');
    expect(entry.innerText).toContain('“Acme South” is already at level 2, the deepest allowed.');
    entry.click();
    await painted();
    expect(shown.screen.renderRoot.querySelector('sam-create')).toBeNull();
    const above = await shown.screen.menuOf(shown.line('Acme Group').account.row);
    expect(above.find(({ id }) => id === 'create')).not.toHaveProperty('off');
  });

  it('is off where the acting account is at the deepest level, with the reason in place of rows', async () => {
    const source = mockTree();
    source.maxDepth = 0;
    const shown = await show(source);
    const button = deep(shown.screen.renderRoot, '.create');
    const title = '“Acme Holding” is already at level 0, the deepest allowed.';
    expect(button).toMatchObject({ disabled: true, title });
  });

  it('does not name a level to whoever may not know it', async () => {
    const source = mockTree();
    source.maxDepth = 2;
    const shown = await show(source);
    await open(shown, 'Acme Group');
    const { row } = shown.line('Acme South').account;
    const menu = await shown.screen.menuOf({ ...row, depth: null });
    expect(menu.find(({ id }) => id === 'create')?.off).toBe('“Acme South” is already at the deepest level allowed.');
  });
});
