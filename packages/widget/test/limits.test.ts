import { type AccountId, type Decimal, type Instant, LIMIT_KINDS } from '@tenantree/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { AccountDetail } from '../src/data/account-source.ts';
import { SamLimits } from '../src/limits/sam-limits.ts';
import { define } from '../src/parts/define.ts';
import { looksAt, violations } from './accessible.ts';
import { mockTree } from './example-tree.ts';
import { MemoryLimits } from './memory-limits.ts';
import { deep, focused, type Stage, stage } from './stage.ts';

afterEach(() => {
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
});

const tree = mockTree();
const north = tree.idOf('Acme North');
const holding = { id: tree.root.row.id, name: 'Acme Holding' };
const n = (text: string): Decimal => text as Decimal;

/** Shows the limits of Acme North, with 800 minutes of 1,000 used. */
async function show(
  prepare: (source: MemoryLimits) => void = () => undefined,
  { detail = {}, ...options }: Stage & { detail?: Partial<AccountDetail> } = {},
) {
  define('sam-limits', SamLimits);
  const source = new MemoryLimits();
  source.put('minutes', {
    max: 1_000,
    version: 3,
    own: n('200.5'),
    used: n('800.5'),
    held: n('100'),
    free: n('99.5'),
    thresholds: [80, 100],
    forecast: n('1200'),
    decides: { account: { id: north, name: 'Acme North' }, max: n('1000') },
  });
  prepare(source);
  const element = new SamLimits();
  element.source = source;
  element.account = { ...(await tree.get(north)), levelsBelow: 3, ...detail };
  element.viewer = { user: null, role: 'admin' };
  stage(options).append(element);
  await vi.waitFor(() => expect(element.renderRoot.querySelector('.limit')).not.toBeNull());
  return { source, element };
}

const edit = (kind: string) => page.getByRole('button', { name: `Edit limit: ${kind}` });
const max = () => page.getByRole('textbox', { name: 'Maximum', exact: true }).first();
const save = () => page.getByRole('button', { name: 'Save' });

