import { useQuery } from '@tanstack/react-query';
import { findText } from '@tenantree/domain';
import { tenantree } from '../server.ts';
import type { Visit } from './visits.ts';

/** An account that can be chosen, with a word on where it stands. */
export type Choice = Visit & { readonly note: string };
/** Choices under a heading. */
export type Choices = { readonly title: string; readonly items: readonly Choice[] };

/** Most own accounts below which a text is searched for. */
const MOST_SEARCHED = 5;
const MATCHES = 20;

type Given = {
  /** Accounts that the person belongs to. */
  readonly own: readonly Visit[];
  readonly recent: readonly Visit[];
  /** What was typed, without space around it. */
  readonly text: string;
};

/** What can be switched to: own and recent accounts; when a text was typed, everything one reaches that has it in its name. */
export function useChoices({ own, recent, text }: Given): {
  readonly sections: readonly Choices[];
  /** Why nothing can be offered. */
  readonly state: 'ready' | 'searching' | 'failed';
} {
  const found = useQuery({
    queryKey: ['switch', own.map(({ id }) => id), text],
    enabled: text !== '',
    queryFn: () => Promise.all(own.slice(0, MOST_SEARCHED).map((account) => searchBelow(account, text))),
    placeholderData: (before) => before,
  });
  if (text === '') {
    const sections = [
      {
        title: own.length === 1 ? 'Your account' : 'Your accounts',
        items: own.map((account) => ({ ...account, note: '' })),
      },
      {
        title: 'Recent',
        items: recent.filter(({ id }) => !own.some((one) => one.id === id)).map((visit) => ({ ...visit, note: '' })),
      },
    ];
    return { sections: sections.filter(({ items }) => items.length > 0), state: 'ready' };
  }
  const mine = own.filter(({ name }) => findText(name, text) !== null);
  const items = [...mine.map((account) => ({ ...account, note: 'Your account' })), ...(found.data ?? []).flat()];
  // Own accounts may stand below each other.
  const once = items.filter(({ id }, index) => items.findIndex((other) => other.id === id) === index);
  const sections = once.length > 0 ? [{ title: 'Found', items: once.slice(0, MATCHES) }] : [];
  return { sections, state: found.isFetching ? 'searching' : found.isError ? 'failed' : 'ready' };
}

/** Matches in the server's order, each with the account above it. */
async function searchBelow({ id, name }: Visit, query: string): Promise<Choice[]> {
  const { matches, rows } = await tenantree.trpc.accounts.search.query({ account: id, query, limit: MATCHES });
  const byId = new Map(rows.map((row) => [row.id, row]));
  return matches.flatMap((match) => {
    const row = byId.get(match);
    const above = (row?.parentId && byId.get(row.parentId)?.name) ?? name;
    return row ? [{ id: row.id, name: row.name, note: `in ${above}` }] : [];
  });
}
