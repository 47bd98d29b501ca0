import { html, nothing, type TemplateResult } from 'lit';
import type { SourceRefusal } from '../data/account-source.ts';
import { DEFAULT_STATUS } from '../data/screen-view.ts';
import { drawn, icon } from '../icons/icons.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import { sayDeepest } from './features.ts';
import type { ListHost } from './list-host.ts';

const LOCK = 'M5 11h14a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1Zm2 0V7a5 5 0 0 1 10 0v4';
const REFRESH = 'M3 12a9 9 0 0 1 15-6.7L21 8m0-5v5h-5m5 4a9 9 0 0 1-15 6.7L3 16m0 5v-5h5';
const PEOPLE =
  'M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2m11-14a4 4 0 1 1-8 0 4 4 0 0 1 8 0Zm9 14v-2a4 4 0 0 0-3-3.9M16 3.1a4 4 0 0 1 0 7.8';
const SIZE_PX = 24;

/** Something to do about a state. */
type StateAct = {
  readonly label: string;
  readonly act: (event: Event) => void;
  readonly name?: string;
  readonly tone?: 'primary';
};

/** A calm block in place of rows: what is the matter, what it means, what to do. */
function stateBlock(
  sign: TemplateResult,
  title: string,
  text: string,
  acts: readonly StateAct[] = [],
  small: string | null = null,
): TemplateResult {
  return html`<div class="state" part="state">
    <span class="sign">${sign}</span><h2>${title}</h2><p>${text}</p>
    ${small === null ? nothing : html`<p class="hint">${small}</p>`}
    ${acts.length === 0 ? nothing : html`<div class="acts">${acts.map(({ label, act, name, tone }) => html`<button class="button ${tone ?? ''}" name=${name ?? nothing} type="button" @click=${act}>${label}</button>`)}</div>`}
  </div>`;
}

/** What stands in place of rows. */
export class ListStates {
  readonly #screen: ListHost;

  constructor(screen: ListHost) {
    this.#screen = screen;
  }

  /** Why an account's subaccounts can't be shown at all. */
  refused(refusal: SourceRefusal, retry: () => void): TemplateResult {
    const { say } = this.#screen.texts;
    const name = this.#screen.session?.detail?.name;
    const again = { label: say('retry'), act: retry };
    const lock = drawn(LOCK, SIZE_PX);
    const id = refusal.requestId === null ? null : say('requestId', { id: refusal.requestId });
    switch (refusal.code) {
      case 'FORBIDDEN':
        if (name === undefined) return stateBlock(lock, say('noAccessTitleUnnamed'), say('noAccessTextUnnamed'));
        return stateBlock(lock, say('noAccessTitle', { name }), say('noAccessText', { name }));
      case 'NOT_FOUND':
        return stateBlock(icon('search', SIZE_PX), say('notFoundTitle'), say('notFoundText'));
      case 'UNAUTHORIZED':
        return stateBlock(lock, say('unauthorizedTitle'), say('unauthorizedText'), [again]);
      case 'NO_TOKEN':
        return stateBlock(lock, say('noTokenTitle'), say('noTokenText'), [again]);
      case 'UNAVAILABLE':
        return stateBlock(drawn(REFRESH, SIZE_PX), say('offlineTitle'), say('offlineText'), [again]);
      default:
        return stateBlock(icon('alert', SIZE_PX), say('failedTitle'), refusal.message, [again], id);
    }
  }

  /**
   * Why there are no rows.
   *
   * @param use hears of clicks on the buttons `clear` and `create`
   */
  empty(store: TreeStore, use: (event: Event) => void): TemplateResult {
    const { say } = this.#screen.texts;
    if (store.query !== null) {
      const clear = { label: say('clearAll'), act: use, name: 'clear' };
      const text = say('noMatchText', { query: store.query });
      return stateBlock(icon('search', SIZE_PX), say('noMatchTitle'), text, [clear]);
    }
    if (DEFAULT_STATUS.some((status) => !store.status.includes(status))) {
      const clear = { label: say('clearAll'), act: () => store.filterBy(DEFAULT_STATUS) };
      return stateBlock(icon('filter', SIZE_PX), say('emptyFiltered'), say('noMatchFilter'), [clear]);
    }
    const create = { label: say('create'), act: use, name: 'create', tone: 'primary' as const };
    const { detail } = this.#screen.session ?? {};
    const isDeepest = detail?.levelsBelow === 0;
    const acts = this.#screen.allowed.has('create') && !isDeepest ? [create] : [];
    const text = isDeepest ? sayDeepest(this.#screen.texts, detail) : say('emptyText');
    return html`<slot name="empty">${stateBlock(drawn(PEOPLE, SIZE_PX), say('emptyTitle'), text, acts)}</slot>`;
  }
}
