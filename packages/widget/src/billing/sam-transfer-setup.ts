import { MOST_ADDRESS_LINES, TRANSFER_STEPS, type TransferStep } from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { type AccountDetail, refusalFrom, type SourceRefusal } from '../data/account-source.ts';
import { icon } from '../icons/icon.ts';
import { ALERT, CHECK, CHEVRON_DOWN } from '../icons/icons.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { errorLine } from '../parts/error-line.ts';
import { formStyles } from '../parts/form-styles.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { moneyWords, monthWords } from './amounts.ts';
import type { BillingDetails, BillingSource, PlanOffer, PlanOffers, Transfer, TransferView } from './billing-source.ts';
import { billingStyles } from './billing-styles.ts';
import { billingTexts } from './billing-texts.ts';
import { cardWords } from './card-words.ts';
import { type AtStep, checklist } from './checklist.ts';
import { type Country, countriesIn } from './countries.ts';
import { planUsed } from './plan-used.ts';
import { TransferDone } from './told.ts';
import { transferStyles } from './transfer-styles.ts';
import { transferTexts } from './transfer-texts.ts';

/** What does each step, and what it takes to do it. */
const ACTS = { owner: 'confirmOwner', details: 'setDetails', payment: 'setPayment', plan: 'choosePlan' } as const;

/** What the form of the details has a word for. */
const DETAILS = ['country', 'name', 'address', 'taxId'];

/** What a field says, without spaces around it. */
const valueOf = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
};

/**
 * The checklist of whoever takes billing over: what is done, what is open, and the form of what comes next, each saved at once. Who may
 * not do it sees how far it is.
 *
 * @fires sam-done - a step was done
 */
export class SamTransferSetup extends LitElement {
  static override properties = {
    source: { attribute: false },
    account: { attribute: false },
    state: { attribute: false },
    texts: { attribute: false },
    offers: { state: true },
    editing: { state: true },
    country: { state: true },
    refusal: { state: true },
    busy: { state: true },
  };
  static override styles = [controlStyles, formStyles, cardStyles, billingStyles, transferStyles];

  declare source: BillingSource | null;
  declare account: AccountDetail | null;
  declare state: TransferView | null;
  declare texts: Texts;
  /** Null: not there yet. */
  declare protected offers: PlanOffers | null;
  /** A step that is being changed: done already, or begun to be typed. */
  declare protected editing: TransferStep | null;
  /** The country that was chosen; empty: none yet. */
  declare protected country: string;
  declare protected refusal: ({ readonly step: TransferStep } & Pick<SourceRefusal, 'field' | 'message'>) | null;
  declare protected busy: boolean;
  #countries: readonly Country[] = [];
  #asked = '';

