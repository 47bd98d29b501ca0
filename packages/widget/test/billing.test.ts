import type { AccountId, Instant, RowId } from '@tenantree/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { SourceRefusal } from '../src/index.ts';
import { defineMoney, SamBilling } from '../src/money.ts';
import { looksAt, violations } from './accessible.ts';
import { mockTree } from './example-tree.ts';
import { MemoryBilling } from './memory-billing.ts';
import { focused, type Stage, stage } from './stage.ts';

afterEach(() => {
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
});

const NOW = '2026-11-28T12:00:00.000Z' as Instant;
const tree = mockTree();
const north = { id: tree.idOf('Acme North'), name: 'Acme North' };

async function show(prepare: (source: MemoryBilling) => void = () => undefined, options: Stage = {}) {
  defineMoney();
  const source = new MemoryBilling(north);
  source.payer = { id: 'world' as AccountId, name: 'World' };
  prepare(source);
  const element = new SamBilling();
  element.source = source;
  element.account = await tree.get(north.id);
  stage({ width: 900, height: 900, ...options }).append(element);
  await vi.waitFor(() => expect(element.renderRoot.querySelector('.state-line')).not.toBeNull());
  return { source, element };
}

const button = (name: string) => page.getByRole('button', { name, exact: true });
const field = (name: string | RegExp) => page.getByLabelText(name);

/** From the tab to what is to be agreed to. */
async function review(): Promise<void> {
  await userEvent.click(button('Start billing transfer…'));
  await userEvent.fill(field('Who completes it'), 'owner@north.example');
  await userEvent.click(button('Review'));
}

describe('billing of an account', () => {
  it('says who pays, in the words of everybody, and what was used', async () => {
    await show();
    await expect.element(page.getByText('Paid by parent account')).toBeVisible();
    await expect.element(page.getByText('World pays for Acme North and everything below it.')).toBeVisible();
    await expect.element(page.getByText('2,870.4 min')).toBeVisible();
  });

  it('tells who looks from above what it costs and brings, by period, with its statement', async () => {
    const { source } = await show((one) => {
      const eur = (minor: string) => ({ currency: 'EUR', exponent: 2, minor });
      const period = (key: string, state: 'running' | 'closed') => ({ key, start: NOW, end: NOW, state });
      const none = { id: null, number: null, frozenAt: null, refused: null };
      const frozen = { state: 'frozen', id: 's-1' as RowId, number: 'STM-2026-000012', frozenAt: NOW, refused: null };
      one.costsIt = {
        seller: { id: 'world' as AccountId, name: 'World' },
        periods: [
          {
            period: period('2026-11', 'running'),
            costs: 'draft',
            book: null,
            cost: eur('9480'),
            revenue: null,
            margin: null,
            statement: { state: 'none', ...none },
          },
          {
            period: period('2026-10', 'closed'),
            costs: 'final',
            book: null,
            cost: eur('9480'),
            revenue: eur('26000'),
            margin: { amount: eur('16520'), percent: '63.5' },
            statement: { ...frozen, state: 'frozen' },
          },
        ],
      };
    });
    await expect.element(page.getByText('What Acme North costs and brings World')).toBeVisible();
    await expect.element(page.getByText('€165.20')).toBeVisible();
    await expect.element(page.getByText('so far')).toBeVisible();
    await userEvent.click(button('Statement STM-2026-000012'));
    expect(source.sent).toEqual([{ seller: 'world', statement: 's-1' }]);
    expect(await violations()).toEqual([]);
  });

  it('says in an embedded screen that a transfer is started in the app, and offers no form of it', async () => {
    const { element } = await show((one) => {
      one.side = 'nobody';
    });
    element.account = { ...(await tree.get(north.id)), features: ['billing'] };
    await expect.element(page.getByText(/It is started and set up in the app/)).toBeVisible();
    await expect.element(button('Start billing transfer…')).not.toBeInTheDocument();
  });

  it('has beside a mail that came back what the parent can do about it, and not twice', async () => {
    const { source } = await show((one) => one.begin({ mail: 'bounced' }));
    await expect.element(page.getByText(/could not be delivered/)).toBeVisible();
    await userEvent.click(button('Resend invitation'));
    expect(source.sent).not.toEqual([]);
    await expect.element(button('Other recipient…')).toBeVisible();
  });

  it('offers a transfer to nobody who may not start one', async () => {
    await show((source) => {
      source.side = 'nobody';
    });
    await expect.element(page.getByText('Hand over billing')).not.toBeInTheDocument();
  });

  it('tells of transfers below, with why one ended, and opens one that is under way or has left', async () => {
    const open = { id: 'a-1' as AccountId, name: 'Hessen' };
    const { element, source } = await show((source) => {
      source.list = {
        underWay: [
          {
            account: open,
            recipient: 'x@y.example',
            mail: 'sent',
            expiresAt: '2026-12-03T18:00:00.000Z' as Instant,
            missing: ['plan'],
          },
        ],
        ended: [
          {
            id: 't-9' as RowId,
            account: { id: 'a-2' as AccountId, name: 'Berlin' },
            outcome: 'declined',
            reason: 'Not now',
            agency: 'kept',
            at: '2026-11-20T18:00:00.000Z' as Instant,
            from: null,
          },
          {
            id: 't-8' as RowId,
            account: { id: 'a-3' as AccountId, name: 'Bayern' },
            outcome: 'completed',
            reason: null,
            agency: 'kept',
            at: '2026-11-19T18:00:00.000Z' as Instant,
            from: { id: 'a-9' as AccountId, name: 'Germany' },
          },
        ],
        nextCursor: null,
      };
    });
    await expect.element(page.getByRole('row', { name: /Berlin/ })).toMatchTextContent(/Declined.*Not now/);
    const shown = vi.fn();
    element.addEventListener('sam-show', (event) => shown(event.detail));
    await userEvent.click(button('Open Hessen'));
    expect(shown).toHaveBeenCalledWith({ account: open.id, tab: 'billing' });
    await expect.element(button('Open Berlin')).not.toBeInTheDocument();
    await userEvent.click(button('Open Bayern'));
    expect(source.sent).toEqual([{ from: 'a-9', departure: 't-8' }]);
  });
});

