import { fetched, NO_ANSWER } from '@tenantree/client';
import type { CapsPreview, CapsResult, ShownCaps } from '@tenantree/contract';
import {
  type AccountId,
  type ExplainedStanding,
  highestLevelWithin,
  type Level,
  PERMISSIONS,
  type PermissionKey,
  type SomeLevels,
  type WishedLevels,
} from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { type AccountDetail, type AccountName, refusalFrom, type SourceRefusal } from '../data/account-source.ts';
import { emit } from '../events.ts';
import { icon } from '../icons/icon.ts';
import { ALERT, CLOSE, SEARCH } from '../icons/icons.ts';
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
import { conflictTable } from './conflict-table.ts';
import { type Conflict, conflictsOf, type Draft, draftsOf, NO_DRAFT } from './drafts.ts';
import { isAbove, isChanged, isLess, type MatrixRow, matrixOf, storedIn, withoutStored } from './matrix.ts';
import { listed, matrixCells } from './matrix-cells.ts';
import { coversOf, groupOf, nameOf } from './names.ts';
import type { Other, PermissionsSource, Reviewed } from './permissions-source.ts';
import { levelStyles, permissionsStyles } from './permissions-styles.ts';
import { permissionsTexts } from './permissions-texts.ts';
import { reason as reasonRow } from './reason.ts';
import { SamCapsReview } from './sam-caps-review.ts';
import { SamCompare } from './sam-compare.ts';
import { SamDecide } from './sam-decide.ts';

/** Why a permission is as it is; null: it is being asked. */
type Reason = { readonly key: PermissionKey; readonly standing: ExplainedStanding | null };

