import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { SourceRefusal } from '../src/index.ts';
import { defineProducts, SamProducts } from '../src/products.ts';
import { looksAt, violations } from './accessible.ts';
import { mockTree } from './example-tree.ts';
import { MemoryCopies } from './memory-copies.ts';
import { MemoryProducts } from './memory-products.ts';
import { focused, type Stage, stage } from './stage.ts';

afterEach(() => {
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
});

const accounts = mockTree();
const account = accounts.root.row.id;
const button = (name: string) => page.getByRole('button', { name, exact: true });

/** Shows the copies of an agent in its second version. */
async function show({
  prepare = () => undefined,
  ...options
}: Stage & { prepare?: (copies: MemoryCopies, element: SamProducts) => void } = {}) {
  defineProducts();
  const source = new MemoryProducts();
  const product = source.make(account, 'agent', { name: 'Front desk' });
  source.change({ account, kind: 'agent', product }, { name: 'Front desk', prompt: { greeting: 'Hello' } }, 'Ada');
  const copies = new MemoryCopies([1, 1, 1, 1, 2]);
  source.copies = copies;
  const element = new SamProducts();
  Object.assign(element, { source, account: await accounts.get(account) });
  element.place = { kind: 'agent', product, part: 'copies', search: '' };
  prepare(copies, element);
  stage({ width: 1000, height: 1000, ...options }).append(element);
  await expect.element(page.getByText('Who runs which version')).toBeVisible();
  return { copies, element };
}

describe('Copies of a product', () => {
  it('say who runs which version, what is new for it and what differs there', async () => {
    await show();
    await expect.element(button('Version 2, the latest · 1 account')).toBeVisible();
    await expect.element(page.getByText('Differs here at 2 places')).toBeVisible();
    await expect.element(page.getByText('Waits for 1 secret')).toBeVisible();
    await userEvent.click(button('Version 2, the latest · 1 account'));
    await expect.element(page.getByText('Acme 1', { exact: true })).not.toBeInTheDocument();
    await expect.element(page.getByText('Acme 5', { exact: true })).toBeVisible();
    await expect.element(page.getByText('Up to date')).toBeVisible();
  });

  it('are rolled out in stages, live, until somebody goes on; a stage is rolled back once that is confirmed', async () => {
    const { copies } = await show();
    await expect.element(page.getByText('4 accounts have an older one.')).toBeVisible();
    await userEvent.fill(page.getByLabelText('How many, stage 1'), '0');
    await expect.element(button('Start the roll-out')).toBeDisabled();
    await userEvent.fill(page.getByLabelText('How many, stage 1'), '2');
    await userEvent.selectOptions(page.getByLabelText('Then go on, stage 1'), '24');
    await userEvent.click(button('Add a stage'));
    await userEvent.selectOptions(page.getByLabelText('Of what, stage 2'), 'percent');
    await userEvent.click(button('Start the roll-out'));
    await expect.element(page.getByText('Goes on')).toBeVisible();
    expect(copies.sent).toEqual([
      [
        { accounts: 2, gate: { afterHours: 24 } },
        { percent: 3, gate: 'manual' },
      ],
    ]);
    await expect.element(button('Start the roll-out')).not.toBeInTheDocument();
    copies.put({}, 1, { done: 1 });
    await expect.element(page.getByText('1 of 2 done')).toBeVisible();
    await expect.element(page.getByRole('progressbar', { name: 'Stage 1' })).toBeVisible();
    copies.put({ state: 'waiting', stage: 2 }, 1, { done: 2, conflicts: 1, state: 'ended' });
    await expect.element(page.getByText('2 of 2 done · 1 with something of their own kept')).toBeVisible();
    await userEvent.click(button('Go on'));
    const account2 = copies.rows[1]!.account;
    const error = { code: 'NEEDS_DECISION', message: '“Handbook” is needed.' } as const;
    copies.put({ state: 'stopped' }, 2, { failed: 1, state: 'ended', failures: [{ account: account2, error }] });
    await expect.element(page.getByText('Stopped: something failed')).toBeVisible();
    await expect.element(page.getByText('Acme 2: “Handbook” is needed.')).toBeVisible();
    await userEvent.click(button('Try those that failed again'));
    await vi.waitFor(() => expect(copies.sent.slice(1)).toEqual(['left', 'again']));
    await userEvent.click(button('Roll back stage 1'));
    await userEvent.click(button('Roll back'));
    await expect.element(page.getByText(/rolled back/)).toBeVisible();
    await expect.element(page.getByText('Stopped for good')).toBeVisible();
    // What is older is offered anew.
    await expect.element(button('Start the roll-out')).toBeVisible();
  });

  it('say why something is refused, by keyboard alone, and offer nothing to who only reads', async () => {
    const { copies, element } = await show();
    copies.refusal = new SourceRefusal({ code: 'ROLLOUT_GOES_ON', message: 'Somebody else rolls it out.' });
    await userEvent.fill(page.getByLabelText('How many, stage 1'), '2');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('alert')).toHaveTextContent('Somebody else rolls it out.');
    // What was typed is not to be typed again.
    await expect.element(page.getByLabelText('How many, stage 1')).toHaveValue('2');
    copies.refusal = null;
    await userEvent.keyboard('{Tab}{Tab}{Tab}{Tab}{Enter}');
    await expect.element(page.getByText('Goes on')).toBeVisible();
    expect(focused()).not.toBeNull();
    element.access = 'readOnly';
    await expect.element(button('Stop for good')).not.toBeInTheDocument();
  });

  it.each(looksAt(1000, 360, 720))('have nothing that axe finds: $theme, $dir, at $width px', async (look) => {
    const check = async (what: string): Promise<void> => {
      expect(await violations(), what).toEqual([]);
      for (const card of document.querySelectorAll('sam-products'))
        expect(card.scrollWidth, what).toBeLessThanOrEqual(look.width);
    };
    const { copies } = await show(look);
    await check('the offer');
    document.body.replaceChildren();
    const began = await show({ ...look, prepare: (one) => void one.begin() });
    await check('a roll-out');
    began.copies.put({ state: 'stopped' }, 1, {
      state: 'ended',
      done: 1,
      failed: 1,
      conflicts: 1,
      failures: [{ account: copies.rows[0]!.account, error: { code: 'NEEDS_DECISION', message: 'Something.' } }],
    });
    await expect.element(page.getByText('Stopped: something failed')).toBeVisible();
    await check('one that stopped');
  });
});
