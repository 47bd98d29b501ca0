import { type AccountId, parseAccountId } from '@tenantree/domain';
import { describe, expect, it, vi } from 'vitest';
import { SourceRefusal } from '../data/account-source.ts';
import { Loading, type Wanted } from './loading.ts';

type Source = { readonly name: string };

const account = (last: string): AccountId => {
  const id = parseAccountId(`01890000-0000-7000-8000-00000000000${last}`);
  if (!id) throw new Error('no id');
  return id;
};
const [A, B] = [account('a'), account('b')];
const source: Source = { name: 'source' };

/** An element that shows what is answered, and lets the test answer. */
function screen() {
  const asked: {
    readonly of: Wanted<Source>;
    readonly signal: AbortSignal;
    readonly answer: (text: string) => void;
    readonly refuse: (refusal: SourceRefusal) => void;
  }[] = [];
  const state = {
    wanted: { source, account: A, version: 1 } as Wanted<Source> | null,
    shown: [] as string[],
    followed: [] as AbortSignal[],
  };
  const host = { addController() {}, removeController() {}, requestUpdate() {}, updateComplete: Promise.resolve(true) };
  const loading = new Loading<Source, string>(host, {
    wanted: () => state.wanted,
    ask: (of, signal) =>
      new Promise((answer, refuse) => {
        asked.push({ of, signal, answer, refuse });
      }),
    show: (text) => state.shown.push(text),
    follow: (_, __, signal) => state.followed.push(signal),
    fail: ({ code }) => state.shown.push(code),
    forget: () => state.shown.push('forgotten'),
  });
  return { loading, asked, state };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('what an element shows of an account', () => {
  it('is forgotten and loaded anew when it is of another one; a late answer of the former is not shown', async () => {
    const { loading, asked, state } = screen();
    loading.hostConnected();
    loading.hostUpdate();
    state.wanted = { source, account: B };
    loading.hostUpdate();
    asked[0]?.answer('of A');
    asked[1]?.answer('of B');
    await settled();
    expect(asked.map(({ of }) => of.account)).toEqual([A, B]);
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(state.shown).toEqual(['forgotten', 'forgotten', 'of B']);
  });

  it('is loaded again when the account is another version, once for any number of wishes meanwhile, and is followed on', async () => {
    const { loading, asked, state } = screen();
    loading.hostConnected();
    loading.hostUpdate();
    state.wanted = { source, account: A, version: 2 };
    loading.hostUpdate();
    const again = loading.again();
    asked[0]?.answer('first');
    await settled();
    expect(asked).toHaveLength(2);
    asked[1]?.answer('second');
    await again;
    expect(state.shown).toEqual(['forgotten', 'first', 'second']);
    expect(state.followed).toHaveLength(1);
    expect(state.followed[0]?.aborted).toBe(false);
  });

  it('ends when the element is taken out, and begins when it is put in elsewhere', async () => {
    const { loading, asked, state } = screen();
    loading.hostConnected();
    loading.hostUpdate();
    asked[0]?.answer('before');
    await settled();
    loading.hostDisconnected();
    expect(state.followed[0]?.aborted).toBe(true);
    loading.hostConnected();
    asked[1]?.answer('after');
    await settled();
    expect(state.shown).toEqual(['forgotten', 'before', 'after']);
    expect(state.followed).toHaveLength(2);
  });

  it('comes by itself when it can’t be had now, and says why until then', async () => {
    const { loading, asked, state } = screen();
    loading.hostConnected();
    loading.hostUpdate();
    asked[0]?.refuse(new SourceRefusal({ code: 'UNAVAILABLE', message: 'No server answers.', retryable: true }));
    await vi.waitUntil(() => asked[1], { timeout: 10_000 });
    asked[1]?.answer('here');
    await settled();
    expect(state.shown).toEqual(['forgotten', 'UNAVAILABLE', 'here']);
  });
});
