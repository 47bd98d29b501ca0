import { css, html, LitElement, nothing, svg, type TemplateResult } from 'lit';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { SamTable, type Table } from '../parts/sam-table.ts';

/** A bar of a chart: what it stands for, and how much of each series is in it. */
export type Bar = {
  /** Such as an instant; of each bar another one. */
  readonly key: string;
  readonly label: string;
  /** For drawing. */
  readonly values: readonly number[];
  /** The same, exactly and in words, and their sum. */
  readonly words: readonly string[];
  readonly sum: string;
  /** What the sum is compared with, for drawing and in words; absent: with nothing. */
  readonly before?: { readonly value: number; readonly words: string };
};

/** A chart of stacked bars, in the order of their keys. */
export type Bars = {
  /** What is drawn, for those who don’t see it. */
  readonly title: string;
  readonly series: readonly string[];
  readonly bars: readonly Bar[];
  /** How many bars are still to come. */
  readonly ahead: number;
  /** A number at a line of the scale, in words. */
  readonly scale: (value: number) => string;
  /** Names of the columns of the first and the last column of the table, and what turns to it and back. */
  readonly words: { readonly at: string; readonly sum: string; readonly table: string; readonly chart: string };
  /** What sums are compared with: a dotted line at each bar, a column of the table. Absent: with nothing. */
  readonly before?: string;
};

/** CSS pixels; as wide as there is room, so that letters are never drawn larger or smaller than they are. */
const [USUAL, LEAST, HEIGHT, START, FOOT] = [760, 240, 240, 56, 22];
/** What the name of a bar takes, in CSS pixels. */
const LABEL = 56;
const LINES = 4;

/** The least number that is not below a value and whose quarters are round: 1, 1.2, 1.6, 2 and so on, times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find((one) => one * power >= value) ?? 10) * power;
}

/**
 * Bars over time, stacked by series: drawn in SVG, with the same as a table. ← and → go along the bars, what stands there is said below;
 * `t` turns to the table and back.
 */
export class SamBars extends LitElement {
  static override properties = {
    chart: { attribute: false },
    at: { state: true },
    shows: { state: true },
    wide: { state: true },
  };
  static override styles = [
    controlStyles,
    css`
      :host { display: block; } .scroll { overflow-x: auto; } .scroll:focus-visible { outline: 2px solid var(--sam-focus); outline-offset: -2px; }
      svg { display: block; overflow: visible; inline-size: 100%; block-size: 246px; border-radius: var(--sam-r-1); direction: ltr; }
      text { fill: var(--sam-text-3); font-size: 11px; font-variant-numeric: tabular-nums; } .line { stroke: var(--sam-border); stroke-width: 1; } .ahead { fill: none; stroke: var(--sam-border-strong); stroke-dasharray: 3 3; } .cursor { stroke: var(--sam-text); stroke-width: 1.5; } .before { stroke: var(--sam-text); stroke-width: 2; stroke-dasharray: 2 2; } .key.dotted::before { block-size: 0; border-radius: 0; background: none; border-block-start: 2px dotted var(--sam-text); }
      .s0 { --s: light-dark(#0b6860, #5ccbbc); } .s1 { --s: light-dark(#2b50a1, #9db8f5); } .s2 { --s: light-dark(#5a7a12, #b4d36a); } .s3 { --s: light-dark(#a3346c, #f29bc4); } .s4 { --s: light-dark(#6b5b95, #bdb0e3); } .s5 { --s: light-dark(#b86e00, #e0a23c); }
      rect[class^='s'] { fill: var(--s); } .below { display: flex; flex-wrap: wrap; align-items: center; gap: 4px var(--sam-4); min-block-size: 40px; padding: var(--sam-2) var(--sam-4); border-block-start: var(--sam-hair) solid var(--sam-border); font-size: var(--sam-fs-13); }
      .below .at { flex: 1 1 20em; font-variant-numeric: tabular-nums; } .key { display: inline-flex; align-items: center; gap: 6px; } .key::before { content: ''; flex: none; inline-size: 10px; block-size: 10px; border-radius: 2px; background: var(--s); } .plot { padding: var(--sam-3) var(--sam-4) var(--sam-2); }
      @media (forced-colors: active) { svg, .key::before { forced-color-adjust: none; } }
      @media print { .turn { display: none; } svg, .key::before { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
    `,
  ];

  declare chart: Bars | null;
  /** The bar that is looked at; null: none. */
  declare protected at: number | null;
  declare protected shows: 'chart' | 'table';
  /** Of the drawing, in CSS pixels. */
  declare protected wide: number;

