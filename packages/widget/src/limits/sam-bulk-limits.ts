import type { ForeseenLimits } from '@tenantree/contract';
import { type AccountId, LIMIT_KINDS, type LimitKindKey, type RowId } from '@tenantree/domain';
import { html, type TemplateResult } from 'lit';
import type { BulkSource } from '../data/account-source.ts';
import { refusalFrom, SourceRefusal } from '../data/account-source.ts';
import { MOST_AT_ONCE } from '../data/client-bulk.ts';
import { icon } from '../icons/icon.ts';
import { CHEVRON_DOWN } from '../icons/icons.ts';
import { type Foreseen, SamBulk } from '../subaccounts/sam-bulk.ts';
import type { LimitChange } from './limits-source.ts';
import { limitsTexts } from './limits-texts.ts';
import { wholeIn } from './whole-number.ts';

/** How long one rests before it is asked what a change would come to, in milliseconds. */
const PREVIEW_MS = 250;

/** Sets one limit of all that are selected. */
export class SamBulkLimits extends SamBulk {
  static override properties = {
    ...SamBulk.properties,
    kind: { state: true },
    max: { state: true },
    answer: { state: true },
  };

  declare protected kind: LimitKindKey;
  declare protected max: string;
  declare protected answer: readonly ForeseenLimits[] | null;
  #asking = new AbortController();
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.kind = 'minutes';
    this.max = '';
    this.answer = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.selected?.texts.complete(limitsTexts);
    void this.#preview();
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
    const isWrong = this.#change() === null;
    return html`<div class="two"><div class="row"><label for="kind">${this.say('bulkLimitsKind')}</label><div class="field"><select id="kind" name="kind" data-first @change=${this.#choose}>${LIMIT_KINDS.map(({ key, label }) => html`<option value=${key} ?selected=${key === this.kind}>${this.say(`limit_${key}`) || label}</option>`)}</select>${icon(CHEVRON_DOWN)}</div></div>
      <div class="row"><label for="max">${this.say('bulkLimitsMax')}</label><div class="field ${isWrong ? 'invalid' : ''}"><input id="max" name="max" inputmode="numeric" autocomplete="off" aria-describedby="max-hint" aria-invalid=${String(isWrong)} .value=${this.max} @input=${this.#type} /></div>
        <span class="hint" id="max-hint">${this.say(isWrong ? 'bulkLimitsNumber' : 'bulkLimitsMaxHint')}</span></div></div>`;
  }

  protected foreseen(): readonly Foreseen[] | null {
    const { answer, selected } = this;
    if (answer === null || !selected) return this.#change() === null ? [] : null;
    const byAccount = new Map(answer.map(({ account, limits }) => [account.id, limits[0]]));
    return selected.rows.flatMap((row) => {
      const one = byAccount.get(row.id);
      if (!one) return [];
      if ('code' in one) return [{ row, words: one.message, isDone: false }];
      const { before, after, stops } = one;
      const words = this.say(stops ? 'bulkLimitsStops' : 'bulkLimitsChange', {
        before: this.#most(before.max),
        after: this.#most(after.max),
      });
      return [{ row, words, isDone: before.max !== after.max }];
    });
  }

  protected start(bulk: BulkSource, accounts: readonly AccountId[]): Promise<RowId> {
    const change = this.#change();
    if (!this.selected || !change) {
      const message = this.say('bulkLimitsNumber');
      throw new SourceRefusal({ code: 'BAD_REQUEST', message, field: 'max' });
    }
    return bulk.setLimits(this.selected.account.id, accounts, [change]);
  }

  #most(max: number | null): string {
    return max === null ? this.say('bulkLimitsOpen') : (this.selected?.texts.numbers.whole(max) ?? '');
  }

  /** What is to be set; null when what stands there is no number. */
  #change(): LimitChange | null {
    if (this.max.trim() === '') return { kind: this.kind, max: null };
    const max = wholeIn(this.max);
    return max === null ? null : { kind: this.kind, max };
  }

  #choose({ target }: Event): void {
    const found = target instanceof HTMLSelectElement && LIMIT_KINDS.find(({ key }) => key === target.value);
    if (found) this.kind = found.key;
    this.#touched();
  }

  #type({ target }: Event): void {
    if (target instanceof HTMLInputElement) this.max = target.value;
    this.#touched();
  }

  #touched(): void {
    this.answer = null;
    this.refusal = null;
    clearTimeout(this.#soon);
    this.#asking.abort();
    this.#soon = setTimeout(() => void this.#preview(), PREVIEW_MS);
  }

  async #preview(): Promise<void> {
    const { selected } = this;
    const change = this.#change();
    if (!selected || !change) return;
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const bulk = (await selected.source.acts()).bulk;
      const accounts = selected.rows.slice(0, MOST_AT_ONCE).map(({ id }) => id);
      const answer = await bulk.foreseeLimits(selected.account.id, accounts, [change], signal);
      if (!signal.aborted) this.answer = answer;
    } catch (error) {
      if (!signal.aborted) this.refusal = refusalFrom(error);
    }
  }
}
