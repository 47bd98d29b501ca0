import { describe, expect, it } from 'vitest';
import type { AccountId } from '../ids.ts';
import { accountsNamedIn, shownEntry } from './shown-entry.ts';

const [OLD, NEW, FROM] = [1, 2, 3].map((n) => `00000000-0000-7000-8000-00000000000${n}` as AccountId);
const entry = {
  action: 'account.moved',
  actor: { name: 'Olivia', via: { id: FROM!, name: 'Reseller' } },
  details: { account: 'Acme', before: 'North', after: 'South', beforeId: OLD, afterId: NEW },
};

describe('An entry of the audit log', () => {
  it('names beside its own account the one its actor came from and the places of a move', () => {
    expect(accountsNamedIn(entry)).toEqual([FROM, OLD, NEW]);
    expect(accountsNamedIn({ ...entry, action: 'account.renamed' })).toEqual([FROM]);
    expect(accountsNamedIn({ action: 'account.moved', actor: { via: null }, details: {} })).toEqual([]);
  });

  it('shows of these only what its reader reaches, by neither name nor id', () => {
    const shown = shownEntry(entry, (id) => id === NEW);
    expect(shown.details).toEqual({ account: 'Acme', before: 'an account above you', after: 'South', afterId: NEW });
    expect(shown.actor).toEqual({ name: 'Olivia', via: { id: null, name: 'an account above you' } });
    expect(shownEntry(entry, () => true)).toEqual(entry);
  });

  it('keeps to itself where an earlier release moved an account, whose ids it doesn’t have', () => {
    const earlier = { ...entry, details: { account: 'Acme', before: 'North', after: 'South' } };
    const shown = shownEntry(earlier, (id) => id !== null);
    expect(shown.details).toEqual({ account: 'Acme', before: 'an account above you', after: 'an account above you' });
  });
});
