import { afterEach, describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { Page } from '../src/parts/parts.tsx';
import { Shell } from '../src/shell/shell.tsx';
import { HOME, know, mount, NORTH, unmount } from './mount.tsx';

afterEach(unmount);

/** Opens the activity of the last account of a path. */
function open(...path: (typeof HOME)[]): void {
  const account = path.at(-1)?.id ?? '';
  mount(
    <Shell account={account}>
      <Page title="Activity" lead="What happened.">
        Nothing yet.
      </Page>
    </Shell>,
    `/a/${account}/activity`,
  );
  know(...path);
}

const banner = () => page.getByRole('region', { name: 'Account context' });

describe('the frame around an account', () => {
  it('says nothing of acting inside while one is at home', async () => {
    open(HOME);
    await expect.element(page.getByRole('heading', { name: 'Activity' })).toBeVisible();
    await expect.poll(() => document.title).toBe('Activity · Acme Group');
    expect(banner().elements()).toEqual([]);
    expect(document.documentElement.dataset['acting']).toBe('home');
  });

  it('has a banner, a frame and a mark in the tab’s title inside another account', async () => {
    open(HOME, NORTH);
    await expect.element(banner()).toMatchTextContent(/^Acting inside Acme North/);
    await expect.element(banner()).toMatchTextContent(/Acme Group › Acme North. What you do is logged under your name/);
    await expect.element(banner().getByRole('button', { name: 'Return to Acme Group' })).toBeVisible();
    await expect.poll(() => document.title).toBe('▸ Activity · Acme North');
    expect(getComputedStyle(document.body, '::after').borderTopWidth).toBe('2px');
  });

  it('brings one home from the banner', async () => {
    open(HOME, NORTH);
    await userEvent.click(banner().getByRole('button', { name: 'Return to Acme Group' }));
    await expect.poll(() => location.pathname).toBe(`/a/${HOME.id}/subaccounts`);
  });

  it('gives the focus to the title of the page', async () => {
    open(HOME, NORTH);
    await expect.element(page.getByRole('heading', { name: 'Activity' })).toHaveFocus();
  });

  it('names the page one is on in the rail', async () => {
    open(HOME);
    await expect.element(page.getByRole('link', { name: 'Activity' })).toHaveAttribute('aria-current', 'page');
    expect(page.getByRole('link', { name: 'Members' }).element().hasAttribute('aria-current')).toBe(false);
  });
});
