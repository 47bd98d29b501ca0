import { html, nothing, type TemplateResult } from 'lit';
import type { Filters } from '../data/screen-view.ts';
import { icon } from '../icons/icon.ts';
import { BACK, CLOSE } from '../icons/icons.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import { BULK_ACTS, type BulkAct, type HostAct } from './bulk-acts.ts';
import type { ListHost } from './list-host.ts';
import type { OfferedBlueprints } from './offered-blueprints.ts';
import { CHOICES, filterBy } from './view-menu.ts';

/** What happens when these bars are used. */
export type BarActs = {
  readonly clearSearch: () => void;
  /** Takes all filters away, and what is searched for. */
  readonly clear: () => void;
  readonly clearSelection: () => void;
  readonly keepTo: (filters: Filters) => void;
  readonly sortAgain: () => void;
  readonly leave: () => void;
  readonly selectShown: () => void;
  readonly turnNested: () => void;
  readonly bulk: (act: BulkAct | HostAct) => void;
};

/** A filter that is on. */
type Chip = {
  readonly words: string;
  readonly clear: Filters;
  readonly flip: { readonly to: Filters; readonly words: string } | null;
};

/** How many accounts stand in the table, be they in sight or not. */
function accountsShown({ view: { visible } }: TreeStore): number {
  let n = 0;
  for (let k = 0; k < visible.length; k += 1) if (visible.at(k)?.kind === 'account') n += 1;
  return n;
}

/** How many accounts stand below the selected ones, and aren't selected themselves. */
function nestedBelow(store: TreeStore): number {
  const { selection } = store;
  let n = 0;
  for (const id of selection) {
    const row = store.account(id)?.row;
    if (!row) continue;
    let up = row.parentId;
    while (up !== null && !selection.has(up)) up = store.account(up)?.row.parentId ?? null;
    // What stands below another selected account is counted there.
    n += up === null ? row.subaccounts : -1;
  }
  return Math.max(0, n);
}

/** What stands on the screen once somebody searched, selected, sorted or entered a branch, and how one gets rid of it. */
export class ListBars {
  readonly #screen: ListHost;
  readonly #blueprints: OfferedBlueprints;
  readonly #on: BarActs;
  /** Whether it is said that the order is out of date. */
  isOutOfOrder = false;
  /** Whether accounts below the selected ones are meant, too. */
  isNested = false;

  constructor(screen: ListHost, blueprints: OfferedBlueprints, on: BarActs) {
    this.#screen = screen;
    this.#blueprints = blueprints;
    this.#on = on;
  }

