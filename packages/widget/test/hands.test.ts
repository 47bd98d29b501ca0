import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mockTree } from './example-tree.ts';
import { deep, focusedName, type Shown, show } from './stage.ts';

// Where another test left the pointer, the table would be near it.
beforeEach(() => document.documentElement.style.setProperty('pointer-events', 'none'));
afterEach(() => document.body.replaceChildren());

/** What left the tree as an intent. */
function intents({ screen }: Shown, type: string): unknown[] {
  const heard: unknown[] = [];
  screen.addEventListener(type, (event) => {
    if (event instanceof CustomEvent) heard.push(event.detail.account?.name);
  });
  return heard;
}

/** Keys in one go: nothing can be loaded in between. */
function press(shown: Shown, ...keys: readonly string[]): void {
  for (const key of keys) {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true });
    shown.row('Acme Group').dispatchEvent(event);
  }
}

describe('what is done before the table knows how', () => {
  it('is done once, when it does: opening, selecting, going somewhere', async () => {
    const shown = await show(mockTree());
    const opened = intents(shown, 'sam-open');
    const row = shown.row('Acme Group');
    deep(row, '.toggle').click();
    const box = deep(row, 'input');
    box.click();
    deep(shown.row('Borealis Motors'), '.label').click();
    expect(shown.line('Acme Group').open).toBe(false);
    await vi.waitFor(() => expect(shown.names()).toContain('Acme North'));
    expect([...shown.store.selection]).toEqual([shown.line('Acme Group').account.id]);
    expect(box).toHaveProperty('checked', true);
    expect(getComputedStyle(box).appearance, 'looks that hands make are there, too').toBe('auto');
    expect(opened).toEqual(['Borealis Motors']);
  });

  it('is done in the order in which it was pressed', async () => {
    const shown = await show(mockTree());
    shown.tree.focus();
    press(shown, 'ArrowDown', 'x', 'ArrowDown');
    await vi.waitFor(() => expect(focusedName()).toBe('Cedar Retail'));
    expect([...shown.store.selection]).toEqual([shown.line('Borealis Motors').account.id]);
  });

  it('sorts once by a column', async () => {
    const shown = await show(mockTree());
    deep(shown.tree.renderRoot, '.column').click();
    await vi.waitFor(() => expect(shown.store.order).toEqual({ sort: 'name', direction: 'desc' }));
  });

  it('leaves to the browser what is the browser’s', async () => {
    const shown = await show(mockTree());
    const reload = new KeyboardEvent('keydown', { key: 'r', ctrlKey: true, bubbles: true, cancelable: true });
    shown.row('Acme Group').dispatchEvent(reload);
    const tab = new KeyboardEvent('keydown', { key: 'Tab', bubbles: true, cancelable: true });
    shown.row('Acme Group').dispatchEvent(tab);
    expect([reload.defaultPrevented, tab.defaultPrevented]).toEqual([false, false]);
  });
});
