import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import ActivityPage from '../src/activity/activity-page.tsx';
import { queries } from '../src/server.ts';
import { HOME, know, mount, NORTH, OLIVIA, unmount } from './mount.tsx';

const VISIT = '01940000-0000-7000-8000-0000000000a1';
const entry = (id: string, account: typeof HOME, action: string, sentence: string, details: object) => ({
  id,
  at: '2026-11-20T12:00:00.000Z',
  account,
  action,
  kind: 'accounts',
  sentence,
  details,
  actor: { kind: 'person', id: NORTH.id, name: 'Adam Admin', via: account === HOME ? null : HOME },
  target: null,
  requestId: 'request-1',
});
const OWN = entry(HOME.id, HOME, 'account.renamed', 'renamed Acme to Acme Group', {
  before: 'Acme',
  after: 'Acme Group',
});
const NESTED = entry(VISIT, NORTH, 'account.suspended', 'suspended Acme North (read-only)', { account: 'Acme North' });

const refusal = { code: 'NOT_FOUND', message: 'There is no account that you can reach.', retryable: false };
const GONE = { error: { message: refusal.message, code: -32004, data: { code: 'NOT_FOUND', refusal } } };

/** What was asked of the log, in order. */
let asked: Record<string, unknown>[] = [];
let exported: Record<string, unknown>[] = [];
beforeEach(() => {
  asked = [];
  exported = [];
  queries.setDefaultOptions({ queries: { staleTime: Number.POSITIVE_INFINITY, retry: false } });
  vi.spyOn(window, 'fetch').mockImplementation(async (to, init) => {
    const url = new URL(new Request(to).url);
    const calls = url.pathname.split('/').at(-1)?.split(',') ?? [];
    const sent = url.searchParams.get('input') ?? (typeof init?.body === 'string' ? init.body : '{}');
    const inputs: Record<string, Record<string, unknown>> = JSON.parse(sent);
    return Response.json(
      calls.map((call, k) => {
        const input = inputs[k] ?? {};
        if (call === 'audit.export') {
          exported.push(input);
          const [csv, nextCursor] = input['cursor'] ? ['id,at\r\n2,b\r\n', null] : ['id,at\r\n1,ü\r\n', 'next'];
          return { result: { data: { filename: 'activity.csv', csv, nextCursor } } };
        }
        if (call === 'accounts.get') return GONE;
        if (call !== 'audit.list') return { result: { data: { members: [], invitations: [] } } };
        asked.push(input);
        return { result: { data: { rows: input['scope'] === 'nested' ? [NESTED, OWN] : [OWN], nextCursor: null } } };
      }),
    );
  });
  mount(<ActivityPage account={HOME.id} />, `/a/${HOME.id}/activity`);
  know(HOME);
  know(HOME, NORTH);
  queries.setQueryData(['me'], { user: OLIVIA, accounts: [], home: HOME.id });
});
afterEach(() => {
  vi.restoreAllMocks();
  unmount();
});

it('shows the account’s own log, and with nested what was done below, with where', async () => {
  await expect.element(page.getByText('renamed Acme to Acme Group')).toBeVisible();
  await expect.element(page.getByText(/suspended Acme North/)).not.toBeInTheDocument();
  await userEvent.click(page.getByRole('button', { name: 'With nested' }));
  await expect.element(page.getByText(/suspended Acme North/)).toBeVisible();
  await expect.element(page.getByText('via Acme Group')).toBeVisible();
  expect(window.location.search).toBe('?scope=nested');
  expect(asked.map(({ scope }) => scope)).toEqual(['own', 'nested']);
});

it('is chosen from by kind, by person and by account, and the address says so', async () => {
  await userEvent.selectOptions(page.getByLabelText('Kind'), 'Members');
  await userEvent.selectOptions(page.getByLabelText('Person'), 'Adam Admin');
  await vi.waitFor(() => expect(asked.at(-1)).toMatchObject({ kind: 'members', actor: NORTH.id }));
  expect(window.location.search).toBe(`?kind=members&by=${NORTH.id}`);
  await userEvent.click(page.getByRole('button', { name: 'With nested' }));
  await userEvent.click(page.getByText(/suspended Acme North/));
  await userEvent.click(page.getByRole('button', { name: 'Only this account' }));
  expect(window.location.pathname).toBe(`/a/${HOME.id}/subaccounts/${NORTH.id}/activity`);
});

it('saves what is asked for', async () => {
  const clicks = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
  await userEvent.selectOptions(page.getByLabelText('Kind'), 'Members');
  await userEvent.click(page.getByRole('button', { name: 'Export CSV' }));
  await vi.waitFor(() => expect(clicks).toHaveBeenCalledOnce());
  expect(exported).toEqual([
    { account: HOME.id, scope: 'own', kind: 'members' },
    { account: HOME.id, scope: 'own', kind: 'members', cursor: 'next' },
  ]);
});

it('leads from an address of a former release to the log of the account that it names', async () => {
  mount(<ActivityPage account={HOME.id} />, `/a/${HOME.id}/activity?of=${NORTH.id}`);
  know(HOME);
  await vi.waitFor(() => expect(window.location.pathname).toBe(`/a/${HOME.id}/subaccounts/${NORTH.id}/activity`));
});
