import { html, nothing, type TemplateResult } from 'lit';
import type { SourceRefusal } from '../data/account-source.ts';
import type { Strings } from '../strings/en.ts';
import type { Texts } from '../strings/texts.ts';

/**
 * What stands in place of something that is not there: that it is on its way, or why it can't be had.
 *
 * @param failure null: it is on its way
 * @param missing what is said where there is no such thing
 */
export function absent(
  failure: SourceRefusal | null,
  { say }: Texts,
  retry: () => void,
  missing: keyof Strings = 'accountMissing',
): TemplateResult {
  if (!failure) return html`<div class="state" role="status">${say('loading')} …</div>`;
  const { code, message } = failure;
  const isForbidden = code === 'FORBIDDEN';
  const isFinal = isForbidden || code === 'NOT_FOUND';
  const title = isForbidden ? 'noAccessShort' : isFinal ? missing : 'failed';
  return html`<div class="state" role="alert"><h3>${say(title)}</h3><p>${message}</p>${isForbidden ? html`<p>${say('noAccessGive')}</p>` : nothing}
    ${isFinal ? nothing : html`<button class="button" type="button" @click=${retry}>${say('retry')}</button>`}</div>`;
}
