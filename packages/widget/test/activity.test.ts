import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { SourceRefusal } from '../src/index.ts';
import { defineRooms, SamActivity } from '../src/rooms.ts';
import { looksAt, violations } from './accessible.ts';
import { mockTree } from './example-tree.ts';
import { MemoryActivity } from './memory-activity.ts';
import { focused, type Stage, stage } from './stage.ts';

afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
});

const BOB = { kind: 'person', id: 'bob', name: 'Bob Below', via: { id: null, name: 'Acme Holding' } } as const;
const AWAY = new SourceRefusal({ code: 'UNAVAILABLE', message: 'The server does not answer.', retryable: true });

/** The activity of Acme Group, where Acme North stands below. */
async function show(options: Stage = {}, prepare: (one: SamActivity, log: MemoryActivity) => void = () => undefined) {
  defineRooms();
  const accounts = mockTree();
  const account = await accounts.get(accounts.idOf('Acme Group'));
  const north = { id: accounts.idOf('Acme North'), name: 'Acme North' };
  const log = new MemoryActivity();
  const details = { before: 'Acme', after: 'Acme Group' };
  log.note({ id: account.id, name: account.name }, 'renamed Acme to Acme Group', { details });
  log.note(north, 'suspended Acme North', { details: { account: 'Acme North' }, actor: BOB });
  log.members = [{ id: 'vera', name: 'Vera Viewer' }];
  const element = new SamActivity();
  Object.assign(element, { source: log, account, className: 'card' });
  prepare(element, log);
  stage({ width: 900, ...options }).append(element);
  return { element, log, account, north };
}

const entry = (sentence: string) => page.getByRole('row', { name: new RegExp(sentence) });
const RENAMED = 'renamed Acme to Acme Group';