describe('the limits of an account', () => {
  it('say of each kind what is used, held and free, who decides, and what it will come to', async () => {
    const { element } = await show((source) =>
      source.put('agents', { used: n('4'), own: n('4'), free: n('2'), decides: { account: holding, max: n('6') } }),
    );
    const minutes = page.getByRole('listitem').filter({ hasText: 'Call minutes' });
    await expect.element(minutes).toMatchTextContent(/800\.5 of 1,000 used · 80 %/);
    await expect.element(minutes).toMatchTextContent(/99\.5|100 free/);
    await expect.element(minutes).toMatchTextContent(/200\.5 by itself.*600\.0 by subaccounts.*100\.0 held/);
    await expect.element(minutes).toMatchTextContent(/about 1,200\.0 by Dec/);
    const agents = page.getByRole('listitem').filter({ hasText: 'Agents' });
    await expect.element(agents).toMatchTextContent(/4 used · no maximum of its own.*Acme Holding decides: 2 free/);
    await expect.element(page.getByRole('meter', { name: /Call minutes/ })).toHaveAttribute('aria-valuenow', '80');
    expect(element.renderRoot.querySelectorAll('.limit')).toHaveLength(LIMIT_KINDS.length);
  });

  it('have a line for each account that bounds them, and a mark in the bar where the one that decides lets no more through', async () => {
    const { element } = await show((source) => {
      const [top, own] = [
        { account: holding, max: n('5000'), used: n('4900'), held: n('50.5'), free: n('49.5') },
        { account: { id: north, name: 'Acme North' }, max: n('1000'), used: null, held: null, free: n('99.5') },
      ];
      source.put('minutes', { free: top.free, decides: top, bounds: [top, own] });
    });
    const minutes = page.getByRole('listitem').filter({ hasText: 'Call minutes' });
    await expect.element(minutes).toMatchTextContent(/Acme Holding decides: 49\.5 free.*Acme Holding: full at 950\.0/);
    await expect
      .element(page.getByRole('row', { name: /Acme Holding decides/ }))
      .toMatchTextContent(/5,000.*4,900\.0.*50\.5.*49\.5/);
    await expect.element(page.getByRole('row', { name: /^Acme North/ })).toMatchTextContent(/1,000.*–.*–.*99\.5/);
    const [mark, bar] = ['.track i', '.track'].map((one) => deep(element.renderRoot, one).getBoundingClientRect());
    expect(((mark!.left - bar!.left) / bar!.width) * 100).toBeCloseTo(95, 0);
  });

  it('follow what is used, and say what is reached', async () => {
    const { source } = await show();
    source.put('minutes', { used: n('1000'), held: n('0'), free: n('0'), reached: true });
    const minutes = page.getByRole('listitem').filter({ hasText: 'Call minutes' });
    await expect.element(minutes).toMatchTextContent(/100 %.*Reached: nothing more is let through/);
  });

  it('tell nothing of use that one may not see', async () => {
    await show((source) => source.put('minutes', { own: null, used: null, held: null, free: null, forecast: null }));
    await expect.element(page.getByText('Maximum 1,000 · use is not visible to you')).toBeVisible();
    await expect.element(page.getByRole('meter', { name: /Call minutes/ })).not.toBeInTheDocument();
  });

  it('are only looked at by who does not manage them from above', async () => {
    const { element } = await show((source) => {
      source.manages = false;
    });
    await expect.element(edit('Call minutes')).not.toBeInTheDocument();
    expect(element.renderRoot.textContent).toContain('Call minutes');
  });

  it('are set by the owner of a main account, where nobody is above', async () => {
    const main = { parentId: null, id: holding.id, path: [holding] };
    const { element } = await show(undefined, { detail: main });
    await expect.element(edit('Call minutes')).not.toBeInTheDocument();
    element.viewer = { user: null, role: 'owner' };
    element.account = null;
    await element.updateComplete;
    element.account = { ...(await tree.get(holding.id)), ...main };
    await userEvent.click(edit('Call minutes'));
    await expect.element(page.getByLabelText('Promised from above')).not.toBeInTheDocument();
  });

  it('say what a plan allows, and offer no more than that (rules/limits 21)', async () => {
    const main = { parentId: null, id: holding.id, path: [holding] };
    const { element } = await show((source) => source.put('calls', { max: 10, plan: 25 }), { detail: main });
    element.viewer = { user: null, role: 'owner' };
    element.account = null;
    await element.updateComplete;
    element.account = { ...(await tree.get(holding.id)), ...main };
    await userEvent.click(edit('Concurrent calls'));
    await expect.element(max()).toHaveAccessibleDescription(/at most 25 by the plan/);
    await expect.element(page.getByRole('radio', { name: /Unlimited/ })).not.toBeInTheDocument();
    await expect.element(page.getByLabelText('At the maximum')).not.toBeInTheDocument();
  });
});