describe('starting a transfer', () => {
  it('shows who is invited, until when, what stays and changes, and starts once the name is typed', async () => {
    const { source } = await show();
    await userEvent.click(button('Start billing transfer…'));
    await vi.waitFor(() => expect(focused()?.id).toBe('recipient'));
    await expect.element(page.getByText(/Owners and admins of World, 2 people, are invited/)).toBeVisible();
    await userEvent.keyboard('owner@north.example');
    await userEvent.fill(field('Grace period'), '10');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText('3 members, 1 agent, and all that belongs to them')).toBeVisible();
    await expect
      .element(page.getByText(/6 accounts below it.*Frankfurt, Kassel, Gießen, Fulda and 2 more/))
      .toBeVisible();
    await expect.element(page.getByText('1 person from above loses access: Olivia Owner')).toBeVisible();
    await expect.element(page.getByText('It lapses, and everything stays as it is')).toBeVisible();
    await expect.element(page.getByText(/The price book Regions 2026 ends, with a last statement/)).toBeVisible();
    await expect.element(page.getByRole('row', { name: /Start/ })).toMatchTextContent(/€49\.00.*€170\.18.*€219\.18/);
    await expect
      .element(page.getByText('Call minutes: 2,654.2 minutes, 500 included, at 0.079 a minute: €170.18'))
      .toBeVisible();
    await expect.element(button('Start billing transfer')).toHaveAttribute('aria-disabled', 'true');
    await userEvent.fill(field('Type Acme North to start'), 'acme  north ');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText(/Billing transfer in progress/)).toBeVisible();
    expect(source.sent).toEqual([
      { name: 'Acme North', recipient: 'owner@north.example', graceDays: 10, agency: 'kept', completion: 'automatic' },
    ]);
  });

  it.each(['0', '91', '-3', '1.5', 'soon', ''])('takes no grace period of “%s”', async (days) => {
    await show();
    await userEvent.click(button('Start billing transfer…'));
    await userEvent.fill(field('Who completes it'), 'owner@north.example');
    await userEvent.fill(field('Grace period'), days);
    await userEvent.click(button('Review'));
    await expect.element(page.getByRole('alert')).toHaveTextContent('Give a number of days from 1 to 90.');
    await vi.waitFor(() => expect(focused()?.id).toBe('days'));
  });

  it('says in place of the form why it can’t start', async () => {
    await show((source) => {
      source.refused = { code: 'NESTED_TRANSFER', message: '“Hessen” below it is in transfer.', made: 'x' };
    });
    await userEvent.click(button('Start billing transfer…'));
    await expect.element(page.getByText('“Hessen” below it is in transfer.')).toBeVisible();
    await expect.element(button('Review')).not.toBeInTheDocument();
  });

  it('asks what becomes of products that came from above: handed over, unless somebody says otherwise', async () => {
    const { source } = await show((one) => {
      const product = (name: string, accounts: number) => ({
        product: name as RowId,
        kind: 'agent',
        name,
        from: null,
        accounts,
      });
      one.products = [product('Front desk', 1), product('Handbook', 3)];
    });
    await review();
    await expect.element(page.getByText('in 3 accounts')).toBeVisible();
    await expect.element(field('What becomes of Front desk')).toHaveValue('hand_over');
    await userEvent.selectOptions(field('What becomes of Handbook'), 'take_back');
    await userEvent.fill(field('Type Acme North to start'), 'Acme North');
    await userEvent.click(button('Start billing transfer'));
    await vi.waitFor(() => expect(source.sent).toHaveLength(1));
    expect(source.sent[0]).toMatchObject({ products: [{ product: 'Handbook', as: 'take_back' }] });
  });

  it('keeps what was typed when the server refuses, and is given up by Esc, step by step', async () => {
    const { source } = await show();
    await review();
    await userEvent.fill(field('Type Acme North to start'), 'Acme North');
    source.refusal = new SourceRefusal({ code: 'TRANSFER_IN_PROGRESS', message: 'Somebody else started one.' });
    await userEvent.click(button('Start billing transfer'));
    await expect.element(page.getByRole('alert')).toHaveTextContent('Somebody else started one.');
    await expect.element(field('Type Acme North to start')).toHaveValue('Acme North');
    source.refusal = null;
    await userEvent.keyboard('{Escape}');
    await expect.element(field('Who completes it')).toHaveValue('owner@north.example');
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => expect(focused()?.textContent).toBe('Start billing transfer…'));
  });

  it('starts once, however often the button is pressed', async () => {
    const { source } = await show();
    await review();
    await userEvent.fill(field('Type Acme North to start'), 'Acme North');
    await userEvent.dblClick(button('Start billing transfer'));
    await expect.element(page.getByText(/Billing transfer in progress/)).toBeVisible();
    expect(source.sent).toHaveLength(1);
  });
});