describe('the activity of an account', () => {
  it('is its own log, and with nested what was done below, with where and by whom', async () => {
    const { log } = await show();
    await expect.element(entry(RENAMED)).toBeVisible();
    await expect.element(entry('suspended Acme North')).not.toBeInTheDocument();
    await userEvent.click(page.getByRole('button', { name: 'With nested' }));
    await expect.element(entry('suspended Acme North')).toMatchTextContent(/Bob Below.*via Acme Holding.*Acme North$/);
    expect(log.asked.map(({ scope }) => scope)).toEqual(['own', 'nested']);
  });

  it('opens an entry with all that was written down, by pointer and by keys', async () => {
    await show();
    await userEvent.click(page.getByText(RENAMED));
    await expect.element(page.getByRole('deletion')).toHaveTextContent('Acme');
    await expect.element(page.getByRole('insertion')).toHaveTextContent('Acme Group');
    await expect.element(page.getByText('request-1')).toBeVisible();
    const button = page.getByRole('button', { name: /^Details/ });
    await expect.element(button).toHaveAttribute('aria-expanded', 'true');
    button.element().focus();
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText('request-1')).not.toBeInTheDocument();
    expect(focused()).toBe(button.element());
  });

  it('is chosen from by kind and by person; what is not there says so and leads back', async () => {
    const { log } = await show();
    await expect.element(page.getByRole('option', { name: 'Vera Viewer' })).toBeInTheDocument();
    await userEvent.selectOptions(page.getByLabelText('Kind'), 'Members');
    await userEvent.selectOptions(page.getByLabelText('Person'), 'Olivia Owner');
    await vi.waitFor(() => expect(log.asked.at(-1)).toMatchObject({ kind: 'members', by: 'olivia' }));
    await userEvent.click(page.getByRole('button', { name: 'Show everything' }));
    await expect.element(entry(RENAMED)).toBeVisible();
    await expect.element(page.getByLabelText('Kind')).toHaveValue('');
  });

  it('asks for the log of the account of an entry, and only for what one of them did', async () => {
    const { element, north, log } = await show();
    const wanted = vi.fn((event: CustomEvent) => event.detail);
    element.addEventListener('sam-show', wanted);
    await userEvent.click(page.getByRole('button', { name: 'With nested' }));
    await userEvent.click(page.getByText('suspended Acme North'));
    await userEvent.click(page.getByRole('button', { name: 'Only this account' }));
    expect(wanted.mock.results[0]?.value).toEqual({ account: north.id, tab: 'activity' });
    await userEvent.click(page.getByRole('button', { name: 'Only by them' }));
    await vi.waitFor(() => expect(log.asked.at(-1)).toMatchObject({ by: 'bob' }));
  });

  it('leaves what is chosen to a host that keeps it', async () => {
    const { element, log } = await show();
    element.addEventListener('sam-filter', (event) => event.preventDefault());
    await userEvent.click(page.getByRole('button', { name: 'With nested' }));
    await element.updateComplete;
    expect([element.filter.scope, log.asked.length]).toEqual(['own', 1]);
  });

  it('shows further entries where there are, each once', async () => {
    const { account } = await show({}, (_, log) => {
      for (let k = 0; k < 60; k++)
        log.note({ id: mockTree().idOf('Acme Group'), name: 'Acme Group' }, `did thing ${k}.`);
    });
    await expect.element(page.getByText('did thing 59.')).toBeVisible();
    await expect.element(page.getByText(RENAMED)).not.toBeInTheDocument();
    await userEvent.dblClick(page.getByRole('button', { name: 'Show more' }));
    await expect.element(page.getByText(RENAMED)).toBeVisible();
    expect(page.getByText('did thing 3.').elements()).toHaveLength(1);
    await expect.element(page.getByRole('button', { name: 'Show more' })).not.toBeInTheDocument();
    expect(account.name).toBe('Acme Group');
  });

  it('saves all that is asked for as one file, which spreadsheets read as UTF-8', async () => {
    const saved: Blob[] = [];
    vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
      if (blob instanceof Blob) saved.push(blob);
      return 'blob:nothing';
    });
    const clicks = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
    const { log } = await show();
    await userEvent.selectOptions(page.getByLabelText('Kind'), 'Members');
    await userEvent.click(page.getByRole('button', { name: 'Export CSV' }));
    await vi.waitFor(() => expect(clicks).toHaveBeenCalledOnce());
    expect(log.exported.map(({ kind, cursor }) => [kind, cursor])).toEqual([
      ['members', null],
      ['members', 'next'],
    ]);
    const bytes = new Uint8Array((await saved[0]?.arrayBuffer()) ?? new ArrayBuffer());
    expect(Array.from(bytes).slice(0, 3)).toEqual([0xef, 0xbb, 0xbf]);
    expect(new TextDecoder().decode(bytes)).toBe('id,at\r\n1,ü\r\n2,b\r\n');
  });

  it('says nothing of accounts below to whoever may not see them', async () => {
    await show({}, (one) => {
      if (one.account)
        one.account = { ...one.account, levels: { ...one.account.levels, 'account.subaccounts': 'none' } };
    });
    await expect.element(entry(RENAMED)).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'With nested' })).not.toBeInTheDocument();
  });

  it('comes by itself when it could not be had; what is shown stays when more of it can’t be had', async () => {
    const { log } = await show({}, (_, memory) => {
      memory.refusal = AWAY;
    });
    await expect.element(page.getByRole('alert')).toMatchTextContent(/This could not be loaded/);
    log.refusal = null;
    await expect.poll(() => entry(RENAMED).elements().length, { timeout: 10_000 }).toBe(1);
    log.refusal = AWAY;
    await userEvent.click(page.getByRole('button', { name: 'Export CSV' }));
    await expect.element(page.getByRole('alert')).toMatchTextContent(/does not answer/);
    await expect.element(entry(RENAMED)).toBeVisible();
  });

  it('begins anew with another account, which nobody chose anything of', async () => {
    const { element, log, north, account } = await show();
    await userEvent.click(page.getByRole('button', { name: 'With nested' }));
    element.account = { ...account, id: north.id, name: 'Acme North' };
    await vi.waitFor(() => expect(log.asked.at(-1)).toMatchObject({ account: north.id, scope: 'own' }));
    await expect.element(entry(RENAMED)).not.toBeInTheDocument();
  });

  it('has what is chosen in, and buttons, of one height', async () => {
    await show();
    await expect.element(page.getByRole('button', { name: 'With nested' })).toBeVisible();
    const bar = page.getByRole('group', { name: 'What is shown' }).element();
    const heights = [...bar.querySelectorAll(':scope > *')].map((part) => part.getBoundingClientRect().height);
    expect(heights).toHaveLength(4);
    expect(new Set(heights).size).toBe(1);
  });

  it('names the account of an entry once where there is little room', async () => {
    const { element } = await show();
    await userEvent.click(page.getByRole('button', { name: 'With nested' }));
    const place = page.getByText('Acme North', { exact: true }).first();
    await expect.element(place).toBeVisible();
    element.style.inlineSize = '390px';
    await expect.element(place).not.toBeVisible();
    await expect.element(page.getByText('suspended Acme North')).toBeVisible();
  });

  it('is only the last of it, with nothing to choose, where that is asked for', async () => {
    const { log, element, account } = await show({}, (one, memory) => {
      one.show = 'latest';
      for (let k = 0; k < 20; k++)
        memory.note({ id: mockTree().idOf('Acme Group'), name: 'Acme Group' }, `did thing ${k}.`);
    });
    await expect.element(page.getByText('did thing 19.')).toBeVisible();
    expect(page.getByRole('row').elements()).toHaveLength(11);
    expect(page.getByRole('combobox').elements()).toEqual([]);
    expect(log.asked).toHaveLength(1);
    log.note({ id: account.id, name: account.name }, 'suspended Acme Group');
    element.account = { ...account, treeVersion: account.treeVersion + 1 };
    await expect.element(page.getByText('suspended Acme Group')).toBeVisible();
  });
});

it.each(looksAt(900, 480, 320))('axe finds nothing in the activity, $theme $dir at $width px', async (look) => {
  await show(look, (one) => {
    one.filter = { scope: 'nested', kind: null, by: null };
  });
  await userEvent.click(page.getByText(RENAMED));
  expect(await violations()).toEqual([]);
  expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(document.documentElement.clientWidth);
});
