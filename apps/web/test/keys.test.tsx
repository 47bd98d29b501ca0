import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import KeysPage from '../src/keys/keys-page.tsx';
import { queries } from '../src/server.ts';
import { HOME, know, mount, NORTH, OLIVIA, unmount } from './mount.tsx';

const KEY = {
  id: 'key-1',
  name: 'CRM sync',
  prefix: 'tt_key_abcde',
  owner: OLIVIA,
  createdAt: '2026-11-01T00:00:00.000Z',
  expiresAt: null,
  lastUsedAt: null,
  revokedAt: null,
  scopes: { 'account.subaccounts': 'read', 'billing.usage': 'full' },
  within: [NORTH],
  madeBy: { id: 'key-0', name: 'Provisioning' },
};

const PACKAGES = ['client', 'widget'].map((name) => ({
  name: `@tenantree/${name}`,
  version: '0.1.0',
  path: `/packages/tenantree-${name}-0.1.0-1a2b3c4d.tgz`,
  integrity: 'sha512-AAAA',
}));

/** What was sent to make keys. */
let made: { name: string; expiresAt?: string | null; scopes?: object; within?: string[] }[] = [];

const answers: Readonly<Record<string, (input: never) => object>> = {
  'keys.list': () => ({ keys: [KEY] }),
  'keys.create': (input) => {
    made.push(input);
    return { id: 'key-2', key: 'tt_key_secret' };
  },
  'accounts.get': () => queries.getQueryData<object>(['account', HOME.id]) ?? {},
  'accounts.search': () => ({ matches: [NORTH.id], rows: [{ ...NORTH, parentId: HOME.id }] }),
};

beforeEach(() => {
  made = [];
  vi.spyOn(window, 'fetch').mockImplementation(async (input, init) => {
    const { pathname } = new URL(new Request(input).url);
    if (pathname === '/packages') return Response.json({ protocol: 1, packages: PACKAGES });
    const inputs: Record<string, never> = JSON.parse(typeof init?.body === 'string' ? init.body : '{}');
    const paths = pathname.replace('/trpc/', '').split(',');
    return Response.json(paths.map((path, i) => ({ result: { data: answers[path]?.(inputs[i]!) } })));
  });
  mount(<KeysPage account={HOME.id} />);
  know(HOME);
});
afterEach(() => {
  vi.restoreAllMocks();
  unmount();
});

const name = () => page.getByLabelText('Name of the new key');
const create = () => userEvent.click(page.getByRole('button', { name: 'Create key' }));
const daysUntil = (instant: string | null | undefined) =>
  Math.round((Date.parse(instant ?? '') - Date.now()) / 86_400_000);

describe('API keys', () => {
  it('say what they are kept to, when they end and which key made them', async () => {
    const row = page.getByRole('row', { name: /CRM sync/ });
    await expect.element(row).toBeVisible();
    const said = row.element().textContent;
    for (const words of ['Subaccounts: read, Usage: full', 'In Acme North', 'Made with the key Provisioning', 'Never'])
      expect(said).toContain(words);
  });

  it('end after a year and may and reach everything, unless one chooses otherwise', async () => {
    await userEvent.fill(name(), 'Usual');
    await create();
    await expect.element(page.getByText('tt_key_secret')).toBeVisible();
    expect(made[0]).toEqual({ account: HOME.id, name: 'Usual', expiresAt: expect.any(String) });
    expect(daysUntil(made[0]?.expiresAt)).toBe(365);
  });

  it('are not made to do nothing', async () => {
    await userEvent.fill(name(), 'Idle');
    await userEvent.selectOptions(page.getByLabelText('What it may do'), 'Only what I choose');
    await create();
    await expect.element(page.getByRole('alert')).toMatchTextContent(/^Choose at least one permission/);
    expect(made).toEqual([]);
    await userEvent.selectOptions(page.getByLabelText('Subaccounts', { exact: true }), 'Read');
    await create();
    await expect.element(page.getByText('tt_key_secret')).toBeVisible();
    expect(made).toHaveLength(1);
  });

  it('are told of, but not offered, to whoever may only read them', async () => {
    const account = queries.getQueryData<{ levels: object }>(['account', HOME.id]);
    queries.setQueryData(['account', HOME.id], {
      ...account,
      levels: { ...account?.levels, 'developers.apiKeys': 'read' },
    });
    queries.setQueryData(['keys', HOME.id], { keys: [] });
    await expect.element(page.getByText('No API keys yet.', { exact: true })).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Create key' })).not.toBeInTheDocument();
  });

  it('are kept to the permissions, the subaccounts and the time that one chooses', async () => {
    await userEvent.fill(name(), 'Narrow');
    await userEvent.selectOptions(page.getByLabelText('Ends'), 'In 30 days');
    await userEvent.selectOptions(page.getByLabelText('What it may do'), 'Only what I choose');
    await userEvent.selectOptions(page.getByLabelText('Subaccounts', { exact: true }), 'Read');
    await userEvent.selectOptions(page.getByLabelText('Where it reaches'), 'Only some subaccounts');
    await create();
    await expect.element(page.getByText('Choose at least one subaccount.')).toBeVisible();
    await userEvent.fill(page.getByLabelText(/^Subaccounts that it reaches/), 'north');
    await userEvent.click(page.getByRole('button', { name: 'Add Acme North' }));
    await expect.element(page.getByRole('button', { name: 'Leave out Acme North' })).toBeVisible();
    await create();
    await expect.element(page.getByText('tt_key_secret')).toBeVisible();
    expect(made).toHaveLength(1);
    expect(made[0]).toMatchObject({ scopes: { 'account.subaccounts': 'read' }, within: [NORTH.id] });
    expect(daysUntil(made[0]?.expiresAt)).toBe(30);
    await expect.element(page.getByLabelText('Where it reaches')).toHaveValue('all');
  });
});

describe('packages', () => {
  it('have a line that installs each from this server, to copy', async () => {
    for (const { name, path } of PACKAGES) {
      await expect.element(page.getByText(`npm install ${window.location.origin}${path}`)).toBeVisible();
      await expect.element(page.getByRole('button', { name: `Copy the line that installs ${name}` })).toBeVisible();
    }
  });
});
