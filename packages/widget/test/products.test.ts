import type { RowId } from '@tenantree/domain';
import { PRODUCT_KINDS } from '@tenantree/domain/products';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { loadTexts, PRODUCT_ROWS, SourceRefusal } from '../src/index.ts';
import { defineProducts, type ProductPlace, SamProducts } from '../src/products.ts';
import { looksAt, violations } from './accessible.ts';
import { mockTree } from './example-tree.ts';
import { MemoryProducts } from './memory-products.ts';
import { focused, type Stage, stage } from './stage.ts';

afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
});

const accounts = mockTree();
const account = accounts.root.row.id;
const NOWHERE: ProductPlace = { kind: null, product: null, part: null, search: '' };

/** Shows the products of an account: an agent with what it needs, and some beside. */
async function show({
  place = {},
  prepare = () => undefined,
  ...options
}: Stage & {
  place?: Partial<ProductPlace> | ((ids: Ids) => Partial<ProductPlace>);
  prepare?: (one: SamProducts, source: MemoryProducts) => void;
} = {}) {
  defineProducts();
  const source = new MemoryProducts();
  const ids = fill(source);
  const element = new SamProducts();
  Object.assign(element, { source, account: await accounts.get(account) });
  element.place = { ...NOWHERE, ...(typeof place === 'function' ? place(ids) : place) };
  prepare(element, source);
  stage({ width: 1000, ...options }).append(element);
  await vi.waitFor(() => expect(element.renderRoot.textContent).not.toContain('Loading'));
  return { source, element, ids };
}

type Ids = ReturnType<typeof fill>;
function fill(source: MemoryProducts) {
  const base = source.make(account, 'knowledgeBase', { name: 'Price list' });
  source.make(account, 'knowledgeBase', { name: 'Handbook' });
  const tool = source.make(account, 'tool', {
    name: 'Look up order',
    auth: { type: 'bearer', apiKey: 'a-long-secret-1234' },
  });
  const agent = source.make(account, 'agent', {
    name: 'Front desk',
    knowledge: { bases: [base] },
    prompt: { never: ['Diagnoses'], variables: { practice: 'Northgate' } },
    callFlow: {
      steps: [
        { id: 's1', type: 'say', name: 'Hello', text: 'Hi' },
        { id: 's2', type: 'ask', name: 'Reason' },
      ],
    },
  });
  source.make(account, 'agent', { name: 'Billing desk' });
  return { base, tool, agent };
}

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
const row = (name: string) => page.getByRole('row', { name: new RegExp(name) });
const save = () => userEvent.click(button('Save'));
const documentOf = async (source: MemoryProducts, kind: 'agent' | 'tool', product: RowId) =>
  (await source.get({ account, kind, product }, null)).document as Record<string, never>;

it('is there for whoever may see some kind', () => {
  expect(new Set(PRODUCT_ROWS)).toEqual(new Set(PRODUCT_KINDS.map(({ rows }) => rows.read)));
});

