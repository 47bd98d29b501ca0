import {
  type AccountId,
  type Decimal,
  formatDecimal,
  type Instant,
  METERED_KINDS,
  type MeteredKindKey,
  parseDecimal,
} from '@tenantree/domain';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { refusalFrom } from '../data/account-source.ts';
import { wholeIn } from '../format/whole-number.ts';
import { icon } from '../icons/icon.ts';
import { ALERT } from '../icons/icons.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { formStyles } from '../parts/form-styles.ts';
import { SamTable, type Table } from '../parts/sam-table.ts';
import { selectField } from '../parts/select-field.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { amountOf } from './limit-row.ts';
import type { Limit, LimitsSource, WhatIf } from './limits-source.ts';
import { limitsStyles } from './limits-styles.ts';

/** An account that would have been stopped: how often, when first, what it wanted, and what of that was free. */
type Stopped = {
  readonly account: AccountId;
  readonly name: string;
  readonly at: Instant;
  readonly times: number;
  readonly wanted: Decimal;
  readonly free: Decimal;
};

const sum = (a: Decimal, b: Decimal): Decimal => formatDecimal((parseDecimal(a) ?? 0n) + (parseDecimal(b) ?? 0n));

/** What was stopped, by account, in the order of the first stop. */
export function byAccount({ stopped }: WhatIf): readonly Stopped[] {
  const found = new Map<AccountId, Stopped>();
  for (const {
    account: { id, name },
    at,
    wanted,
    free,
  } of stopped) {
    const known = found.get(id);
    found.set(
      id,
      known
        ? { ...known, times: known.times + 1, wanted: sum(known.wanted, wanted), free: sum(known.free, free) }
        : { account: id, name, at, times: 1, wanted, free },
    );
  }
  return [...found.values()];
}

/** Whom another maximum would have stopped last month. */
export class SamWhatIf extends LitElement {
  static override properties = {
    source: { attribute: false },
    account: { attribute: false },
    limits: { attribute: false },
    texts: { attribute: false },
    kind: { state: true },
    asked: { state: true },
    result: { state: true },
    message: { state: true },
    busy: { state: true },
  };
  static override styles = [controlStyles, formStyles, limitsStyles];

  declare source: LimitsSource | null;
  declare account: AccountId | null;
  /** What stands now: the maximum to begin with. */
  declare limits: readonly Limit[];
  declare texts: Texts;
  declare protected kind: MeteredKindKey;
  declare protected asked: { readonly kind: MeteredKindKey; readonly max: number } | null;
  declare protected result: WhatIf | null;
  declare protected message: string;
  declare protected busy: boolean;

  constructor() {
    super();
    define('sam-table', SamTable);
    this.source = null;
    this.account = null;
    this.limits = [];
    this.texts = defaultTexts();
    this.kind = METERED_KINDS[0] ?? 'minutes';
    this.asked = null;
    this.result = null;
    this.message = '';
    this.busy = false;
  }

  protected override render(): TemplateResult {
    const { say } = this.texts;
    const { message, kind, busy, result, asked } = this;
    const max = this.limits.find((limit) => limit.kind === kind)?.max;
    const wrong = message === '' ? nothing : 'true';
    return html`<form class="bare try" novalidate @submit=${(event: Event) => void this.#try(event)}>
        <div class="row"><label for="kind">${say('whatIfKind')}</label>${selectField({ id: 'kind', options: METERED_KINDS.map((value) => ({ value, label: say(`limit_${value}`) })), chosen: kind, choose: this.#choose })}</div>
        <div class="row"><label for="max">${say('limitMax')}</label><div class="field ${message === '' ? '' : 'invalid'}"><input id="max" inputmode="numeric" autocomplete="off" placeholder=${max === undefined || max === null ? nothing : String(max)} aria-invalid=${wrong} aria-describedby="what-if-error" /></div></div>
        <button class="button" type="submit" part="button" aria-disabled=${String(busy)}>${say(busy ? 'whatIfTrying' : 'whatIfTry')}</button>
        <div class="error" id="what-if-error" role="alert" ?hidden=${message === ''}>${icon(ALERT, 14)}<span>${message}</span></div>
      </form>
      <div role="status">${result && asked ? this.#result(result, asked) : nothing}</div>`;
  }

  #result(result: WhatIf, { kind, max }: { readonly kind: MeteredKindKey; readonly max: number }): TemplateResult {
    const { say, numbers } = this.texts;
    const rows = byAccount(result);
    const [first] = rows;
    const { period, stops, used, complete, stopped } = result;
    const values = {
      max: amountOf(kind, max, this.texts),
      used: amountOf(kind, used, this.texts),
      from: numbers.day(period.start),
      to: numbers.day(period.end),
      n: stops,
      date: first ? numbers.dateTime(first.at) : '',
    };
    const notes = [
      complete ? '' : say('whatIfPart'),
      stopped.length < stops ? say('whatIfFirst', { n: stopped.length }) : '',
    ];
    return html`<p class="result">${say(first ? 'whatIfStopped' : 'whatIfNobody', values)} ${notes.join(' ')}</p>
      ${first ? html`<sam-table .table=${this.#table(rows, kind)}></sam-table>` : nothing}`;
  }

  #table(rows: readonly Stopped[], kind: MeteredKindKey): Table<Stopped> {
    const { texts } = this;
    const { say, numbers } = texts;
    return {
      columns: [
        { label: say('account'), cell: ({ name }) => ({ text: name, tone: 'strong' }) },
        { label: say('whatIfAt'), cell: ({ at }) => ({ text: numbers.dateTime(at), at }) },
        { label: say('whatIfTimes'), cell: ({ times }) => ({ text: numbers.whole(times) }) },
        { label: say('whatIfWanted'), cell: ({ wanted }) => ({ text: amountOf(kind, wanted, texts) }) },
        { label: say('whatIfFree'), cell: ({ free }) => ({ text: amountOf(kind, free, texts) }) },
      ],
      rows,
      keyOf: ({ account }) => account,
    };
  }

  readonly #choose = (kind: MeteredKindKey): void => {
    this.kind = kind;
  };

  async #try(event: Event): Promise<void> {
    event.preventDefault();
    const { source, account, kind, busy } = this;
    const field = this.renderRoot.querySelector<HTMLInputElement>('#max');
    if (!source || !account || !field || busy) return;
    const max = wholeIn(field.value);
    this.message = max === null ? this.texts.say('limitNumber') : '';
    if (max === null) return field.focus();
    this.busy = true;
    try {
      this.result = await source.whatIf(account, kind, max);
      this.asked = { kind, max };
    } catch (error) {
      this.message = refusalFrom(error).message;
    } finally {
      this.busy = false;
    }
  }
}
