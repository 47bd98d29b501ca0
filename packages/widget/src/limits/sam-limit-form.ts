import { type AtLimit } from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { type AccountDetail, refusalFrom, type SourceRefusal } from '../data/account-source.ts';
import { wholeIn } from '../format/whole-number.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { errorLine } from '../parts/error-line.ts';
import { formStyles } from '../parts/form-styles.ts';
import { selectField } from '../parts/select-field.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { amountOf, atLimitOptions, countsOf, type Terms, termsWords, turnsOf } from './limit-row.ts';
import type { ForeseenLimits, Limit, LimitChange, LimitsSource, SavedLimits } from './limits-source.ts';
import { limitsStyles } from './limits-styles.ts';
import { percentsIn } from './percents.ts';

/** How long one rests before it is asked what a change would come to, in milliseconds. */
const PREVIEW_MS = 250;

/** What stands in the fields. */
type Draft = {
  readonly bounds: 'some' | 'none';
  readonly max: string;
  readonly reserve: string;
  /** Empty: from the next period on it is what it is now. */
  readonly nextReserve: string;
  readonly atLimit: AtLimit;
  readonly thresholds: string;
};
type Foreseen = ForeseenLimits['limits'][number];

/** Fields of a form beside the maximum, each with its place for what is wrong. */
const FIELDS = ['max', 'reserve', 'nextReserve', 'thresholds'];

const draftOf = ({ max, reserve, nextReserve, atLimit, thresholds }: Terms): Draft => ({
  bounds: max === null ? 'none' : 'some',
  max: max === null ? '' : String(max),
  reserve: String(reserve),
  nextReserve: nextReserve === undefined ? '' : String(nextReserve),
  atLimit,
  thresholds: thresholds.join(', '),
});

/** Fields that say something together. */
const TOGETHER = [['bounds', 'max'], ['reserve', 'nextReserve'], ['atLimit'], ['thresholds']] as const;

const nextOf = ({ reserve, nextReserve = reserve }: Terms): number => nextReserve;

/** The limit is saved or given up: what the limits are then, or null. */
export class LimitDone extends Event {
  readonly saved: SavedLimits | null;
  constructor(saved: SavedLimits | null) {
    super('sam-done');
    this.saved = saved;
  }
}

/**
 * One limit being set: what is typed, what it would come to, and the other side where somebody else was faster.
 *
 * @fires sam-done - it is saved, or given up
 */
export class SamLimitForm extends LitElement {
  static override properties = {
    source: { attribute: false },
    account: { attribute: false },
    limit: { attribute: false },
    texts: { attribute: false },
    draft: { state: true },
    theirs: { state: true },
    foreseen: { state: true },
    refusal: { state: true },
    busy: { state: true },
  };
  static override styles = [controlStyles, formStyles, limitsStyles];

