import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { Page } from '../src/parts/parts.tsx';
import { queries } from '../src/server.ts';
import { Shell } from '../src/shell/shell.tsx';
import { noteVisit } from '../src/shell/visits.ts';
import { HOME, know, mount, NORTH, OLIVIA, unmount } from './mount.tsx';

afterEach(unmount);

/** Shows the activity of an account; `levels` are those that aren't full. */
async function open(path: readonly (typeof HOME)[], levels: object = {}): Promise<void> {
  const id = path.at(-1)?.id ?? '';
  queries.setQueryDefaults(['account'], { staleTime: Number.POSITIVE_INFINITY });
  mount(
    <Shell account={id}>
      <Page title="Activity" lead="What happened.">
        <input aria-label="A field" />
      </Page>
    </Shell>,
    `/a/${id}/activity`,
  );
  know(...path);
  const account = queries.getQueryData<{ levels: object }>(['account', id]);
  queries.setQueryData(['account', id], { ...account, levels: { ...account?.levels, ...levels } });
  await expect.element(page.getByRole('heading', { name: 'Activity' })).toHaveFocus();
}

const palette = () => page.getByRole('dialog', { name: 'Search or jump to' });
const sheet = () => page.getByRole('dialog', { name: 'Keyboard shortcuts' });
const names = (): string[] =>
  palette()
    .getByRole('option')
    .elements()
    .map((option) => option.querySelector('bdi')?.textContent ?? '');

describe('the palette', () => {
  it('opens with Ctrl and K, goes to a page by its name, and says the keys that lead there', async () => {
    await open([HOME]);
    await userEvent.keyboard('{Control>}k{/Control}');
    await expect.element(palette().getByRole('combobox')).toHaveFocus();
    await expect.element(palette().getByRole('option', { name: /^Members/ })).toMatchTextContent(/GM$/);
    await userEvent.keyboard('memb');
    await expect.poll(names).toEqual(['Members']);
    await userEvent.keyboard('{ArrowDown}{Enter}');
    await expect.poll(() => location.pathname).toBe(`/a/${HOME.id}/members`);
    await expect.element(palette()).not.toBeInTheDocument();
  });

  it('offers the accounts entered lately, and narrows to acts and to accounts', async () => {
    noteVisit(OLIVIA.id, NORTH);
    await open([HOME]);
    noteVisit(OLIVIA.id, NORTH);
    await userEvent.keyboard('{Control>}k{/Control}');
    await expect.poll(names).toContain('Acme North');
    await userEvent.keyboard('>');
    await expect.poll(names).not.toContain('Acme North');
    expect(names()).toContain('Sign out');
    await userEvent.keyboard('{Backspace}@');
    await expect.poll(names).toEqual(['Acme Group', 'Acme North']);
  });

  it('closes at once with Escape, also with something typed, and gives the focus back', async () => {
    await open([HOME]);
    await userEvent.click(page.getByLabelText('A field'));
    await userEvent.keyboard('{Control>}k{/Control}mem');
    await expect.poll(names).toEqual(['Members']);
    await userEvent.keyboard('{Escape}');
    await expect.element(palette()).not.toBeInTheDocument();
    await expect.element(page.getByLabelText('A field')).toHaveFocus();
  });
});

describe('keys', () => {
  it('lead to pages, one after the other, and not while one types', async () => {
    await open([HOME]);
    await userEvent.keyboard('gm');
    await expect.poll(() => location.pathname).toBe(`/a/${HOME.id}/members`);
    await userEvent.click(page.getByLabelText('A field'));
    await userEvent.keyboard('gv?');
    expect(location.pathname).toBe(`/a/${HOME.id}/members`);
    await expect.element(page.getByLabelText('A field')).toHaveValue('gv?');
    await expect.element(sheet()).not.toBeInTheDocument();
  });

  it('open the switcher, and lead home from inside another account', async () => {
    await open([HOME, NORTH]);
    await userEvent.keyboard('ga');
    await expect.element(page.getByPlaceholder('Search accounts')).toHaveFocus();
    await userEvent.keyboard('{Escape}');
    await expect.element(page.getByRole('button', { name: /^Acting account/ })).toHaveFocus();
    await userEvent.keyboard('gh');
    await expect.poll(() => location.pathname).toBe(`/a/${HOME.id}/subaccounts`);
  });

  it('stand on a sheet, where single ones can be turned off', async () => {
    await open([HOME]);
    await userEvent.keyboard('?');
    await expect.element(sheet()).toMatchTextContent(/Change accountGA/);
    await userEvent.click(sheet().getByRole('checkbox', { name: 'Single-key shortcuts' }));
    await userEvent.keyboard('{Escape}');
    await expect.element(sheet()).not.toBeInTheDocument();
    await userEvent.keyboard('gm?');
    expect(location.pathname).toBe(`/a/${HOME.id}/activity`);
    await expect.element(sheet()).not.toBeInTheDocument();
    await userEvent.keyboard('{Control>}k{/Control}');
    await expect.element(palette()).toBeVisible();
  });
});

it('the first stop of Tab leads past what every page has', async () => {
  await open([HOME]);
  // Backwards from the first thing that every page has.
  page
    .getByRole('button', { name: /^Acting account/ })
    .element()
    .focus();
  await userEvent.keyboard('{Shift>}{Tab}{/Shift}');
  await expect.element(page.getByRole('link', { name: 'Skip to the content' })).toHaveFocus();
  await userEvent.keyboard('{Enter}');
  await vi.waitFor(() => expect(document.activeElement?.tagName).toBe('MAIN'));
  expect(location.hash).toBe('');
});

it('who may not see a page is offered no way to it', async () => {
  await open([HOME], {
    'account.subaccounts': 'none',
    'account.members': 'none',
    'developers.apiKeys': 'none',
    billing: 'none',
    'billing.usage': 'none',
  });
  const links = page.getByRole('navigation').getByRole('link');
  await expect.poll(() => links.elements().map((link) => link.textContent)).toEqual(['Products', 'Activity']);
  await userEvent.keyboard('gm');
  expect(location.pathname).toBe(`/a/${HOME.id}/activity`);
  await userEvent.keyboard('?');
  await expect.element(sheet()).not.toMatchTextContent(/Create subaccount/);
});
