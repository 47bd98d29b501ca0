import { html, nothing, type TemplateResult } from 'lit';
import type { SourceRefusal } from '../data/account-source.ts';
import { type IconName, icon } from '../icons/icons.ts';
import type { Texts } from '../strings/texts.ts';

/** Something to do about a state. */
export type StateAct = { readonly label: string; readonly act: () => void; readonly tone?: 'primary' };

/** A calm block in place of rows: what is the matter, what it means, what to do. */
export function stateBlock(
  sign: IconName,
  title: string,
  text: string,
  acts: readonly StateAct[] = [],
  small: string | null = null,
): TemplateResult {
  return html`<div class="state" part="state">
    <span class="sign">${icon(sign, 24)}</span><h2>${title}</h2><p>${text}</p>
    ${small === null ? nothing : html`<p class="hint">${small}</p>`}
    ${acts.length === 0 ? nothing : html`<div class="acts">${acts.map(({ label, act, tone }) => html`<button class="button ${tone ?? ''}" type="button" @click=${act}>${label}</button>`)}</div>`}
  </div>`;
}

/** Why an account's subaccounts can't be shown at all. */
export function refusedState(refusal: SourceRefusal, name: string, { say }: Texts, retry: () => void): TemplateResult {
  const again = { label: say('retry'), act: retry };
  const id = refusal.requestId === null ? null : say('requestId', { id: refusal.requestId });
  switch (refusal.code) {
    case 'FORBIDDEN':
      if (name === '') return stateBlock('lock', say('noAccessTitleUnnamed'), say('noAccessTextUnnamed'));
      return stateBlock('lock', say('noAccessTitle', { name }), say('noAccessText', { name }));
    case 'NOT_FOUND':
      return stateBlock('search', say('notFoundTitle'), say('notFoundText'));
    case 'UNAUTHORIZED':
      return stateBlock('lock', say('unauthorizedTitle'), say('unauthorizedText'), [again]);
    case 'UNAVAILABLE':
      return stateBlock('refresh', say('offlineTitle'), say('offlineText'), [again]);
    default:
      return stateBlock('alert', say('failedTitle'), refusal.message, [again], id);
  }
}
