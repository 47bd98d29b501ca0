import type { ForeseenLimits, JobConflict } from '@tenantree/contract';
import { type AccountId, type AtLimit, LIMIT_KINDS, type LimitKindKey, type RowId } from '@tenantree/domain';
import { css, html, nothing, type TemplateResult } from 'lit';
import type { BulkSource } from '../data/account-source.ts';
import { refusalFrom, SourceRefusal } from '../data/account-source.ts';
import { MOST_AT_ONCE } from '../data/client-bulk.ts';
import { wholeIn } from '../format/whole-number.ts';
import { selectField } from '../parts/select-field.ts';
import { type Foreseen, SamBulk, type Sides } from '../subaccounts/sam-bulk.ts';
import { amountOf, countsOf, type Terms, termsWords, turnsOf } from './limit-row.ts';
import type { LimitChange } from './limits-source.ts';
import { limitsTexts } from './limits-texts.ts';
import { percentsIn } from './percents.ts';

/** How long one rests before it is asked what a change would come to, in milliseconds. */
const PREVIEW_MS = 250;

/** What stands in the fields of one kind; empty: it is left as it is for each account. */
type Draft = {
  readonly bounds: '' | 'some' | 'none';
  readonly max: string;
  readonly reserve: string;
  /** Empty: from the next period on it is what the reserve is then. */
  readonly nextReserve: string;
  readonly atLimit: '' | AtLimit;
  readonly thresholds: string;
};
type Field = 'max' | 'reserve' | 'nextReserve' | 'thresholds';

const BEGIN: Draft = { bounds: 'some', max: '', reserve: '', nextReserve: '', atLimit: '', thresholds: '' };

/** What of the fields is to be set; or which of them can't be read. */
function changeOf(
  kind: LimitKindKey,
  { bounds, max, reserve, nextReserve, atLimit, thresholds }: Draft,
): LimitChange | Field {
  const most = bounds === 'some' ? wholeIn(max) : null;
  const [kept, next] = [reserve, nextReserve].map((text) => (text.trim() === '' ? undefined : wholeIn(text)));
  const marks = thresholds.trim() === '' ? undefined : percentsIn(thresholds);
  if (bounds === 'some' && most === null) return 'max';
  if (kept === null) return 'reserve';
  if (next === null) return 'nextReserve';
  if (marks === null) return 'thresholds';
  return {
    kind,
    ...(bounds !== '' && { max: most }),
    ...(kept !== undefined && { reserve: kept }),
    ...(next !== undefined && { nextReserve: next }),
    ...(atLimit !== '' && { atLimit }),
    ...(marks && { thresholds: marks }),
  };
}

/** Sets limits of all that are selected: of several kinds at once, and of each what is filled in. */
export class SamBulkLimits extends SamBulk {
  static override properties = { ...SamBulk.properties, drafts: { state: true }, answer: { state: true } };
  static override styles = [
    ...[SamBulk.styles].flat(),
    css`
      .kinds { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 0 var(--sam-3); } .kind { display: grid; gap: var(--sam-2); } .kind:has(.two) { grid-column: 1 / -1; padding-block-end: var(--sam-3); }
      .kind .two { grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); } .kind .row { grid-template-columns: minmax(0, 1fr); align-content: start; }
    `,
  ];

