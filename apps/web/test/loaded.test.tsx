import { NO_ANSWER } from '@tenantree/client';
import { afterEach, describe, expect, it } from 'vitest';
import { page } from 'vitest/browser';
import { Loaded } from '../src/parts/parts.tsx';
import { mount, unmount } from './mount.tsx';

afterEach(unmount);

// As a call of the client ends that no server answered.
const cut = new Error(NO_ANSWER.message, { cause: { refusal: NO_ANSWER } });
const waiting = { data: undefined, error: null, failureReason: null, refetch: () => undefined };

describe('a list', () => {
  it('says that it is awaited, and why that takes long', async () => {
    mount(<Loaded query={waiting}>{() => 'content'}</Loaded>);
    await expect.element(page.getByRole('status')).toHaveTextContent('Loading …');
    await expect.element(page.getByRole('status')).toBeVisible();
    mount(<Loaded query={{ ...waiting, failureReason: cut }}>{() => 'content'}</Loaded>);
    await expect.element(page.getByRole('status')).toMatchTextContent(/^The server does not answer.* Trying again …$/);
  });

  it('shows what came', async () => {
    mount(<Loaded query={{ ...waiting, data: 'that' }}>{(data) => <p>Here is {data}.</p>}</Loaded>);
    await expect.element(page.getByText('Here is that.')).toBeVisible();
  });
});