describe('a transfer that is under way', () => {
  it('counts down by the clock of the server, whatever that of the reader says', async () => {
    await show((source) => {
      source.aheadMs = -86_400_000;
      source.begin();
    });
    await expect.element(page.getByRole('timer')).toMatchTextContent(/6 d 4 h.*left · until/);
    await expect.element(page.getByText('24 of 30 days are over')).toBeVisible();
    await expect.element(page.getByText(/Not finished by then: the transfer lapses, everything stays/)).toBeVisible();
  });

  it('says what becomes of the account where its deployment suspends whoever isn’t done in time', async () => {
    await show((source) => {
      source.ifUnfinished = 'suspend';
      source.begin();
    });
    await expect.element(page.getByText(/the transfer lapses, .+ is suspended/)).toBeVisible();
  });

  it('counts seconds in its last ten minutes, and says when it is over', async () => {
    const { source } = await show((memory) =>
      memory.begin({ expiresAt: new Date(Date.now() + 65_000).toISOString() as Instant }),
    );
    await expect.element(page.getByRole('timer')).toMatchTextContent(/^1 min [0-5] s/);
    source.put({ expiresAt: new Date(Date.now() - 1).toISOString() as Instant });
    await expect.element(page.getByRole('timer')).toMatchTextContent(/^Over/);
  });

  it('follows what the child does, and what comes of it', async () => {
    const { source } = await show((memory) => memory.begin());
    const step = (name: string) => page.getByRole('listitem').filter({ hasText: name });
    await expect.element(step('Billing details')).toMatchTextContent(/open/);
    source.put({ steps: { owner: null, details: { country: 'DE' }, payment: null, plan: null } });
    await expect.element(step('Billing details')).toMatchTextContent(/done.*Germany/);
    await expect.element(page.getByText('1 of 4')).toBeVisible();
    source.end('declined', 'We stay until the new year.');
    await expect.element(page.getByText('“We stay until the new year.”')).toBeVisible();
    await expect.element(button('Start again…')).toBeVisible();
  });

  it('is extended, sent again, to somebody else, and cancelled with a reason', async () => {
    const { source } = await show((memory) => memory.begin());
    await userEvent.click(button('Extend…'));
    await userEvent.fill(page.getByRole('dialog').getByLabelText('Days'), '91');
    await userEvent.click(button('Extend'));
    await expect.element(page.getByRole('alert')).toHaveTextContent('A grace period has 1 to 90 days.');
    await userEvent.fill(page.getByRole('dialog').getByLabelText('Days'), '3');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('timer')).toMatchTextContent(/^9 d/);
    await userEvent.click(button('Resend invitation'));
    await userEvent.click(button('Other recipient…'));
    await userEvent.fill(page.getByRole('dialog').getByLabelText('Who completes it'), 'new@north.example');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText('Invitation sent to new@north.example')).toBeVisible();
    expect(source.sent).toEqual([{ recipient: null }, { recipient: 'new@north.example' }]);
    await userEvent.click(button('Cancel billing transfer…'));
    await userEvent.keyboard('Too early{Enter}');
    await expect.element(page.getByText('“Too early”')).toBeVisible();
  });

  it('says that it was too late to cancel, and shows what is', async () => {
    const { source } = await show((memory) => memory.begin());
    source.refusal = new SourceRefusal({ code: 'TOO_LATE', message: 'It completed at 10:12.' });
    await userEvent.click(button('Resend invitation'));
    await expect.element(page.getByRole('alert')).toHaveTextContent('It completed at 10:12.');
  });

  it('changes nothing where the screen is only for reading', async () => {
    const { element } = await show((memory) => memory.begin());
    element.access = 'readOnly';
    await expect.element(button('Cancel billing transfer…')).not.toBeInTheDocument();
    await expect.element(page.getByRole('timer')).toBeVisible();
  });
});

