import { html, nothing, type TemplateResult } from 'lit';
import type { SourceRefusal } from '../data/account-source.ts';
import { DEFAULT_STATUS } from '../data/screen-view.ts';
import { icon } from '../icons/icon.ts';
import { ALERT, FILTER, LOCK, PEOPLE, REFRESH, SEARCH } from '../icons/icons.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import { sayDeepest } from './features.ts';
import type { ListHost } from './list-host.ts';

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
    const lock = icon(LOCK, SIZE_PX);
    const id = refusal.requestId === null ? null : say('requestId', { id: refusal.requestId });
    switch (refusal.code) {
      case 'FORBIDDEN':
        if (name === undefined) return stateBlock(lock, say('noAccessTitleUnnamed'), say('noAccessTextUnnamed'));
        return stateBlock(lock, say('noAccessTitle', { name }), say('noAccessText', { name }));
      case 'NOT_FOUND':
        return stateBlock(icon(SEARCH, SIZE_PX), say('notFoundTitle'), say('notFoundText'));
      case 'UNAUTHORIZED':
        return stateBlock(lock, say('unauthorizedTitle'), say('unauthorizedText'), [again]);
      case 'NO_TOKEN':
        return stateBlock(lock, say('noTokenTitle'), say('noTokenText'), [again]);
      case 'UNAVAILABLE':
        return stateBlock(icon(REFRESH, SIZE_PX), say('offlineTitle'), say('offlineText'), [again]);
      default:
        return stateBlock(icon(ALERT, SIZE_PX), say('failedTitle'), refusal.message, [again], id);
    }
  }

  /**
   * Why there are no rows.
   *
   * @param use hears of clicks on the buttons `clear` and `create`
   */
  empty(store: TreeStore, use: (event: Event) => void): TemplateResult {
    const { say } = this.#screen.texts;
    if (store.sought) {
      const { query } = store.sought;
      const clear = { label: say('clearAll'), act: use, name: 'clear' };
      if (query === '') return stateBlock(icon(FILTER, SIZE_PX), say('emptyFiltered'), say('noMatchFilter'), [clear]);
      const text = say('noMatchText', { query });
      return stateBlock(icon(SEARCH, SIZE_PX), say('noMatchTitle'), text, [clear]);
    }
    if (DEFAULT_STATUS.some((status) => !store.status.includes(status))) {
      const clear = { label: say('clearAll'), act: () => store.filterBy(DEFAULT_STATUS) };
      return stateBlock(icon(FILTER, SIZE_PX), say('emptyFiltered'), say('noMatchFilter'), [clear]);
    }
    const create = { label: say('create'), act: use, name: 'create', tone: 'primary' as const };
    const { detail } = this.#screen.session ?? {};
    const isDeepest = detail?.levelsBelow === 0;
    const acts = this.#screen.allowed.has('create') && !isDeepest ? [create] : [];
    const text = isDeepest ? sayDeepest(this.#screen.texts, detail) : say('emptyText');
    return html`<slot name="empty">${stateBlock(icon(PEOPLE, SIZE_PX), say('emptyTitle'), text, acts)}</slot>`;
  }
}