  constructor() {
    super();
    this.source = null;
    this.account = null;
    this.state = null;
    this.texts = defaultTexts();
    this.offers = null;
    this.editing = null;
    this.country = '';
    this.refusal = null;
    this.busy = false;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) {
      this.texts.complete({ ...billingTexts, ...transferTexts });
      this.#countries = [];
    }
    const { state } = this;
    if (this.country === '') this.country = state?.details?.country ?? '';
    if (state?.may.includes('choosePlan')) void this.#loadPlans(state.transfer?.steps.details?.country ?? '');
  }

  protected override render(): TemplateResult | typeof nothing {
    const { state, account } = this;
    const transfer = state?.transfer;
    if (!state || !account || transfer?.state !== 'in_progress') return nothing;
    const next = TRANSFER_STEPS.find((step) => transfer.missing.includes(step) && state.may.includes(ACTS[step]));
    return html`${checklist(transfer, next ?? null, this.texts, (step) =>
      this.#at(step, next ?? null, state, transfer, account.name),
    )}${this.#takesOver(transfer, account)}`;
  }

  /** What comes along and what ends, for somebody who has not seen it from above. */
  #takesOver({ agency }: Transfer, { name, subaccounts, members, agents }: AccountDetail): TemplateResult {
    const { say } = this.texts;
    const points = [
      say('staysPeople', { members: members.total, agents: agents.total }),
      ...(subaccounts > 0 ? [say('takesNested', { n: subaccounts })] : []),
      say('staysUsage'),
      say('takesRestrictions'),
      say(`takesAgency_${agency}`),
    ];
    return html`<div class="in takes"><strong>${say('takesOver', { name })}</strong><ul class="points">${points.map((words) => html`<li>${icon(CHECK)}<span>${words}</span></li>`)}</ul></div>`;
  }

  /** What can be done at a step: its form where it is the next one, or is being changed. */
  #at(step: TransferStep, next: TransferStep | null, state: TransferView, transfer: Transfer, name: string): AtStep {
    const { say } = this.texts;
    const isDone = !transfer.missing.includes(step);
    const isOpen = step === (this.editing ?? next);
    const mayChange = isDone && step !== 'owner' && state.may.includes(ACTS[step]);
    const edit = (): void => {
      this.editing = step;
      this.refusal = null;
    };
    const isAtField = isOpen && step === 'details' && DETAILS.includes(this.refusal?.field ?? '');
    const isBlamed = this.refusal?.step === step && !isAtField;
    return {
      aside:
        mayChange && !isOpen
          ? html`<button class="link" type="button" aria-label=${`${say('edit')}: ${say(`check_${step}`)}`} @click=${edit}>${say('edit')}</button>`
          : nothing,
      below: html`${step === 'payment' && transfer.steps.payment?.card ? html`<small>${cardWords(transfer.steps.payment.card)}</small>` : nothing}${isOpen ? this.#form(step, state, transfer, name) : nothing}${isBlamed ? html`<div class="note" role="alert">${icon(ALERT, 14)}<span>${this.refusal?.message}</span></div>` : nothing}`,
    };
  }

  #form(step: TransferStep, state: TransferView, transfer: Transfer, name: string): TemplateResult | typeof nothing {
    const { say } = this.texts;
    switch (step) {
      case 'owner':
        return html`<form @submit=${this.#submit(step, (source, id) => source.confirmOwner(id))}><div class="acts">${this.#button(say('ownerConfirm', { name }))}</div></form>`;
      case 'details':
        return this.#detailsForm(state.details);
      case 'payment':
        return this.#ways(state.ways, transfer);
      case 'plan':
        return this.#plans(transfer);
    }
  }

  /** How accounts can pay here; what a provider asks it asks in a form of its own. */
  #ways(ways: TransferView['ways'], { steps: { payment } }: Transfer): TemplateResult {
    const { say } = this.texts;
    const card = payment?.state === 'pending' ? 'paymentCardOn' : 'paymentCardAdd';
    return html`<div class="offers">${ways.map((way) => {
      const isInvoice = way === 'invoice';
      const words = say(isInvoice ? 'paymentSave' : card);
      return html`<form class="offer ${payment?.provider === way ? 'chosen' : ''}" @submit=${this.#submit('payment', (source, id) => source.setPayment(id, way))}><strong>${say(isInvoice ? 'paymentInvoice' : 'paymentOf')}</strong><small>${say(isInvoice ? 'paymentInvoiceWhy' : 'paymentCardWhy')}</small>${this.#button(words)}</form>`;
    })}<div class="acts">${this.#leave()}</div></div>`;
  }

  #button(words: string, name: string = words): TemplateResult {
    return html`<button class="button primary" type="submit" part="button" aria-label=${name === words ? nothing : name} aria-disabled=${String(this.busy)}>${words}</button>`;
  }

  #leave(): TemplateResult | typeof nothing {
    const leave = (): void => {
      this.editing = null;
      this.refusal = null;
    };
    return this.editing === null || this.state?.transfer?.missing.includes(this.editing)
      ? nothing
      : html`<button class="button" type="button" part="button" @click=${leave}>${this.texts.say('cancel')}</button>`;
  }

  /** The country first: what else is asked depends on it. */
  #detailsForm(details: TransferView['details']): TemplateResult {
    const { say, locale } = this.texts;
    const { country } = this;
    if (this.#countries.length === 0) this.#countries = countriesIn(locale);
    const choose = ({ target }: Event): void => {
      if (target instanceof HTMLSelectElement) this.country = target.value;
    };
    // From here on it is being changed: another window that saves it neither closes it nor writes over what was typed.
    const type = (): void => {
      this.editing = 'details';
    };
    return html`<form novalidate @input=${type} @submit=${(event: Event) => void this.#saveDetails(event)}>
      <div class="row"><label for="country">${say('detailsCountry')}</label><div class="field ${this.#isWrong('country') ? 'invalid' : ''}"><select id="country" name="country" autocomplete="country" aria-invalid=${this.#isWrong('country') ? 'true' : nothing} aria-describedby="country-error" @change=${choose}><option value="" ?selected=${country === ''}>${say('detailsChoose')}</option>${this.#countries.map(({ code, name }) => html`<option value=${code} ?selected=${code === country}>${name}</option>`)}</select>${icon(CHEVRON_DOWN)}</div>${this.#error('country')}</div>
      ${
        country === ''
          ? nothing
          : html`${this.#field('name', say('detailsName'), details?.name ?? '', 'organization')}
        <div class="row"><label for="address">${say('detailsAddress')}</label><div class="field ${this.#isWrong('address') ? 'invalid' : ''}"><textarea id="address" name="address" rows="3" autocomplete="street-address" aria-invalid=${this.#isWrong('address') ? 'true' : nothing} aria-describedby="address-error" .defaultValue=${(details?.address ?? []).join('\n')}></textarea></div>${this.#error('address', say('detailsAddressHint'))}</div>
        ${this.#field('taxId', say('detailsTaxId'), details?.taxId ?? '', 'off', say('transferOptional'))}`
      }
      <div class="acts">${this.#button(say('detailsSave'))}${this.#leave()}</div></form>`;
  }

  #field(field: string, words: string, value: string, complete: string, aside = ''): TemplateResult {
    const isWrong = this.#isWrong(field);
    return html`<div class="row"><label for=${field}>${words}${aside === '' ? nothing : html` <span class="hint">(${aside})</span>`}</label><div class="field ${isWrong ? 'invalid' : ''}"><input id=${field} name=${field} autocomplete=${complete} dir="auto" .defaultValue=${value} aria-invalid=${isWrong ? 'true' : nothing} aria-describedby=${`${field}-error`} /></div>${this.#error(field)}</div>`;
  }

  #isWrong(field: string): boolean {
    return this.refusal?.field === field;
  }

  #error(field: string, hint = ''): TemplateResult {
    return this.#isWrong(field)
      ? errorLine(this.refusal?.message ?? '', `${field}-error`)
      : html`<span class="hint" id=${`${field}-error`}>${hint}</span>`;
  }

  async #saveDetails(event: Event): Promise<void> {
    event.preventDefault();
    const { target } = event;
    if (!(target instanceof HTMLFormElement)) return;
    const form = new FormData(target);
    const { say } = this.texts;
    const address = valueOf(form, 'address')
      .split('\n')
      .flatMap((line) => line.trim() || []);
    const wrong = (field: string, message: string) => this.#refuse('details', { field, message });
    if (this.country === '') return wrong('country', say('detailsNeedCountry'));
    const [name, taxId] = [valueOf(form, 'name'), valueOf(form, 'taxId')];
    if (name === '') return wrong('name', say('detailsNeedName'));
    if (address.length > MOST_ADDRESS_LINES) return wrong('address', say('detailsLines'));
    const details: BillingDetails = { country: this.country, name, address, taxId: taxId || null };
    await this.#do('details', (source, id) => source.setDetails(id, details));
  }

  #plans({ steps }: Transfer): TemplateResult {
    const { offers, texts } = this;
    const { say, locale } = texts;
    const again = (): void => {
      this.#asked = '';
      this.refusal = null;
    };
    if (!offers && this.refusal)
      return html`<small><button class="link" type="button" @click=${again}>${say('retry')}</button></small>`;
    if (!offers) return html`<small>${say('loading')} …</small>`;
    if (offers.plans.length === 0) return html`<small>${say('planNone')}</small>`;
    const month = monthWords(offers.month, locale);
    return html`<div class="offers">${offers.plans.map((plan) => this.#offer(plan, steps.plan?.id === plan.id, month))}<div class="acts"><span class="hint">${say('priceTax')}</span>${this.#leave()}</div></div>`;
  }

  #offer(plan: PlanOffer, isChosen: boolean, month: string): TemplateResult {
    const { say, locale } = this.texts;
    const money = (amount: PlanOffer['total']): string => moneyWords(amount, locale);
    const parts = [say('planFee', { fee: money(plan.monthlyFee) }), ...planUsed(plan, this.texts)];
    return html`<form class="offer ${isChosen ? 'chosen' : ''}" @submit=${this.#submit('plan', (source, id) => source.choosePlan(id, plan))}><div><strong><bdi>${plan.name}</bdi> · ${say('planTotal', { total: money(plan.total), month })}</strong>${(plan.refused ? [plan.refused.message] : parts).map((words) => html`<small>${words}</small>`)}</div>
      ${plan.refused ? nothing : html`<button class="button ${isChosen ? '' : 'primary'}" type="submit" part="button" aria-disabled=${String(this.busy)}>${say('planChoose', { plan: plan.name })}</button>`}</form>`;
  }

  /** What is offered depends on the country. */
  async #loadPlans(country: string): Promise<void> {
    const { source, account } = this;
    const asked = `${account?.id} ${country}`;
    if (!source || !account || this.#asked === asked) return;
    this.#asked = asked;
    try {
      const offers = await source.plans(account.id);
      if (this.#asked === asked) this.offers = offers;
    } catch (error) {
      this.refusal = { step: 'plan', field: null, message: refusalFrom(error).message };
    }
  }

  #submit(
    step: TransferStep,
    act: (source: BillingSource, account: AccountDetail['id']) => Promise<TransferView>,
  ): (event: Event) => void {
    return (event) => {
      event.preventDefault();
      void this.#do(step, act);
    };
  }

  async #do(
    step: TransferStep,
    act: (source: BillingSource, account: AccountDetail['id']) => Promise<TransferView>,
  ): Promise<void> {
    const { source, account, texts } = this;
    if (!source || !account || this.busy) return;
    this.busy = true;
    this.refusal = null;
    try {
      const state = await act(source, account.id);
      this.editing = null;
      // A provider may not have it yet.
      const isSaved = !state.transfer?.missing.includes(step);
      const words = isSaved ? texts.say('toldSaved', { step: texts.say(`check_${step}`) }) : '';
      this.dispatchEvent(new TransferDone(state, words));
      await this.#arrive();
    } catch (error) {
      const refusal = refusalFrom(error);
      if (refusal.code === 'PLAN_STALE' || refusal.code === 'PLAN_UNAVAILABLE') this.#asked = '';
      await this.#refuse(step, refusal);
    } finally {
      this.busy = false;
    }
  }

  /** What is next has the focus: the form that had it is gone. */
  async #arrive(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('li[aria-current] :is(select, input, button)')?.focus();
  }

  async #refuse(step: TransferStep, { field, message }: Pick<SourceRefusal, 'field' | 'message'>): Promise<void> {
    // A line of the address is a part of it.
    this.refusal = { step, field: field?.split(/[.[]/)[0] ?? null, message };
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }
}
