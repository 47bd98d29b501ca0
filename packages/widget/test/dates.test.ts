import { afterEach, expect, it, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { mockTree } from './example-tree.ts';
import type { MemorySource } from './memory-source.ts';
import { deep, deepAll, focused, painted, type Shown, show } from './stage.ts';

afterEach(() => document.body.replaceChildren());

async function openSuspend(shown: Shown): Promise<{ readonly from: HTMLElement; readonly until: HTMLElement }> {
  await shown.screen.perform('suspend', shown.line('Borealis Motors').account.row);
  const find = (selector: string): HTMLElement => deep(shown.screen.renderRoot, `dialog[open] ${selector}`);
  return vi.waitFor(() => ({ from: find('#from'), until: find('#until') }));
}

const suspensions = (source: MemorySource): number => source.calls.filter(({ method }) => method === 'suspend').length;

it.each(['from', 'until'] as const)(
  'A half-typed date in “%s” is refused with a sentence, and not taken for none',
  async (name) => {
    const source = mockTree();
    const shown = await show(source);
    const field = (await openSuspend(shown))[name];
    field.focus();
    await userEvent.keyboard('12');
    expect(field).toMatchObject({ value: '', validity: { badInput: true } });
    await userEvent.keyboard('{Enter}');
    await painted();
    expect(suspensions(source)).toBe(0);
    expect(focused()).toBe(field);
    expect(field.getAttribute('aria-invalid')).toBe('true');
    const [error] = deepAll(shown.screen.renderRoot, `#${field.getAttribute('aria-describedby')}`);
    expect(error?.textContent?.trim()).toMatch(/incomplete/);
    await userEvent.keyboard('{ArrowLeft}{Backspace}');
    await painted();
    expect(field).toMatchObject({ value: '', validity: { badInput: false } });
    await userEvent.keyboard('{Enter}');
    await vi.waitFor(() => expect(suspensions(source)).toBe(1));
  },
);

it('A date that nobody chose says what that means, whatever the browser shows there; one that is being typed is seen', async () => {
  const shown = await show(mockTree());
  const { from, until } = await openSuspend(shown);
  const looks = (field: HTMLElement) => {
    const unset = field.parentElement?.querySelector('.unset');
    if (!unset) throw new Error('no empty state');
    return [getComputedStyle(field).color, getComputedStyle(unset).display, unset.textContent];
  };
  const hidden = 'rgba(0, 0, 0, 0)';
  expect([looks(from), looks(until)]).toEqual([
    [hidden, 'block', 'At once'],
    [hidden, 'block', 'No end'],
  ]);
  until.focus();
  await userEvent.keyboard('12');
  from.focus();
  await painted();
  for (const field of [from, until])
    expect(looks(field)).toEqual([expect.not.stringMatching(/, 0\)$/), 'none', expect.any(String)]);
});

it('An untouched date says so beside what opens the calendar, also in pages written from right to left', async () => {
  const shown = await show(mockTree(), { dir: 'rtl' });
  const { from } = await openSuspend(shown);
  const unset = from.parentElement?.querySelector('.unset');
  if (!unset) throw new Error('no empty state');
  const calendar = 24;
  const { right } = from.getBoundingClientRect();
  expect(unset.getBoundingClientRect().right).toBeLessThanOrEqual(right - calendar);
});

it('Messages take no more of the window than they fill', async () => {
  const source = mockTree();
  const shown = await show(source);
  await openSuspend(shown);
  await userEvent.keyboard('{Enter}');
  const layer = await vi.waitFor(() => deep(document.body, '.toasts:popover-open'));
  const toast = deep(document.body, '.toast');
  expect(layer.getBoundingClientRect().height).toBe(toast.getBoundingClientRect().height);
});
