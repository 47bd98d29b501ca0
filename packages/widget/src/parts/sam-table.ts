import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { icon } from '../icons/icon.ts';
import { CHEVRON_DOWN } from '../icons/icons.ts';
import { controlStyles } from './control-styles.ts';
import { formStyles } from './form-styles.ts';
import { type Way, wayTo } from './way.ts';

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
  /** `wide`: shown where there is room only. */
  readonly room?: 'wide';
  /** Where the text leads. */
  readonly way?: Way;
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

/** Something more that is known of a row. */
export type Fact = {
  readonly name: string;
  readonly text: string;
  /** What it was before. */
  readonly was?: string;
  /** `code`: in the script of ids and codes. */
  readonly look?: 'code';
  /** What can be done about it. */
  readonly act?: { readonly label: string; act(): void };
};

/** A list of one kind of things: what is said of each, and what can be done with it. */
export type Table<Row> = {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  keyOf(row: Row): string;
  /** Title above rows that follow each other and have the same. */
  groupOf?(row: Row): string;
  /** What more is known of a row: with it, each can be opened. */
  factsOf?(row: Row): readonly Fact[];
  /** What a row is called where it isn't seen beside what opens it. */
  nameOf?(row: Row): string;
  /** Where there is little room: `lines` puts the first column beside the others, without the names of any. */
  readonly narrow?: 'lines';
  /** Acts on a row, or why there are none; left out where nothing can be done with any. */
  actsOf?(row: Row): readonly RowAct[] | string;
  /** Title of the column with the acts, or with what opens rows, for those who hear it. */
  readonly actsLabel?: string;
};

/**
 * The one table recipe (columns + acts) for lists that aren't a tree. Where there is no room for columns, cells stand below each other
 * behind the names of their columns.
 */
export class SamTable extends LitElement {
  static override properties = { table: { attribute: false }, opened: { state: true } };
  static override styles = [
    controlStyles,
    formStyles,
    css`
      :host { container: sam-table / inline-size; }
      table { inline-size: 100%; border-collapse: collapse; font-size: var(--sam-fs-13); }
      th { padding: 0 var(--sam-4); block-size: 32px; text-align: start; font-weight: var(--sam-fw-medium); font-size: var(--sam-fs-12); color: var(--sam-text-2); white-space: nowrap; }
      td { padding: var(--sam-2) var(--sam-4); vertical-align: top; overflow-wrap: anywhere; }
      :host(.figures) th { white-space: normal; overflow-wrap: anywhere; min-inline-size: 4em; } :host(.figures) td { white-space: nowrap; }
      tr { border-block-end: var(--sam-hair) solid var(--sam-border); } tbody tr:last-child { border: 0; }
      strong { font-weight: var(--sam-fw-medium); } .quiet, small { color: var(--sam-text-3); font-size: inherit; }
      small { display: block; font-size: var(--sam-fs-12); color: var(--sam-text-3); } .code { font-family: var(--sam-font-mono); }
      .way { color: inherit; text-align: start; white-space: normal; text-decoration: none; } .way:hover { text-decoration: underline; }
      .acts { text-align: end; white-space: nowrap; }
      .button { min-block-size: 28px; border-color: #0000; background: none; } .button.danger { background: none; border-color: #0000; color: var(--sam-danger); }
      .button.danger:hover { background: var(--sam-danger-soft); }
      .field { display: inline-flex; min-block-size: 28px; }
      .title th { block-size: auto; padding-block: var(--sam-1); background: var(--sam-sunken); color: var(--sam-text); } .open { border: 0; } .open + .more td { padding-block-start: 0; } .open .icon { rotate: 180deg; } .opens { cursor: pointer; } .opens .acts { padding-block: var(--sam-1); } .opens:hover { background: var(--sam-hover); }
      dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: var(--sam-1) var(--sam-4); margin: 0; padding: var(--sam-3) var(--sam-4); border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); } dt { color: var(--sam-text-2); } dd { margin: 0; } ins { text-decoration: none; } del { color: var(--sam-text-2); }
      @container sam-table (inline-size < calc(560em / 14)) {
        thead { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); } table, tbody, tr { display: block; } tr { padding-block: var(--sam-2); }
        td { display: grid; grid-template-columns: 7em minmax(0, 1fr); gap: var(--sam-2); padding-block: 3px; } td::before { content: attr(data-label); color: var(--sam-text-3); font-size: var(--sam-fs-12); }
        .lines tr:not(.title, .more) { display: grid; grid-template-columns: max-content minmax(0, 1fr) auto; padding-inline: var(--sam-4); } .lines td { grid-column: 2; display: block; padding: 1px 0; padding-inline-start: var(--sam-3); } .lines td:first-child { grid-column: 1; padding: 1px 0; } .lines td::before { content: none; }
        td.silent, .lines td.silent { display: none; }
        tr.title { padding: 0; } .title th { display: block; } .lines td.acts { grid-area: 1 / 3; padding: 0; } .lines .more td { padding: var(--sam-2) var(--sam-4); }
        td.acts { display: block; text-align: start; padding-inline-start: calc(7em + var(--sam-4)); } td.acts::before { content: none; }
      }
    `,
  ];

