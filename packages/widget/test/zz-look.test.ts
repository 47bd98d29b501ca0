import type { Decimal } from '@tenantree/domain';
import { afterEach, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { defineRooms, SamAccount } from '../src/rooms.ts';
import { mockTree } from './example-tree.ts';
import { MemoryActivity } from './memory-activity.ts';
import { MemoryLimits } from './memory-limits.ts';
import { MemoryMembers } from './memory-members.ts';
import { open, show, stage, still } from './stage.ts';

afterEach(() => document.body.replaceChildren());
const n = (t: string) => t as Decimal;
it.each([
  [720, 'light', 'ltr'],
  [360, 'light', 'ltr'],
  [960, 'dark', 'rtl'],
] as const)('room %s', async (width, theme, dir) => {
  await page.viewport(width, 1400);
  defineRooms();
  const accounts = mockTree();
  const element = new SamAccount();
  const limits = new MemoryLimits();
  const id = accounts.idOf('Acme North');
  const me = { account: { id, name: 'Acme North' }, max: n('1') };
  const group = { account: { id: accounts.idOf('Acme Group'), name: 'Acme Group' }, max: n('34000') };
  limits.put('minutes', {
    max: 8000,
    version: 2,
    own: n('1180.1'),
    used: n('6240.1'),
    held: n('747'),
    free: n('711.6'),
    forecast: n('7040'),
    decides: group,
    thresholds: [80, 95, 100],
    reserve: 5000,
    promised: n('5000'),
  });
  limits.put('agents', { max: 15, own: n('6'), used: n('13'), free: n('2'), decides: me, thresholds: [80] });
  limits.put('members', { max: 25, own: n('3'), used: n('8'), free: n('17'), decides: me });
  limits.put('calls', { max: 10, own: n('10'), used: n('10'), free: n('0'), reached: true, decides: me });
  limits.put('messages', {
    max: 5000,
    own: n('1204'),
    used: n('1204'),
    free: n('3796'),
    decides: me,
    atLimit: 'notify',
  });
  limits.put('subaccounts', { own: n('4'), used: n('9'), free: n('59'), decides: group });
  limits.defaults = [
    { kind: 'minutes', max: 1000, atLimit: 'block', thresholds: [] },
    { kind: 'agents', max: 5, atLimit: 'block', thresholds: [] },
  ];
  element.source = { accounts, members: new MemoryMembers(), limits, activity: new MemoryActivity() };
  element.account = id;
  element.tab = 'limits';
  element.viewer = { user: null, role: 'owner' };
  stage({ width, height: 1400, theme, dir }).append(element);
  await vi.waitFor(() =>
    expect(
      document
        .querySelector('sam-account')
        ?.shadowRoot?.querySelector('sam-limits')
        ?.shadowRoot?.querySelector('.limit'),
    ).toBeTruthy(),
  );
  if (width !== 960) {
    await userEvent.click(page.getByRole('button', { name: 'Edit limit: Agents' }));
    await userEvent.fill(page.getByRole('textbox', { name: 'Maximum', exact: true }).first(), '10');
    await expect.element(page.getByText(/→ at most 10/)).toBeVisible();
  }
  await still();
  await page.screenshot({ path: `./__look/look-${width}.png` });
});
it('table', async () => {
  await page.viewport(1280, 800);
  const source = mockTree();
  for (const [name, max] of [
    ['Acme North', '10000'],
    ['Acme South', '9000'],
    ['Borealis Motors', '4000'],
    ['Cedar Retail', '34000'],
    ['Acme Group', '60000'],
  ] as const)
    source.patch(source.idOf(name), { minutesMax: max as never });
  const shown = await show(source, { width: 1280, height: 760 });
  await open(shown, 'Acme Group');
  for (const name of ['Acme North', 'Acme South']) shown.row(name).querySelector('input')?.click();
  await expect.element(page.getByRole('button', { name: 'Suspend…' })).toBeVisible();
  await page.screenshot({ path: './__look/look-table.png' });
  await userEvent.click(page.getByRole('button', { name: 'Suspend…' }));
  await still();
  await page.screenshot({ path: './__look/look-dialog.png' });
});
