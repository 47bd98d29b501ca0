import {
  COLUMN_WIDTHS,
  DRIFT_STATES,
  instantOf,
  LIST_COLUMNS,
  type ListColumn,
  type ShownColumn,
} from '@tenantree/domain';
import { css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { OfferedBlueprint, SavedView } from '../data/account-source.ts';
import type { Filters } from '../data/screen-view.ts';
import { icon } from '../icons/icon.ts';
import { ARROW_DOWN, ARROW_UP } from '../icons/list-icons.ts';
import { Dialog, type Submit } from '../parts/dialog.ts';
import { selectField } from '../parts/select-field.ts';
import type { Strings } from '../strings/en.ts';
import { looksTexts } from './looks-texts.ts';

/** Gives the dialogs their texts, for a language that has none of its own. */
abstract class LookDialog extends Dialog {
  protected override willUpdate(_changed: PropertyValues<this>): void {
    this.texts.complete(looksTexts);
  }
}

/** Asks what a view is to be called. */
export class SamViewName extends LookDialog {
  static override properties = { ...Dialog.properties, typed: { state: true }, audience: { state: true } };

  /** Set before the dialog is opened: its present name; empty for a new one. */
  was = '';
  /** Whether one says who is to see it. */
  maySay = false;
  keep: (name: string, audience: SavedView['audience']) => Promise<void> = async () => undefined;
  declare audience: SavedView['audience'];
  declare protected typed: string | null;

  constructor() {
    super();
    this.typed = null;
    this.audience = 'private';
  }

  protected heading(): string {
    return this.say(this.was === '' ? 'viewNameTitle' : 'viewRenameTitle', { name: this.was });
  }

  protected submitButton(): Submit {
    const ready = this.#name === '' || this.#name === this.was ? 'incomplete' : 'ready';
    return { label: this.say('viewKeep'), tone: 'primary', ready };
  }

  protected content(): TemplateResult {
    const invalid = this.refusal?.field === 'name';
    return html`<div class="row"><label for="name">${this.say('columnName')}</label>
      <div class="field ${invalid ? 'invalid' : ''}"><input id="name" name="name" data-first .value=${this.typed ?? this.was} dir="auto" autocomplete="off" maxlength="60" aria-invalid=${invalid ? 'true' : nothing} aria-describedby="name-error" @input=${this.#type} /></div>
      ${this.errorAt('name')}</div>
      ${this.maySay ? html`<label class="check"><input type="checkbox" name="audience" @change=${this.#turn} />${this.say('viewShare')}</label>` : nothing}
      <p class="hint">${this.say(this.audience === 'account' ? 'viewShared' : 'viewPrivate')}</p>`;
  }

  protected async submit(): Promise<'done'> {
    await this.keep(this.#name, this.audience);
    return 'done';
  }

  get #name(): string {
    return (this.typed ?? this.was).trim();
  }

  #turn(): void {
    this.audience = this.audience === 'account' ? 'private' : 'account';
  }

  #type({ target }: Event): void {
    if (target instanceof HTMLInputElement) this.typed = target.value;
    this.refusal = null;
  }
}

type Row = { readonly column: ListColumn; readonly width: number | undefined; readonly isShown: boolean };

/** Which columns are shown, in which order, and how wide: with buttons, so that nobody has to drag; a pointer may. */
export class SamColumns extends LookDialog {
  static override properties = { ...Dialog.properties, rows: { state: true }, dragged: { state: true } };
  static override styles = [
    ...[Dialog.styles].flat(),
    css`
      ol { display: grid; gap: 2px; margin: 0; padding: 0; list-style: none; }
      li { display: flex; align-items: center; gap: var(--sam-2); border-radius: var(--sam-r-1); }
      li.dragged { background: var(--sam-selected); }
      .grip { flex: none; inline-size: 10px; block-size: 30px; background: radial-gradient(circle, var(--sam-text-2) 1.2px, #0000 1.7px) 0 / 5px 5px content-box; padding-block: 7px 8px; box-sizing: border-box; cursor: grab; touch-action: none; }
      .dragged .grip { cursor: grabbing; }
      .check { flex: 1; min-inline-size: 0; }
      .width { inline-size: 9em; } .width input { inline-size: 100%; min-inline-size: 0; text-align: end; }
      li .button { padding-inline: var(--sam-2); }
    `,
  ];

  /** Set before the dialog is opened; there are those columns that have a label. */
  shown: readonly ShownColumn[] = [];
  labels: Readonly<Partial<Record<ListColumn, { readonly label: keyof Strings }>>> = {};
  /** Is given what was chosen; undefined: as they are for everybody. */
  arrange: (columns: readonly ShownColumn[] | undefined) => void = () => undefined;
  declare protected rows: readonly Row[] | null;
  /** The column that the pointer has taken. */
  declare protected dragged: ListColumn | null;

  constructor() {
    super();
    this.rows = null;
    this.dragged = null;
  }

  protected heading(): string {
    return this.say('columnsLabel');
  }

  protected submitButton(): Submit {
    return { label: this.say('columnsShow'), tone: 'primary', ready: 'ready' };
  }

  protected override aside(): TemplateResult {
    return html`<button class="link" type="button" @click=${this.#reset}>${this.say('columnsReset')}</button>`;
  }

  protected content(): TemplateResult {
    const rows = this.#rows;
    return html`<p class="hint">${this.say('columnsHint')}</p><ol @pointermove=${this.#drag} @pointerup=${this.#drop} @pointercancel=${this.#drop}>${rows.map((row, k) => this.#row(row, k, rows.length))}</ol>`;
  }

  protected async submit(): Promise<'done'> {
    const shown = this.#rows.filter(({ isShown }) => isShown);
    this.arrange(shown.map(({ column, width }) => ({ column, ...(width !== undefined && { width }) })));
    return 'done';
  }

  #row({ column, width, isShown }: Row, k: number, length: number): TemplateResult {
    const name = this.say(this.labels[column]?.label ?? 'columnName');
    const move = (by: 1 | -1, words: 'moveUp' | 'moveDown', path: string, isOff: boolean) =>
      html`<button class="button" type="button" name="${words} ${column}" aria-label=${this.say(words, { name })} ?disabled=${isOff} @click=${() => void this.#move(column, by, words)}>${icon(path, 14)}</button>`;
    // What is dragged selects no text on its way.
    return html`<li class=${column === this.dragged ? 'dragged' : ''}>
      <span class="grip" aria-hidden="true" @mousedown=${(event: Event) => event.preventDefault()} @pointerdown=${(event: PointerEvent) => this.#grab(column, event)}></span>
      <label class="check"><input type="checkbox" ?data-first=${k === 0} .checked=${isShown} @change=${() => this.#change(column, { isShown: !isShown })} />${name}</label>
      <div class="field width"><input type="number" name="width ${column}" min=${COLUMN_WIDTHS.least} max=${COLUMN_WIDTHS.most} step="1" placeholder=${this.say('columnWidthUsual')} aria-label=${this.say('columnWidth', { name })} .value=${String(width ?? '')} @change=${(event: Event) => this.#widen(column, event)} /></div>
      ${move(-1, 'moveUp', ARROW_UP, k === 0)}${move(1, 'moveDown', ARROW_DOWN, k === length - 1)}</li>`;
  }

  get #rows(): readonly Row[] {
    if (this.rows) return this.rows;
    const shown = this.shown.map(({ column, width }) => ({ column, width, isShown: true }));
    const others = LIST_COLUMNS.filter(
      (column) => this.labels[column] && !this.shown.some((one) => one.column === column),
    );
    return [...shown, ...others.map((column) => ({ column, width: undefined, isShown: false }))];
  }

  #change(column: ListColumn, change: Partial<Row>): void {
    this.rows = this.#rows.map((row) => (row.column === column ? { ...row, ...change } : row));
  }

  #widen(column: ListColumn, { target }: Event): void {
    if (!(target instanceof HTMLInputElement)) return;
    const { least, most } = COLUMN_WIDTHS;
    const typed = Math.round(target.valueAsNumber);
    this.#change(column, { width: Number.isNaN(typed) ? undefined : Math.min(most, Math.max(least, typed)) });
  }

  #place(column: ListColumn, to: (at: number) => number): void {
    const rows = [...this.#rows];
    const at = rows.findIndex((row) => row.column === column);
    this.rows = rows.toSpliced(at, 1).toSpliced(to(at), 0, ...rows.slice(at, at + 1));
  }

  /** The list hears of the pointer until it lets go: the row that was taken is another element once it has moved. */
  #grab(column: ListColumn, { pointerId }: PointerEvent): void {
    this.renderRoot.querySelector('ol')?.setPointerCapture(pointerId);
    this.dragged = column;
  }

  #drag({ clientY }: PointerEvent): void {
    if (!this.dragged) return;
    const items = [...this.renderRoot.querySelectorAll('li')];
    const over = items.findIndex((item) => clientY < item.getBoundingClientRect().bottom);
    this.#place(this.dragged, () => (over < 0 ? items.length : over));
  }

  #drop(): void {
    this.dragged = null;
  }

  /** The focus goes along with the column. */
  async #move(column: ListColumn, by: 1 | -1, words: string): Promise<void> {
    this.#place(column, (at) => at + by);
    await this.updateComplete;
    const buttons = [...this.renderRoot.querySelectorAll<HTMLButtonElement>('li .button')];
    const own = buttons.filter(({ name }) => name.endsWith(` ${column}`));
    (
      own.find(({ name, disabled }) => name.startsWith(words) && !disabled) ?? own.find(({ disabled }) => !disabled)
    )?.focus();
  }

  #reset(): void {
    this.arrange(undefined);
    this.close();
  }
}

