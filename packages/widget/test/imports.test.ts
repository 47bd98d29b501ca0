import type { RowId } from '@tenantree/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { SamImport } from '../src/imports/sam-import.ts';
import { PRODUCT_ROWS, SourceRefusal } from '../src/index.ts';
import { define } from '../src/parts/define.ts';
import { looksAt, violations } from './accessible.ts';
import { mockTree } from './example-tree.ts';
import { MemoryImports } from './memory-imports.ts';
import { focused, type Stage, stage } from './stage.ts';

afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
});

const accounts = mockTree();
const group = accounts.idOf('Acme Group');
const north = accounts.idOf('Acme North');
const south = accounts.idOf('Acme South');

/** What Acme Group owns: an agent with what it needs and may have, and others. */
function fill({ products }: MemoryImports) {
  const base = products.make(group, 'knowledgeBase', { name: 'Price list' });
  const crm = products.make(group, 'integration', { name: 'CRM', credentials: 'a-long-secret-1234' });
  const tool = products.make(group, 'tool', { name: 'Look up order', integration: crm });
  const hours = products.make(group, 'schedule', { name: 'Office hours' });
  const nights = products.make(group, 'schedule', { name: 'Night hours' });
  const number = products.make(group, 'phoneNumber', { name: 'Main line', number: '+4930123456' });
  const agent = products.make(group, 'agent', {
    name: 'Front desk',
    knowledge: { bases: [base] },
    tools: { items: [{ id: 't1', tool }] },
    callFlow: { hours, number },
  });
  products.make(group, 'agent', { name: 'Billing desk', callFlow: { hours: nights } });
  products.make(group, 'task', { name: 'Call somebody' });
  return { base, crm, tool, hours, number, agent };
}

/** Shows the import into Acme North. */
async function show({
  prepare = () => undefined,
  source = new MemoryImports(accounts),
  ids = fill(source),
  ...options
}: Stage & {
  prepare?: (element: SamImport, source: MemoryImports, ids: ReturnType<typeof fill>) => void;
  source?: MemoryImports;
  ids?: ReturnType<typeof fill>;
} = {}) {
  define('sam-import', SamImport);
  const element = new SamImport();
  Object.assign(element, { source, account: await accounts.get(north), opens: true });
  prepare(element, source, ids);
  stage({ width: 1000, height: 900, ...options }).append(element);
  await vi.waitFor(() => expect(text(element)).not.toContain('Loading'));
  return { source, element, ids };
}

/** All that stands on the screen. */
const text = (element: Element): string =>
  [element.shadowRoot ?? element, ...(element.shadowRoot?.querySelectorAll('sam-import-choice, sam-import-run') ?? [])]
    .map((one) => (one instanceof Element ? one.shadowRoot?.textContent : one.textContent) ?? '')
    .join(' ');

const button = (name: string | RegExp) => page.getByRole('button', { name });
const box = (name: string | RegExp) => page.getByRole('checkbox', { name });
const press = (name: string | RegExp) => userEvent.click(button(name));
const seen = (words: string | RegExp) => expect.element(page.getByText(words).first()).toBeVisible();
const row = (name: string) => page.getByRole('listitem').filter({ hasText: name }).first();

/** Chooses the agent and goes on to the preview; nothing is asked. */
async function toPreview() {
  await userEvent.click(box(/Front desk/));
  await press('Next: resolve');
  await press('Next: preview');
  await seen('What happens in Acme North');
}

/** The job that runs now. */
const running = async (source: MemoryImports): Promise<RowId> => (await source.recent(group))[0]!.id;
/** Does all of it. */
function finish(source: MemoryImports, job: RowId): void {
  while (source.step(job));
}

/** Something of the name is in Acme North already. */
const clash = (_: SamImport, { products }: MemoryImports): void => {
  products.make(north, 'schedule', { name: 'OFFICE hours' });
};

