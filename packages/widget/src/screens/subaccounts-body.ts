import { html, nothing, type TemplateResult } from 'lit';
import type { SourceRefusal } from '../data/account-source.ts';
import { icon } from '../icons/icons.ts';
import type { Texts } from '../strings/texts.ts';
import type { TreeStore } from '../tree/tree-store.ts';
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

/** Says what failed, with a way to try again. */
function failureNote(words: string, { requestId }: SourceRefusal, { say }: Texts, retry: () => void): TemplateResult {
  return html`<div class="note" role="status">${icon('alert', 14)}<span>${words}</span>
    <button class="link" type="button" @click=${retry}>${say('retry')}</button>
    ${requestId ? html`<span class="hint">${say('requestId', { id: requestId })}</span>` : nothing}</div>`;
}

/** Says above the rows that they could not be brought up to date. */
export function staleNote({ stale }: TreeSession, texts: Texts, retry: () => void): TemplateResult | typeof nothing {
  if (stale === null) return nothing;
  const time = texts.numbers.time(stale.since);
  return failureNote(`${texts.say('showingOld', { time })} · ${stale.refusal.message}`, stale.refusal, texts, retry);
}

/** Says in place of rows why there are none, as long as what says it better isn't loaded. */
export const refusedNote = (refusal: SourceRefusal, texts: Texts, retry: () => void): TemplateResult =>
  failureNote(refusal.message, refusal, texts, retry);

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

/** Whether everything is loaded and there is nothing to show. */
export const isEmpty = ({ view: { visible, root } }: TreeStore): boolean =>
  visible.length === 0 && root.state === 'loaded';

/** The shape of rows while the first ones are on their way; invisible at first, so that a fast answer doesn't flicker. */
export const bones = ({ say }: Texts): TemplateResult =>
  html`<div class="bones" role="status"><span class="hidden">${say('loading')}</span><div></div><div></div><div></div><div></div><div></div></div>`;
