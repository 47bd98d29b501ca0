import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import KeysPage from '../src/keys/keys-page.tsx';
import MembersPage from '../src/members/members-page.tsx';
import { queries } from '../src/server.ts';
import { LoginPage } from '../src/session/login-page.tsx';
import SetupPage from '../src/session/setup-page.tsx';
import YouPage from '../src/you/you-page.tsx';
import { HOME, know, mount, unmount } from './mount.tsx';

afterEach(() => {
  vi.restoreAllMocks();
  unmount();
});

const told = (refusal: object, status = 401): Response => Response.json({ error: { data: { refusal } } }, { status });
const WRONG = { code: 'UNAUTHORIZED', message: 'The e-mail address or the password is not right.', retryable: false };

const email = () => page.getByLabelText('E-mail address');
const password = () => page.getByLabelText('Password');

describe('signing in', () => {
  it('is open to password managers and to the clipboard', async () => {
    mount(<LoginPage />, '/login');
    await expect.element(email()).toHaveAttribute('autocomplete', 'username');
    await expect.element(password()).toHaveAttribute('autocomplete', 'current-password');
    await userEvent.fill(email(), 'olivia@example.com');
    await userEvent.click(email());
    await userEvent.keyboard('{Control>}a{/Control}{Control>}c{/Control}');
    await userEvent.click(password());
    await userEvent.keyboard('{Control>}v{/Control}');
    await expect.element(password()).toHaveValue('olivia@example.com');
  });

  it('says calmly what was not right, and keeps what was typed', async () => {
    vi.spyOn(window, 'fetch').mockImplementation(async () => told(WRONG));
    mount(<LoginPage />, '/login');
    await userEvent.fill(email(), 'olivia@example.com');
    await userEvent.fill(password(), 'not it');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('alert')).toHaveTextContent(WRONG.message);
    await expect.element(email()).toHaveValue('olivia@example.com');
    await expect.element(page.getByRole('button', { name: 'Sign in' })).toBeEnabled();
  });

  it('says that the server does not answer when it does not', async () => {
    vi.spyOn(window, 'fetch').mockRejectedValue(new TypeError('Failed to fetch'));
    mount(<LoginPage />, '/login');
    await userEvent.fill(email(), 'olivia@example.com');
    await userEvent.fill(password(), 'correct horse');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('alert')).toMatchTextContent(/^The server does not answer/);
  });

  it('says that something else answered when a proxy does', async () => {
    vi.spyOn(window, 'fetch').mockImplementation(async () => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    mount(<LoginPage />, '/login');
    await userEvent.fill(email(), 'olivia@example.com');
    await userEvent.fill(password(), 'correct horse');
    await userEvent.keyboard('{Enter}');
    await expect
      .element(page.getByRole('alert'))
      .toMatchTextContent(/^Something else than the server answered \(HTTP 502\)/);
  });

  it('is asked once, however often one presses', async () => {
    const fetching = vi.spyOn(window, 'fetch').mockReturnValue(new Promise(() => undefined));
    mount(<LoginPage />, '/login');
    await userEvent.fill(email(), 'olivia@example.com');
    await userEvent.fill(password(), 'correct horse');
    await userEvent.keyboard('{Enter}{Enter}{Enter}');
    await expect.element(page.getByRole('button', { name: 'Signing in…' })).toBeDisabled();
    expect(fetching.mock.calls.filter(([to]) => to === '/auth/sign-in/email')).toHaveLength(1);
  });

  it('sends whoever comes before the first owner to the link that the server printed', async () => {
    vi.spyOn(window, 'fetch').mockImplementation(async () => Response.json([{ result: { data: { claimed: false } } }]));
    mount(<LoginPage />, '/login');
    await expect.element(page.getByRole('heading', { name: 'Nobody owns this Tenantree yet' })).toBeVisible();
    await expect.element(email()).not.toBeInTheDocument();
  });

  it('sends an address as it was typed, also with an umlaut in its domain', async () => {
    const fetching = vi.spyOn(window, 'fetch').mockImplementation(async () => told(WRONG));
    mount(<LoginPage />, '/login');
    await userEvent.type(email(), 'ann@bücher.example');
    await userEvent.fill(password(), 'correct horse');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('alert')).toBeVisible();
    const [, init] = fetching.mock.calls.find(([to]) => to === '/auth/sign-in/email') ?? [];
    expect(init?.body).toContain('"email":"ann@bücher.example"');
  });

  it.each([
    ['/a/1/members?q=x', '/a/1/members?q=x'],
    ['//evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['https://evil.example/', '/'],
    ['javascript:alert(1)', '/'],
    ['', '/'],
  ])('goes on to %s only inside the app', async (to, end) => {
    vi.spyOn(window, 'fetch').mockImplementation(async () => Response.json({}));
    mount(<LoginPage />, `/login?to=${encodeURIComponent(to)}`);
    await userEvent.fill(email(), 'olivia@example.com');
    await userEvent.fill(password(), 'correct horse');
    await userEvent.keyboard('{Enter}');
    await expect.poll(() => location.pathname + location.search).toBe(end);
  });

  it('says that the session ended to who was inside', async () => {
    mount(<LoginPage />, '/login?to=%2Fa%2F1&ended=1');
    await expect.element(page.getByRole('heading')).toHaveTextContent('Session ended');
    await expect.element(page.getByText('Sign in again to go on where you were.')).toBeVisible();
  });
});