describe('choosing', () => {
  it('offers what the account above has, searched and by kind, with parts of an agent, and says what moves', async () => {
    const { source } = await show();
    await seen('Front desk');
    expect(text(page.elementLocator(document.querySelector('sam-import')!).element())).not.toContain('Call somebody');
    await seen('moves, is not copied');
    await press(/^Schedules 2/);
    await expect.element(page.getByText('Price list')).not.toBeInTheDocument();
    await press(/^Schedules 2/);
    await userEvent.fill(page.getByRole('searchbox'), 'front');
    await expect.element(page.getByText('Billing desk')).not.toBeInTheDocument();
    await press('Parts of Front desk');
    expect(page.getByRole('list', { name: 'Parts of Front desk' }).getByRole('checkbox').elements()).toHaveLength(7);
    await userEvent.click(box('Prompt'));
    await seen('Agent, 1 of 7 parts');
    await userEvent.click(box('Knowledge'));
    await press('Next: resolve');
    await seen('Comes along');
    expect(source.asked.at(-1)?.products[0]?.parts).toEqual(['prompt', 'knowledge']);
    await expect.element(row('Price list')).toMatchTextContent(/needed by Front desk.*new/);
  });

  it('comes from the parent unless another account above is chosen, and says why there is nothing', async () => {
    const { element } = await show();
    const from = page.getByRole('combobox', { name: 'Import from' });
    await expect.element(from).toHaveValue(group);
    const [root] = (await accounts.get(north)).path;
    await userEvent.selectOptions(from, root?.id ?? '');
    await seen(/has none of what can be imported/);
    expect(text(element)).not.toContain('Front desk');
  });

  it('offers only what one may import there', async () => {
    const { element } = await show({
      prepare: (_, source) => {
        source.levels = { 'agents.prompt': 'read', 'account.schedules': 'read', knowledgeBases: 'none' };
      },
    });
    await seen('Front desk');
    expect(text(element)).not.toContain('Price list');
    await expect.element(box(/Office hours/)).toBeDisabled();
    await seen('you may see it, not import it');
    await userEvent.click(box(/Front desk/));
    await seen('Agent, 6 of 7 parts');
  });

  it('says so where one may import nothing at all', async () => {
    await show({
      prepare: (_, source) => {
        source.levels = Object.fromEntries(PRODUCT_ROWS.map((row) => [row, 'none']));
      },
    });
    await seen('Your permissions in Acme Group allow importing none of its products.');
  });

  it('is readable where nothing may be changed', async () => {
    await show({
      prepare: (one) => {
        one.access = 'readOnly';
      },
    });
    await expect.element(box(/Front desk/)).toBeDisabled();
  });

  it('keeps what was chosen while one looks elsewhere', async () => {
    const { source, ids, element } = await show();
    await userEvent.click(box(/Front desk/));
    element.remove();
    await show({ source, ids });
    await expect.element(box(/Front desk/)).toBeChecked();
    await seen('1 chosen');
  });
});

describe('what is gone where it comes from', () => {
  it('is taken out of what was chosen, by name, and the rest goes on', async () => {
    const { source, ids } = await show();
    await userEvent.click(box(/Front desk/));
    await userEvent.click(box(/Office hours/));
    source.products.drop(ids.hours);
    source.products.drop(ids.agent);
    await userEvent.click(box(/Price list/));
    await press('Next: resolve');
    await seen('“Front desk”, “Office hours”: not there any more.');
    await seen('1 chosen');
    await expect.element(box(/Office hours/)).not.toBeInTheDocument();
    await press('Next: resolve');
    await press('Next: preview');
    source.products.drop(ids.base);
    await press(/^Import 1 item/);
    await seen('“Price list”: not there any more.');
    await expect.element(button('Next: resolve')).not.toBeInTheDocument();
  });
});

