import { AUDIT_KINDS, type AuditKind } from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { type AccountDetail, refusalFrom, type SourceRefusal } from '../data/account-source.ts';
import { emit } from '../events.ts';
import { icon } from '../icons/icon.ts';
import { ALERT } from '../icons/icons.ts';
import { absent } from '../parts/absent.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { formStyles } from '../parts/form-styles.ts';
import { AGAIN_MS } from '../parts/loading.ts';
import { partsTexts } from '../parts/parts-texts.ts';
import { SamTable } from '../parts/sam-table.ts';
import { saveAll } from '../parts/save-file.ts';
import { selectField } from '../parts/select-field.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { type ActivityFilter, type ActivitySource, type Entry, EVERYTHING } from './activity-source.ts';
import { activityStyles } from './activity-styles.ts';
import { activityTable, latestTable } from './activity-table.ts';
import { activityTexts } from './activity-texts.ts';

/** So many entries are shown at first, and further ones at a time. */
const ROWS = { latest: 10, all: 50 } as const;

const KINDS = Object.keys(AUDIT_KINDS) as readonly AuditKind[];

/** What a list of things to choose one of has: the first is all of them. */
type Options = readonly { readonly value: string; readonly label: string }[];

/**
 * What was done in an account, or in everything below it, newest first.
 *
 * @fires sam-filter - other entries are wanted; a host that keeps the filter gives it back
 * @fires sam-show - the activity of another account is wanted
 */
export class SamActivity extends LitElement {
  static override properties = {
    source: { attribute: false },
    account: { attribute: false },
    texts: { attribute: false },
    filter: { attribute: false },
    show: {},
    entries: { state: true },
    next: { state: true },
    people: { state: true },
    failure: { state: true },
    refusal: { state: true },
    busy: { state: true },
  };
  static override styles = [controlStyles, formStyles, cardStyles, activityStyles];

  declare source: ActivitySource | null;
  /** Whose activity is shown; another one starts anew. */
  declare account: AccountDetail | null;
  declare texts: Texts;
  /** Which entries are shown. */
  declare filter: ActivityFilter;
  /** `latest`: only the last few, and nothing to choose. */
  declare show: 'latest' | 'all';
  /** Null: not there yet. */
  declare protected entries: readonly Entry[] | null;
  /** Where further entries begin; null: there are none. */
  declare protected next: string | null;
  /** Names of whom entries can be of, by their ids. */
  declare protected people: ReadonlyMap<string, string>;
  /** Why there is nothing to show. */
  declare protected failure: SourceRefusal | null;
  /** Why what was wanted of what is shown can't be had. */
  declare protected refusal: SourceRefusal | null;
  /** What is under way beside what is shown. */
  declare protected busy: 'exporting' | 'more' | null;
  #loading = new AbortController();
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    define('sam-table', SamTable);
    this.source = null;
    this.account = null;
    this.texts = defaultTexts();
    this.filter = EVERYTHING;
    this.show = 'all';
    this.people = new Map();
    this.busy = null;
    this.#forget();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) void this.refresh();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#loading.abort();
    clearTimeout(this.#again);
  }

  /** Loads the newest entries again; what is shown stays until the answer comes. */
  async refresh(): Promise<void> {
    clearTimeout(this.#again);
    this.#loading.abort();
    this.#loading = new AbortController();
    await this.#load(null);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete({ ...partsTexts, ...activityTexts });
    const before = changed.get('account');
    const isOther = changed.has('account') && before?.id !== this.account?.id;
    if (isOther) {
      this.#forget();
      if (before && !changed.has('filter')) this.filter = EVERYTHING;
    }
    if (isOther || changed.has('source')) void this.#loadPeople();
    // The last of it follows the account; a longer list stands still while it is read.
    const isBehind = before && this.show === 'latest' && before.treeVersion !== this.account?.treeVersion;
    if (isOther || isBehind || changed.has('source') || changed.has('filter')) void this.refresh();
  }

  protected override render(): TemplateResult {
    const { entries, account, refusal } = this;
    return html`${this.show === 'all' && account ? this.#bar(account) : nothing}
      ${refusal ? html`<div class="bar error" role="alert">${icon(ALERT, 14)}<span>${refusal.message}</span></div>` : nothing}
      ${entries ? this.#entries(entries) : absent(this.failure, this.texts, () => void this.refresh())}`;
  }

  #forget(): void {
    this.entries = null;
    this.next = null;
    this.failure = null;
    this.refusal = null;
  }