describe('the list of products', () => {
  it('is of a kind, with its columns, is searched, and goes to another kind and to a product, which a host keeps', async () => {
    const { element, ids } = await show();
    await expect.element(row('Front desk')).toBeVisible();
    await userEvent.fill(page.getByRole('searchbox'), 'bill');
    await expect.element(row('Front desk')).not.toBeInTheDocument();
    await expect.element(row('Billing desk')).toBeVisible();
    await userEvent.fill(page.getByRole('searchbox'), 'nobody');
    await expect.element(page.getByText('None has this in its name.')).toBeVisible();
    await userEvent.click(button('Campaigns'));
    await expect.element(page.getByText('None yet. “New” makes the first one.')).toBeVisible();
    await userEvent.click(button('Tools'));
    await expect.element(row('Look up order')).toMatchTextContent(/Look up order.*POST/);
    const wanted = vi.fn((event: CustomEvent) => event.preventDefault());
    element.addEventListener('sam-place', wanted);
    await userEvent.click(button('Look up order'));
    expect(wanted.mock.lastCall?.[0].detail).toEqual({
      place: { kind: 'tool', product: ids.tool, part: null, search: '' },
      how: 'push',
    });
    await expect.element(row('Look up order')).toBeVisible();
  });

  it('hears of changes, says what failed, and shows only kinds that one may see', async () => {
    const { source, element } = await show();
    await vi.waitFor(() => expect(element.renderRoot.textContent).toContain('Agents'));
    source.make(account, 'agent', { name: 'Night desk' });
    await expect.element(button('Night desk')).toBeVisible();
    source.refusal = new SourceRefusal({ code: 'FORBIDDEN', message: 'Not for you.' });
    await userEvent.click(button('Export CSV'));
    await expect.element(page.getByRole('alert')).toHaveTextContent('Not for you.');
    const detail = await accounts.get(account);
    element.account = { ...detail, id: accounts.idOf('Acme Group'), levels: { ...detail.levels, agents: 'none' } };
    source.refusal = null;
    await expect.element(button('Agents')).not.toBeInTheDocument();
    await expect.element(button('Tools')).toBeVisible();
  });

  it('saves all of a kind as one file, or what is searched for', async () => {
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
    const made = vi.spyOn(URL, 'createObjectURL');
    const { element } = await show();
    await userEvent.click(button('Export CSV'));
    await vi.waitFor(() => expect(made).toHaveBeenCalledOnce());
    // Reading it as text takes the mark of its encoding away.
    const [[file] = []] = made.mock.calls;
    expect(file instanceof Blob && (await file.text())).toBe('id,name\r\n1,a\r\n2,a\r\n');
    // What is searched for alone, when something is.
    element.place = { ...element.place, search: 'desk' };
    await userEvent.click(button('Export CSV'));
    await vi.waitFor(() => expect(made).toHaveBeenCalledTimes(2));
    const [, [found] = []] = made.mock.calls;
    expect(found instanceof Blob && (await found.text())).toBe('id,name\r\n1,desk\r\n2,desk\r\n');
  });

  it('brings back what was deleted, and deletes nothing that others need', async () => {
    const { source } = await show({ place: ({ base }) => ({ kind: 'knowledgeBase', product: base }) });
    await userEvent.click(button('Delete'));
    await userEvent.click(page.getByRole('dialog').getByRole('button', { name: 'Delete' }));
    await expect
      .element(page.getByRole('dialog').getByRole('alert'))
      .toHaveTextContent('It is needed by “Front desk”.');
    await userEvent.keyboard('{Escape}');
    await userEvent.click(button('‹ Knowledge bases'));
    await userEvent.click(button('Handbook'));
    await userEvent.click(button('Delete'));
    await userEvent.click(page.getByRole('dialog').getByRole('button', { name: 'Delete' }));
    await expect.element(row('Handbook')).not.toBeInTheDocument();
    await userEvent.click(button('Recently deleted'));
    await userEvent.click(button(/Restore: Handbook/));
    await expect.element(page.getByRole('heading', { name: 'Handbook' })).toBeVisible();
    expect((await source.deleted(account, 'knowledgeBase')).length).toBe(0);
  });
});