describe('an answer that comes late', () => {
  it('is of the account that it was asked for, whichever is looked at by then', async () => {
    const { source, element, ids } = await show();
    const { plan } = source;
    const answers: (() => void)[] = [];
    source.plan = async (...asked) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return plan(...asked);
    };
    await userEvent.click(box(/Front desk/));
    await press('Next: resolve');
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    element.account = await accounts.get(south);
    await userEvent.click(box(/Billing desk/));
    answers[0]?.();
    await seen('1 chosen');
    await press('Next: resolve');
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.();
    await seen('Comes along');
    expect(source.asked.map(({ targets, products }) => [targets, products.length])).toEqual([
      [[north], 1],
      [[south], 1],
    ]);
    expect(source.asked[1]?.products[0]?.product).not.toBe(ids.agent);
    element.account = await accounts.get(north);
    await expect.element(row('Front desk')).toMatchTextContent(/new/);
    // What was answered meanwhile is not overtaken by what was asked before.
    await press('Next: preview');
    await vi.waitFor(() => expect(answers).toHaveLength(3));
    await press('Add: Main line');
    answers[2]?.();
    await expect.element(button('Next: preview')).toBeEnabled();
    await press('Next: preview');
    await vi.waitFor(() => expect(answers).toHaveLength(4));
    answers[3]?.();
    await seen('What happens in Acme North');
    await expect.element(row('Main line')).toMatchTextContent(/leaves Acme Group/);
  });
});

describe('resolving', () => {
  it('asks what becomes of what has the same name, and goes on once that is answered', async () => {
    const { source } = await show({ prepare: clash });
    await userEvent.click(box(/Front desk/));
    await press('Next: resolve');
    await seen('Same name in Acme North');
    await seen('Choose one; there is no default for this.');
    await expect.element(button('Next: preview')).toBeDisabled();
    await seen('Answer “Office hours” first.');
    await userEvent.click(page.getByRole('radio', { name: 'Use existing' }));
    await press('Next: preview');
    await seen('What happens in Acme North');
    expect(source.asked.at(-1)?.answers).toEqual([{ product: expect.any(String), as: 'use_existing' }]);
    await expect.element(row('Office hours')).toMatchTextContent(/used as it is/);
    await press('Back');
    await expect.element(page.getByRole('radio', { name: 'Use existing' })).toBeChecked();
  });

  it('takes one answer for all of a kind', async () => {
    const { source } = await show({
      prepare: (one, all) => {
        clash(one, all);
        all.products.make(north, 'schedule', { name: 'Night hours' });
      },
    });
    await userEvent.click(box(/Front desk/));
    await userEvent.click(box(/Billing desk/));
    await press('Next: resolve');
    const all = page.getByRole('group', { name: 'All Schedules' });
    await userEvent.click(all.getByRole('radio', { name: 'Keep both' }));
    await seen('2 of 2 answered');
    await press('Next: preview');
    expect(source.asked.at(-1)?.answers).toEqual([{ kind: 'schedule', as: 'keep_both' }]);
    await seen('Office hours (2)');
  });

  it('takes another answer for one of several accounts, and the common one for the rest', async () => {
    const above = await accounts.get(group);
    const { source, ids } = await show({
      prepare: (one, all) => {
        for (const at of [north, south]) all.products.make(at, 'schedule', { name: 'Night hours' });
        clash(one, all);
        one.targets = [
          { id: north, name: 'Acme North' },
          { id: south, name: 'Acme South' },
        ];
        Object.assign(one, { account: above });
      },
    });
    await userEvent.click(box(/Front desk/));
    await userEvent.click(box(/Billing desk/));
    await press('Next: resolve');
    const question = (name: string) => page.getByRole('group', { name, exact: true });
    await userEvent.click(question('Office hours').getByRole('radio', { name: 'Skip' }));
    // Of what clashes in one account alone there is nothing to tell apart.
    expect(page.getByText('By account').elements()).toHaveLength(1);
    await userEvent.click(page.getByText('By account'));
    const other = page.getByRole('combobox', { name: 'Acme South: Night hours' });
    await userEvent.selectOptions(other, 'Use existing');
    await seen('By account (1)');
    // One account is answered, the other one is not.
    await seen('1 of 2 answered');
    await expect.element(button('Next: preview')).toBeDisabled();
    await userEvent.click(question('Night hours').getByRole('radio', { name: 'Replace' }));
    await seen('2 of 2 answered');
    await expect.element(other).toHaveValue('use_existing');
    await seen('Replace, Use existing');
    // In the other account nothing is called so.
    await seen('in 1 of 2 accounts');
    await press('Next: preview');
    await seen('Not copied');
    const nights = source.products.owned(group).find(({ name }) => name === 'Night hours')!.id;
    expect(source.asked.at(-1)?.answers).toEqual([
      { product: ids.hours, as: 'skip' },
      { product: nights, as: 'replace' },
      { product: nights, target: south, as: 'use_existing' },
    ]);
    await press('Back');
    await userEvent.selectOptions(other, 'As for all');
    await press('Next: preview');
    await vi.waitFor(() => expect(source.asked.at(-1)?.answers).toHaveLength(2));
  });

  it('adds what could come with one click, and says what needs a value', async () => {
    const { source, ids } = await show();
    await userEvent.click(box(/Front desk/));
    await press('Next: resolve');
    await seen('Needs a value');
    await press('Add: Main line');
    await vi.waitFor(() => expect(source.asked.at(-1)?.products.map(({ product }) => product)).toContain(ids.number));
    await seen(/leaves Acme Group/);
  });
});