  declare source: LimitsSource | null;
  declare account: AccountDetail | null;
  /** As it was when it began to be set. */
  declare limit: Limit | null;
  declare texts: Texts;
  declare protected draft: Draft | null;
  /** What somebody else made of it meanwhile. */
  declare protected theirs: Limit | null;
  declare protected foreseen: Foreseen | null;
  declare protected refusal: Pick<SourceRefusal, 'field' | 'message'> | null;
  declare protected busy: boolean;
  #version = 0;
  #asking = new AbortController();
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.source = null;
    this.account = null;
    this.limit = null;
    this.texts = defaultTexts();
    this.draft = null;
    this.theirs = null;
    this.foreseen = null;
    this.refusal = null;
    this.busy = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#soon);
    this.#asking.abort();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('limit') || !this.limit || this.draft) return;
    this.draft = draftOf(this.limit);
    this.#version = this.limit.version;
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>('input:checked')?.focus();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { limit, draft, account, busy } = this;
    const { say } = this.texts;
    if (!limit || !draft || !account) return nothing;
    const label = say(`limit_${limit.kind}`) || limit.label;
    const isMain = account.parentId === null;
    const hasMax = draft.bounds === 'some';
    const unchanged = this.#change(limit, draft) === 'same';
    return html`<form novalidate aria-label=${say('limitEditName', { kind: label })} @submit=${(event: Event) => void this.#save(event)} @keydown=${this.#press}>
      <fieldset><legend>${say('limitMax')}</legend>
        <div class="choice"><label><input type="radio" name="bounds" value="some" .checked=${hasMax} @change=${() => this.#bound('some')} />${say('limitMaxSome')}</label>
          <div class="field ${this.#isWrong('max') ? 'invalid' : ''}"><input name="max" inputmode="numeric" autocomplete="off" aria-label=${say('limitMax')} .value=${draft.max} aria-invalid=${this.#isWrong('max') ? 'true' : nothing} aria-describedby=${this.#isWrong('max') ? 'max-error' : limit.plan === undefined ? nothing : 'plan-hint'} @focus=${() => this.#bound('some')} @input=${(event: Event) => this.#type('max', event)} /></div></div>
        ${
          limit.plan === undefined
            ? html`<div class="choice"><label><input type="radio" name="bounds" value="none" .checked=${!hasMax} @change=${() => this.#bound('none')} />${say('limitMaxNone')}</label></div>`
            : html`<span class="hint" id="plan-hint"><bdi>${say('limitPlan', { n: amountOf(limit.kind, limit.plan, this.texts) })}</bdi></span>`
        }
        ${this.#error('max')}</fieldset>
      <div class="two">
        ${isMain ? nothing : this.#field('reserve', say('limitReserve'), say('limitReserveHint'))}
        ${isMain || countsOf(limit.kind) !== 'metered' ? nothing : this.#field('nextReserve', say('limitNextReserve'), say('limitReserveHint'))}
        ${hasMax ? this.#field('thresholds', say('limitThresholds'), say('limitThresholdsHint')) : nothing}
        ${
          hasMax && limit.plan === undefined
            ? html`<div class="row"><label for="atLimit">${say('limitAtLimit')}</label>${selectField({ id: 'atLimit', options: atLimitOptions(this.texts), chosen: draft.atLimit, choose: this.#chooseAt })}</div>`
            : nothing
        }</div>
      ${this.#foreseen(limit)}${this.#conflict(limit)}
      ${this.refusal && !FIELDS.includes(this.refusal.field ?? '') ? errorLine(this.refusal.message) : nothing}
      <div class="acts"><button class="button primary" type="submit" part="button" aria-disabled=${String(busy || unchanged)} title=${unchanged ? say('limitSame') : nothing}>${say(busy ? 'limitSaving' : 'limitSave')}</button>
        <button class="button" type="button" part="button" @click=${() => this.dispatchEvent(new LimitDone(null))}>${say('cancel')}</button></div>
    </form>`;
  }

  #field(name: 'reserve' | 'nextReserve' | 'thresholds', label: string, hint: string): TemplateResult {
    const wrong = this.#isWrong(name);
    return html`<div class="row"><label for=${name}>${label}</label>
      <div class="field ${wrong ? 'invalid' : ''}"><input id=${name} name=${name} inputmode=${name === 'thresholds' ? 'text' : 'numeric'} autocomplete="off" placeholder=${name === 'nextReserve' ? (this.draft?.reserve ?? '') : ''} .value=${this.draft?.[name] ?? ''} aria-invalid=${wrong ? 'true' : nothing} aria-describedby=${wrong ? `${name}-error` : `${name}-hint`} @input=${(event: Event) => this.#type(name, event)} /></div>
      ${wrong ? this.#error(name) : html`<span class="hint" id=${`${name}-hint`}>${hint}</span>`}</div>`;
  }

  #isWrong(field: string): boolean {
    return this.refusal?.field === field;
  }

  #error(field: string): TemplateResult | typeof nothing {
    return this.#isWrong(field) ? errorLine(this.refusal?.message ?? '', `${field}-error`) : nothing;
  }

  /** What the change would come to, as far as it is known. */
  #foreseen(limit: Limit): TemplateResult | typeof nothing {
    const { foreseen } = this;
    const { say } = this.texts;
    if (!foreseen || !('after' in foreseen)) return nothing;
    const { before, after, stops } = foreseen;
    const change = turnsOf(this.#terms(limit, before), this.#terms(limit, after), this.texts).join(' · ');
    return html`<div class="foreseen" role="status"><p><bdi>${change}</bdi></p>${stops === null ? nothing : html`<p>${say(stops ? 'limitStopsNow' : 'limitPassesOn')}</p>`}</div>`;
  }

  /** Somebody else changed it: both sides, and what can be done. */
  #conflict(limit: Limit): TemplateResult | typeof nothing {
    const { theirs, draft } = this;
    const { say } = this.texts;
    const mine = draft && this.#read(draft);
    if (!theirs || !mine || 'field' in mine) return nothing;
    const said = (terms: Terms): string => this.#terms(limit, terms).filter(Boolean).join(' · ');
    return html`<div class="conflict" role="alert"><strong>${say('limitConflict')}</strong>
      <dl><dt>${say('limitTheirs')}</dt><dd>${said(theirs)}</dd><dt>${say('limitMine')}</dt><dd>${said(mine)}</dd></dl>
      <div class="acts"><button class="button" type="submit" part="button">${say('limitKeepMine')}</button><button class="button" type="button" part="button" @click=${this.#takeTheirs}>${say('limitTakeTheirs')}</button></div></div>`;
  }

  /** What is set, in words; each part by itself, empty where there is nothing to say of it. */
  #terms({ kind }: Limit, terms: Terms): readonly string[] {
    const { texts } = this;
    const most =
      terms.max === null
        ? texts.say('limitMaxOpen')
        : texts.say('limitMaxAt', { max: amountOf(kind, terms.max, texts) });
    const rest = termsWords(kind, terms, texts);
    // A main account is promised nothing.
    return [most, ...(this.account?.parentId === null ? rest.slice(2) : rest)];
  }

  /** What the fields say; where one says nothing that can be read, which. */
  #read({ bounds, max, reserve, nextReserve, atLimit, thresholds }: Draft): Terms | { readonly field: string } {
    const most = bounds === 'none' ? null : wholeIn(max);
    if (bounds === 'some' && most === null) return { field: 'max' };
    const kept = wholeIn(reserve || '0');
    if (kept === null) return { field: 'reserve' };
    const next = wholeIn(nextReserve.trim() || String(kept));
    if (next === null) return { field: 'nextReserve' };
    const marks = percentsIn(thresholds);
    if (marks === null) return { field: 'thresholds' };
    return { max: most, reserve: kept, ...(next !== kept && { nextReserve: next }), atLimit, thresholds: marks };
  }

  /** What is to be set: what differs from how it was. */
  #change(limit: Limit, draft: Draft): LimitChange | 'same' | { readonly field: string } {
    const terms = this.#read(draft);
    if ('field' in terms) return terms;
    const before = this.theirs ?? limit;
    // A reserve that is set alone stays in the next period.
    const lasting = terms.reserve === before.reserve ? nextOf(before) : terms.reserve;
    const change = {
      ...(terms.max !== before.max && { max: terms.max }),
      ...(terms.reserve !== before.reserve && { reserve: terms.reserve }),
      ...(nextOf(terms) !== lasting && { nextReserve: nextOf(terms) }),
      ...(terms.atLimit !== before.atLimit && { atLimit: terms.atLimit }),
      ...(terms.thresholds.join() !== before.thresholds.join() && { thresholds: [...terms.thresholds] }),
    };
    return Object.keys(change).length === 0 ? 'same' : { kind: limit.kind, ...change, version: this.#version };
  }

  #bound(bounds: Draft['bounds']): void {
    if (!this.draft || this.draft.bounds === bounds) return;
    this.draft = { ...this.draft, bounds };
    this.#touched();
  }

