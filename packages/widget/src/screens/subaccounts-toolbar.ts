import type { AccountStatus } from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import type { LiveState } from '../data/account-source.ts';
import { icon } from '../icons/icons.ts';
import type { Texts } from '../strings/texts.ts';
import { DEFAULT_STATUS } from '../tree/tree-store.ts';
import { liveBadge } from './live-badge.ts';

/** What the toolbar shows, and what happens when it is used. */
export type Toolbar = {
  readonly texts: Texts;
  /** `ready` once there is a tree to search, sort and filter. */
  readonly state: 'waiting' | 'ready' | 'searching';
  readonly query: string;
  /** How much was found, in words; empty when nothing was searched for. */
  readonly found: string;
  readonly selected: number;
  readonly order: 'current' | 'outdated';
  readonly live: LiveState | null;
  readonly updates: 'paused' | 'running';
  readonly status: readonly AccountStatus[];
  readonly create: 'offered' | 'hidden';
  readonly on: {
    readonly search: (query: string) => void;
    readonly searchKey: (event: KeyboardEvent) => void;
    readonly clearSelection: () => void;
    readonly sortAgain: () => void;
    readonly pause: () => void;
    readonly filter: (event: Event) => void;
    readonly view: (event: Event) => void;
    readonly create: () => void;
  };
};

/** Search, what is going on, and what can be done about the whole table. */
export function toolbar(bar: Toolbar): TemplateResult {
  const { texts, on, live, updates, selected } = bar;
  const { say } = texts;
  const waiting = bar.state === 'waiting';
  const chosen = bar.status === DEFAULT_STATUS ? '' : `: ${bar.status.map((one) => say(one)).join(', ')}`;
  return html`<div class="bar" part="toolbar">
    ${searchField(bar)}
    ${bar.found ? html`<span class="found" aria-hidden="true"><bdi>${bar.found}</bdi></span>` : nothing}
    ${
      selected > 0
        ? html`<button class="chip" type="button" aria-label=${`${say('selected', { n: selected })}. ${say('clearSelection')}`} @click=${on.clearSelection}><bdi>${say('selected', { n: selected })}</bdi>${icon('close', 12)}</button>`
        : nothing
    }
    ${
      bar.order === 'outdated'
        ? html`<button class="chip warn" type="button" @click=${on.sortAgain}>${say('orderChanged')} · ${say('sortAgain')}</button>`
        : nothing
    }
    <span class="space"></span>
    <span class="wide-only">
      ${live ? liveBadge(live, updates, texts, on.pause) : nothing}
      <button class="button filter" type="button" part="button" aria-haspopup="menu" aria-label=${say('filterLabel') + chosen} ?disabled=${waiting} @click=${on.filter}>
        ${icon('filter')}<span class="words">${say('filter') + chosen}</span></button>
    </span>
    <button class="button views" type="button" part="button" aria-haspopup="menu" aria-label=${say('viewLabel')} ?disabled=${waiting} @click=${on.view}>
      ${icon('sliders')}<span class="words">${say('view')}</span></button>
    ${
      bar.create === 'offered'
        ? html`<button class="button primary create" type="button" part="button" aria-label=${say('create')} @click=${on.create}>
            ${icon('plus')}<span class="words">${say('create')}</span></button>`
        : nothing
    }
  </div>`;
}

function searchField({ texts: { say }, state, query, on }: Toolbar): TemplateResult {
  const typed = (event: Event): void => {
    if (event.target instanceof HTMLInputElement) on.search(event.target.value);
  };
  return html`<label class="field search ${state === 'searching' ? 'busy' : ''}" part="search">
    ${icon('search')}<span class="hidden">${say('searchLabel')}</span>
    <input type="search" .value=${query} placeholder=${say('searchPlaceholder')} dir="auto" autocomplete="off" spellcheck="false" maxlength="120"
      @input=${typed} @keydown=${on.searchKey} />
    ${
      query
        ? html`<button class="clear" type="button" aria-label=${say('clearSearch')} @click=${() => on.search('')}>${icon('close', 14)}</button>`
        : html`<kbd aria-hidden="true">/</kbd>`
    }
  </label>`;
}