describe('the preview', () => {
  it('says what happens to each, what is not copied and why, and what limits leave room for', async () => {
    await show();
    await toPreview();
    await seen('Not copied');
    await seen('Front desk names it; numbers move only when chosen.');
    await seen('1 → 2 of 5');
    await seen(/Waits for Credentials/i);
    await expect.element(button('Import 5 items')).toBeEnabled();
  });

  it('is not run by the second press of a double one that led to it', async () => {
    const { source } = await show();
    await userEvent.click(box(/Front desk/));
    await press('Next: resolve');
    await press('Next: preview');
    await seen('What happens in Acme North');
    const second = new MouseEvent('click', { detail: 2, bubbles: true, composed: true });
    button('Import 5 items').element().dispatchEvent(second);
    await expect.element(button('Import 5 items')).toBeEnabled();
    expect(await source.recent(group)).toEqual([]);
    await press('Import 5 items');
    await running(source);
  });

  it('takes secrets that are given, and sends them with the import and never again', async () => {
    const { source, ids } = await show();
    await userEvent.click(box(/Front desk/));
    await press('Next: resolve');
    const field = page.getByLabelText('CRM Credentials');
    await expect.element(field).toHaveAttribute('type', 'password');
    await userEvent.fill(field, 'theirs');
    await press('Next: preview');
    await seen('Begins with the value that you gave.');
    await expect.element(page.getByText(/Waits for/)).not.toBeInTheDocument();
    await press('Back');
    await expect.element(field).toHaveValue('theirs');
    await press('Next: preview');
    await press('Import 5 items');
    const job = await running(source);
    expect(source.given).toEqual([{ product: ids.crm, at: '/credentials', value: 'theirs' }]);
    finish(source, job);
    await seen('5 of 5');
    await expect.element(page.getByText('Values to set')).not.toBeInTheDocument();
    await press('Import more');
    await userEvent.click(box(/Front desk/));
    await press('Next: resolve');
    await seen(/used as it is/);
    await expect.element(page.getByLabelText('CRM Credentials')).not.toBeInTheDocument();
  });

  it('shows each place in which a copy becomes another, or stays, and what goes on by it', async () => {
    const { source, ids } = await show({ prepare: clash });
    const sample = [{ id: '01940000-0000-7000-8000-0000000000c1' as RowId, name: 'Spring', uses: [] }];
    source.goesOn = [{ account: { id: north, name: 'Acme North' }, calls: 2, campaigns: 3, sample }];
    await userEvent.click(box(/Front desk/));
    await press('Next: resolve');
    await userEvent.click(page.getByRole('radio', { name: 'Replace' }));
    await press('Next: preview');
    await userEvent.click(page.getByText('2 differences'));
    await seen('Welcome');
    await seen(/changed on both sides/);
    await seen(/2 calls run there now/);
    await seen(/3 campaigns use what becomes different/);
    expect(source.asked).toHaveLength(2);
    // What both changed stays, unless somebody takes the source's.
    const take = page.getByRole('button', { name: /^Take the source’s: / });
    await userEvent.click(take);
    await seen(/the source’s is taken/);
    expect(source.asked.at(-1)?.takes).toEqual([{ product: ids.hours, target: north, at: ['/identity/voice'] }]);
    await userEvent.click(page.getByRole('button', { name: /^Keep what is here: / }));
    await seen(/changed on both sides/);
    expect((take.element().getRootNode() as ShadowRoot).activeElement).toBe(take.element());
    expect(source.asked.at(-1)?.takes).toEqual([]);
  });

  it('plans again with the answers when something changed, and says what', async () => {
    const { source, ids } = await show({ prepare: clash });
    await userEvent.click(box(/Front desk/));
    await press('Next: resolve');
    await userEvent.click(page.getByRole('radio', { name: 'Use existing' }));
    await press('Next: preview');
    source.products.change(
      { account: group, kind: 'knowledgeBase', product: ids.base },
      { name: 'Price list 2027' },
      'Somebody',
    );
    await press(/^Import \d items/);
    await seen(/Something changed since it was shown/);
    await seen('“Price list 2027” in “Acme North” is not as it was shown.');
    expect(source.asked.at(-1)?.answers).toEqual([{ product: ids.hours, as: 'use_existing' }]);
    await press(/^Import \d items/);
    await seen('Importing into Acme North');
  });

  it('asks anew when what has the name came meanwhile', async () => {
    const { source } = await show();
    await toPreview();
    clash({} as never, source);
    await press(/^Import \d items/);
    await seen('Same name in Acme North');
    await expect.element(button('Next: preview')).toBeDisabled();
  });

  it('says that nothing is left to do', async () => {
    const { source, element } = await show();
    await toPreview();
    await press(/^Import \d items/);
    finish(source, await running(source));
    await press('Import more');
    await userEvent.click(box(/Front desk/));
    await press('Next: resolve');
    await press('Next: preview');
    await seen(/Nothing is left to do/);
    await expect.element(button(/^Import 0 items/)).toBeDisabled();
    expect(text(element)).toContain('used as it is');
  });
});

