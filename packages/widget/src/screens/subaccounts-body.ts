import { html, type TemplateResult } from 'lit';
import type { SourceRefusal } from '../data/account-source.ts';
import { icon } from '../icons/icons.ts';
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

/** Says what failed, with a way to try again. */
export function failureNote(
  { message, requestId }: SourceRefusal,
  since: string | undefined,
  { say, numbers }: Texts,
  retry: () => void,
): TemplateResult {
  return html`<div class="note" role="status">${icon('alert', 14)}<span>${since && `${say('showingOld', { time: numbers.time(since) })} · `}${message}</span>
    <button class="link" type="button" @click=${retry}>${say('retry')}</button>
    ${requestId && html`<span class="hint">${say('requestId', { id: requestId })}</span>`}</div>`;
}

/** Whether everything is loaded and there is nothing to show. */
export const isEmpty = ({ view: { visible, root } }: TreeStore): boolean =>
  visible.length === 0 && root.state === 'loaded';

/** The shape of rows while the first ones are on their way; invisible at first, so that a fast answer doesn't flicker. */
export const bones = ({ say }: Texts): TemplateResult =>
  html`<div class="bones" role="status"><span class="hidden">${say('loading')}</span><div></div><div></div><div></div><div></div><div></div></div>`;
