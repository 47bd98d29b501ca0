import { refusalOf } from '@tenantree/client';
import { useState } from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { tenantree } from '../src/server.ts';
import { prove } from '../src/session/prove.ts';
import { mount, unmount } from './mount.tsx';

afterEach(() => {
  vi.restoreAllMocks();
  unmount();
});

const PASSWORD = 'correct horse';
const refused = (code: string, message: string, field?: string): object => ({
  error: { message, code: -32003, data: { code: 'FORBIDDEN', refusal: { code, message, retryable: false, field } } },
});

/** A server that wants the password before a key is made. @returns what was asked of it */
function serve(): string[] {
  const asked: string[] = [];
  let proved = false;
  vi.spyOn(window, 'fetch').mockImplementation(async (input, init) => {
    const { pathname: path } = new URL(new Request(input).url);
    asked.push(path);
    if (path === '/auth/proof') {
      proved = typeof init?.body === 'string' && init.body.includes(PASSWORD);
      if (proved) return Response.json({});
      return Response.json(refused('UNAUTHORIZED', 'The password is not right.', 'password'), { status: 401 });
    }
    if (proved) return Response.json([{ result: { data: { key: 'tt_key_made' } } }]);
    return Response.json([refused('REAUTHENTICATION_REQUIRED', 'Enter your password once more.')], { status: 403 });
  });
  return asked;
}

function KeyMaker() {
  const [outcome, setOutcome] = useState('Nothing yet');
  const make = async (): Promise<void> => {
    try {
      setOutcome((await prove(() => tenantree.trpc.keys.create.mutate({ account: 'ext:1', name: 'Key' }))).key);
    } catch (error) {
      setOutcome(refusalOf(error).message);
    }
  };
  return (
    <>
      <button type="button" onClick={() => void make()}>
        Make a key
      </button>
      <p>{outcome}</p>
    </>
  );
}

const password = () => page.getByLabelText('Password');
const press = (name: string) => userEvent.click(page.getByRole('button', { name }));

describe('what the server wants the password for once more', () => {
  it('is done as soon as the password was right', async () => {
    const asked = serve();
    mount(<KeyMaker />);
    await press('Make a key');
    await expect.element(password()).toBeVisible();
    await vi.waitFor(() => expect(document.activeElement?.shadowRoot?.activeElement).toBe(password().element()));
    await expect.element(password()).toHaveAttribute('autocomplete', 'current-password');
    await userEvent.fill(password(), 'not it');
    await press('Go on');
    await expect.element(page.getByText('The password is not right.')).toBeVisible();
    await userEvent.fill(password(), PASSWORD);
    await press('Go on');
    await expect.element(page.getByText('tt_key_made')).toBeVisible();
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
    expect(asked.filter((path) => path === '/trpc/keys.create')).toHaveLength(2);
  });

  it('is left undone when somebody would rather not, and says why', async () => {
    const asked = serve();
    mount(<KeyMaker />);
    await press('Make a key');
    await userEvent.click(page.getByText('Cancel'));
    await expect.element(page.getByText('Enter your password once more.')).toBeVisible();
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
    expect(asked).not.toContain('/auth/proof');
  });
});