  #type(field: 'max' | 'reserve' | 'nextReserve' | 'thresholds', { target }: Event): void {
    if (!this.draft || !(target instanceof HTMLInputElement)) return;
    this.draft = { ...this.draft, [field]: target.value };
    this.#touched();
  }

  readonly #chooseAt = (atLimit: AtLimit): void => {
    if (!this.draft) return;
    this.draft = { ...this.draft, atLimit };
    this.#touched();
  };

  /** Asks, once nothing more is typed, what it would come to. */
  #touched(): void {
    this.refusal = null;
    clearTimeout(this.#soon);
    this.#asking.abort();
    this.#soon = setTimeout(() => void this.#preview(), PREVIEW_MS);
  }

  async #preview(): Promise<void> {
    const { source, account, limit, draft } = this;
    const above = account?.parentId;
    if (!source || !account || !limit || !draft || !above) return;
    const change = this.#change(limit, draft);
    this.foreseen = null;
    if (change === 'same' || 'field' in change) return;
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const { version: _, ...wish } = change;
    try {
      const [foreseen] = await source.preview(above, account.id, [wish], signal);
      if (signal.aborted || !foreseen) return;
      this.foreseen = foreseen;
      if ('code' in foreseen) this.refusal = { field: foreseen.field ?? null, message: foreseen.message };
    } catch {
      // What it would come to is no news that it depends on: saving says what is the matter.
    }
  }

  async #save(event: Event): Promise<void> {
    event.preventDefault();
    const { source, account, limit, draft } = this;
    if (!source || !account || !limit || !draft || this.busy) return;
    const change = this.#change(limit, draft);
    if (change === 'same') return;
    if ('field' in change) {
      const words = change.field === 'thresholds' ? 'limitThresholdsHint' : 'limitNumber';
      return this.#refuse({ field: change.field, message: this.texts.say(words) });
    }
    this.busy = true;
    this.refusal = null;
    try {
      this.dispatchEvent(new LimitDone(await source.set(account.id, [change])));
    } catch (error) {
      const refusal = refusalFrom(error);
      if (refusal.code === 'VERSION_CONFLICT') await this.#compare(source, account, limit);
      else await this.#refuse(refusal);
    } finally {
      this.busy = false;
    }
  }

  async #compare(source: LimitsSource, account: AccountDetail, limit: Limit): Promise<void> {
    const { limits } = await source.get(account.id);
    const theirs = limits.find(({ kind }) => kind === limit.kind);
    const { draft } = this;
    if (!theirs || !draft) return;
    // What was typed stays; of all else theirs is taken.
    const began = draftOf(this.theirs ?? limit);
    const typed = TOGETHER.filter((fields) => fields.some((field) => draft[field] !== began[field])).flat();
    this.draft = { ...draftOf(theirs), ...Object.fromEntries(typed.map((field) => [field, draft[field]])) };
    this.theirs = theirs;
    this.#version = theirs.version;
  }

  #takeTheirs(): void {
    if (this.theirs) this.draft = draftOf(this.theirs);
    this.foreseen = null;
    this.refusal = null;
    this.dispatchEvent(new LimitDone(null));
  }

  async #refuse(refusal: Pick<SourceRefusal, 'field' | 'message'>): Promise<void> {
    this.refusal = refusal;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  #press(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    this.dispatchEvent(new LimitDone(null));
  }
}