describe('setting a limit', () => {
  it('says first what it would stop, then is saved by Enter, and the focus is where it began', async () => {
    const { source, element } = await show();
    const changed = vi.fn();
    element.addEventListener('sam-change', changed);
    await userEvent.click(edit('Call minutes'));
    await userEvent.fill(max(), '500');
    await expect.element(page.getByText(/at most 1,000 → at most 500/)).toBeVisible();
    await expect.element(page.getByText(/nothing is removed, but nothing more is let through/)).toBeVisible();
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText(/800\.5 of 500 used/)).toBeVisible();
    expect(source.limits.find(({ kind }) => kind === 'minutes')).toMatchObject({ max: 500, version: 4 });
    expect(changed).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(focused()?.getAttribute('aria-label')).toBe('Edit limit: Call minutes'));
  });

  it('needs no pointer: from a maximum to none, and Esc gives it up', async () => {
    const { source } = await show();
    const button = edit('Call minutes').element();
    if (button instanceof HTMLElement) button.focus();
    await userEvent.keyboard('{Enter}');
    await vi.waitFor(() => expect(focused()?.getAttribute('value')).toBe('some'));
    await userEvent.keyboard('{ArrowDown}');
    await expect.element(page.getByText(/→ unlimited/)).toBeVisible();
    await userEvent.keyboard('{Escape}');
    await expect.element(save()).not.toBeInTheDocument();
    expect(source.limits.find(({ kind }) => kind === 'minutes')?.max).toBe(1_000);
  });

  it('says at the field what can’t be: no number, a reserve that can’t be promised, percents that are none', async () => {
    await show();
    await userEvent.click(edit('Call minutes'));
    await userEvent.fill(max(), 'many');
    await userEvent.click(save());
    await expect.element(page.getByRole('alert')).toHaveTextContent('Give a whole number from 0.');
    await userEvent.fill(max(), '2,000');
    await userEvent.fill(page.getByLabelText('Promised from above'), '5000');
    await expect.element(page.getByRole('alert')).toMatchTextContent(/1000 at the most can/);
    await userEvent.fill(page.getByLabelText('Promised from above'), '10');
    await userEvent.fill(page.getByLabelText('Tell at percent'), 'often');
    await userEvent.click(save());
    await expect.element(page.getByRole('alert')).toMatchTextContent(/Whole percents/);
  });

  it('may promise another reserve from the next month on, of what is counted by the month', async () => {
    const { source } = await show();
    await userEvent.click(edit('Agents'));
    await expect.element(page.getByLabelText('Promised from next month on')).not.toBeInTheDocument();
    await userEvent.click(edit('Call minutes'));
    const next = page.getByLabelText('Promised from next month on');
    await userEvent.fill(next, '250');
    await expect.element(page.getByText('0 promised → 250 from next month on')).toBeVisible();
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText('250 from next month on')).toBeVisible();
    expect(source.limits.find(({ kind }) => kind === 'minutes')).toMatchObject({ reserve: 0, nextReserve: 250 });
    await userEvent.click(edit('Call minutes'));
    await expect.element(next).toHaveValue('250');
    await userEvent.fill(next, '');
    await userEvent.fill(page.getByLabelText('Promised from above'), '20');
    await userEvent.click(save());
    await expect.element(page.getByText('20 promised to this account')).toBeVisible();
    expect(source.limits.find(({ kind }) => kind === 'minutes')?.nextReserve).toBeUndefined();
  });

  it('is undone from the message, unless somebody changed it since', async () => {
    const { source } = await show();
    const minutes = () => source.limits.find(({ kind }) => kind === 'minutes');
    await userEvent.click(edit('Call minutes'));
    await userEvent.fill(max(), '900');
    await userEvent.click(save());
    await userEvent.click(page.getByRole('button', { name: 'Undo' }));
    await expect.element(page.getByText('As before')).toBeVisible();
    expect(minutes()).toMatchObject({ max: 1_000, thresholds: [80, 100], version: 5 });
    await userEvent.click(edit('Call minutes'));
    await userEvent.fill(max(), '900');
    // What it would come to makes the form longer: the button stands still afterwards.
    await expect.element(page.getByText('Nothing is stopped by it now.')).toBeVisible();
    await userEvent.click(save());
    await expect.element(page.getByText('Saved: Call minutes')).toBeVisible();
    source.put('minutes', { max: 850, version: 7 });
    await userEvent.click(page.getByRole('button', { name: 'Undo' }));
    await expect.element(page.getByText('This limit was changed meanwhile.')).toBeVisible();
    expect(minutes()?.max).toBe(850);
  });

  it('shows both sides when somebody else was faster, and keeps what one wants', async () => {
    const { source } = await show();
    await userEvent.click(edit('Call minutes'));
    source.put('minutes', { max: 700, thresholds: [50], atLimit: 'notify', version: 9 });
    await userEvent.fill(max(), '600');
    await userEvent.click(save());
    const conflict = page.getByRole('alert');
    await expect.element(conflict).toMatchTextContent(/It is now\s*at most 700.*You wrote\s*at most 600/);
    await userEvent.click(page.getByRole('button', { name: 'Keep mine' }));
    await expect.element(page.getByText(/800\.5 of 600 used/)).toBeVisible();
    // What one didn't touch stays as the other side has it.
    const [minutes] = source.limits.filter(({ kind }) => kind === 'minutes');
    expect(minutes).toMatchObject({ max: 600, thresholds: [50], atLimit: 'notify', version: 10 });
  });
});