  /** Kinds that are to be set, and how. */
  declare protected drafts: ReadonlyMap<LimitKindKey, Draft>;
  declare protected answer: readonly ForeseenLimits[] | null;
  #asking = new AbortController();
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.drafts = new Map([['minutes', BEGIN]]);
    this.answer = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.texts.complete(limitsTexts);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#soon);
    this.#asking.abort();
  }

  protected question(): { readonly title: string; readonly submit: string } {
    const n = this.selected?.rows.length ?? 0;
    const some = this.foreseen()?.filter(({ isDone }) => isDone).length ?? n;
    return { title: this.say('bulkLimitsTitle', { n }), submit: this.say('bulkLimitsSubmit', { n: some }) };
  }

  protected form(): TemplateResult {
    return html`<fieldset><legend>${this.say('whatIfKind')}</legend><div class="kinds">${LIMIT_KINDS.map(({ key, label }) => this.#kind(key, this.say(`limit_${key}`) || label))}</div></fieldset>`;
  }

  protected foreseen(): readonly Foreseen[] | null {
    const { answer, selected } = this;
    if (!selected || this.#changes() === null) return [];
    if (answer === null) return null;
    const byAccount = new Map(answer.map(({ account, limits }) => [account.id, limits]));
    return selected.rows.flatMap((row) => {
      const limits = byAccount.get(row.id);
      if (!limits) return [];
      const refused = limits.find((one) => 'code' in one);
      if (refused && 'code' in refused) return [{ row, words: refused.message, isDone: false }];
      const words = limits.flatMap((one) => ('code' in one ? [] : this.#turns(one))).join(' · ');
      return [{ row, words: words || this.say('unchanged'), isDone: words !== '' }];
    });
  }

  protected start(bulk: BulkSource, accounts: readonly AccountId[]): Promise<RowId> {
    const changes = this.#changes();
    if (!this.selected || !changes) throw new SourceRefusal({ code: 'BAD_REQUEST', message: this.say('limitNumber') });
    const seen = (this.answer ?? []).map(({ account, limits }) => [
      account.id,
      Object.fromEntries(limits.flatMap((one) => ('code' in one ? [] : [[one.kind, one.version]]))),
    ]);
    return bulk.setLimits(this.selected.account.id, accounts, changes, Object.fromEntries(seen));
  }

  protected override sides(conflict: JobConflict): Sides | null {
    if (conflict.about !== 'limit') return null;
    const { kind, present } = conflict;
    const [meant, now] = [this.#words(kind, { ...present, ...conflict.meant }), this.#words(kind, present)];
    // Where they set the same it is told whole.
    const isSame = meant.join() === now.join();
    const differing = (side: readonly string[], other: readonly string[]): string =>
      side.filter((words, n) => words && (isSame || words !== other[n])).join(', ');
    return [this.say(`limit_${kind}`), differing(meant, now), differing(now, meant)];
  }

  #kind(kind: LimitKindKey, label: string): TemplateResult {
    const draft = this.drafts.get(kind);
    const wrong = draft && changeOf(kind, draft);
    const put = (part: Partial<Draft>): void => this.#put(kind, draft && { ...draft, ...part });
    const turn = (): void => this.#put(kind, draft ? undefined : BEGIN);
    return html`<div class="kind"><label class="check"><input type="checkbox" data-first=${kind === 'minutes' ? '' : nothing} .checked=${draft !== undefined} @change=${turn} />${label}</label>
      ${
        draft
          ? html`<div class="two">${this.#select(kind, 'bounds', this.say('limitMax'), draft.bounds, { some: 'limitMaxSome', none: 'limitMaxOpen' }, (bounds) => put({ bounds }))}
        ${draft.bounds === 'some' ? this.#field(kind, 'max', this.say('limitMaxSome'), draft.max, wrong === 'max', (max) => put({ max })) : nothing}
        ${this.#field(kind, 'reserve', this.say('limitReserve'), draft.reserve, wrong === 'reserve', (reserve) => put({ reserve }))}
        ${countsOf(kind) === 'metered' ? this.#field(kind, 'nextReserve', this.say('limitNextReserve'), draft.nextReserve, wrong === 'nextReserve', (nextReserve) => put({ nextReserve })) : nothing}
        ${this.#select(kind, 'atLimit', this.say('limitAtLimit'), draft.atLimit, { block: 'limitBlock', notify: 'limitNotify' }, (atLimit) => put({ atLimit }))}
        ${this.#field(kind, 'thresholds', this.say('limitThresholds'), draft.thresholds, wrong === 'thresholds', (thresholds) => put({ thresholds }))}</div>`
          : nothing
      }</div>`;
  }

  #field(
    kind: string,
    name: Field,
    label: string,
    value: string,
    isWrong: boolean,
    put: (text: string) => void,
  ): TemplateResult {
    const id = `${kind}-${name}`;
    const isEmpty = value.trim() === '';
    const type = ({ target }: Event): void => {
      if (target instanceof HTMLInputElement) put(target.value);
    };
    const bad = isWrong && !isEmpty;
    return html`<div class="row"><label for=${id}>${label}</label><div class="field ${bad ? 'invalid' : ''}"><input id=${id} name=${name} inputmode="numeric" autocomplete="off" placeholder=${name === 'max' ? '' : this.say('bulkLimitsLeave')} aria-invalid=${bad ? 'true' : nothing} aria-describedby=${bad ? `${id}-error` : nothing} .value=${value} @input=${type} /></div>
      ${bad ? html`<div class="error" id=${`${id}-error`}>${this.say(name === 'thresholds' ? 'limitThresholdsHint' : 'limitNumber')}</div>` : nothing}</div>`;
  }

  #select<Value extends string>(
    kind: string,
    name: string,
    label: string,
    value: Value | '',
    options: Readonly<Record<Value, Parameters<typeof this.say>[0]>>,
    put: (value: Value | '') => void,
  ): TemplateResult {
    const id = `${kind}-${name}`;
    const known = Object.keys(options) as Value[];
    const leave = { value: '' as const, label: this.say('bulkLimitsLeave') };
    const all = [leave, ...known.map((one) => ({ value: one, label: this.say(options[one]) }))];
    return html`<div class="row"><label for=${id}>${label}</label>${selectField<Value | ''>({ id, name, options: all, chosen: value, choose: put })}</div>`;
  }

  /** What becomes of one kind of an account, in words: only what changes. */
  #turns({
    kind,
    before,
    after,
    stops,
  }: {
    readonly kind: LimitKindKey;
    readonly before: Terms;
    readonly after: Terms;
    readonly stops: boolean | null;
  }): readonly string[] {
    const { texts, say } = this;
    const parts = turnsOf(this.#words(kind, before), this.#words(kind, after), texts);
    if (parts.length === 0) return [];
    const name = this.drafts.size > 1 ? `${say(`limit_${kind}`) || kind}: ` : '';
    return [`${name}${[...parts, ...(stops ? [say('bulkLimitsStops')] : [])].join(', ')}`];
  }

  /** What is set of a kind, in words. */
  #words(kind: LimitKindKey, terms: Terms): readonly string[] {
    const { texts, say } = this;
    return [
      terms.max === null ? say('limitMaxOpen') : amountOf(kind, terms.max, texts),
      ...termsWords(kind, terms, texts),
    ];
  }

  /** What is to be set; null where something can't be read, or nothing is filled in. */
  #changes(): readonly LimitChange[] | null {
    const changes = [...this.drafts].map(([kind, draft]) => changeOf(kind, draft));
    const sound = changes.flatMap((one) => (typeof one === 'string' ? [] : [one]));
    const isSome = sound.length > 0 && sound.every((one) => Object.keys(one).length > 1);
    return isSome && sound.length === changes.length ? sound : null;
  }

  #put(kind: LimitKindKey, draft: Draft | undefined): void {
    const drafts = new Map(this.drafts);
    if (draft) drafts.set(kind, draft);
    else drafts.delete(kind);
    this.drafts = drafts;
    this.answer = null;
    this.refusal = null;
    clearTimeout(this.#soon);
    this.#asking.abort();
    this.#soon = setTimeout(() => void this.#preview(), PREVIEW_MS);
  }

  async #preview(): Promise<void> {
    const { selected } = this;
    const changes = this.#changes();
    if (!selected || !changes) return;
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const { bulk } = await selected.source.acts();
      const accounts = selected.rows.slice(0, MOST_AT_ONCE).map(({ id }) => id);
      const answer = await bulk.foreseeLimits(selected.account.id, accounts, changes, signal);
      if (!signal.aborted) this.answer = answer;
    } catch (error) {
      if (!signal.aborted) this.refusal = refusalFrom(error);
    }
  }
}