/** The level of a row that is chosen; the first where none is. */
const chosenIn = (line: Element): HTMLElement | null =>
  line.querySelector<HTMLElement>('[role="radio"][aria-checked="true"]') ??
  line.querySelector<HTMLElement>('[role="radio"]');

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
    conflicts: { state: true },
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
  declare protected other: Other | null;
  /** What others saved while something was chosen here. */
  declare protected conflicts: readonly Conflict[];
  /** What was stored in place of what is chosen, when it was; where others saved something since, until one of both sides is chosen. */
  #seen: WishedLevels = {};
  readonly #loading = new Loading<PermissionsSource, ShownCaps>(this, {
    wanted: () => {
      const { source, account } = this;
      return source && account ? { source, account: account.id, version: account.treeVersion } : null;
    },
    ask: ({ source, account }, signal) => source.get(account, signal),
    show: (caps) => {
      this.caps = caps;
      this.failure = null;
      const draft = (this.source && draftsOf(this.source).get(caps.account.id)) ?? NO_DRAFT;
      this.#meet(draft);
      this.#seen = draft.seen;
      this.#choose(draft.levels);
    },
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
    define('sam-decide', SamDecide);
    define('sam-compare', SamCompare);
    this.conflicts = [];
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
      <div class="card" part="card">${this.#tools()}${this.#undecided(caps)}${this.conflicts.length === 0 ? nothing : html`<div class="both">${conflictTable(this.conflicts, this.draft, this.#settle, texts)}</div>`}
        ${this.#parent ? nothing : html`<p class="lead">${texts.say('permReadOnly')}</p>`}
        ${shown.length === 0 ? html`<div class="state" role="status">${texts.say('permNone')}</div>` : this.#grid(shown, account)}${this.#last(caps)}</div>
      ${this.#end(rows)}
      <sam-toast></sam-toast></div>`;
  }

  #forget(): void {
    this.caps = null;
    this.failure = null;
    this.draft = {};
    this.reason = null;
    this.other = null;
    this.conflicts = [];
    this.#seen = {};
  }

  /** The account above, where one may set permissions from it (rules/permissions 18); else null. */
  get #parent(): AccountName | null {
    const { account, access, caps } = this;
    const may = access === 'full' && account?.status !== 'closed' && account?.levels['account.subaccounts'] === 'full';
    return may && caps?.version !== null ? (account.path.at(-2) ?? null) : null;
  }

  #isShown(row: MatrixRow): boolean {
    const { query, only, other, texts } = this;
    const { permission } = row;
    const words = [nameOf(permission, texts), groupOf(permission.category, texts), coversOf(permission, texts)];
    if (!words.join(' ').toLowerCase().includes(query.trim().toLowerCase())) return false;
    if (only === 'all') return true;
    return isChanged(row) || (other ? (other.levels[row.key] ?? null) !== row.chosen : isLess(row));
  }

  #tools(): TemplateResult {
    const { other, account } = this;
    const { say } = this.texts;
    const beside = account?.path.at(-2);
    const parent = this.#parent;
    return html`<div class="tools">
      <label class="field search">${icon(SEARCH)}<span class="hidden">${say('permSearch')}</span><input type="search" placeholder=${say('permSearch')} autocomplete="off" spellcheck="false" .value=${this.query} @input=${this.#search} /></label>
      <label class="check"><input type="checkbox" .checked=${this.only === 'different'} @change=${this.#turnOnly} />${other ? say('permOnlyOther', { name: other.name }) : say('permOnlyLess')}</label>
      <span class="space"></span>
      ${
        other
          ? html`<button class="button" type="button" part="button" aria-label=${say('permCompareEnd', { name: other.name })} @click=${() => {
              this.other = null;
            }}><bdi>${other.name}</bdi>${icon(CLOSE, 12)}</button>`
          : beside
            ? html`<button class="button" type="button" part="button" @click=${() => void this.#compare(beside)}>${say('permCompareNone')}</button>`
            : nothing
      }
      ${other && parent ? html`<button class="button" type="button" part="button" @click=${() => this.#choose({ ...this.draft, ...other.levels })}>${say('permCopy', { name: other.name })}</button>` : nothing}
      ${parent ? html`<button class="button" type="button" part="button" @click=${() => void this.#presets(parent)}><bdi>${this.#preset || say('permPresets')}</bdi></button>` : html`<bdi>${this.#preset}</bdi>`}
    </div>`;
  }

  /** Which preset was taken last, and how many rows are others by now; empty where none is known. */
  get #preset(): string {
    const { say } = this.texts;
    const { name = null, version = 0, differs } = this.caps?.preset ?? {};
    if (name === null) return '';
    const words = say('permPreset', { name, n: version });
    return differs ? `${words} · ${say('permPresetChanged', { n: differs })}` : words;
  }

  readonly #search = ({ target }: Event): void => {
    if (target instanceof HTMLInputElement) this.query = target.value;
  };

  readonly #turnOnly = (): void => {
    this.only = this.only === 'all' ? 'different' : 'all';
  };

  async #compare(parent: AccountName): Promise<void> {
    const { source, account, texts } = this;
    if (!source || !account) return;
    const compare = (other: Other): void => {
      this.other = other;
    };
    await this.#dialogs.open(Object.assign(new SamCompare(), { texts, source, parent, account: account.id, compare }));
  }

  /** Who saved last, and the way back from there, as long as nothing else changed it since. */
  #last({ account, version, undo }: ShownCaps): TemplateResult | typeof nothing {
    const { say, numbers } = this.texts;
    if (!undo || version === null || !this.#parent || Object.keys(this.draft).length > 0) return nothing;
    const { by, at } = undo;
    return html`<p class="lead last"><bdi>${say('permWhyCap', { name: by, date: numbers.dateTime(at), version })}</bdi> <button class="link" type="button" @click=${() => void this.#undo(account, version)}>${say('undo')}</button></p>`;
  }

  #undecided({ unreviewed, account }: ShownCaps): TemplateResult | typeof nothing {
    const { say } = this.texts;
    const parent = this.#parent;
    if (unreviewed.length === 0) return nothing;
    return html`<div class="note new">${icon(ALERT)}<span><bdi>${say('permNew', { n: unreviewed.length, name: account.name })}</bdi></span>${parent ? html`<button class="link" type="button" @click=${() => void this.#decide(parent, unreviewed)}>${say('permDecide')}</button>` : nothing}</div>`;
  }

  #grid(rows: readonly MatrixRow[], { name }: AccountDetail): TemplateResult {
    const { texts, other, current } = this;
    const cells = {
      texts,
      name,
      other,
      current,
      use: this.#parent ? ('choose' as const) : ('look' as const),
      reason: (key: PermissionKey) =>
        this.reason?.key === key ? reasonRow(key, this.reason.standing, this.#lead, this.#own(key), texts) : null,
      levelOf: (key: PermissionKey) => this.#rowOf(key)?.after ?? 'none',
      pick: (key: PermissionKey, wanted: Level) => this.#pick(key, wanted),
      why: (key: PermissionKey) => void this.#why(key),
      setAll: (group: readonly MatrixRow[], wanted: Level) => this.#setAll(group, wanted),
    };
    return html`<div role="grid" aria-label=${texts.say('permTitle', { name })} @keydown=${this.#press} @focusin=${this.#arrive}>${matrixCells(rows, cells)}</div>`;
  }

  /** What an account's permission comes to for whoever looks at it from above; null for those who stand in it. */
  #own(key: PermissionKey): Level | null {
    const { account } = this;
    return account && account.path.length > 1 ? account.levels[key] : null;
  }

  #setAll(rows: readonly MatrixRow[], wanted: Level): void {
    const draft = { ...this.draft };
    // As far as each permission knows the level, and those above leave it.
    for (const { key, permission, ceiling } of rows)
      draft[key] = highestLevelWithin(permission, isAbove(wanted, ceiling) ? ceiling : wanted);
    this.#choose(draft);
  }

  #rowOf(key: PermissionKey): MatrixRow | null {
    return (this.caps && matrixOf(this.caps, this.draft).find((one) => one.key === key)) ?? null;
  }

  #pick(key: PermissionKey, wanted: Level): void {
    const row = this.#rowOf(key);
    if (!row || !this.#parent) return;
    if (isAbove(wanted, row.ceiling) && wanted !== row.stored) {
      const { texts } = this;
      const names = listed(row.ceilingBy, texts);
      this.#say(texts.say('permCapped', { level: texts.say(`level_${row.ceiling}`), names }));
      return;
    }
    this.#choose({ ...this.draft, [key]: wanted });
  }

  /** Others may have saved something while something was chosen here: then both sides are shown, until one of them is chosen. */
  #meet(draft: Draft): void {
    const { caps } = this;
    const found = caps ? conflictsOf(draft, storedIn(caps)) : [];
    const before = this.conflicts.filter(({ key }) => !found.some((one) => one.key === key));
    this.conflicts = [...before, ...found];
  }

  readonly #settle = (key: PermissionKey, side: 'mine' | 'theirs'): void => {
    const mine = this.conflicts.find((one) => one.key === key)?.mine;
    const { [key]: _, ...rest } = this.draft;
    const { [key]: __, ...seen } = this.#seen;
    this.#seen = seen;
    this.#choose(side === 'mine' && mine ? { ...rest, [key]: mine } : rest);
  };

  /** Keeps what is chosen, here and for when one comes back. */
  #choose(draft: SomeLevels): void {
    const { caps, source, account } = this;
    if (!caps || !source || !account) return;
    const stored = storedIn(caps);
    this.draft = withoutStored(draft, stored);
    const seen: WishedLevels = { ...stored, ...this.#seen };
    this.#seen = Object.fromEntries(
      PERMISSIONS.flatMap(({ key }) => (this.draft[key] === undefined ? [] : [[key, seen[key] ?? null]])),
    );
    const drafts = draftsOf(source);
    if (Object.keys(this.draft).length > 0) drafts.set(account.id, { levels: this.draft, seen: this.#seen });
    else {
      drafts.delete(account.id);
      this.conflicts = [];
    }
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

  /** What leads from a reason to the permissions of the account that gives it, if whoever looks sees those. */
  readonly #lead = (id: AccountId | null): (() => void) | null => {
    const { account } = this;
    // A main account has no caps of its own.
    const isSeen = account?.path.some((one, at) => at > 0 && one.id === id) ?? false;
    return isSeen && id !== null && id !== account?.id
      ? () => emit(this, 'sam-show', { account: id, tab: 'permissions' })
      : null;
  };

  #end(rows: readonly MatrixRow[]): TemplateResult | typeof nothing {
    const { say } = this.texts;
    const count = rows.filter(isChanged).length;
    if (count === 0) return nothing;
    // With what they control: what comes of it, and not what is chosen.
    const lowered = rows.filter(({ before, after }) => isAbove(before, after)).length;
    const raised = rows.filter(({ before, after }) => isAbove(after, before)).length;
    const effect = [
      ...(lowered > 0 ? [say('permLowers', { n: lowered })] : []),
      ...(raised > 0 ? [say('permRaises', { n: raised })] : []),
    ];
    return html`<div class="end" role="region" aria-label=${say('permUnsaved')}><span role="status"><strong><bdi>${say('changes', { n: count })}</bdi></strong> <bdi>${effect.join(', ') || say('reviewSame')}</bdi></span>
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
      const undo = { label: texts.say('undo'), act: () => void this.#undo(caps.account, version) };
      // Where nothing was saved, what was saved before would be taken back.
      this.#say(texts.say('permSaved', { name: caps.account.name }), changes.length > 0 ? [undo] : []);
      void this.#saved();
    };
    const conflicts = conflictsOf({ levels: draft, seen: this.#seen }, storedIn(caps));
    const review = Object.assign(new SamCapsReview(), { texts, source, caps, draft, conflicts, saved });
    await this.#dialogs.open(review);
    // It found that this page is behind.
    if (review.caps !== caps && this.caps === caps) void this.refresh();
    await this.updateComplete;
    if (!this.shadowRoot?.activeElement) void this.#focusRow(this.current);
  }

  /** Takes back what came to a version, as another one: as long as nothing newer was saved. */
  async #undo({ id, name }: AccountName, version: number): Promise<void> {
    try {
      await this.source?.undo(id, version);
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
    const loaded = await fetched(() => import('./presets.ts'), 'SamPresets').catch(() => null);
    if (!loaded) {
      this.#say(NO_ANSWER.message);
      return;
    }
    const { SamPresets } = loaded;
    define('sam-presets', SamPresets);
    // What is chosen stays: it was not what was taken.
    const applied = (preset: string, { version, outcome }: CapsResult): void => {
      const undo = { label: texts.say('undo'), act: () => void this.#undo(caps.account, version) };
      const isUndoable = outcome === 'changed' || outcome === 'taken';
      this.#say(texts.say('presetApplied', { preset, name: caps.account.name }), isUndoable ? [undo] : []);
      void this.#saved();
    };
    const levels = { ...storedIn(caps), ...draft };
    await this.#dialogs.open(
      Object.assign(new SamPresets(), { texts, source, parent, account: caps.account, levels, applied }),
    );
  }

  async #decide(parent: AccountName, keys: readonly PermissionKey[]): Promise<void> {
    const { source, caps, texts } = this;
    if (!source || !caps) return;
    const decided = ({ done, undo }: Reviewed): void => {
      const back = { label: texts.say('undo'), act: () => void this.#takeBack(undo) };
      this.#say(texts.say('decideDone', { n: done }), [back]);
      void this.#saved();
    };
    await this.#dialogs.open(
      Object.assign(new SamDecide(), { texts, source, parent, account: caps.account, keys, decided }),
    );
  }

  async #takeBack(undo: () => Promise<void>): Promise<void> {
    try {
      await undo();
      this.#say(this.texts.say('decideUndone'));
      await this.#saved();
    } catch (error) {
      this.#say(refusalFrom(error).message);
    }
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
      const isWhy = target.classList.contains('why');
      if (line) (isWhy ? line.querySelector<HTMLElement>('.why') : chosenIn(line))?.focus();
    } else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      const stops = [...(lines[at]?.querySelectorAll<HTMLElement>('[role="radio"]') ?? [])];
      const here = stops.findIndex((stop) => stop === target);
      const next = stops[here + (event.key === forward ? 1 : -1)];
      if (here < 0 || !next) return;
      next.focus();
      next.click();
    } else if (event.key === 'w') void this.#why(key);
    else if (event.key === 'r') this.#reset(key);
    else if (event.key === 'Escape' && this.reason) this.reason = null;
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
    if (line) chosenIn(line)?.focus();
  }
}