describe('what new subaccounts begin with', () => {
  it('is set for all kinds in one form; an empty field is no maximum', async () => {
    const { source } = await show((memory) => {
      memory.defaults = [{ kind: 'agents', max: 3, atLimit: 'block', thresholds: [] }];
    });
    await userEvent.click(page.getByRole('button', { name: 'Edit: New subaccounts begin with' }));
    await userEvent.fill(page.getByLabelText('Maximum of Call minutes'), '500');
    await userEvent.fill(page.getByLabelText('Maximum of Agents'), '');
    await userEvent.click(save());
    await expect.element(page.getByRole('definition').filter({ hasText: '500' })).toBeVisible();
    expect(source.defaults).toMatchObject([{ kind: 'minutes', max: 500 }]);
    await userEvent.click(page.getByRole('button', { name: 'Undo' }));
    await expect.element(page.getByText('As before')).toBeVisible();
    expect(source.defaults).toMatchObject([{ kind: 'agents', max: 3 }]);
  });
});

describe('what if', () => {
  it('names whom a maximum would have stopped last month, when first, how often and for how much', async () => {
    const at = '2026-10-29T16:40:00.000Z' as Instant;
    const stop = (id: string, name: string) => ({
      account: { id: id as AccountId, name },
      at,
      wanted: n('10.5'),
      free: n('2'),
    });
    const { source } = await show();
    source.outcome = {
      ...source.outcome,
      used: n('500'),
      stops: 3,
      events: 9,
      stopped: [stop('a', 'Nord'), stop('b', 'Süd'), stop('a', 'Nord')],
    };
    await userEvent.fill(page.getByRole('textbox', { name: 'Maximum', exact: true }), '500');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText(/A maximum of 500 would have stopped 3 requests, first on/)).toBeVisible();
    await expect.element(page.getByRole('row', { name: /Nord/ })).toMatchTextContent(/Nord.*2.*21\.0.*4\.0/);
  });

  it('is nothing for whom usage is not visible', async () => {
    const { levels } = await tree.get(north);
    await show(undefined, { detail: { levels: { ...levels, 'billing.usage': 'none' } } });
    await expect.element(page.getByText('What if', { exact: true })).not.toBeInTheDocument();
  });
});

it('fits 360 px without anything being cut off', async () => {
  const { element } = await show(undefined, { width: 360, height: 900 });
  await userEvent.click(edit('Call minutes'));
  await vi.waitFor(() => expect(deep(element.renderRoot, 'form').scrollWidth).toBeGreaterThan(0));
  expect(element.scrollWidth).toBeLessThanOrEqual(360);
  for (const row of element.renderRoot.querySelectorAll('.limit')) expect(row.scrollWidth).toBeLessThanOrEqual(360);
});

describe('axe finds nothing', () => {
  it.each(looksAt(900, 360, 720))('$theme, $dir, at $width px, with a limit and defaults being set', async (look) => {
    await show((source) => source.put('agents', { used: n('9'), own: n('2'), max: 9, reached: true, free: n('0') }), {
      ...look,
      height: 900,
    });
    await userEvent.click(edit('Call minutes'));
    await userEvent.fill(max(), '500');
    await userEvent.click(page.getByRole('button', { name: 'Edit: New subaccounts begin with' }));
    await expect.element(page.getByText(/→ at most 500/)).toBeVisible();
    expect(await violations()).toEqual([]);
  });
});
