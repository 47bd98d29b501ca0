import { html, type TemplateResult } from 'lit';
import type { SourceRefusal } from '../data/account-source.ts';
import { icon } from '../icons/icon.ts';
import { ALERT } from '../icons/list-icons.ts';
import type { Texts } from '../strings/texts.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import type { TreeSession } from './tree-session.ts';

/** How many subaccounts there are. */
export function countWords(session: TreeSession | null, { say }: Texts): string {
  const row = session?.row;
  if (!row) return '';
  const { children, subaccounts } = row;
  return say(subaccounts > children ? 'countNested' : 'count', { n: children, nested: subaccounts });
}

/** A line above the rows: what is the matter, and what can be done about it. */
export const note = (
  role: 'alert' | 'status',
  words: string,
  label: string,
  act: () => void,
  hint?: string,
): TemplateResult => html`<div class="note" role=${role}>${icon(ALERT, 14)}<span>${words}</span>
    <button class="link" type="button" @click=${act}>${label}</button>${hint && html`<span class="hint">${hint}</span>`}</div>`;

/** Says what failed, and how old what is shown is by now. */
export function failureNote(
  { message, requestId }: SourceRefusal,
  since: string | null,
  { say, numbers }: Texts,
  retry: () => void,
): TemplateResult {
  const words = since === null ? message : `${say('showingOld', { time: numbers.time(since) })} · ${message}`;
  return note('status', words, say('retry'), retry, requestId === null ? '' : say('requestId', { id: requestId }));
}

/** Whether everything is loaded and there is nothing to show. */
export const isEmpty = ({ view: { visible, root } }: TreeStore): boolean =>
  visible.length === 0 && root.state === 'loaded';

/** The shape of rows while the first ones are on their way; invisible at first, so that a fast answer doesn't flicker. */
export const bones = ({ say }: Texts): TemplateResult =>
  html`<div class="bones" role="status"><span class="hidden">${say('loading')}</span><div></div><div></div><div></div><div></div><div></div></div>`;
