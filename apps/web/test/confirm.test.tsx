import { afterEach, describe, expect, it, vi } from 'vitest';
import { page } from 'vitest/browser';
import { Confirm } from '../src/parts/confirm.tsx';
import { mount, unmount } from './mount.tsx';

afterEach(unmount);

const click = (element: Element, detail: number): boolean =>
  element.dispatchEvent(new MouseEvent('click', { detail, bubbles: true, cancelable: true }));

describe('a question', () => {
  it('is not answered by the second click of a double click on what asked it', async () => {
    const run = vi.fn();
    const onClose = vi.fn();
    mount(<Confirm question={{ title: 'Remove Bob?', text: 'At once.', act: 'Remove Bob', run }} onClose={onClose} />);
    const act = page.getByRole('button', { name: 'Remove Bob' });
    await expect.element(act).toBeVisible();
    click(act.element(), 2);
    click(page.getByRole('dialog').element(), 2);
    await expect.element(act).toBeVisible();
    expect(run).not.toHaveBeenCalled();
    click(act.element(), 1);
    expect(run).toHaveBeenCalledTimes(1);
    await expect.poll(() => onClose.mock.calls.length).toBe(1);
  });
});
