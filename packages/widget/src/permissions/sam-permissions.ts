import type { CapsPreview, ShownCaps, ShownPreset } from '@tenantree/contract';
import {
  type ExplainedStanding,
  HIGHEST,
  highestLevelWithin,
  type Level,
  PERMISSION_CATEGORIES,
  type PermissionKey,
  permission,
  type SomeLevels,
} from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { type AccountDetail, type AccountName, refusalFrom, type SourceRefusal } from '../data/account-source.ts';
import { emit } from '../events.ts';
import { icon } from '../icons/icon.ts';
import { ALERT, CHEVRON_DOWN, LOCK, SEARCH } from '../icons/icons.ts';
import { absent } from '../parts/absent.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { Dialogs } from '../parts/dialogs.ts';
import { formStyles } from '../parts/form-styles.ts';
import { Loading } from '../parts/loading.ts';
import { partsTexts } from '../parts/parts-texts.ts';
import { SamToast } from '../parts/sam-toast.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { draftsOf } from './drafts.ts';
import { level, turn } from './level.ts';
import { isAbove, isChanged, isLess, type MatrixRow, matrixOf, storedIn, withoutStored } from './matrix.ts';
import type { PermissionsSource } from './permissions-source.ts';
import { levelStyles, permissionsStyles } from './permissions-styles.ts';
import { permissionsTexts } from './permissions-texts.ts';
import { SamCapsReview } from './sam-caps-review.ts';
import { SamDecide } from './sam-decide.ts';
import { SamPresets } from './sam-presets.ts';

/** What the permissions are compared with: an account, or a preset. */
type Other = { readonly name: string; readonly levels: SomeLevels };

/** Why a permission is as it is; null: it is being asked. */
type Reason = { readonly key: PermissionKey; readonly standing: ExplainedStanding | null };

/**
 * What an account may at most do: the matrix of all permissions, stored and in effect side by side (rules/permissions 8, 16 to 22). What is
 * chosen is collected, looked at and saved as one version.
 *
 * @fires sam-change - permissions were saved
 */
export class SamPermissions extends LitElement {
  static override properties = {
    source: { attribute: false },
    account: { attribute: false },
    texts: { attribute: false },
    access: {},
    caps: { state: true },
    failure: { state: true },
    draft: { state: true },
    query: { state: true },
    only: { state: true },
    current: { state: true },
    reason: { state: true },
    offered: { state: true },
    beside: { state: true },
    other: { state: true },
  };
  static override styles = [controlStyles, formStyles, cardStyles, levelStyles, permissionsStyles];

