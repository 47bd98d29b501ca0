import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { BACK, CLOSE } from '../icons/icons.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import type { ListHost } from './list-host.ts';

/** What happens when these bars are used. */
export type BarActs = {
  readonly clearSearch: () => void;
  readonly clearSelection: () => void;
  readonly sortAgain: () => void;
  readonly leave: () => void;
};

/** What stands on the screen once somebody searched, selected, sorted or entered a branch, and how one gets rid of it. */
export class ListBars {
  readonly #screen: ListHost;
  readonly #on: BarActs;
  /** Whether it is said that the order is out of date. */
  isOutOfOrder = false;

  constructor(screen: ListHost, on: BarActs) {
    this.#screen = screen;
    this.#on = on;
  }

  /** How much was found, in words; empty when nothing was searched for. In how many branches is known once all of it is loaded. */
  found(): string {
    const store = this.#store;
    const { say } = this.#screen.texts;
    if (!store || store.query === null) return '';
    const { root, matches, isCut } = store.view;
    if (isCut && root.total > 0) return say('matchesAtLeast', { n: root.total });
    if (root.cursor !== null || matches.size === 0) return say('matches', { n: root.total });
    const branches = new Set([...matches].map((id) => store.account(id)?.row.parentId));
    return say('matchesIn', { n: root.total, branches: branches.size });
  }

  /** Empties the search field; null when there is nothing in it. */
  clear(): TemplateResult | null {
    const { session, texts } = this.#screen;
    if (!session?.query) return null;
    return html`<button class="clear" type="button" aria-label=${texts.say('clearSearch')} @click=${this.#on.clearSearch}>${icon(CLOSE, 14)}</button>`;
  }

  /** What was found, is selected, and is out of order. */
  chips(): TemplateResult {
    const store = this.#store;
    const { say } = this.#screen.texts;
    const found = this.found();
    const n = store?.selection.size ?? 0;
    this.isOutOfOrder = store?.view.isOutOfOrder() ?? false;
    return html`${found && html`<span class="found" aria-hidden="true"><bdi>${found}</bdi></span>`}
      ${
        n > 0
          ? html`<button class="button chip" type="button" aria-label=${`${say('selected', { n })}. ${say('clearSelection')}`} @click=${this.#on.clearSelection}><bdi>${say('selected', { n })}</bdi>${icon(CLOSE, 12)}</button>`
          : nothing
      }
      ${
        this.isOutOfOrder
          ? html`<button class="button chip order" type="button" @click=${this.#on.sortAgain}>${say('orderChanged')} · ${say('sortAgain')}</button>`
          : nothing
      }`;
  }

  /** Where one is, when a branch was entered (narrow layouts). */
  way(): TemplateResult | null {
    const store = this.#store;
    const { say } = this.#screen.texts;
    const names = store?.query === null ? store.entered.map(({ row }) => row.name) : [];
    if (names.length === 0) return null;
    return html`<nav class="way" aria-label=${say('pathLabel')}>
      <button class="button" type="button" @click=${this.#on.leave}>${icon(BACK, 14)}${say('back')}</button>
      ${names.slice(0, -1).map((name) => html`<bdi>${name}</bdi><span aria-hidden="true">›</span>`)}<b><bdi>${names.at(-1)}</bdi></b>
    </nav>`;
  }

  get #store(): TreeStore | null {
    return this.#screen.session?.store ?? null;
  }
}
