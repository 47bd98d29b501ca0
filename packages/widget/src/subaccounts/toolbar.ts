import { html, nothing, type TemplateResult } from 'lit';
import type { LiveState } from '../data/account-source.ts';
import { DEFAULT_STATUS } from '../data/screen-view.ts';
import { icon } from '../icons/icon.ts';
import { FILTER, PLUS, SEARCH, SLIDERS } from '../icons/list-icons.ts';
import type { Texts } from '../strings/texts.ts';
import { sayDeepest } from './features.ts';
import type { ListHost } from './list-host.ts';

/** What stands in the toolbar once somebody has searched, selected or sorted. */
type ToolbarInUse = {
  readonly search: { readonly busy: boolean };
  readonly bars: { clear(): TemplateResult | null; chips(): TemplateResult };
};

/**
 * Search, what is going on, and what can be done about the whole table.
 *
 * @param use hears of clicks on buttons, which say by their name what they are for, and of what is typed and pressed in the field
 */
export function toolbar(
  { texts, session, allowed }: Pick<ListHost, 'texts' | 'session' | 'allowed'>,
  live: LiveState | null,
  inUse: ToolbarInUse | null,
  use: (event: Event) => void,
): TemplateResult {
  const { say } = texts;
  const store = session?.store;
  const status = store?.status ?? DEFAULT_STATUS;
  const detail = session?.detail;
  const deepest = detail?.levelsBelow === 0 ? sayDeepest(texts, detail) : null;
  const chosen = status.join() === DEFAULT_STATUS.join() ? '' : `: ${status.map((one) => say(one)).join(', ')}`;
  return html`<div class="bar" part="toolbar">
    <label class="field search ${inUse?.search.busy ? 'busy' : ''}" part="search">
      ${icon(SEARCH)}<span class="hidden">${say('searchLabel')}</span>
      <input type="search" .value=${session?.query ?? ''} placeholder=${say('searchPlaceholder')} dir="auto" autocomplete="off" spellcheck="false" maxlength="120" @input=${use} @keydown=${use} />
      ${inUse?.bars.clear() ?? html`<kbd aria-hidden="true">/</kbd>`}
    </label>
    ${inUse?.bars.chips()}
    <span class="space"></span>
      ${live && liveBadge(live, store?.paused ? 'paused' : 'running', texts, use)}
      <button class="button filter" name="filter" type="button" part="button" aria-haspopup="menu" aria-label=${say('filter') + chosen} title=${say('filterLabel')} ?disabled=${!store} @click=${use}>
        ${icon(FILTER)}<span class="words">${say('filter') + chosen}</span></button>
    <button class="button views" name="view" type="button" part="button" aria-haspopup="menu" aria-label=${say('viewLabel')} ?disabled=${!store} @click=${use}>
      ${icon(SLIDERS)}<span class="words">${say('view')}</span></button>
    ${
      allowed.has('create')
        ? html`<button class="button primary create" name="create" type="button" part="button" aria-label=${say('create')} title=${deepest ?? nothing} ?disabled=${deepest !== null} @click=${use}>
            ${icon(PLUS)}<span class="words">${say('create')}</span></button>`
        : nothing
    }
  </div>`;
}

const WORDS = { connecting: 'connecting', live: 'live', 'catching-up': 'catchingUp' } as const;

/** The live state as a button that pauses and resumes (rules/screens 8). Shape and words carry it, not colour alone. */
function liveBadge(
  { kind, since }: LiveState,
  updates: 'paused' | 'running',
  { say, numbers }: Texts,
  use: (event: Event) => void,
): TemplateResult {
  const isPaused = updates === 'paused';
  const now = kind === 'offline' ? say('offlineSince', { time: numbers.time(since) }) : say(WORDS[kind]);
  const words = isPaused ? say('paused') : now;
  const act = say(isPaused ? 'resumeLive' : 'pauseLive');
  return html`<button class="button live" name="pause" type="button" part="button live" aria-pressed=${isPaused}
    aria-label=${`${words}. ${act}`} title=${act} @click=${use}><span class="dot is-${isPaused ? 'paused' : kind}"></span><span class="words">${words}</span></button>`;
}
