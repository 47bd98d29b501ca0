import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icons.ts';
import { DEFAULT_STATUS } from '../tree/tree-store.ts';
import { liveBadge } from './live-badge.ts';
import type { SamSubaccounts } from './sam-subaccounts.ts';
import { sayDeepest } from './say-deepest.ts';
import type { ScreenWork } from './screen-work.ts';

/**
 * Search, what is going on, and what can be done about the whole table.
 *
 * @param use hears of clicks on buttons, which say by their name what they are for, and of what is typed and pressed in the field
 */
export function toolbar(
  { texts, session, live, allowed }: SamSubaccounts,
  work: ScreenWork | null,
  use: (event: Event) => void,
): TemplateResult {
  const { say } = texts;
  const store = session?.store;
  const status = store?.status ?? DEFAULT_STATUS;
  const detail = session?.detail;
  const deepest = detail?.levelsBelow === 0 ? sayDeepest(texts, detail) : null;
  const chosen = status === DEFAULT_STATUS ? '' : `: ${status.map((one) => say(one)).join(', ')}`;
  return html`<div class="bar" part="toolbar">
    <label class="field search ${work?.search.busy ? 'busy' : ''}" part="search">
      ${icon('search')}<span class="hidden">${say('searchLabel')}</span>
      <input type="search" .value=${session?.query ?? ''} placeholder=${say('searchPlaceholder')} dir="auto" autocomplete="off" spellcheck="false" maxlength="120" @input=${use} @keydown=${use} />
      ${work?.bars.clear() ?? html`<kbd aria-hidden="true">/</kbd>`}
    </label>
    ${work?.bars.chips()}
    <span class="space"></span>
      ${live && liveBadge(live, store?.paused ? 'paused' : 'running', texts, use)}
      <button class="button filter" name="filter" type="button" part="button" aria-haspopup="menu" aria-label=${say('filter') + chosen} title=${say('filterLabel')} ?disabled=${!store} @click=${use}>
        ${icon('filter')}<span class="words">${say('filter') + chosen}</span></button>
    <button class="button views" name="view" type="button" part="button" aria-haspopup="menu" aria-label=${say('viewLabel')} ?disabled=${!store} @click=${use}>
      ${icon('sliders')}<span class="words">${say('view')}</span></button>
    ${
      allowed.has('create')
        ? html`<button class="button primary create" name="create" type="button" part="button" aria-label=${say('create')} title=${deepest ?? nothing} ?disabled=${deepest !== null} @click=${use}>
            ${icon('plus')}<span class="words">${say('create')}</span></button>`
        : nothing
    }
  </div>`;
}