describe('the import', () => {
  it('shows each step live, what failed and why, and what is to be set, and is found again', async () => {
    const { source, element, ids } = await show();
    await toPreview();
    source.fails = { name: 'Front desk', message: 'Limit reached: 6 of 6 agents.' };
    await press('Import 5 items');
    await seen('0 of 5');
    const job = await running(source);
    source.step(job);
    await seen('1 of 5 ');
    await expect.element(row('Price list')).toMatchTextContent(/new/);
    // Another page, which was opened meanwhile, or this one once it was loaded again.
    element.remove();
    const other = new MemoryImports(accounts, source.products);
    Object.assign(other, {
      recent: source.recent,
      job: source.job,
      waiting: source.waiting,
      follow: source.follow,
      undo: source.undo,
      foreseeUndo: source.foreseeUndo,
    });
    const again = await show({ source: other, ids });
    await seen('Importing into Acme North');
    finish(source, job);
    await seen('Done in part');
    await seen(/Limit reached: 6 of 6 agents\./);
    await seen('Values to set');
    const wanted = vi.fn();
    again.element.addEventListener('sam-show', wanted);
    await press(/^Set: Acme North, CRM/);
    expect(wanted.mock.lastCall?.[0].detail).toMatchObject({
      account: north,
      tab: 'products',
      product: { kind: 'integration' },
    });
  });

  it('tries one thing that failed again by itself', async () => {
    const { source } = await show();
    await toPreview();
    source.fails = { name: 'Front desk', message: 'Limit reached: 6 of 6 agents.' };
    await press('Import 5 items');
    const job = await running(source);
    finish(source, job);
    await seen('Done in part');
    const again = row('Front desk').getByRole('button', { name: 'Try again: Front desk' });
    await expect.element(again).toBeVisible();
    expect(page.getByRole('button', { name: /^Try again: / }).elements()).toHaveLength(1);
    source.fails = null;
    await again.click();
    await seen('4 of 5');
    await expect.element(again).not.toBeInTheDocument();
    finish(source, job);
    await seen('5 of 5');
  });

  it('tries again by one press what failed, and nothing else, and is taken back as a whole', async () => {
    const { source } = await show();
    await toPreview();
    source.fails = { name: 'Front desk', message: 'Limit reached: 6 of 6 agents.' };
    await press('Import 5 items');
    const job = await running(source);
    finish(source, job);
    await seen('Done in part');
    await expect.element(button('Stop')).not.toBeInTheDocument();
    source.fails = null;
    await press('Try again what failed');
    await seen('4 of 5');
    await expect.element(button('Try again what failed')).not.toBeInTheDocument();
    await expect.element(button('Undo import')).toBeDisabled();
    await expect.element(row('Front desk')).toMatchTextContent(/waits/);
    expect(source.step(job)).toBe(true);
    expect(source.step(job)).toBe(false);
    await seen('5 of 5');
    await expect.element(row('Front desk')).not.toMatchTextContent(/Limit reached/);
    await press('Undo import');
    await userEvent.click(page.getByRole('dialog').getByRole('button', { name: 'Undo import' }));
    await seen('Taking back');
    finish(source, await running(source));
    await vi.waitFor(() => expect(source.products.owned(north)).toEqual([]));
  });

  it('may go on beside another one', async () => {
    const { source, element } = await show();
    await toPreview();
    await press('Import 5 items');
    source.step(await running(source));
    await press('Import more');
    await seen('Recent imports from Acme Group');
    await userEvent.click(box(/Billing desk/));
    await press('Next: resolve');
    await seen('Comes along');
    expect(text(element)).not.toContain('Importing into');
  });

  it('is stopped', async () => {
    const { source } = await show();
    await toPreview();
    await press('Import 5 items');
    source.step(await running(source));
    await press('Stop');
    await seen('Stopped');
    expect(source.step(await running(source))).toBe(false);
  });

  it('is taken back, which says what stays', async () => {
    const { source } = await show();
    await toPreview();
    await press('Import 5 items');
    finish(source, await running(source));
    await seen('Done');
    await press('Undo import');
    await expect.element(page.getByRole('dialog')).toMatchTextContent(/All that came goes again/);
    await userEvent.click(page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).last());
    const copy = source.products.owned(north).find(({ name }) => name === 'Front desk');
    source.products.change({ account: north, kind: 'agent', product: copy!.id }, { name: 'Reception' }, 'Somebody');
    await press('Undo import');
    await expect
      .element(page.getByRole('dialog'))
      .toMatchTextContent(/Some of it stays: Acme North: “Front desk” stays/);
    await userEvent.click(page.getByRole('dialog').getByRole('button', { name: 'Undo import' }));
    await seen('Taking back');
    finish(source, await running(source));
    await seen('removed again');
    expect(source.products.owned(north)).toEqual([]);
    await press('Import more');
    await seen('Recent imports from Acme Group');
    expect(page.getByRole('button', { name: /^Open: / }).elements()).toHaveLength(2);
  });

  it('goes into several accounts, from the account above them', async () => {
    const above = await accounts.get(group);
    const { source } = await show({
      prepare: (one) => {
        one.targets = [
          { id: north, name: 'Acme North' },
          { id: south, name: 'Acme South' },
        ];
        Object.assign(one, { account: above });
      },
    });
    await seen('2 accounts');
    await userEvent.click(box(/Billing desk/));
    await press('Next: resolve');
    await press('Next: preview');
    await userEvent.click(page.getByText('Acme South').first());
    // Somebody moved one away meanwhile.
    const { run } = source;
    source.run = () =>
      Promise.reject(
        new SourceRefusal({ code: 'NOT_FOUND', message: `There is no account “${south}” that you can reach.` }),
      );
    const { plan } = source;
    source.plan = source.run as never;
    await press('Import 4 items');
    await seen('There is no account “Acme South” that you can reach.');
    Object.assign(source, { run, plan });
    await press('Import 4 items');
    finish(source, await running(source));
    await seen('Importing into 2 accounts');
    expect(source.products.owned(south).map(({ name }) => name)).toContain('Billing desk');
  });
});