  /** Where permissions come from. */
  declare source: PermissionsSource | null;
  /** Whose permissions are shown; another one starts anew. */
  declare account: AccountDetail | null;
  declare texts: Texts;
  /** `readOnly`: nothing is offered that changes anything, whatever the levels allow. */
  declare access: 'full' | 'readOnly';
  declare protected caps: ShownCaps | null;
  declare protected failure: SourceRefusal | null;
  /** What is chosen and not saved. */
  declare protected draft: SomeLevels;
  declare protected query: string;
  /** Which rows are shown: all, or those that differ. */
  declare protected only: 'all' | 'different';
  /** The row that Tab leads to. */
  declare protected current: PermissionKey;
  declare protected reason: Reason | null;
  declare protected offered: readonly ShownPreset[];
  declare protected beside: readonly AccountName[];
  declare protected other: Other | null;
  readonly #loading = new Loading<PermissionsSource, ShownCaps>(this, {
    wanted: () => {
      const { source, account } = this;
      return source && account ? { source, account: account.id, version: account.treeVersion } : null;
    },
    ask: ({ source, account }, signal) => source.get(account, signal),
    show: (caps) => {
      this.caps = caps;
      this.failure = null;
      this.#choose((this.source && draftsOf(this.source).get(caps.account.id)) ?? {});
    },
    follow: () => void this.#loadOthers(),
    fail: (refusal) => {
      this.failure = refusal;
    },
    forget: () => this.#forget(),
  });
  readonly #dialogs = new Dialogs(() => this.renderRoot.querySelector('.permissions') ?? this.renderRoot);

  constructor() {
    super();
    define('sam-toast', SamToast);
    define('sam-caps-review', SamCapsReview);
    define('sam-presets', SamPresets);
    define('sam-decide', SamDecide);
    this.source = null;
    this.account = null;
    this.texts = defaultTexts();
    this.access = 'full';
    this.query = '';
    this.only = 'all';
    this.current = 'conversations';
    this.#forget();
  }

  /** Loads the permissions again; they stay on screen, with what is chosen, until the answer comes. */
  refresh(): Promise<void> {
    return this.#loading.again();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete({ ...partsTexts, ...permissionsTexts });
  }

  protected override render(): TemplateResult {
    const { caps, account, texts } = this;
    if (!caps || !account)
      return html`<div class="permissions"><div class="card">${absent(this.failure, texts, () => void this.#loading.begin())}</div></div>`;
    const rows = matrixOf(caps, this.draft);
    const shown = rows.filter((row) => this.#isShown(row));
    return html`<div class="permissions">
      <div class="card" part="card">${this.#tools()}${this.#undecided(caps)}
        ${this.#parent ? nothing : html`<p class="lead">${texts.say('permReadOnly')}</p>`}
        ${shown.length === 0 ? html`<div class="state" role="status">${texts.say('permNone')}</div>` : this.#grid(shown, account)}</div>
      ${this.#end(rows.filter(isChanged).length)}
      <sam-toast></sam-toast></div>`;
  }

  #forget(): void {
    this.caps = null;
    this.failure = null;
    this.draft = {};
    this.reason = null;
    this.offered = [];
    this.beside = [];
    this.other = null;
  }

  /** The account above, where one may set permissions from it (rules/permissions 18); else null. */
  get #parent(): AccountName | null {
    const { account, access, caps } = this;
    const may = access === 'full' && account?.status !== 'closed' && account?.levels['account.subaccounts'] === 'full';
    return may && caps?.version !== null ? (account.path.at(-2) ?? null) : null;
  }

  /** What there is to compare with; without it the screen does all else. */
  async #loadOthers(): Promise<void> {
    const { source, account } = this;
    const parent = account?.path.at(-2);
    if (!source || !account || !parent) return;
    const [offered, beside] = await Promise.all([
      source.presets(parent.id).catch(() => []),
      source.beside(parent.id).catch(() => []),
    ]);
    if (this.account?.id !== account.id) return;
    this.offered = offered;
    this.beside = beside.filter(({ id }) => id !== account.id);
  }

  #isShown(row: MatrixRow): boolean {
    const { query, only, other } = this;
    const { label, category, covers } = row.permission;
    if (!`${label} ${category} ${covers}`.toLowerCase().includes(query.trim().toLowerCase())) return false;
    if (only === 'all') return true;
    return isChanged(row) || (other ? (other.levels[row.key] ?? null) !== row.chosen : isLess(row));
  }

  #tools(): TemplateResult {
    const { offered, beside, other } = this;
    const { say } = this.texts;
    const option = (id: string, name: string): TemplateResult => html`<option value=${id}>${name}</option>`;
    const parent = this.#parent;
    return html`<div class="tools">
      <label class="field search">${icon(SEARCH)}<span class="hidden">${say('permSearch')}</span><input type="search" placeholder=${say('permSearch')} autocomplete="off" spellcheck="false" .value=${this.query} @input=${this.#search} /></label>
      <label class="check"><input type="checkbox" .checked=${this.only === 'different'} @change=${this.#turnOnly} />${other ? say('permOnlyOther', { name: other.name }) : say('permOnlyLess')}</label>
      <span class="space"></span>
      ${
        offered.length + beside.length === 0
          ? nothing
          : html`<span class="field other"><select aria-label=${say('permCompare')} @change=${(event: Event) => void this.#compare(event)}>${option('', say('permCompareNone'))}
        ${offered.length > 0 ? html`<optgroup label=${say('permComparePresets')}>${offered.map(({ id, name }) => option(id, name))}</optgroup>` : nothing}
        ${beside.length > 0 ? html`<optgroup label=${say('permCompareAccounts')}>${beside.map(({ id, name }) => option(id, name))}</optgroup>` : nothing}</select>${icon(CHEVRON_DOWN)}</span>`
      }
      ${other && parent ? html`<button class="button" type="button" part="button" @click=${() => this.#choose({ ...this.draft, ...other.levels })}>${say('permCopy', { name: other.name })}</button>` : nothing}
      ${parent ? html`<button class="button" type="button" part="button" @click=${() => void this.#presets(parent)}>${say('permPresets')}</button>` : nothing}
    </div>`;
  }

  readonly #search = ({ target }: Event): void => {
    if (target instanceof HTMLInputElement) this.query = target.value;
  };

  readonly #turnOnly = (): void => {
    this.only = this.only === 'all' ? 'different' : 'all';
  };

  async #compare({ target }: Event): Promise<void> {
    if (!(target instanceof HTMLSelectElement)) return;
    const { value } = target;
    const preset = this.offered.find(({ id }) => id === value);
    const account = this.beside.find(({ id }) => id === value);
    this.other = preset ? { name: preset.name, levels: preset.levels } : null;
    if (!account || !this.source) return;
    try {
      const caps = await this.source.get(account.id);
      if (target.value === value) this.other = { name: account.name, levels: storedIn(caps) };
    } catch (error) {
      this.#say(refusalFrom(error).message);
    }
  }

  #undecided({ unreviewed, account }: ShownCaps): TemplateResult | typeof nothing {
    const { say } = this.texts;
    const parent = this.#parent;
    if (unreviewed.length === 0) return nothing;
    return html`<div class="note new">${icon(ALERT)}<span>${say('permNew', { n: unreviewed.length, name: account.name })}</span>${parent ? html`<button class="link" type="button" @click=${() => void this.#decide(parent, unreviewed)}>${say('permDecide')}</button>` : nothing}</div>`;
  }

  #grid(rows: readonly MatrixRow[], { name }: AccountDetail): TemplateResult {
    const { say } = this.texts;
    const head = (area: string, words: string): TemplateResult =>
      html`<span role="columnheader" data-area=${area}>${words}</span>`;
    const first = rows.some(({ key }) => key === this.current) ? this.current : rows[0]?.key;
    return html`<div role="grid" aria-label=${say('permTitle', { name })} @keydown=${this.#press} @focusin=${this.#arrive}>
      <div class="heads" role="row">${head('name', say('permColumn'))}${head('set', say('permColumnSet', { name }))}${head('effect', say('permColumnEffect'))}${head('by', say('permColumnBy'))}${html`<span role="columnheader" data-area="why"><span class="hidden">${say('permColumnWhy')}</span></span>`}</div>
      ${PERMISSION_CATEGORIES.map((category) => {
        const group = rows.filter(({ permission }) => permission.category === category);
        return group.length === 0
          ? nothing
          : html`<div role="rowgroup" aria-label=${category}>${this.#group(category, group)}${group.map((row) => this.#row(row, row.key === first))}</div>`;
      })}</div>`;
  }

  #group(category: string, rows: readonly MatrixRow[]): TemplateResult {
    const { say } = this.texts;
    const counts = new Map<Level, number>();
    for (const { after } of rows) counts.set(after, (counts.get(after) ?? 0) + 1);
    const sum = (['full', 'limited', 'read', 'none'] as const)
      .flatMap((one) => (counts.has(one) ? [`${counts.get(one)} ${say(`level_${one}`).toLowerCase()}`] : []))
      .join(' · ');
    const levels = [...new Set(rows.flatMap(({ permission }) => permission.levels))];
    return html`<div class="group" role="row"><span role="rowheader">${category}</span><span class="sum" role="gridcell"><bdi>${sum}</bdi></span>${
      this.#parent
        ? html`<span role="gridcell"><span class="field"><select aria-label=${say('permSetAllOf', { group: category })} @change=${(event: Event) => this.#setAll(event, rows)}><option value="">${say('permSetAll')}</option>${levels.map((one) => html`<option value=${one}>${say(`level_${one}`)}</option>`)}</select>${icon(CHEVRON_DOWN)}</span></span>`
        : nothing
    }</div>`;
  }

  #setAll({ target }: Event, rows: readonly MatrixRow[]): void {
    if (!(target instanceof HTMLSelectElement)) return;
    const wanted = rows.flatMap(({ permission }) => permission.levels).find((one) => one === target.value);
    target.value = '';
    if (!wanted) return;
    const draft = { ...this.draft };
    // As far as each permission knows the level, and those above leave it.
    for (const { key, permission, ceiling } of rows)
      draft[key] = highestLevelWithin(permission, isAbove(wanted, ceiling) ? ceiling : wanted);
    this.#choose(draft);
  }

  #row(row: MatrixRow, isCurrent: boolean): TemplateResult {
    const { texts, other, reason } = this;
    const { say } = texts;
    const { key, permission, after, before, controls, chosen } = row;
    const { label, controller } = permission;
    const isOpen = reason?.key === key;
    const there = other?.levels[key];
    const kept = chosen ?? 'none';
    return html`<div class="line ${controller === null ? '' : 'sub'} ${row.off ? 'off' : ''}" role="row" data-key=${key}>
      <span role="rowheader" data-area="name"><span class="name">${label}</span>${controls > 0 ? html`<span class="aside">${say('permControls', { n: controls })}</span>` : nothing}${isChanged(row) ? html`<span class="mark">${say('permChanged')}</span>` : nothing}</span>
      <span role="gridcell" data-area="set">${this.#stops(row, isCurrent)}</span>
      <span role="gridcell" data-area="effect"><span class="turn">${isChanged(row) || before !== after ? turn(before, after, texts) : turn(kept, after, texts)}</span>${there === undefined ? nothing : html`<span class="aside">${say('permOther', { level: say(`level_${there}`) })}</span>`}</span>
      <span role="gridcell" data-area="by">${this.#decidedBy(row)}</span>
      <span role="gridcell" data-area="why"><button class="link why" type="button" tabindex=${isCurrent ? 0 : -1} aria-expanded=${String(isOpen)} aria-label=${say('permWhyOf', { permission: label, level: say(`level_${after}`) })} @click=${() => void this.#why(key)}>${say('permWhy')}</button></span>
    </div>${isOpen ? this.#reason(row, reason.standing) : nothing}`;
  }

  #stops({ key, permission, chosen, stored, ceiling }: MatrixRow, isCurrent: boolean): TemplateResult {
    const { texts } = this;
    const may = this.#parent !== null;
    const { levels } = permission;
    const at = Math.max(0, chosen === null ? 0 : levels.indexOf(chosen));
    return html`<span class="stops" role="radiogroup" aria-label=${permission.label}>${levels.map((one, k) => {
      const over = isAbove(one, ceiling);
      // What is stored above the bound may be gone back to: it is kept.
      const isOff = !may || (over && one !== stored);
      return html`<button type="button" role="radio" class=${over ? 'over' : ''} data-level=${one} data-stop=${k === levels.length - 1 ? 2 : k} aria-checked=${String(one === chosen)} aria-disabled=${isOff ? 'true' : nothing}
        tabindex=${isCurrent && k === at ? 0 : -1} @click=${() => this.#pick(key, one)}>${level(one, texts)}${over ? icon(LOCK, 12) : nothing}</button>`;
    })}</span>`;
  }

  #decidedBy({ chosen, ceiling, ceilingBy, off, after, key }: MatrixRow): string {
    const { say } = this.texts;
    if (off) return say('permOff', { name: off.label, level: say(`level_${this.#levelOf(off.key)}`).toLowerCase() });
    if (chosen === null) return say('permUndecided');
    const isHeld = after === ceiling && ceilingBy.length > 0;
    if (isHeld)
      return say('permHeld', {
        names: this.#list([...ceilingBy, ...(chosen === after ? [this.account?.name ?? ''] : [])]),
      });
    return chosen === HIGHEST[key] ? '' : say('permHere');
  }

  #levelOf(key: string): Level {
    const row = this.caps && matrixOf(this.caps, this.draft).find((one) => one.key === key);
    return row?.after ?? 'none';
  }

  #list(names: readonly string[]): string {
    return new Intl.ListFormat(this.texts.locale, { type: 'conjunction' }).format(names);
  }

  #pick(key: PermissionKey, wanted: Level): void {
    const row = this.caps && matrixOf(this.caps, this.draft).find((one) => one.key === key);
    if (!row || !this.#parent) return;
    if (isAbove(wanted, row.ceiling) && wanted !== row.stored) {
      const { say } = this.texts;
      this.#say(say('permCapped', { level: say(`level_${row.ceiling}`), names: this.#list(row.ceilingBy) }));
      return;
    }
    this.#choose({ ...this.draft, [key]: wanted });
  }

  /** Keeps what is chosen, here and for when one comes back. */
  #choose(draft: SomeLevels): void {
    const { caps, source, account } = this;
    if (!caps || !source || !account) return;
    this.draft = withoutStored(draft, storedIn(caps));
    const drafts = draftsOf(source);
    if (Object.keys(this.draft).length === 0) drafts.delete(account.id);
    else drafts.set(account.id, this.draft);
    emit(this, 'sam-draft', {});
  }

  async #why(key: PermissionKey): Promise<void> {
    const { source, account } = this;
    if (!source || !account) return;
    if (this.reason?.key === key) {
      this.reason = null;
      return;
    }
    this.reason = { key, standing: null };
    try {
      const standing = await source.why(account.id, key);
      if (this.reason?.key === key) this.reason = { key, standing };
    } catch (error) {
      this.reason = null;
      this.#say(refusalFrom(error).message);
    }
  }

  #reason({ key: asked }: MatrixRow, standing: ExplainedStanding | null): TemplateResult {
    const { texts } = this;
    const { say, numbers } = texts;
    if (!standing) return html`<div class="reason" role="row"><div role="gridcell">${say('loading')} …</div></div>`;
    const holds = standing.lines.some(({ decides }) => decides);
    return html`<div class="reason" role="row"><div role="gridcell"><p>${say(holds ? 'permWhyHolds' : 'permWhyFree')}</p><ul>${standing.lines.map(
      ({ entry, account, key, level: one, by, at, version, decides }) => {
        const name = entry === 'role' ? say('permWhyRole', { name: account.name }) : account.name;
        const about = key === asked ? null : permission(key).label;
        const date = at === null ? '' : numbers.dateTime(at);
        const set = by
          ? say('permWhyCap', { name: by.name, date, version: version ?? 0 })
          : at === null
            ? ''
            : say('permWhyAt', { date });
        return html`<li class=${decides ? 'holds' : ''}>${decides ? icon(LOCK, 14) : html`<span></span>`}<span><bdi>${about === null ? name : say('permWhyController', { name, permission: about })}</bdi>${set === '' ? nothing : html`<small>${set}</small>`}</span><span class="at">${level(one, texts)}</span></li>`;
      },
    )}</ul></div></div>`;
  }

  #end(count: number): TemplateResult | typeof nothing {
    const { say } = this.texts;
    if (count === 0) return nothing;
    return html`<div class="end" role="region" aria-label=${say('permUnsaved')}><strong role="status">${say('permCount', { n: count })}</strong>
      <button class="button" type="button" part="button" @click=${this.#discard}>${say('permDiscard')}</button>
      <button class="button primary" type="button" part="button" @click=${() => void this.#review()}>${say('permReview')}</button></div>`;
  }

  readonly #discard = (): void => {
    this.#choose({});
    void this.#focusRow(this.current);
  };

  async #review(): Promise<void> {
    const { source, caps, texts, draft } = this;
    if (!source || !caps) return;
    const saved = (version: number, changes: CapsPreview['changes']): void => {
      this.#choose({});
      const before = Object.fromEntries(changes.flatMap((one) => (one.before === null ? [] : [[one.key, one.before]])));
      const undo = { label: texts.say('undo'), act: () => void this.#undo(caps.account, before, version) };
      this.#say(texts.say('permSaved', { name: caps.account.name }), [undo]);
      void this.#saved();
    };
    await this.#dialogs.open(Object.assign(new SamCapsReview(), { texts, source, caps, draft, saved }));
    await this.updateComplete;
    if (!this.shadowRoot?.activeElement) void this.#focusRow(this.current);
  }

  /** Sets what was before, as another version: as long as nothing newer was saved. */
  async #undo({ id, name }: AccountName, before: SomeLevels, version: number): Promise<void> {
    try {
      await this.source?.set(id, before, { version, preview: null });
      this.#say(this.texts.say('permUndone', { name }));
      await this.#saved();
    } catch (error) {
      this.#say(refusalFrom(error).message);
    }
  }

  async #saved(): Promise<void> {
    if (this.account) emit(this, 'sam-change', { account: this.account });
    await this.refresh();
  }

  async #presets(parent: AccountName): Promise<void> {
    const { source, caps, texts, draft } = this;
    if (!source || !caps) return;
    const applied = (preset: string): void => {
      this.#choose({});
      this.#say(texts.say('presetApplied', { preset, name: caps.account.name }));
      void this.#saved();
    };
    const levels = { ...storedIn(caps), ...draft };
    await this.#dialogs.open(
      Object.assign(new SamPresets(), { texts, source, parent, accounts: [caps.account], levels, applied }),
    );
    void this.#loadOthers();
  }

  async #decide(parent: AccountName, keys: readonly PermissionKey[]): Promise<void> {
    const { source, caps, texts } = this;
    if (!source || !caps) return;
    const decided = (n: number): void => {
      this.#say(texts.say('decideDone', { n }));
      void this.#saved();
    };
    await this.#dialogs.open(
      Object.assign(new SamDecide(), { texts, source, parent, account: caps.account, keys, decided }),
    );
  }

  #say(text: string, acts: readonly { readonly label: string; readonly act: () => void }[] = []): void {
    const toast = this.renderRoot.querySelector<SamToast>('sam-toast');
    if (!toast) return;
    toast.dismissLabel = this.texts.say('dismiss');
    toast.show({ text, acts, about: 'permissions' });
  }

  readonly #arrive = ({ target }: Event): void => {
    const key = this.#keyAt(target);
    if (key) this.current = key;
  };

  #keyAt(target: EventTarget | null): PermissionKey | null {
    const at = target instanceof Element ? target.closest<HTMLElement>('.line')?.dataset.key : undefined;
    return this.caps?.rows.find(({ key }) => key === at)?.key ?? null;
  }

  /** Up and down through the rows, left and right through the levels of one; `w` asks why, `r` takes back what was chosen. */
  readonly #press = (event: KeyboardEvent): void => {
    const { target } = event;
    const key = this.#keyAt(target);
    if (!key || event.altKey || event.ctrlKey || event.metaKey || !(target instanceof HTMLElement)) return;
    const lines = [...this.renderRoot.querySelectorAll<HTMLElement>('.line')];
    const at = lines.findIndex(({ dataset }) => dataset.key === key);
    const forward = this.matches(':dir(rtl)') ? 'ArrowLeft' : 'ArrowRight';
    const to = new Map([
      ['ArrowDown', at + 1],
      ['ArrowUp', at - 1],
      ['Home', 0],
      ['End', lines.length - 1],
    ]).get(event.key);
    if (to !== undefined) {
      const line = lines[to];
      const what = target.classList.contains('why') ? '.why' : '[role="radio"][aria-checked="true"], [role="radio"]';
      if (line) line.querySelector<HTMLElement>(what)?.focus();
    } else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      const stops = [...(lines[at]?.querySelectorAll<HTMLElement>('[role="radio"]') ?? [])];
      const here = stops.findIndex((stop) => stop === target);
      const next = stops[here + (event.key === forward ? 1 : -1)];
      if (here < 0 || !next) return;
      next.focus();
      next.click();
    } else if (event.key === 'w') void this.#why(key);
    else if (event.key === 'r') this.#reset(key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  #reset(key: PermissionKey): void {
    const { [key]: _, ...rest } = this.draft;
    this.#choose(rest);
    void this.#focusRow(key);
  }

  async #focusRow(key: PermissionKey): Promise<void> {
    await this.updateComplete;
    const line = this.renderRoot.querySelector(`.line[data-key="${CSS.escape(key)}"]`);
    line?.querySelector<HTMLElement>('[role="radio"][tabindex="0"], [role="radio"]')?.focus();
  }
}