  readonly #room = new ResizeObserver(([entry]) => {
    const { width } = entry?.contentRect ?? { width: 0 };
    if (width > 0) this.wide = Math.max(LEAST, Math.round(width) - 2 * 16);
  });

  constructor() {
    super();
    define('sam-table', SamTable);
    this.chart = null;
    this.at = null;
    this.shows = 'chart';
    this.wide = USUAL;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#room.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#room.disconnect();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { chart, shows } = this;
    if (!chart) return nothing;
    const turn = (): void => {
      this.shows = shows === 'chart' ? 'table' : 'chart';
    };
    return html`<div @keydown=${this.#press}>${shows === 'chart' ? this.#drawn(chart) : html`<div class="scroll" role="group" tabindex="0" aria-label=${chart.title}><sam-table class="figures" .table=${this.#table(chart)}></sam-table></div>`}
      <div class="below">${shows === 'chart' ? html`<span class="at" role="status">${this.#says(chart)}</span>` : html`<span class="at"></span>`}<button class="link turn" type="button" aria-keyshortcuts="t" @click=${turn}>${shows === 'chart' ? chart.words.table : chart.words.chart}</button></div></div>`;
  }

  #drawn(chart: Bars): TemplateResult {
    const room = this.wide;
    const { bars, ahead, series, scale, title } = chart;
    const most = roundUp(Math.max(0, ...bars.map(({ values, before }) => Math.max(sum(values), before?.value ?? 0))));
    const slots = Math.max(1, bars.length + ahead);
    const step = (room - START) / slots;
    const wide = Math.max(1, step * 0.76);
    const y = (value: number): number => (HEIGHT - FOOT) * (1 - Math.max(0, value) / most) + 6;
    const every = Math.max(1, Math.ceil(LABEL / step));
    const lines = Array.from({ length: LINES + 1 }, (_, k) => (most * k) / LINES);
    const x = (k: number): number => START + k * step + (step - wide) / 2;
    const at = this.at === null ? null : x(this.at) + wide / 2;
    return html`<div class="plot"><svg viewBox="0 0 ${room} ${HEIGHT + 6}" role="img" tabindex="0" aria-label=${`${title}. ${this.#says(chart)}`} @pointermove=${this.#point} @pointerleave=${this.#leave}>
      ${lines.map((value) => svg`<line class="line" x1=${START} x2=${room} y1=${y(value)} y2=${y(value)}></line><text x=${START - 8} y=${y(value) + 4} text-anchor="end">${scale(value)}</text>`)}
      ${bars.map(({ values, label, before }, k) => {
        let under = 0;
        const parts = values.map((value, of) => {
          const [top, bottom] = [y(under + Math.max(0, value)), y(under)];
          under += Math.max(0, value);
          return bottom - top < 0.2
            ? nothing
            : svg`<rect class=${`s${of % 6}`} x=${x(k)} y=${top} width=${wide} height=${bottom - top}></rect>`;
        });
        return svg`${parts}${before && before.value > 0 ? svg`<line class="before" x1=${x(k) - 2} x2=${x(k) + wide + 2} y1=${y(before.value)} y2=${y(before.value)}></line>` : nothing}${k % every === 0 ? svg`<text x=${x(k) + wide / 2} y=${HEIGHT} text-anchor="middle">${label}</text>` : nothing}`;
      })}
      ${Array.from({ length: ahead }, (_, k) => svg`<rect class="ahead" x=${x(bars.length + k)} y=${y(most / LINES)} width=${wide} height=${y(0) - y(most / LINES)}></rect>`)}
      ${at === null ? nothing : svg`<line class="cursor" x1=${at} x2=${at} y1="6" y2=${y(0)}></line>`}
    </svg></div>${series.length > 1 || chart.before ? html`<div class="below">${series.map((name, k) => html`<span class="key s${k % 6}"><bdi>${name}</bdi></span>`)}${chart.before ? html`<span class="key dotted">${chart.before}</span>` : nothing}</div>` : nothing}`;
  }

  /** What stands at the bar that is looked at. */
  #says({ bars, series, before }: Bars): string {
    const bar = this.at === null ? undefined : bars[this.at];
    if (!bar) return '';
    const parts = series.length > 1 ? series.map((name, k) => `${name} ${bar.words[k] ?? ''}`).join(' · ') : '';
    const then = before && bar.before ? ` · ${before} ${bar.before.words}` : '';
    return `${bar.label}: ${bar.sum}${parts === '' ? '' : ` (${parts})`}${then}`;
  }

  #table({ bars, series, words, before }: Bars): Table<Bar> {
    return {
      columns: [
        { label: words.at, cell: ({ label }) => ({ text: label, tone: 'strong' }) },
        ...(series.length > 1
          ? series.map((label, k) => ({ label, cell: (bar: Bar) => ({ text: bar.words[k] ?? '' }) }))
          : []),
        { label: words.sum, cell: (bar) => ({ text: bar.sum }) },
        ...(before ? [{ label: before, cell: (bar: Bar) => ({ text: bar.before?.words ?? '' }) }] : []),
      ],
      rows: bars,
      keyOf: ({ key }) => key,
    };
  }

  #press(event: KeyboardEvent): void {
    const { chart, at } = this;
    if (!chart || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 't') this.shows = this.shows === 'chart' ? 'table' : 'chart';
    else if (this.shows === 'chart' && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
      const last = chart.bars.length - 1;
      const next = at === null ? last : at + (event.key === 'ArrowRight' ? 1 : -1);
      this.at = Math.min(last, Math.max(0, next));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #point(event: PointerEvent): void {
    const { chart } = this;
    if (!chart || !(event.currentTarget instanceof Element)) return;
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const room = this.wide;
    const slots = chart.bars.length + chart.ahead;
    const at = Math.floor((((event.clientX - left) / width) * room - START) / ((room - START) / slots));
    this.at = at >= 0 && at < chart.bars.length ? at : null;
  }

  #leave(): void {
    this.at = null;
  }
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + Math.max(0, value), 0);