describe('copies', () => {
  const copied = (one: SamImport, source: MemoryImports, ids: ReturnType<typeof fill>): void => {
    const product = source.products.make(north, 'schedule', { name: 'Office hours', timeZone: 'Europe/Berlin' });
    source.products.link(
      { account: north, kind: 'schedule', product },
      {
        state: 'linked',
        updateAvailable: true,
        source: { account: { id: group, name: 'Acme Group' }, product: ids.hours, version: 3 },
        version: 1,
        parts: null,
        needs: [],
        differences: [{ at: '/timeZone', base: 'Europe/Vienna', local: 'Europe/Berlin' }],
      },
    );
    void one;
  };

  it('are shown where they are chosen, with updates and differences; one place is taken back, one copy detached', async () => {
    const { source, ids } = await show({ prepare: copied });
    await seen(/v1 there, v1 available/);
    await press('Copy of Office hours');
    await seen('Update available');
    await seen('Differs in 1 place');
    await press(/^Take the source’s: /);
    await seen('As its source');
    expect(source.products.owned(north)[0]?.document['timeZone']).toBe('Europe/Vienna');
    await press('Detach');
    await userEvent.click(page.getByRole('dialog').getByRole('button', { name: 'Detach' }));
    await expect.element(page.getByText('As its source')).not.toBeInTheDocument();
    expect(source.products.linkOf(source.products.owned(north)[0]!.id)).toBeUndefined();
    expect(ids.hours).toBeDefined();
  });

  it('can be left out of the list', async () => {
    await show({ prepare: copied });
    await userEvent.click(box('Hide what was imported'));
    await expect.element(page.getByText('Office hours')).not.toBeInTheDocument();
    await seen('Front desk');
  });
});

