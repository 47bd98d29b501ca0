import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { ask } from '../src/parts/ask.ts';
import { mount, unmount } from './mount.tsx';

afterEach(unmount);

const click = (element: Element, detail: number): boolean =>
  element.dispatchEvent(new MouseEvent('click', { detail, bubbles: true, cancelable: true }));

/** Asks whether Bob is to be removed. */
function askFor(act: () => Promise<void>) {
  mount(null);
  const over = vi.fn();
  void ask({ title: 'Remove Bob?', text: 'At once.', submit: 'Remove Bob', act }).then(over);
  return { over, button: page.getByRole('button', { name: 'Remove Bob' }) };
}

describe('a question', () => {
  it('is not answered by the second click of a double click on what asked it', async () => {
    const act = vi.fn(async () => undefined);
    const { over, button } = askFor(act);
    await expect.element(button).toBeVisible();
    click(button.element(), 2);
    await expect.element(button).toBeVisible();
    expect(act).not.toHaveBeenCalled();
    click(button.element(), 1);
    expect(act).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(over).toHaveBeenCalledTimes(1));
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  });

  it('stays when what it asked could not be done, and says why', async () => {
    const { over, button } = askFor(() => Promise.reject(new Error('Bob is busy.')));
    await userEvent.click(button);
    await expect.element(page.getByRole('alert')).toBeVisible();
    expect(over).not.toHaveBeenCalled();
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => expect(over).toHaveBeenCalledTimes(1));
  });
});
