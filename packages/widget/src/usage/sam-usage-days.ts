import { DAY_MS, type Decimal, formatDecimal, instantOf, parseDecimal } from '@tenantree/domain';
import { css, html, type PropertyValues, type TemplateResult } from 'lit';
import { daysOf } from '../charts/days.ts';
import { type Bars, SamBars } from '../charts/sam-bars.ts';
import { absent } from '../parts/absent.ts';
import { AccountPart } from '../parts/account-part.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { Loading, type Wanted } from '../parts/loading.ts';
import { partsTexts } from '../parts/parts-texts.ts';
import type { DayOfUse, Days, UsageSource } from './usage-source.ts';
import { usageTexts } from './usage-texts.ts';

const DAYS = 30;
/** How far behind what is used meanwhile the chart is at the most, in milliseconds. */
const BEHIND_MS = 30_000;

/** The last days (UTC), the present one included. */
function lastDays(now: number): Days {
  const tomorrow = Math.floor(now / DAY_MS) * DAY_MS + DAY_MS;
  return { from: instantOf(tomorrow - DAYS * DAY_MS), to: instantOf(tomorrow) };
}

/** What of a day's minutes those below used. */
const nestedOf = ({ own, total }: DayOfUse): Decimal =>
  formatDecimal((parseDecimal(total) ?? 0n) - (parseDecimal(own) ?? 0n));

/** An account's minutes of the last 30 days, its own and those of all below it, as a chart and as a table. */
export class SamUsageDays extends AccountPart<UsageSource> {
  static override properties = { use: { state: true } };
  static override styles = [
    controlStyles,
    cardStyles,
    css`
      .section { padding: var(--sam-3) var(--sam-4); border-block-end: var(--sam-hair) solid var(--sam-border); } .title { font-weight: var(--sam-fw-strong); font-size: var(--sam-fs-16); line-height: 1.3; }
      .body { min-block-size: 300px; } .none { padding: var(--sam-4); margin: 0; color: var(--sam-text-2); font-size: var(--sam-fs-13); }
    `,
  ];

  /** By day; null: not there yet. */
  declare protected use: { readonly of: Days; readonly days: readonly DayOfUse[] } | null;
  #minutes: string | null = null;
  #isBehind = false;
  readonly #loading = new Loading<UsageSource, NonNullable<SamUsageDays['use']>>(this, {
    wanted: (): Wanted<UsageSource> | null =>
      this.source && this.account ? { source: this.source, account: this.account.id } : null,
    ask: async ({ source, account }, signal) => {
      const of = lastDays(Date.now());
      return { of, days: await source.days(account, of, signal) };
    },
    show: (use) => {
      this.#isBehind = false;
      Object.assign(this, { use, failure: null });
      // Then there is another day.
      this.#loading.soon(Date.parse(use.of.to) - Date.now());
    },
    fail: (refusal) => {
      // What stands there stays until it can be had again.
      if (!refusal.retryable) this.use = null;
      this.failure = refusal;
    },
    forget: () => {
      this.use = null;
      this.failure = null;
    },
  });

  constructor() {
    super();
    define('sam-bars', SamBars);
    this.use = null;
  }

  /** All that the account used in this period, as far as it is known: when it is another, the days are asked for again before long. */
  set minutes(now: string | null) {
    const before = this.#minutes;
    this.#minutes = now;
    if (before === null || before === now || this.#isBehind) return;
    this.#isBehind = true;
    this.#loading.soon(BEHIND_MS);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete({ ...partsTexts, ...usageTexts });
  }

  protected override render(): TemplateResult {
    return html`<section class="card" part="card"><div class="section">${this.heading(this.texts.say('usageDays'))}</div>${this.#shown()}</section>`;
  }

  #shown(): TemplateResult {
    const { use, texts } = this;
    if (!use) return html`<div class="body">${absent(this.failure, texts, () => void this.#loading.begin())}</div>`;
    if (use.days.length === 0) return html`<p class="none">${texts.say('usageNone')}</p>`;
    return html`<div class="body"><sam-bars .chart=${this.#chart(use)}></sam-bars></div>`;
  }

  #chart({ of, days }: NonNullable<SamUsageDays['use']>): Bars {
    const { say, numbers, locale } = this.texts;
    const own = { name: say('usageOwn'), points: days.map(({ start, own: quantity }) => ({ start, quantity })) };
    const nested = {
      name: say('usageNested'),
      points: days.map((day) => ({ start: day.start, quantity: nestedOf(day) })),
    };
    const isAlone = this.account?.subaccounts === 0 && days.every((day) => day.own === day.total);
    const words = { at: say('usageDay'), sum: say('usageSum'), table: say('usageAsTable'), chart: say('usageAsChart') };
    const range = { from: Date.parse(of.from), to: Date.parse(of.to), now: Date.now() };
    const speaks = { title: say('usageDays'), words, locale, quantity: numbers.minutes };
    return daysOf(isAlone ? [own] : [own, nested], range, speaks, null);
  }
}