  declare table: Table<unknown> | null;
  /** Keys of the rows that are opened. */
  declare protected opened: ReadonlySet<string>;

  constructor() {
    super();
    this.table = null;
    this.opened = new Set();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { table } = this;
    if (!table) return nothing;
    const { columns, rows, actsLabel = '', narrow = '' } = table;
    const groups = new Map<string, unknown[]>();
    for (const row of rows) {
      const title = table.groupOf?.(row) ?? '';
      groups.set(title, [...(groups.get(title) ?? []), row]);
    }
    const last =
      table.actsOf || table.factsOf ? html`<th scope="col"><span class="hidden">${actsLabel}</span></th>` : nothing;
    return html`<table class=${narrow}>
      <thead><tr>${columns.map(({ label }) => html`<th scope="col">${label}</th>`)}${last}</tr></thead>
      ${[...groups].map(
        ([title, group]) =>
          html`<tbody>${title === '' ? nothing : html`<tr class="title"><th scope="rowgroup" colspan=${columns.length + 1}>${title}</th></tr>`}${repeat(
            group,
            (row) => table.keyOf(row),
            (row) => this.#row(table, row),
          )}</tbody>`,
      )}
    </table>`;
  }

  #row(table: Table<unknown>, row: unknown): TemplateResult {
    const cells = table.columns.map((column) => place(column.label, column.cell(row)));
    if (!table.factsOf)
      return html`<tr>${cells}${table.actsOf ? html`<td class="acts">${acts(table.actsOf(row))}</td>` : nothing}</tr>`;
    const key = table.keyOf(row);
    const isOpen = this.opened.has(key);
    const turn = (): void => {
      const opened = new Set(this.opened);
      if (!opened.delete(key)) opened.add(key);
      this.opened = opened;
    };
    return html`<tr class="opens ${isOpen ? 'open' : ''}" @click=${turn}>${cells}<td class="acts"><button class="button" type="button" part="button" aria-label=${`${table.actsLabel}: ${table.nameOf?.(row)}`} aria-expanded=${String(isOpen)}>${icon(CHEVRON_DOWN)}</button></td></tr>
      ${isOpen ? html`<tr class="more"><td colspan=${table.columns.length + 1}><dl>${table.factsOf(row).map(fact)}</dl></td></tr>` : nothing}`;
  }
}

/** A cell below the title of its column; one that says nothing takes no room where cells stand below each other. */
const place = (label: string, what: Cell): TemplateResult =>
  html`<td class=${(what.text === undefined && !what.choice) || what.room ? 'silent' : ''} data-label=${label}>${cell(what)}</td>`;

function cell({ text = '', tone, aside, lines = [], code, at, way, choice }: Cell): TemplateResult {
  const said = html`${way ? wayTo(way, html`<bdi>${text}</bdi>`, 'way') : html`<bdi>${text}</bdi>`}${aside === undefined ? nothing : html` <span class="quiet">${aside}</span>`}`;
  const first = at === undefined ? said : html`<time datetime=${at}>${said}</time>`;
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
  return html`<span class="field"><select aria-label=${label} .value=${value} @change=${change}>${options.map((one) => html`<option value=${one.value} ?selected=${one.value === value}>${one.label}</option>`)}</select>${icon(CHEVRON_DOWN)}</span>`;
}

const acts = (what: readonly RowAct[] | string): TemplateResult | readonly TemplateResult[] =>
  typeof what === 'string'
    ? html`<span class="quiet">${what}</span>`
    : what.map(
        ({ label, name, tone, act }) =>
          html`<button class="button ${tone ?? ''}" type="button" part="button" aria-label=${name} @click=${act}>${label}</button>`,
      );

const fact = ({ name, text, was, look, act }: Fact): TemplateResult =>
  html`<dt>${name}</dt><dd>${was === undefined ? nothing : html`<del dir="auto">${was}</del> → `}${was === undefined ? html`<bdi class=${look ?? ''}>${text}</bdi>` : html`<ins dir="auto">${text}</ins>`}${act ? html` <button class="link" type="button" @click=${() => act.act()}>${act.label}</button>` : nothing}</dd>`;