  /** @param from null: from the newest on; else further ones, below those that are shown */
  async #load(from: string | null): Promise<void> {
    const { source, account, filter, show } = this;
    const { signal } = this.#loading;
    if (!source || !account) return;
    try {
      const { rows, nextCursor } = await source.list(account.id, filter, { limit: ROWS[show], cursor: from }, signal);
      if (signal.aborted) return;
      this.entries = from === null ? rows : [...(this.entries ?? []), ...rows];
      this.next = nextCursor;
      this.failure = null;
      this.refusal = null;
      this.#meet(rows.map(({ actor }) => actor));
    } catch (error) {
      if (!signal.aborted) this.#fail(refusalFrom(error), from);
    }
  }

  /** What is shown stays; what can't be had now is tried again by itself, further entries when they are asked for again. */
  #fail(refusal: SourceRefusal, from: string | null): void {
    if (this.entries === null) this.failure = refusal;
    else this.refusal = refusal;
    if (from === null && refusal.retryable)
      this.#again = setTimeout(() => void this.refresh(), AGAIN_MS * (1 + Math.random()));
  }

  /** Whom entries can be of: the members, as far as one may see them, and whoever did what is shown. */
  async #loadPeople(): Promise<void> {
    const { source, account } = this;
    this.people = new Map();
    if (!source || !account || this.show === 'latest' || account.levels['account.members'] === 'none') return;
    const members = await source.people(account.id).catch(() => []);
    if (this.account?.id === account.id) this.#meet(members);
  }

  #meet(people: readonly { readonly id: string | null; readonly name: string }[]): void {
    const known = new Map(this.people);
    for (const { id, name } of people) if (id !== null) known.set(id, name);
    this.people = known;
  }

  #bar(account: AccountDetail): TemplateResult {
    const { filter, people } = this;
    const { say, locale } = this.texts;
    const kinds = KINDS.map((kind) => ({ value: kind, label: say(`kind_${kind}`) }));
    const persons = [...people]
      .map(([value, label]) => ({ value, label }))
      .sort((a, b) => a.label.localeCompare(b.label, locale));
    const isExporting = this.busy === 'exporting';
    return html`<div class="bar" role="group" aria-label=${say('activityShown')}>
      ${account.levels['account.subaccounts'] === 'none' ? nothing : this.#scopes(filter)}
      ${this.#choice(say('activityKind'), say('activityKinds'), kinds, filter.kind, (value) => ({ kind: KINDS.find((kind) => kind === value) ?? null }))}
      ${this.#choice(say('person'), say('activityEverybody'), persons, filter.by, (by) => ({ by: by || null }))}
      <button class="button export" type="button" part="button" ?disabled=${isExporting} @click=${() => void this.#export(account)}>${say(isExporting ? 'activityExporting' : 'activityExport')}</button>
    </div>`;
  }

  /** Of one account, or with all below it. */
  #scopes({ scope }: ActivityFilter): TemplateResult {
    const { say } = this.texts;
    const one = (value: ActivityFilter['scope'], words: string): TemplateResult =>
      html`<button class="button" type="button" part="button" aria-pressed=${String(scope === value)} @click=${() => this.#choose({ scope: value })}>${words}</button>`;
    return html`<div class="scopes" role="group" aria-label=${say('activityWhere')}>${one('own', say('activityOwn'))}${one('nested', say('activityNested'))}</div>`;
  }

  #choice(
    label: string,
    all: string,
    options: Options,
    chosen: string | null,
    change: (value: string) => Partial<ActivityFilter>,
  ): TemplateResult {
    return selectField({
      label,
      options: [{ value: '', label: all }, ...options],
      chosen: chosen ?? '',
      choose: (value) => this.#choose(change(value)),
    });
  }

  #choose(change: Partial<ActivityFilter>): void {
    const filter = { ...this.filter, ...change };
    if (emit(this, 'sam-filter', filter)) this.filter = filter;
  }

  #entries(entries: readonly Entry[]): TemplateResult {
    const { filter, texts, show, account } = this;
    const { say } = texts;
    if (entries.length === 0) return this.#none(filter);
    if (show === 'latest') return html`<sam-table .table=${latestTable(entries, texts)}></sam-table>`;
    const table = activityTable(entries, filter.scope, texts, {
      onlyBy: filter.by === null ? (by) => this.#choose({ by }) : null,
      onlyOf: filter.scope === 'own' ? null : (id) => this.#showOnly(id, account),
    });
    return html`<sam-table exportparts="button" .table=${table}></sam-table>
      ${this.next === null ? nothing : html`<div class="further"><button class="button" type="button" part="button" ?disabled=${this.busy === 'more'} @click=${() => void this.#more()}>${say('activityMore')}</button></div>`}`;
  }

  async #more(): Promise<void> {
    if (this.busy) return;
    this.busy = 'more';
    await this.#load(this.next);
    this.busy = null;
  }

  #showOnly(id: AccountDetail['id'], account: AccountDetail | null): void {
    if (id === account?.id) this.#choose({ scope: 'own' });
    else emit(this, 'sam-show', { account: id, tab: 'activity' });
  }

  #none({ kind, by }: ActivityFilter): TemplateResult {
    const { say } = this.texts;
    if (kind === null && by === null) return html`<div class="state">${say('activityNone')}</div>`;
    return html`<div class="state"><p>${say('activityNoneSuch')}</p><button class="button" type="button" part="button" @click=${() => this.#choose({ kind: null, by: null })}>${say('activityEverything')}</button></div>`;
  }

  async #export({ id }: AccountDetail): Promise<void> {
    const { source, filter } = this;
    if (!source || this.busy) return;
    this.busy = 'exporting';
    this.refusal = null;
    try {
      await saveAll((cursor) => source.export(id, filter, cursor));
    } catch (error) {
      this.refusal = refusalFrom(error);
    }
    this.busy = null;
  }
}
