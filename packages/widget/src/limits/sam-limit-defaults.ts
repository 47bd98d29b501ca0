import { type AccountId, type AtLimit, LIMIT_KINDS, type LimitKindKey } from '@tenantree/domain';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { refusalFrom } from '../data/account-source.ts';
import { wholeIn } from '../format/whole-number.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { errorLine } from '../parts/error-line.ts';
import { formStyles } from '../parts/form-styles.ts';
import { selectField } from '../parts/select-field.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { amountOf, atLimitOptions } from './limit-row.ts';
import type { DefaultChange, LimitDefault, LimitsSource } from './limits-source.ts';
import { limitsStyles } from './limits-styles.ts';

/** Defaults were set: what they are, and what to set to have them as they were. */
export class DefaultsSet extends CustomEvent<{
  readonly defaults: readonly LimitDefault[];
  readonly undo: readonly DefaultChange[];
}> {
  constructor(defaults: readonly LimitDefault[], undo: readonly DefaultChange[]) {
    super('sam-defaults', { detail: { defaults, undo } });
  }
}

/**
 * What new subaccounts of an account begin with, of each kind.
 *
 * @fires sam-defaults - it was set
 */
export class SamLimitDefaults extends LitElement {
  static override properties = {
    source: { attribute: false },
    account: { attribute: false },
    defaults: { attribute: false },
    texts: { attribute: false },
    access: {},
    draft: { state: true },
    refusal: { state: true },
    busy: { state: true },
  };
  static override styles = [controlStyles, formStyles, limitsStyles];

  declare source: LimitsSource | null;
  declare account: AccountId | null;
  declare defaults: readonly LimitDefault[];
  declare texts: Texts;
  declare access: 'full' | 'readOnly';
  /** What stands in the fields while they are set; null: they are only shown. */
  declare protected draft: ReadonlyMap<LimitKindKey, { readonly max: string; readonly atLimit: AtLimit }> | null;
  declare protected refusal: { readonly kind: LimitKindKey | null; readonly message: string } | null;
  declare protected busy: boolean;

  constructor() {
    super();
    this.source = null;
    this.account = null;
    this.defaults = [];
    this.texts = defaultTexts();
    this.access = 'full';
    this.draft = null;
    this.refusal = null;
    this.busy = false;
  }

  protected override render(): TemplateResult {
    const { say } = this.texts;
    if (this.draft) return this.#form(this.draft);
    const of = (key: LimitKindKey): string => {
      const found = this.defaults.find(({ kind }) => kind === key);
      return found ? amountOf(key, found.max, this.texts) : say('defaultsNone');
    };
    return html`<dl class="begin">${LIMIT_KINDS.map(({ key, label }) => html`<dt>${say(`limit_${key}`) || label}</dt><dd>${of(key)}</dd>`)}</dl>
      ${this.access === 'full' ? html`<div class="in"><button class="button" type="button" part="button" aria-label=${`${say('limitEdit')}: ${say('defaultsTitle')}`} @click=${this.#open}>${say('limitEdit')}</button></div>` : nothing}`;
  }

  #form(draft: NonNullable<typeof this.draft>): TemplateResult {
    const { say } = this.texts;
    const { refusal } = this;
    return html`<form class="bare" novalidate @submit=${(event: Event) => void this.#save(event)} @keydown=${this.#press}>
      <div class="defaults">${LIMIT_KINDS.map(({ key, label }) => {
        const kind = say(`limit_${key}`) || label;
        const wrong = refusal?.kind === key;
        return html`<div><label for=${key}>${kind}</label>
          <div class="field ${wrong ? 'invalid' : ''}"><input id=${key} name=${key} inputmode="numeric" autocomplete="off" placeholder=${say('defaultsNone')} aria-label=${say('defaultsMax', { kind })} aria-invalid=${wrong ? 'true' : nothing} .value=${draft.get(key)?.max ?? ''} @input=${({ target }: Event) => target instanceof HTMLInputElement && this.#change(key, { max: target.value })} /></div>
          ${selectField({ label: say('defaultsAtLimit', { kind }), options: atLimitOptions(this.texts), chosen: draft.get(key)?.atLimit ?? 'block', choose: (atLimit) => this.#change(key, { atLimit }) })}</div>`;
      })}</div>
      ${refusal ? errorLine(refusal.message) : nothing}
      <div class="acts"><button class="button primary" type="submit" part="button" aria-disabled=${String(this.busy)}>${say(this.busy ? 'limitSaving' : 'limitSave')}</button>
        <button class="button" type="button" part="button" @click=${this.#close}>${say('cancel')}</button></div></form>`;
  }

  #open(): void {
    const entries = LIMIT_KINDS.map(({ key }) => {
      const found = this.defaults.find(({ kind }) => kind === key);
      return [key, { max: found ? String(found.max) : '', atLimit: found?.atLimit ?? 'block' }] as const;
    });
    this.draft = new Map(entries);
    void this.updateComplete.then(() => this.renderRoot.querySelector('input')?.focus());
  }

  #change(key: LimitKindKey, change: { readonly max?: string; readonly atLimit?: AtLimit }): void {
    const before = this.draft?.get(key);
    if (!this.draft || !before) return;
    this.draft = new Map([...this.draft, [key, { ...before, ...change }]]);
    this.refusal = null;
  }

  async #save(event: Event): Promise<void> {
    event.preventDefault();
    const { source, account, draft, busy } = this;
    if (!source || !account || !draft || busy) return;
    const changes: DefaultChange[] = [];
    for (const [kind, { max, atLimit }] of draft) {
      const before = this.defaults.find((one) => one.kind === kind);
      const whole = max.trim() === '' ? null : wholeIn(max);
      if (whole === null && max.trim() !== '') return this.#refuse(kind, this.texts.say('limitNumber'));
      if (whole !== (before?.max ?? null) || (before && atLimit !== before.atLimit))
        changes.push({ kind, max: whole, atLimit });
    }
    if (changes.length === 0) return this.#close();
    this.busy = true;
    try {
      const undo = changes.map(({ kind }) => this.defaults.find((one) => one.kind === kind) ?? { kind, max: null });
      this.dispatchEvent(new DefaultsSet(await source.setDefaults(account, changes), undo));
      this.#close();
    } catch (error) {
      await this.#refuse(null, refusalFrom(error).message);
    } finally {
      this.busy = false;
    }
  }

  async #refuse(kind: LimitKindKey | null, message: string): Promise<void> {
    this.refusal = { kind, message };
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  #close(): void {
    this.draft = null;
    this.refusal = null;
    void this.updateComplete.then(() => this.renderRoot.querySelector('button')?.focus());
  }

  #press(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    this.#close();
  }
}