describe('a product', () => {
  const prompt = ({ agent }: Ids): Partial<ProductPlace> => ({ kind: 'agent', product: agent, part: 'prompt' });

  it('is drawn from its schema, and only the part that was changed is saved', async () => {
    const { source, ids } = await show({ place: prompt });
    await userEvent.fill(page.getByLabelText('Greeting'), 'Good morning');
    await expect.element(button('Prompt, Not saved')).toBeVisible();
    await userEvent.click(page.getByRole('switch', { name: 'Speaks first' }));
    await userEvent.fill(page.getByLabelText('Never says or does'), 'Prices');
    await userEvent.keyboard('{Enter}');
    await userEvent.click(button('Remove: Diagnoses'));
    await userEvent.fill(page.getByLabelText('Variables'), 'city');
    await userEvent.keyboard('{Enter}');
    await vi.waitFor(() => expect(focused()?.getAttribute('placeholder')).toBe('city'));
    await userEvent.keyboard('Berlin');
    await save();
    await expect.element(button('Save')).not.toBeInTheDocument();
    expect(source.sent).toEqual([
      {
        prompt: expect.objectContaining({
          greeting: 'Good morning',
          speaksFirst: false,
          never: ['Prices'],
          variables: { practice: 'Northgate', city: 'Berlin' },
        }),
      },
    ]);
    expect((await documentOf(source, 'agent', ids.agent))['knowledge']).toMatchObject({ bases: [ids.base] });
  });

  it('names others by a choice that leads to them, and has its entries moved, added and taken out by keys', async () => {
    const { source, ids } = await show({
      place: ({ agent }) => ({ kind: 'agent', product: agent, part: 'knowledge' }),
    });
    await userEvent.selectOptions(page.getByLabelText('Add'), 'Handbook');
    await expect.element(button('Remove: Handbook')).toBeVisible();
    await userEvent.click(button('Call Flow'));
    await userEvent.click(button('Move up: Ask · Reason'));
    expect(focused()?.getAttribute('aria-label')).toBe('Move up: Ask · Reason');
    await userEvent.click(button('Remove: Say · Hello · Hi'));
    await userEvent.click(page.getByRole('group', { name: 'Steps' }).getByRole('button', { name: 'Add', exact: true }));
    await userEvent.selectOptions(page.getByLabelText('Type').last(), 'Wait');
    await userEvent.fill(page.getByLabelText('For', { exact: true }), '7,5');
    await save();
    await vi.waitFor(() => expect(focused()?.getAttribute('inputmode')).toBe('decimal'));
    await expect.element(page.getByLabelText('For', { exact: true })).toHaveAttribute('aria-invalid', 'true');
    await userEvent.fill(page.getByLabelText('For', { exact: true }), '7');
    await save();
    await expect.element(button('Save')).not.toBeInTheDocument();
    const { callFlow, knowledge } = await documentOf(source, 'agent', ids.agent);
    expect(callFlow).toMatchObject({
      steps: [
        { id: 's2', type: 'ask' },
        { type: 'wait', seconds: 7 },
      ],
    });
    expect(knowledge).toMatchObject({ bases: [ids.base, expect.any(String)] });
    await userEvent.click(button('Knowledge'));
    await userEvent.click(button('Open: Price list'));
    await expect.element(page.getByRole('heading', { name: 'Price list' })).toBeVisible();
    await expect.element(button('Front desk')).toBeVisible();
  });

  it('reads a whole number with its thousands apart, as its bounds are written', async () => {
    const { source, ids } = await show({
      place: ({ agent }) => ({ kind: 'agent', product: agent, part: 'general' }),
    });
    await expect.element(page.getByText('16 – 32,000')).toBeVisible();
    await userEvent.fill(page.getByLabelText('Longest answer'), '20,000');
    await userEvent.fill(page.getByLabelText('Temperature'), '0,125');
    await save();
    await expect.element(button('Save')).not.toBeInTheDocument();
    expect((await documentOf(source, 'agent', ids.agent))['general']).toMatchObject({
      model: { mostTokens: 20_000, temperature: 0.125 },
    });
  });

  it('says what is wrong at its field, which has the focus, and keeps what was typed', async () => {
    const { source } = await show({ place: { kind: 'phoneNumber', product: 'new' } });
    await userEvent.fill(page.getByLabelText('Number', { exact: true }), '030');
    await userEvent.click(button('Create'));
    await vi.waitFor(() => expect(decodeURIComponent(focused()?.id ?? '')).toBe('/number'));
    await expect.element(page.getByLabelText('Number', { exact: true })).toHaveAttribute('aria-invalid', 'true');
    await expect.element(page.getByLabelText('Number', { exact: true })).toHaveValue('030');
    await userEvent.fill(page.getByLabelText('Number', { exact: true }), '+4930123456');
    await userEvent.click(button('Create'));
    await vi.waitFor(() => expect(decodeURIComponent(focused()?.id ?? '')).toBe('/name'));
    await userEvent.fill(page.getByLabelText('Name', { exact: true }), 'Main line');
    await userEvent.dblClick(button('Create'));
    await expect.element(page.getByText(/Version 1/)).toBeVisible();
    const query = { search: '', order: 'name', cursor: null, limit: 5 } as const;
    expect((await source.list(account, 'phoneNumber', query)).rows).toHaveLength(1);
  });

  it('never shows a secret: it is kept, replaced or cleared', async () => {
    const { source, ids } = await show({ place: ({ tool }) => ({ kind: 'tool', product: tool }) });
    await expect.element(page.getByText('Set ••••1234')).toBeVisible();
    await userEvent.click(button('Replace'));
    await userEvent.fill(page.getByLabelText('Key or token'), 'another-secret-5678');
    await save();
    await expect.element(page.getByText('Set ••••5678')).toBeVisible();
    await userEvent.click(button('Clear'));
    await userEvent.click(button('Keep the old one'));
    await expect.element(button('Save')).not.toBeInTheDocument();
    await userEvent.click(button('Clear'));
    await save();
    await expect.element(page.getByLabelText('Key or token')).toHaveValue('');
    expect((await documentOf(source, 'tool', ids.tool))['auth']).toEqual({ type: 'bearer', header: 'X-Api-Key' });
  });

  it('asks before what was typed is given up, and has it again when one came away otherwise', async () => {
    const { element, ids } = await show({ place: prompt });
    await userEvent.fill(page.getByLabelText('Greeting'), 'Good morning');
    await userEvent.click(button('‹ Agents'));
    await userEvent.click(page.getByRole('dialog').getByRole('button', { name: 'Stay' }).first());
    await expect.element(page.getByLabelText('Greeting')).toHaveValue('Good morning');
    element.place = { ...NOWHERE, kind: 'agent' };
    await expect.element(row('Front desk')).toMatchTextContent(/Not saved/);
    element.place = { ...NOWHERE, ...prompt(ids) };
    await expect.element(page.getByLabelText('Greeting')).toHaveValue('Good morning');
    await userEvent.click(button('‹ Agents'));
    await userEvent.click(page.getByRole('dialog').getByRole('button', { name: 'Discard' }));
    await expect.element(row('Front desk')).not.toMatchTextContent(/Not saved/);
  });

  it('takes over what others save meanwhile beside what is typed, and lets one choose where both changed the same', async () => {
    const { source, ids } = await show({ place: prompt });
    const at = { account, kind: 'agent', product: ids.agent } as const;
    await userEvent.fill(page.getByLabelText('Greeting'), 'Mine');
    source.change(at, { analytics: { record: true } }, 'Adam Admin');
    await expect.element(page.getByText(/Adam Admin saved version 2 meanwhile/)).toBeVisible();
    await expect.element(page.getByLabelText('Greeting')).toHaveValue('Mine');
    const before = (await documentOf(source, 'agent', ids.agent))['prompt'];
    source.change(
      at,
      { prompt: { ...(before as object | undefined), greeting: 'Theirs', style: 'Calm' } },
      'Adam Admin',
    );
    await userEvent.click(page.getByRole('radio', { name: /Theirs: Theirs/ }));
    await userEvent.click(button('Go on with these'));
    await expect.element(page.getByLabelText('Greeting')).toHaveValue('Theirs');
    await userEvent.fill(page.getByLabelText('Style'), 'Calm and short');
    await save();
    await expect.element(button('Save')).not.toBeInTheDocument();
    expect((await documentOf(source, 'agent', ids.agent))['prompt']).toMatchObject({
      greeting: 'Theirs',
      style: 'Calm and short',
    });
    await userEvent.click(button('Versions'));
    await userEvent.click(button(/Open: Front desk version 3/));
    await vi.waitFor(() => expect(focused()?.textContent).toBe('Front desk, version 3'));
    await expect.element(page.getByLabelText('Greeting')).toHaveValue('Theirs');
    await expect.element(page.getByLabelText('Greeting')).toBeDisabled();
    await userEvent.click(button(/Open: Front desk version 1/));
    await expect.element(page.getByLabelText('Greeting')).toHaveValue('');
    await expect.element(page.getByText('Northgate')).not.toBeInTheDocument();
    await userEvent.click(button(/Restore: Front desk version 1/));
    await expect.element(page.getByText(/Version 5/).first()).toBeVisible();
    expect((await documentOf(source, 'agent', ids.agent))['prompt']).toMatchObject({ greeting: '' });
  });

  it('keeps what was typed where somebody deletes the product, and shows nothing of it once that is given up', async () => {
    const { source, ids } = await show({ place: prompt });
    await userEvent.fill(page.getByLabelText('Greeting'), 'Mine');
    source.drop(ids.agent);
    await expect.element(page.getByText('There is no such product.')).toBeVisible();
    await expect.element(page.getByLabelText('Greeting')).toHaveValue('Mine');
    await userEvent.click(button('Discard'));
    await expect.element(page.getByLabelText('Greeting')).not.toBeInTheDocument();
    await expect.element(page.getByRole('heading', { name: 'Front desk' })).not.toBeInTheDocument();
    await expect.element(page.getByText('There is no such product.')).toBeVisible();
    await source.restore({ account, kind: 'agent', product: ids.agent }, 1, 1);
    await expect.element(page.getByLabelText('Greeting')).toHaveValue('');
    await expect.element(page.getByText('There is no such product.')).not.toBeInTheDocument();
    // Where nothing is typed it is gone at once.
    source.drop(ids.agent);
    await expect.element(page.getByText('There is no such product.')).toBeVisible();
    await expect.element(page.getByLabelText('Greeting')).not.toBeInTheDocument();
  });

  it('shows nothing of what was looked at before, however late that comes', async () => {
    const { source, element, ids } = await show({ place: ({ agent }) => ({ kind: 'agent', product: agent }) });
    const other = source.make(account, 'agent', { name: 'Night desk' });
    const late: (() => void)[] = [];
    const hold = () => new Promise<void>((resolve) => late.push(resolve));
    const { versions, save: saved } = source;
    source.versions = async (at, ...asked) => {
      if (at.product === ids.agent) await hold();
      return versions(at, ...asked);
    };
    const turnTo = async (product: RowId, part: string): Promise<void> => {
      element.place = { ...NOWHERE, kind: 'agent', product, part };
      await vi.waitFor(() => expect(element.renderRoot.textContent).not.toContain('Loading'));
    };
    await turnTo(ids.agent, 'versions');
    await vi.waitFor(() => expect(late).toHaveLength(1));
    await turnTo(other, 'versions');
    await expect.element(row('Night desk version 1')).toBeVisible();
    late[0]?.();
    await expect.element(row('Front desk')).not.toBeInTheDocument();

    await turnTo(ids.agent, 'prompt');
    source.save = async (...asked) => {
      await hold();
      if (asked[0].product === ids.agent) throw new SourceRefusal({ code: 'FORBIDDEN', message: 'No more.' });
      return saved(...asked);
    };
    await userEvent.fill(page.getByLabelText('Greeting'), 'Typed here');
    await save();
    await vi.waitFor(() => expect(late).toHaveLength(2));
    await turnTo(other, 'prompt');
    await expect.element(page.getByText('Night desk').first()).toBeVisible();
    late[1]?.();
    await expect.element(page.getByRole('alert')).not.toBeInTheDocument();
    await expect.element(page.getByLabelText('Greeting')).toHaveValue('');
    await turnTo(ids.agent, 'prompt');
    await expect.element(page.getByLabelText('Greeting')).toHaveValue('Typed here');
  });

  it('shows no part that one may not see, and changes none that one may only read', async () => {
    await show({
      place: prompt,
      prepare: (_, source) => Object.assign(source.levels, { prompt: 'read', tools: 'none' }),
    });
    await expect.element(page.getByLabelText('Greeting')).toBeDisabled();
    await expect.element(button('Tools').nth(1)).not.toBeInTheDocument();
    await expect.element(button('Remove: Diagnoses')).not.toBeInTheDocument();
  });

  it('says what fields are called in the language of the rest, also when that comes late', async () => {
    const german = await loadTexts('de');
    const { element } = await show({ place: ({ agent }) => ({ kind: 'agent', product: agent, part: 'prompt' }) });
    await expect.element(page.getByLabelText('Greeting')).toBeVisible();
    element.texts = german;
    await expect.element(page.getByLabelText('Begrüßung')).toBeVisible();
    await expect.element(page.getByText('Wissensdatenbanken').first()).toBeVisible();
    await expect.element(page.getByLabelText('Greeting')).not.toBeInTheDocument();
  });

  it('keeps what no screen can draw, and shows it', async () => {
    const { source, ids } = await show({
      place: ({ tool }) => ({ kind: 'tool', product: tool }),
      prepare: (_, memory) => {
        const { kinds } = memory;
        memory.kinds = async (language) =>
          (await kinds(language)).map((one) => {
            if (one.kind !== 'tool') return one;
            const { timeoutSeconds: _, ...properties } = one.schema['properties'] as Record<string, never>;
            return {
              ...one,
              schema: { ...one.schema, properties: { ...properties, method: { type: 'object' } } },
            };
          });
      },
    });
    await expect.element(page.getByText('timeoutSeconds')).toBeVisible();
    await userEvent.fill(page.getByLabelText('What it does'), 'Finds it.');
    await save();
    await expect.element(button('Save')).not.toBeInTheDocument();
    expect(await documentOf(source, 'tool', ids.tool)).toMatchObject({
      method: 'POST',
      timeoutSeconds: 10,
      description: 'Finds it.',
    });
  });
});

it.each(looksAt(1000, 360))('axe finds nothing, $theme $dir at $width px, and nothing is wider', async (look) => {
  const { element, ids } = await show(look);
  for (const place of [
    {},
    { kind: 'agent', product: ids.agent, part: 'prompt' },
    { kind: 'agent', product: ids.agent, part: 'callFlow' },
    { kind: 'tool', product: ids.tool },
    { kind: 'agent', product: ids.agent, part: 'versions' },
  ] as const) {
    element.place = { ...NOWHERE, ...place };
    await element.updateComplete;
    expect(await violations(), JSON.stringify(place)).toEqual([]);
    expect(element.scrollWidth, JSON.stringify(place)).toBeLessThanOrEqual(look.width);
  }
});