describe('the checklist of who takes over', () => {
  const child = (source: MemoryBilling): void => {
    source.side = 'child';
    source.begin({ message: 'As you asked.' });
  };

  it('goes from step to step by keyboard, the country first, and ends with the account independent', async () => {
    const { source } = await show(child);
    await expect.element(page.getByText('Take over billing for Acme North')).toBeVisible();
    await expect.element(page.getByText('“As you asked.”')).toBeVisible();
    await expect.element(page.getByText('Permissions and limits that were set from above end')).toBeVisible();
    await userEvent.click(button('I own Acme North'));
    await vi.waitFor(() => expect(focused()?.id).toBe('country'));
    await expect.element(field('Company or name')).not.toBeInTheDocument();
    await userEvent.click(button('Save billing details'));
    await expect.element(page.getByRole('alert')).toHaveTextContent('Choose a country.');
    await userEvent.selectOptions(field('Country'), 'Germany');
    await userEvent.fill(field('Company or name'), 'North GmbH');
    await userEvent.fill(field('Address'), 'Weg 1\n\n10115 Berlin');
    await userEvent.click(button('Save billing details'));
    await expect.element(button('Save payment method')).toBeVisible();
    expect(source.details).toEqual({
      country: 'DE',
      name: 'North GmbH',
      address: ['Weg 1', '10115 Berlin'],
      taxId: null,
    });
    await vi.waitFor(() => expect(focused()?.textContent).toBe('Save payment method'));
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText(/Start · €219\.18 a month, as in October 2026/)).toBeVisible();
    await expect.element(page.getByText(/500 included, at 0\.079 a minute: €170\.18/)).toBeVisible();
    await userEvent.click(button('Choose Start'));
    await expect.element(page.getByText(/Acme North is independent since/)).toBeVisible();
    await expect.element(page.getByText('Independent account')).toBeVisible();
  });

  it('has no field that is wider than its card, however long the names of countries are', async () => {
    const prepare = (memory: MemoryBilling): void => {
      child(memory);
      memory.put({
        steps: { owner: { userId: 'u' as never, name: 'Ulla' }, details: null, payment: null, plan: null },
      });
    };
    await show(prepare, { width: 340 });
    const country = await vi.waitFor(() => field('Country').element());
    const form = country.closest('form') ?? expect.fail('it is in a form');
    expect(country.getBoundingClientRect().right).toBeLessThanOrEqual(form.getBoundingClientRect().right);
  });

  it('asks nothing twice: what is done can be changed, and keeps what it was', async () => {
    const { source } = await show((memory) => {
      child(memory);
      memory.details = { country: 'FR', name: 'Nord', address: ['Rue 1'], taxId: null };
      memory.put({ steps: { owner: null, details: { country: 'FR' }, payment: null, plan: null } });
    });
    await userEvent.click(button('Edit: Billing details'));
    await expect.element(field('Company or name')).toHaveValue('Nord');
    await userEvent.fill(field('Company or name'), 'Nord SARL');
    await userEvent.click(button('Save billing details'));
    await vi.waitFor(() => expect(source.details?.name).toBe('Nord SARL'));
  });

  it('keeps what somebody types of billing details when another window saves them', async () => {
    const owner = { userId: 'u' as never, name: 'Ulla' };
    const { source } = await show((memory) => {
      child(memory);
      memory.put({ steps: { owner, details: null, payment: null, plan: null } });
    });
    await userEvent.selectOptions(field('Country'), 'Germany');
    await userEvent.fill(field('Company or name'), 'North GmbH');
    source.details = { country: 'DE', name: 'Nord', address: ['Weg 1'], taxId: null };
    source.put({ steps: { owner, details: { country: 'DE' }, payment: null, plan: null } });
    await expect.element(page.getByText('1 of 4')).not.toBeInTheDocument();
    await expect.element(page.getByText('2 of 4')).toBeVisible();
    await expect.element(field('Company or name')).toHaveValue('North GmbH');
    await expect.element(field('Address')).toHaveValue('Weg 1');
    await userEvent.click(button('Cancel'));
    await expect.element(button('Save payment method')).toBeVisible();
  });

  it('waits for one more word where that was wished, and can be declined with a reason', async () => {
    const { source } = await show((memory) => {
      child(memory);
      memory.put({
        completion: 'confirmed',
        steps: {
          owner: { userId: 'u' as never, name: 'Ulla' },
          details: { country: 'DE' },
          payment: { provider: 'invoice', state: 'set', card: null },
          plan: { id: 'start', version: 1, name: 'Start' },
        },
      });
    });
    await expect.element(button('Take over now')).toBeVisible();
    await userEvent.click(button('Decline…'));
    await userEvent.keyboard('We stay{Enter}');
    await expect.element(page.getByText('“We stay”')).toBeVisible();
    expect(source.stage).toBe('parent_billed');
  });

  it('says at the step what a plan was refused for', async () => {
    const { source } = await show((memory) => {
      child(memory);
      memory.put({
        steps: {
          owner: { userId: 'u' as never, name: 'Ulla' },
          details: { country: 'DE' },
          payment: { provider: 'invoice', state: 'set', card: null },
          plan: null,
        },
      });
    });
    await expect.element(button('Choose Start')).toBeVisible();
    source.refusal = new SourceRefusal({ code: 'PLAN_UNAVAILABLE', message: 'This plan is not sold any more.' });
    await userEvent.click(button('Choose Start'));
    await expect.element(page.getByRole('alert')).toHaveTextContent('This plan is not sold any more.');
  });
});

