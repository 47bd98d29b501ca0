import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icons.ts';
import type { Texts } from '../strings/texts.ts';
import { DEFAULT_STATUS, type TreeStore } from '../tree/tree-store.ts';
import { stateBlock } from './screen-states.ts';
import type { TreeSession } from './tree-session.ts';

/** How much was found, in words. In how many branches is known once all of it is loaded. */
export function foundWords(store: TreeStore | null, { say }: Texts): string {
  if (store === null || store.query === null) return '';
  const { root, matches } = store.view;
  if (root.cursor !== null || matches.size === 0) return say('matches', { n: root.total });
  const branches = new Set([...matches].map((id) => store.account(id)?.row.parentId));
  return say('matchesIn', { n: root.total, branches: branches.size });
}

/** How many subaccounts there are. */
export function countWords(session: TreeSession | null, { say }: Texts): string {
  const row = session?.row;
  if (!row) return '';
  const { children, subaccounts } = row;
  return subaccounts > children
    ? say('countNested', { n: children, nested: subaccounts })
    : say('count', { n: children });
}

/** Says above the rows that they could not be brought up to date. */
export function staleNote(
  session: TreeSession,
  { say, numbers }: Texts,
  retry: () => void,
): TemplateResult | typeof nothing {
  const { stale } = session;
  if (stale === null) return nothing;
  const { message, requestId } = stale.refusal;
  return html`<div class="note" role="status">${icon('alert', 14)}<span>${say('showingOld', { time: numbers.time(stale.since) })} · ${message}</span>
    <button class="link" type="button" @click=${retry}>${say('retry')}</button>
    ${requestId ? html`<span class="hint">${say('requestId', { id: requestId })}</span>` : nothing}</div>`;
}

/** Where one is, when a branch was entered (narrow layouts). */
export function wayBar(store: TreeStore, { say }: Texts, leave: () => void): TemplateResult | typeof nothing {
  const names = store.query === null ? store.entered.map(({ row }) => row.name) : [];
  if (names.length === 0) return nothing;
  const here = names.at(-1) ?? '';
  return html`<nav class="way" aria-label=${say('pathLabel')}>
    <button class="button" type="button" @click=${leave}>${icon('back', 14)}${say('back')}</button>
    ${names.slice(0, -1).map((name) => html`<bdi>${name}</bdi><span aria-hidden="true">›</span>`)}<b><bdi>${here}</bdi></b>
  </nav>`;
}

/** What is offered in place of rows. */
export type EmptyOffers = { readonly clearSearch: () => void; readonly create: (() => void) | null };

/** Why there are no rows, when there are none and everything is loaded. */
export function emptyState(store: TreeStore, { say }: Texts, offers: EmptyOffers): TemplateResult | typeof nothing {
  const { visible, root } = store.view;
  if (visible.flat.length > 0 || root.state !== 'loaded') return nothing;
  if (store.query !== null) {
    const clear = { label: say('clearAll'), act: offers.clearSearch };
    return stateBlock('search', say('noMatchTitle'), say('noMatchText', { query: store.query }), [clear]);
  }
  if (DEFAULT_STATUS.some((status) => !store.status.includes(status))) {
    const clear = { label: say('clearAll'), act: () => store.filterBy(DEFAULT_STATUS) };
    return stateBlock('filter', say('emptyFiltered'), say('noMatchFilter'), [clear]);
  }
  const create = offers.create && { label: say('create'), act: offers.create, tone: 'primary' as const };
  return html`<slot name="empty">${stateBlock('people', say('emptyTitle'), say('emptyText'), create ? [create] : [])}</slot>`;
}

/** The shape of rows while the first ones are on their way; invisible at first, so that a fast answer doesn't flicker. */
export const bones = ({ say }: Texts): TemplateResult =>
  html`<div class="bones" role="status"><span class="hidden">${say('loading')}</span><div></div><div></div><div></div><div></div><div></div></div>`;