describe('trouble', () => {
  it('says what could not be loaded, and tries again', async () => {
    const source = new MemoryImports(accounts);
    source.refusal = new SourceRefusal({ code: 'FORBIDDEN', message: 'You may not import here.' });
    await show({ source });
    await seen('You may not import here.');
  });

  it('says why a plan was refused, and keeps what was chosen', async () => {
    const { source } = await show();
    await userEvent.click(box(/Front desk/));
    source.refusal = new SourceRefusal({ code: 'UNAVAILABLE', message: 'The server is not to be had.' });
    await press('Next: resolve');
    await seen('The server is not to be had.');
    source.refusal = null;
    await press('Next: resolve');
    await seen('Comes along');
  });
});

describe('for everybody', () => {
  it('works by keyboard alone', async () => {
    const { source } = await show({ prepare: clash });
    await seen('Front desk');
    const first = box(/Front desk/).element() as HTMLElement;
    first.focus();
    await userEvent.keyboard(' ');
    (button('Next: resolve').element() as HTMLElement).focus();
    await userEvent.keyboard('{Enter}');
    await seen('Same name in Acme North');
    // Where one is now has the focus.
    await vi.waitFor(() => expect(focused()?.textContent).toContain('Resolve'));
    (page.getByRole('radio', { name: 'Keep both' }).element() as HTMLElement).focus();
    await userEvent.keyboard(' {ArrowRight}');
    await expect.element(page.getByRole('radio', { name: 'Replace' })).toBeChecked();
    (button('Next: preview').element() as HTMLElement).focus();
    await userEvent.keyboard('{Enter}');
    await seen('What happens in Acme North');
    (button(/^Import \d items/).element() as HTMLElement).focus();
    await userEvent.keyboard('{Enter}');
    await seen('Importing into Acme North');
    finish(source, await running(source));
    await seen('Done');
  });

  it.each(looksAt(1000, 360))('passes axe and fits, $theme $dir at $width', async (stage) => {
    const { source, element } = await show({ ...stage, prepare: clash });
    const look = async (): Promise<void> => {
      expect(await violations()).toEqual([]);
      expect(element.scrollWidth).toBeLessThanOrEqual(stage.width);
    };
    await userEvent.click(box(/Front desk/));
    await press('Parts of Front desk');
    await look();
    await press('Next: resolve');
    await seen('Same name in Acme North');
    await look();
    await userEvent.click(page.getByRole('radio', { name: 'Replace' }));
    await press('Next: preview');
    await userEvent.click(page.getByText('2 differences'));
    await look();
    await press(/^Import \d items/);
    source.fails = { name: 'Front desk', message: 'Limit reached: 6 of 6 agents.' };
    finish(source, await running(source));
    await seen('Done in part');
    await seen('Values to set');
    await look();
  });
});