describe('axe finds nothing', () => {
  it.each(looksAt(900, 360, 720))(
    '$theme, $dir, at $width px, in the form, the review, under way and in the checklist',
    async ({ width, ...scheme }) => {
      const look = { ...scheme, width, height: 900 };
      const check = async (what: string): Promise<void> => {
        expect(await violations(), what).toEqual([]);
        for (const card of document.querySelectorAll('sam-billing'))
          expect(card.scrollWidth, what).toBeLessThanOrEqual(width);
      };
      await show((source) => {
        source.products = [{ product: 'p-1' as RowId, kind: 'agent', name: 'Front desk', from: null, accounts: 3 }];
      }, look);
      await userEvent.click(button('Start billing transfer…'));
      await expect.element(field('Who completes it')).toBeVisible();
      await check('the form');
      await userEvent.fill(field('Who completes it'), 'owner@north.example');
      await userEvent.click(button('Review'));
      await expect.element(field('Type Acme North to start')).toBeVisible();
      await check('the review');
      document.body.replaceChildren();
      await show((source) => source.begin({ mail: 'bounced' }), look);
      await check('under way');
      document.body.replaceChildren();
      await show((source) => {
        source.side = 'child';
        source.begin({
          steps: { owner: { userId: 'u' as never, name: 'Ulla' }, details: null, payment: null, plan: null },
        });
        source.put({});
      }, look);
      await userEvent.selectOptions(field('Country'), 'Germany');
      await check('the checklist');
    },
  );
});