/** The day of an instant where one is, as a date field has it. */
function dayOf(instant: string | undefined): string {
  if (instant === undefined) return '';
  const date = new Date(instant);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** A value, and what it is called. */
type Option = readonly [string, string];

/** To which accounts the table is kept, as far as more than a tick is needed for it. */
export class SamKeepTo extends LookDialog {
  static override properties = { ...Dialog.properties, level: { state: true }, chosen: { state: true } };

  /** Set before the dialog is opened. */
  filters: Filters = {};
  /** How many levels there may be. */
  levels = 0;
  /** Blueprints that accounts may have been set up with. */
  blueprints: readonly OfferedBlueprint[] = [];
  keepTo: (filters: Filters) => void = () => undefined;
  declare protected level: string | null;
  declare protected chosen: Pick<Filters, 'blueprint' | 'drift'> | null;

  constructor() {
    super();
    this.level = null;
    this.chosen = null;
  }

  protected heading(): string {
    return this.say('keepToTitle');
  }

  protected submitButton(): Submit {
    return { label: this.say('keepToSubmit'), tone: 'primary', ready: 'ready' };
  }

  protected content(): TemplateResult {
    const { createdFrom, createdBefore, level } = this.filters;
    const levels = Array.from(
      { length: this.levels },
      (_, k): Option => [String(k + 1), this.say('keepToLevel', { n: k + 1 })],
    );
    return html`<div class="two">
        <div class="row"><label for="from">${this.say('keepToFrom')}</label><div class="field"><input id="from" name="createdFrom" type="date" data-first .value=${dayOf(createdFrom)} /></div></div>
        <div class="row"><label for="before">${this.say('keepToBefore')}</label><div class="field"><input id="before" name="createdBefore" type="date" .value=${dayOf(createdBefore)} /></div></div>
      </div>
      ${this.#oneOf('level', 'keepToLevels', levels, this.level ?? String(level ?? ''), (value) => {
        this.level = value;
      })}
      <p class="hint">${this.say('keepToHint')}</p>
      ${this.blueprints.length > 0 ? this.#setUp() : nothing}`;
  }

  /** By which blueprint an account was set up, and how it stands to that. */
  #setUp(): TemplateResult {
    const { blueprint, drift } = this.chosen ?? this.filters;
    const blueprints = this.blueprints.map(({ id, name }): Option => [id, name]);
    const drifts = DRIFT_STATES.map((state): Option => [state, this.say(`drift_${state}`)]);
    return html`<div class="two">
        ${this.#oneOf('blueprint', 'createBlueprint', blueprints, blueprint, (value) => {
          this.chosen = { blueprint: this.blueprints.find(({ id }) => id === value)?.id };
        })}
        ${
          blueprint
            ? this.#oneOf('drift', 'keepToDrift', drifts, drift, (value) => {
                this.chosen = { blueprint, drift: DRIFT_STATES.find((state) => state === value) };
              })
            : nothing
        }</div>`;
  }

  /** A field for one of some values, or any. */
  #oneOf(
    id: string,
    label: keyof Strings,
    options: readonly Option[],
    chosen: string | undefined,
    choose: (value: string) => void,
  ): TemplateResult {
    const any: Option = ['', this.say('keepToAny')];
    const all = [any, ...options].map(([value, words]) => ({ value, label: words }));
    return html`<div class="row"><label for=${id}>${this.say(label)}</label>${selectField({ id, options: all, chosen: chosen ?? '', choose })}</div>`;
  }

  protected async submit(): Promise<'done'> {
    const level = Number(this.level ?? this.filters.level ?? 0);
    const { createdFrom, createdBefore } = {
      createdFrom: this.#startOf('createdFrom'),
      createdBefore: this.#startOf('createdBefore'),
    };
    const { blueprint, drift } = this.chosen ?? this.filters;
    this.keepTo({ createdFrom, createdBefore, level: level || undefined, blueprint, drift });
    return 'done';
  }

  /** Days are those of where one is, as the rows say them. */
  #startOf(name: string): Filters['createdFrom'] {
    const value = this.renderRoot.querySelector<HTMLInputElement>(`[name=${name}]`)?.value;
    return value ? instantOf(new Date(`${value}T00:00`).getTime()) : undefined;
  }
}