describe('the first run', () => {
  it('asks for what it needs before it asks the server', async () => {
    const fetching = vi.spyOn(window, 'fetch').mockReturnValue(new Promise(() => undefined));
    mount(<SetupPage token="tt_setup_x" />, '/setup/tt_setup_x');
    queries.setQueryData(['setup'], { claimed: false });
    await userEvent.fill(page.getByLabelText('Main account'), 'Acme Group');
    await userEvent.fill(page.getByLabelText('Your name'), 'Olivia Owner');
    await userEvent.fill(email(), 'olivia@example.com');
    await userEvent.fill(password(), 'short');
    const before = fetching.mock.calls.length;
    await userEvent.click(page.getByRole('button', { name: 'Create main account' }));
    await expect.element(password()).toHaveFocus();
    expect(fetching.mock.calls).toHaveLength(before);
    await expect.element(password()).toHaveAttribute('autocomplete', 'new-password');
  });

  it('leads to signing in when somebody has been here', async () => {
    mount(<SetupPage token="tt_setup_x" />, '/setup/tt_setup_x');
    queries.setQueryData(['setup'], { claimed: true });
    await expect.element(page.getByRole('heading', { name: 'Already set up' })).toBeVisible();
    await expect.element(page.getByRole('link', { name: 'Sign in' })).toHaveAttribute('href', '/login');
  });
});

describe('a form whose content was taken', () => {
  const ANSWERS: Readonly<Record<string, object>> = {
    'session.list': { sessions: [] },
    'keys.list': { keys: [] },
    'members.list': { members: [], invitations: [] },
    'keys.create': { id: 'key-1', key: 'tt_key_secret' },
    'members.invite': { id: 'invitation-1', link: 'https://example.com/invite/1', expiresAt: '2026-12-01T00:00:00Z' },
  };

  /** A server that takes what is sent, and from then on gives no list any more. */
  function serve(): void {
    let taken = false;
    vi.spyOn(window, 'fetch').mockImplementation(async (input) => {
      const calls = new URL(new Request(input).url).pathname.split('/').at(-1)?.split(',') ?? [];
      if (calls.some((call) => call.endsWith('.list')) && taken) return new Promise(() => undefined);
      taken ||= calls.some((call) => !call.endsWith('.list'));
      return Response.json(calls.map((call) => ({ result: { data: ANSWERS[call] } })));
    });
  }

  it.each([
    ['New password', 'Change password', <YouPage key="you" />],
    ['Name of the new key', 'Create key', <KeysPage key="keys" account={HOME.id} />],
    ['Invite by e-mail address', 'Invite', <MembersPage key="members" account={HOME.id} />],
  ])('is empty and ready, whenever lists are read again: %s', async (label, act, part) => {
    serve();
    mount(part);
    know(HOME);
    const field = page.getByLabelText(label);
    const present = page.getByLabelText('Present password');
    await expect.element(field).toBeVisible();
    if (present.query()) await userEvent.fill(present, 'correct horse');
    await userEvent.fill(field, label.includes('mail') ? 'ann@example.com' : 'another good one');
    await userEvent.click(page.getByRole('button', { name: act, exact: true }));
    await expect.element(field).toHaveValue('');
    await expect.element(page.getByRole('button', { name: act, exact: true })).toBeEnabled();
  });
});
