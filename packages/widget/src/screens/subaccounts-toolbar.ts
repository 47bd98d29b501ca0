import type { AccountStatus } from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import type { LiveState } from '../data/account-source.ts';
import { icon } from '../icons/icons.ts';
import type { Texts } from '../strings/texts.ts';
import { DEFAULT_STATUS } from '../tree/tree-store.ts';
import { liveBadge } from './live-badge.ts';
import type { SubaccountsBars } from './subaccounts-bars.ts';

/** What the toolbar shows. */
export type Toolbar = {
  readonly texts: Texts;
  /** `ready` once there is a tree to sort and filter. */
  readonly state: 'waiting' | 'ready' | 'searching';
  readonly query: string;
  readonly live: LiveState | null;
  readonly updates: 'paused' | 'running';
  readonly status: readonly AccountStatus[];
  readonly create: 'offered' | 'hidden';
  /** What stands here once somebody searched, selected or sorted. */
  readonly bars: SubaccountsBars | undefined;
  /** Hears of clicks on buttons, which say by their name what they are for, and of what is typed and pressed in the field. */
  readonly use: (event: Event) => void;
};

/** Search, what is going on, and what can be done about the whole table. */
export function toolbar(bar: Toolbar): TemplateResult {
  const { texts, state, live, updates, bars, use } = bar;
  const { say } = texts;
  const waiting = state === 'waiting';
  const chosen = bar.status === DEFAULT_STATUS ? '' : `: ${bar.status.map((one) => say(one)).join(', ')}`;
  return html`<div class="bar" part="toolbar">
    <label class="field search ${state === 'searching' ? 'busy' : ''}" part="search">
      ${icon('search')}<span class="hidden">${say('searchLabel')}</span>
      <input type="search" .value=${bar.query} placeholder=${say('searchPlaceholder')} dir="auto" autocomplete="off" spellcheck="false" maxlength="120" @input=${use} @keydown=${use} />
      ${bars?.clear() ?? html`<kbd aria-hidden="true">/</kbd>`}
    </label>
    ${bars?.chips()}
    <span class="space"></span>
    <span class="wide-only">
      ${live && liveBadge(live, updates, texts, use)}
      <button class="button filter" name="filter" type="button" part="button" aria-haspopup="menu" aria-label=${say('filterLabel') + chosen} ?disabled=${waiting} @click=${use}>
        ${icon('filter')}<span class="words">${say('filter') + chosen}</span></button>
    </span>
    <button class="button views" name="view" type="button" part="button" aria-haspopup="menu" aria-label=${say('viewLabel')} ?disabled=${waiting} @click=${use}>
      ${icon('sliders')}<span class="words">${say('view')}</span></button>
    ${
      bar.create === 'offered'
        ? html`<button class="button primary create" name="create" type="button" part="button" aria-label=${say('create')} @click=${use}>
            ${icon('plus')}<span class="words">${say('create')}</span></button>`
        : nothing
    }
  </div>`;
}
