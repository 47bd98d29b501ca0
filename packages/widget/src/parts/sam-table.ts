import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { controlStyles } from './control-styles.ts';
import { formStyles } from './form-styles.ts';

/** One of several, chosen in place. What is chosen holds once whoever gave the table says so. */
export type Choice = {
  /** Name for assistive technology. */
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  choose(value: string): void;
};

/** What stands in a cell. */
export type Cell = {
  readonly text?: string;
  readonly tone?: 'strong' | 'quiet';
  /** Quietly behind the text. */
  readonly aside?: string;
  /** Quietly below it, one line each. */
  readonly lines?: readonly string[];
  /** A line below it in the script of ids and codes. */
  readonly code?: string;
  /** The instant that the text tells. */
  readonly at?: string;
  /** In place of the text. */
  readonly choice?: Choice;
};

/** One column: its title, and what it says of a row. */
export type Column<Row> = { readonly label: string; cell(row: Row): Cell };

/** What can be done with a row. */
export type RowAct = {
  readonly label: string;
  /** What it is called where the row isn't seen beside it. */
  readonly name: string;
  readonly tone?: 'danger';
  act(): void;
};

/** A list of one kind of things: what is said of each, and what can be done with it. */
export type Table<Row> = {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  keyOf(row: Row): string;
  /** Acts on a row, or why there are none; left out where nothing can be done with any. */
  actsOf?(row: Row): readonly RowAct[] | string;
  /** Title of the column with the acts, for those who hear it. */
  readonly actsLabel?: string;
};

/**
 * The one table recipe (columns + acts) for lists that aren't a tree. Where there is no room for columns, cells stand below each other
 * behind the names of their columns.
 */
export class SamTable extends LitElement {
  static override properties = { table: { attribute: false } };
  static override styles = [
    controlStyles,
    formStyles,
    css`
      :host { container: sam-table / inline-size; }
      table { inline-size: 100%; border-collapse: collapse; font-size: var(--sam-fs-13); }
      th { padding: 0 var(--sam-4); block-size: 32px; text-align: start; font-weight: var(--sam-fw-medium); font-size: var(--sam-fs-12); color: var(--sam-text-2); white-space: nowrap; }
      td { padding: var(--sam-2) var(--sam-4); vertical-align: top; overflow-wrap: anywhere; }
      tr { border-block-end: var(--sam-hair) solid var(--sam-border); } tbody tr:last-child { border: 0; }
      strong { font-weight: var(--sam-fw-medium); } .quiet, small { color: var(--sam-text-3); font-size: inherit; }
      small { display: block; font-size: var(--sam-fs-12); color: var(--sam-text-3); } .code { font-family: var(--sam-font-mono); }
      .acts { text-align: end; white-space: nowrap; }
      .button { min-block-size: 28px; border-color: #0000; background: none; } .button.danger { background: none; border-color: #0000; color: var(--sam-danger); }
      .button.danger:hover { background: var(--sam-danger-soft); }
      .field { display: inline-flex; min-block-size: 28px; } .field select { all: unset; padding-inline-end: 18px; color: var(--sam-text); cursor: pointer; background: linear-gradient(45deg, #0000 50%, currentColor 0) calc(100% - 5px) 55% / 4px 4px no-repeat, linear-gradient(-45deg, #0000 50%, currentColor 0) calc(100% - 1px) 55% / 4px 4px no-repeat; }
      .field select:dir(rtl) { background-position: 1px 55%, 5px 55%; }
      option { background: var(--sam-raised); color: var(--sam-text); }
      @container sam-table (inline-size < calc(560em / 14)) {
        thead { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); } table, tbody, tr { display: block; } tr { padding-block: var(--sam-2); }
        td { display: grid; grid-template-columns: 7em minmax(0, 1fr); gap: var(--sam-2); padding-block: 3px; } td::before { content: attr(data-label); color: var(--sam-text-3); font-size: var(--sam-fs-12); }
        td.silent { display: none; }
        td.acts { display: block; text-align: start; padding-inline-start: calc(7em + var(--sam-4)); } td.acts::before { content: none; }
      }
    `,
  ];

  declare table: Table<unknown> | null;

  constructor() {
    super();
    this.table = null;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { table } = this;
    if (!table) return nothing;
    const { columns, rows, actsOf, actsLabel = '' } = table;
    return html`<table>
      <thead><tr>${columns.map(({ label }) => html`<th scope="col">${label}</th>`)}${actsOf ? html`<th scope="col"><span class="hidden">${actsLabel}</span></th>` : nothing}</tr></thead>
      <tbody>${repeat(
        rows,
        (row) => table.keyOf(row),
        (row) =>
          html`<tr>${columns.map((column) => place(column.label, column.cell(row)))}${actsOf ? html`<td class="acts">${acts(actsOf.call(table, row))}</td>` : nothing}</tr>`,
      )}</tbody>
    </table>`;
  }
}

/** A cell below the title of its column; one that says nothing takes no room where cells stand below each other. */
const place = (label: string, what: Cell): TemplateResult =>
  html`<td class=${what.text === undefined && !what.choice ? 'silent' : ''} data-label=${label}>${cell(what)}</td>`;

function cell({ text = '', tone, aside, lines = [], code, at, choice }: Cell): TemplateResult {
  const said = html`<bdi>${text}</bdi>${aside === undefined ? nothing : html` <span class="quiet">${aside}</span>`}`;
  const first = at === undefined ? said : html`<time datetime=${at}>${text}</time>`;
  return html`<div>${choice ? select(choice) : tone === 'strong' ? html`<strong>${first}</strong>` : html`<span class=${tone ?? ''}>${first}</span>`}
    ${code === undefined ? nothing : html`<small class="code"><bdi dir="ltr">${code}</bdi></small>`}${lines.map((line) => html`<small><bdi>${line}</bdi></small>`)}</div>`;
}

function select({ label, value, options, choose }: Choice): TemplateResult {
  const change = ({ target }: Event): void => {
    if (!(target instanceof HTMLSelectElement)) return;
    const chosen = target.value;
    target.value = value;
    choose(chosen);
  };
  return html`<span class="field"><select aria-label=${label} .value=${value} @change=${change}>${options.map((one) => html`<option value=${one.value} ?selected=${one.value === value}>${one.label}</option>`)}</select></span>`;
}

const acts = (what: readonly RowAct[] | string): TemplateResult | readonly TemplateResult[] =>
  typeof what === 'string'
    ? html`<span class="quiet">${what}</span>`
    : what.map(
        ({ label, name, tone, act }) =>
          html`<button class="button ${tone ?? ''}" type="button" part="button" aria-label=${name} @click=${act}>${label}</button>`,
      );