  /** How much was found, in words; empty when nothing was searched for. In how many branches is known once all of it is loaded. */
  found(): string {
    const store = this.#store;
    const { say } = this.#screen.texts;
    if (!store?.sought || !this.#isKept) return '';
    if (store.sought.sort) return say(store.view.isCut ? 'matchesAtLeast' : 'matches', { n: store.view.root.total });
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
    this.isOutOfOrder = store?.view.isOutOfOrder() ?? false;
    return html`${found && html`<span class="found" aria-hidden="true"><bdi>${found}</bdi></span>`}
      ${
        this.isOutOfOrder
          ? html`<button class="button chip order" type="button" @click=${this.#on.sortAgain}>${say('orderChanged')} · ${say('sortAgain')}</button>`
          : nothing
      }`;
  }

  /** Whether something is searched for, or the table is kept to some accounts. */
  get #isKept(): boolean {
    const { session } = this.#screen;
    return Boolean(session?.query.trim()) || this.#filters().length > 0;
  }

  /** To what the table is kept, in words; what takes each away, and what turns it into its opposite. */
  #filters(): readonly Chip[] {
    const { session, texts } = this.#screen;
    const { say, numbers } = texts;
    const filters = session?.filters ?? {};
    const { createdFrom, createdBefore, level, blueprint, drift, under } = filters;
    const name = (under && session?.store?.account(under)?.row.name) ?? under ?? '';
    const chip = (words: string, ...off: readonly (keyof Filters)[]): Chip => ({
      words,
      clear: Object.fromEntries(off.map((one) => [one, undefined])),
      flip: null,
    });
    return [
      ...CHOICES.flatMap(({ name: filter, words, opposite }) => {
        const value = filters[filter];
        const label = value && words[value];
        if (!label) return [];
        const other = Object.keys(words).find((one) => one !== value);
        const flip = opposite && other ? { to: filterBy(filter, other), words: say(words[other] ?? label) } : null;
        return [{ ...chip(say(label), filter), flip }];
      }),
      createdFrom && chip(say('createdFrom', { date: numbers.day(createdFrom) }), 'createdFrom'),
      createdBefore && chip(say('createdBefore', { date: numbers.day(createdBefore) }), 'createdBefore'),
      level && chip(say('atLevel', { n: level }), 'level'),
      blueprint && chip(say('blueprintIs', { name: this.#blueprints.nameOf(blueprint) }), 'blueprint', 'drift'),
      drift && chip(say('driftIs', { state: say(`drift_${drift}`) }), 'drift'),
      under && chip(say('belowAccount', { name }), 'under'),
    ].filter((one) => typeof one === 'object');
  }

  /** A chip for each filter: all of them hold together. */
  #kept(): TemplateResult | null {
    const { say } = this.#screen.texts;
    const chips = this.#filters();
    if (chips.length === 0) return null;
    return html`<div class="kept" role="group" aria-label=${say('filtersLabel')}>${chips.map(
      ({ words, clear, flip }) =>
        html`<span class="pair">${
          flip
            ? html`<button class="button chip" type="button" title=${say('flipFilter', { other: flip.words })} aria-label=${`${words}. ${say('flipFilter', { other: flip.words })}`} @click=${() => this.#on.keepTo(flip.to)}><bdi>${words}</bdi></button>`
            : nothing
        }<button class="button chip" type="button" aria-label=${`${words}. ${say('removeFilter')}`} @click=${() => this.#on.keepTo(clear)}>${flip ? nothing : html`<bdi>${words}</bdi>`}${icon(CLOSE, 12)}</button></span>`,
    )}${chips.length > 1 ? html`<button class="link" type="button" @click=${this.#on.clear}>${say('clearAll')}</button>` : nothing}</div>`;
  }

  /** What stands between the toolbar and the rows. */
  below(): TemplateResult {
    return html`${this.#kept()}${this.#selection()}${this.#way()}`;
  }

  /** What is selected, what more could be, and what can be done with all of it. */
  #selection(): TemplateResult | null {
    const store = this.#store;
    const { texts, allowed } = this.#screen;
    const { say } = texts;
    const n = store?.selection.size ?? 0;
    if (!store || n === 0) return null;
    const shown = accountsShown(store);
    const below = nestedBelow(store);
    const isNested = this.isNested && below > 0;
    return html`<div class="selection" role="region" aria-label=${say('selectionLabel')} part="toolbar">
      <button class="button chip" type="button" aria-label=${`${say('selected', { n })}. ${say('clearSelection')}`} @click=${this.#on.clearSelection}><bdi>${say('selected', { n })}</bdi>${icon(CLOSE, 12)}</button>
      ${shown > n ? html`<button class="link" type="button" @click=${this.#on.selectShown}>${say('selectShown', { n: shown })}</button>` : nothing}
      ${below > 0 ? html`<label><input type="checkbox" .checked=${isNested} @change=${this.#on.turnNested} />${say('withNested', { n: below })}</label>` : nothing}
      <span class="space"></span>
      ${BULK_ACTS.filter(({ needs }) => needs === null || allowed.has(needs)).map((act) => html`<button class="button" type="button" part="button" @click=${() => this.#on.bulk(act)}>${say(act.label)}</button>`)}
      ${this.#screen.hostActs.map((act) => html`<button class="button" type="button" part="button" @click=${() => this.#on.bulk(act)}>${act.label}</button>`)}</div>`;
  }

  /** Where one is, when a branch was entered (narrow layouts). */
  #way(): TemplateResult | null {
    const store = this.#store;
    const { say } = this.#screen.texts;
    const names = store?.sought === null ? store.entered.map(({ row }) => row.name) : [];
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
