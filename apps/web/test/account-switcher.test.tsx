import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { AccountSwitcher } from '../src/shell/account-switcher.tsx';
import { noteVisit, readVisits } from '../src/shell/visits.ts';
import { HOME, mount, NORTH, OLIVIA, unmount } from './mount.tsx';

const SOUTH = { id: '01940000-0000-7000-8000-000000000003', name: 'Acme South' };
const onChoose = vi.fn<(account: string) => void>();
const button = () => page.getByRole('button', { name: /^Acting account/ });

beforeEach(() => {
  onChoose.mockClear();
  mount(<AccountSwitcher current={HOME} own={[HOME]} user={OLIVIA.id} onChoose={onChoose} />);
  noteVisit(OLIVIA.id, SOUTH);
  noteVisit(OLIVIA.id, NORTH);
});
afterEach(unmount);

describe('the account switcher', () => {
  it('names the acting account, and opens with the focus in the search field', async () => {
    await expect.element(button()).toMatchTextContent(/Acme Group/);
    await userEvent.click(button());
    await expect.element(page.getByRole('searchbox')).toHaveFocus();
  });

  it('offers own accounts, then those entered lately, latest first, and says where one is', async () => {
    await userEvent.click(button());
    await expect.element(page.getByRole('option').nth(2)).toBeVisible();
    const names = page
      .getByRole('option')
      .elements()
      .map((option) => option.querySelector('bdi')?.textContent);
    expect(names).toEqual(['Acme Group', 'Acme North', 'Acme South']);
    await expect.element(page.getByRole('option', { name: /Acme Group/ })).toMatchTextContent(/You are here/);
  });

  it('is opened, walked through and answered with the keyboard alone', async () => {
    await expect.element(button()).toBeVisible();
    await userEvent.keyboard('{Tab}{Enter}');
    await expect.element(page.getByRole('searchbox')).toHaveFocus();
    await expect.element(page.getByRole('option').first()).toBeVisible();
    await userEvent.keyboard('{ArrowDown}{ArrowDown}{Enter}');
    await vi.waitFor(() => expect(onChoose).toHaveBeenCalledExactlyOnceWith(NORTH.id));
    expect(page.getByRole('option').elements()).toEqual([]);
  });

  it('closes with Escape, chooses nothing, and gives the focus back', async () => {
    await userEvent.click(button());
    await expect.element(page.getByRole('searchbox')).toHaveFocus();
    await userEvent.keyboard('{Escape}');
    await expect.element(button()).toHaveFocus();
    expect(onChoose).not.toHaveBeenCalled();
  });
});

describe('accounts entered lately', () => {
  it('are five at most, each once, and every person’s own', () => {
    for (let n = 0; n < 9; n++) noteVisit('tom', { id: `a${n % 7}`, name: `Account ${n % 7}` });
    expect(readVisits('tom').map(({ id }) => id)).toEqual(['a1', 'a0', 'a6', 'a5', 'a4']);
    expect(readVisits(OLIVIA.id)).toEqual([NORTH, SOUTH]);
  });

  it('are none where the device remembers nonsense', () => {
    localStorage.setItem('tenantree.recent.tom', '{"id":');
    expect(readVisits('tom')).toEqual([]);
    localStorage.setItem('tenantree.recent.tom', '[1,null,{"id":2},{"id":"x","name":"X"}]');
    expect(readVisits('tom')).toEqual([{ id: 'x', name: 'X' }]);
  });
});
