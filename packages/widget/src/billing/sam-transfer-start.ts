import { DAY_MS, GRACE_DAYS, nameKey, PERMISSIONS, type PermissionKey, type RowId } from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { type AccountDetail, refusalFrom, type SourceRefusal } from '../data/account-source.ts';
import { icon } from '../icons/icon.ts';
import { ALERT, ARROW_OUT, CHECK } from '../icons/icons.ts';
import { absent } from '../parts/absent.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { errorLine } from '../parts/error-line.ts';
import { formStyles } from '../parts/form-styles.ts';
import { Loading, type Wanted } from '../parts/loading.ts';
import { selectField } from '../parts/select-field.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import type { BillingSource, TransferOrder, TransferPreview } from './billing-source.ts';
import { billingStyles } from './billing-styles.ts';
import { priceExample } from './price-example.ts';
import { TransferDone } from './told.ts';
import { transferSteps } from './transfer-steps.ts';
import { transferStyles } from './transfer-styles.ts';
import { transferTexts } from './transfer-texts.ts';

/** What stands in the form; days as they were typed. */
type Draft = {
  readonly recipient: string;
  readonly days: string;
  readonly agency: TransferOrder['agency'];
  readonly completion: NonNullable<TransferOrder['completion']>;
  readonly message: string;
  /** What becomes of products that came from above; nothing: they are handed over. */
  readonly products: ReadonlyMap<RowId, Handing>;
};

/** What becomes of a product that came from above. */
type Handing = NonNullable<TransferOrder['products']>[number]['as'];
const HANDINGS = ['hand_over', 'blank', 'take_back'] as const satisfies readonly Handing[];

const FIRST: Draft = {
  recipient: '',
  days: String(GRACE_DAYS.usual),
  agency: 'kept',
  completion: 'automatic',
  message: '',
  products: new Map(),
};

const ADDRESS = /^[^\s@]+@[^\s@]+$/;

/** Days from a text; null: it isn't a number that is allowed. */
function daysIn(text: string): number | null {
  const days = /^\s*\d{1,3}\s*$/.test(text) ? Number(text) : 0;
  return days >= GRACE_DAYS.least && days <= GRACE_DAYS.most ? days : null;
}

/**
 * Handing billing over, as long as it has not started: who completes it and until when, then all that would stay and change, and the name
 * to be typed.
 *
 * @fires sam-done - it has started, or is given up
 */
export class SamTransferStart extends LitElement {
  static override properties = {
    source: { attribute: false },
    account: { attribute: false },
    texts: { attribute: false },
    level: { type: Number },
    step: { state: true },
    draft: { state: true },
    preview: { state: true },
    failure: { state: true },
    refusal: { state: true },
    typed: { state: true },
    busy: { state: true },
  };
  static override styles = [controlStyles, formStyles, cardStyles, billingStyles, transferStyles];

  declare source: BillingSource | null;
  declare account: AccountDetail | null;
  declare texts: Texts;
  /** Level of its title, 1 to 6. */
  declare level: number;
  declare protected step: 'configure' | 'review';
  declare protected draft: Draft;
  declare protected preview: TransferPreview | null;
  declare protected failure: SourceRefusal | null;
  declare protected refusal: Pick<SourceRefusal, 'field' | 'message'> | null;
  declare protected typed: string;
  declare protected busy: boolean;
  /** The step that the focus went to. */
  #shown: 'configure' | 'review' | null = null;
  readonly #loading = new Loading(this, {
    wanted: (): Wanted<BillingSource> | null =>
      this.source && this.account ? { source: this.source, account: this.account.id } : null,
    ask: ({ source, account }, signal) => source.preview(account, signal),
    show: (preview) => {
      this.preview = preview;
      this.failure = null;
    },
    fail: (failure) => {
      this.failure = failure;
    },
    forget: () => Object.assign(this, { preview: null, failure: null, step: 'configure', draft: FIRST, typed: '' }),
  });

  constructor() {
    super();
    this.source = null;
    this.account = null;
    this.texts = defaultTexts();
    this.level = 3;
    this.step = 'configure';
    this.draft = FIRST;
    this.preview = null;
    this.failure = null;
    this.refusal = null;
    this.typed = '';
    this.busy = false;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete(transferTexts);
  }

  protected override updated(): void {
    const shown = this.preview ? this.step : null;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.renderRoot.querySelector<HTMLElement>(shown === 'configure' ? '#recipient' : '.title')?.focus();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { account, preview, texts, step } = this;
    if (!account) return nothing;
    return html`<section class="card" part="card"><div class="section with-steps"><div class="title" role="heading" aria-level=${this.level} tabindex="-1">${texts.say('transferTitle')}</div>${transferSteps(step, account.name, texts)}</div>
      ${preview ? (preview.refused ? this.#cannot(preview.refused.message) : step === 'configure' ? this.#configure(account, preview) : this.#review(account, preview)) : absent(this.failure, texts, () => void this.#loading.begin())}</section>`;
  }

  #cannot(why: string): TemplateResult {
    const { say } = this.texts;
    return html`<div class="in"><p class="ended">${icon(ALERT)}<strong>${say('refusedTitle')}</strong></p><p>${why}</p></div>
      <div class="foot"><button class="button" type="button" part="button" @click=${this.#giveUp}>${say('cancel')}</button></div>`;
  }

  #configure({ name }: AccountDetail, { agency, nested }: TransferPreview): TemplateResult {
    const { draft, texts } = this;
    const { say, numbers } = texts;
    const days = daysIn(draft.days);
    const until = days === null ? null : new Date(Date.now() + days * DAY_MS).toISOString();
    const people = agency.people.length;
    return html`<form novalidate @submit=${this.#toReview} @keydown=${this.#press}>
      <div class="in fields">
        <div class="row">${this.#label('recipient', say('transferRecipient'))}<div class="field ${this.#isWrong('recipient') ? 'invalid' : ''}"><input id="recipient" type="email" dir="ltr" autocomplete="off" .value=${draft.recipient} aria-invalid=${this.#isWrong('recipient') ? 'true' : nothing} aria-describedby="recipient-hint" @input=${this.#type('recipient')} /></div>${this.#below('recipient', say('transferRecipientHint'))}</div>
        <div class="row">${this.#label('days', say('transferGrace'))}<div class="field ${this.#isWrong('graceDays') ? 'invalid' : ''}"><input id="days" inputmode="numeric" autocomplete="off" .value=${draft.days} aria-invalid=${this.#isWrong('graceDays') ? 'true' : nothing} aria-describedby="graceDays-hint" @input=${this.#type('days')} /><span>${say('transferGraceUnit')}</span></div>${this.#below('graceDays', until === null ? '' : say('transferGraceUntil', { date: numbers.dateTime(until), utc: utcTime(until) }))}</div>
        <div class="wide"><label class="check"><input type="checkbox" .checked=${draft.agency === 'kept'} aria-describedby="agency-hint" @change=${this.#turnAgency} /><span>${say('transferAgency')}</span></label>
          <p class="hint" id="agency-hint">${people > 0 ? say('transferAgencyWho', { n: people, from: agency.from?.name ?? name }) : say('transferAgencyNobody')}</p>
          ${people > 0 && draft.agency === 'kept' ? html`<details><summary>${say('transferWho')}</summary><ul class="people">${agency.people.map((one) => html`<li><bdi>${one.name}</bdi> <bdi class="quiet" dir="ltr">${one.email}</bdi></li>`)}</ul></details>` : nothing}</div>
        <div class="row">${this.#label('completion', say('transferCompletion'))}${selectField({
          id: 'completion',
          options: [
            { value: 'automatic', label: say('transferAutomatic') },
            { value: 'confirmed', label: say('transferConfirmed') },
          ],
          chosen: draft.completion,
          choose: this.#chooseCompletion,
        })}</div>
        <div class="row wide"><label for="message">${say('transferMessage')} <span class="hint">(${say('transferOptional')})</span></label><div class="field"><textarea id="message" maxlength="1000" rows="3" .value=${draft.message} @input=${this.#type('message')}></textarea></div></div>
        ${
          nested.accounts > 0
            ? html`<div class="wide"><strong>${say('transferGoesAlong')}</strong><p class="hint"><bdi>${namesOf(
                nested.sample.map((one) => one.name),
                texts,
                nested.accounts,
              )}</bdi></p></div>`
            : nothing
        }
      </div>
      <div class="foot"><span>${say('transferNothingYet')}</span><button class="button" type="button" part="button" @click=${this.#giveUp}>${say('cancel')}</button><button class="button primary" type="submit" part="button">${say('transferReview')}</button></div>
    </form>`;
  }

  #review({ name }: AccountDetail, preview: TransferPreview): TemplateResult {
    const { texts, typed, busy, draft, refusal } = this;
    const { say } = texts;
    const isSame = nameKey(typed) === nameKey(name);
    const days = daysIn(draft.days) ?? GRACE_DAYS.usual;
    return html`<div class="in summary"><dl class="facts"><dt>${say('transferRecipient')}</dt><dd><bdi dir="ltr">${draft.recipient}</bdi></dd><dt>${say('transferGrace')}</dt><dd>${say('transferGraceUntil', graceUntil(days, texts))}</dd><dt>${say('transferCompletion')}</dt><dd>${say(draft.completion === 'automatic' ? 'transferAutomatic' : 'transferConfirmed')}</dd><dt>${say('transferUnfinished')}</dt><dd>${say(`transferUnfinished_${preview.ifUnfinished}`, { name })}</dd></dl></div>
      <div class="columns"><div><strong>${say('transferStays')}</strong><ul class="points">${this.#stays(preview).map((words) => html`<li>${icon(CHECK)}<span>${words}</span></li>`)}</ul></div>
        <div><strong>${say('transferChanges')}</strong><ul class="points changes">${this.#changes(name, preview).map((words) => html`<li>${icon(ARROW_OUT)}<span>${words}</span></li>`)}</ul></div></div>
      <div class="in"><strong>${say('newlySeen', { name })}</strong><p class="hint">${
        preview.newlySeen.length === 0
          ? say('newlySeenNone')
          : namesOf(
              preview.newlySeen.map(({ key }) => this.#permission(key)),
              texts,
              preview.newlySeen.length,
            )
      }</p></div>
      ${preview.products.length > 0 ? this.#products(name, preview.products) : nothing}
      ${priceExample(preview, name, texts)}
      <form novalidate class="confirm" @submit=${(event: Event) => void this.#start(event)} @keydown=${this.#press}>
        <div class="row"><label for="typed">${say('typeName', { name })}</label><div class="field ${refusal ? 'invalid' : ''}"><input id="typed" autocomplete="off" dir="auto" .value=${typed} aria-describedby="typed-hint" aria-invalid=${refusal ? 'true' : nothing} @input=${this.#typeName} /></div>
          ${refusal ? errorLine(refusal.message) : nothing}<span class="hint" id="typed-hint">${isSame ? say('typeNameHint', { name }) : say('typeNameFirst')}</span></div>
        <div class="acts"><button class="button" type="button" part="button" @click=${this.#back}>${say('transferBack')}</button>
          <button class="button primary" type="submit" part="button" aria-disabled=${String(busy || !isSame)} title=${isSame ? nothing : say('typeNameFirst')}>${say(busy ? 'transferStarting' : 'transferStart')}</button></div>
      </form>`;
  }

  #products(name: string, products: TransferPreview['products']): TemplateResult {
    const { say } = this.texts;
    const options = HANDINGS.map((value) => ({ value, label: say(`transferAs_${value}`) }));
    return html`<div class="in"><strong>${say('transferProducts', { name })}</strong><p class="hint">${say('transferProductsWhy')}</p>
      <ul class="handed">${products.map(({ product, name: called, accounts }) => {
        const choose = (as: Handing): void => {
          this.draft = { ...this.draft, products: new Map([...this.draft.products, [product, as]]) };
        };
        const chosen = this.draft.products.get(product) ?? 'hand_over';
        return html`<li><span><bdi>${called}</bdi>${accounts > 1 ? html` <span class="hint">${say('transferProductsIn', { n: accounts })}</span>` : nothing}</span>${selectField({ label: say('transferProductsOf', { name: called }), options, chosen, choose })}</li>`;
      })}</ul></div>`;
  }

  #stays({ members, agents, nested }: TransferPreview): readonly string[] {
    const { texts } = this;
    const { say } = texts;
    const below = {
      n: nested.accounts,
      names: namesOf(
        nested.sample.map(({ name }) => name),
        texts,
        nested.accounts,
      ),
    };
    return [
      say('staysPeople', { members, agents }),
      ...(nested.accounts > 0 ? [say('staysNested', below)] : []),
      say('staysKeys'),
      say('staysUsage'),
      say('staysCancel'),
    ];
  }

  #changes(name: string, { caps, limits, leavers, agency, book, origins }: TransferPreview): readonly string[] {
    const { texts, draft } = this;
    const { say } = texts;
    const people = [...new Set(leavers.filter(({ kind }) => kind === 'member').map((one) => one.name))];
    const secrets = leavers.filter(({ kind }) => kind !== 'member').length;
    const invited = draft.agency === 'kept' ? agency.people.length : 0;
    const capsOf = caps.map(({ key }) => this.#permission(key));
    const limitsOf = limits.map(({ label }) => label);
    return [
      say('changesPays', { name }),
      say('changesLeaves'),
      ...(caps.length > 0 ? [say('changesCaps', { n: caps.length, names: namesOf(capsOf, texts) })] : []),
      ...(limits.length > 0 ? [say('changesLimits', { n: limits.length, names: namesOf(limitsOf, texts) })] : []),
      ...(people.length > 0 ? [say('changesPeople', { n: people.length, names: namesOf(people, texts) })] : []),
      ...(secrets > 0 ? [say('changesSecrets', { n: secrets })] : []),
      ...(book === null ? [] : [say('changesBook', { book })]),
      ...(origins.length > 0 ? [say('changesOrigins', { names: namesOf(origins, texts) })] : []),
      invited > 0 ? say('changesAgency', { n: invited }) : say('changesNoAgency'),
    ];
  }

  #permission(key: PermissionKey): string {
    return this.texts.say(`permission_${key}`) || PERMISSIONS.find((one) => one.key === key)?.label || key;
  }

  #label(id: string, words: string): TemplateResult {
    return html`<label for=${id}>${words}</label>`;
  }

  #isWrong(field: string): boolean {
    return this.refusal?.field === field;
  }

  #below(field: string, hint: string): TemplateResult {
    return this.#isWrong(field)
      ? errorLine(this.refusal?.message ?? '', `${field}-hint`)
      : html`<span class="hint" id=${`${field}-hint`}>${hint}</span>`;
  }

  #type(field: 'recipient' | 'days' | 'message'): (event: Event) => void {
    return ({ target }) => {
      if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return;
      this.draft = { ...this.draft, [field]: target.value };
      this.refusal = null;
    };
  }

  #turnAgency({ target }: Event): void {
    if (target instanceof HTMLInputElement) this.draft = { ...this.draft, agency: target.checked ? 'kept' : 'ended' };
  }

  readonly #chooseCompletion = (completion: 'automatic' | 'confirmed'): void => {
    this.draft = { ...this.draft, completion };
  };

  #typeName({ target }: Event): void {
    if (!(target instanceof HTMLInputElement)) return;
    this.typed = target.value;
    this.refusal = null;
  }

  #toReview(event: Event): void {
    event.preventDefault();
    const { recipient, days } = this.draft;
    const { say } = this.texts;
    if (!ADDRESS.test(recipient.trim()))
      return void this.#refuse({ field: 'recipient', message: say('transferRecipientWrong') });
    if (daysIn(days) === null) return void this.#refuse({ field: 'graceDays', message: say('transferGraceWrong') });
    this.refusal = null;
    this.step = 'review';
    // It may be some time since: what is agreed to is what holds now.
    void this.#loading.again();
  }

  #back(): void {
    this.refusal = null;
    this.step = 'configure';
  }

  async #start(event: Event): Promise<void> {
    event.preventDefault();
    const { source, account, draft, typed, busy } = this;
    const graceDays = daysIn(draft.days);
    if (!source || !account || busy || graceDays === null || nameKey(typed) !== nameKey(account.name)) return;
    const { recipient, agency, completion, message } = draft;
    const products = [...draft.products].flatMap(([product, as]) => (as === 'hand_over' ? [] : [{ product, as }]));
    const said = message.trim().replace(/\s+/g, ' ');
    this.busy = true;
    this.refusal = null;
    try {
      const order = { name: account.name, recipient: recipient.trim(), graceDays, agency, completion };
      const state = await source.start(account.id, {
        ...order,
        ...(said !== '' && { message: said }),
        ...(products.length > 0 && { products }),
      });
      this.dispatchEvent(new TransferDone(state, this.texts.say('toldStarted', { name: account.name })));
    } catch (error) {
      const refusal = refusalFrom(error);
      if (refusal.field === 'recipient' || refusal.field === 'graceDays') this.step = 'configure';
      await this.#refuse(refusal);
    } finally {
      this.busy = false;
    }
  }

  async #refuse(refusal: Pick<SourceRefusal, 'field' | 'message'>): Promise<void> {
    this.refusal = refusal;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  #giveUp(): void {
    this.dispatchEvent(new TransferDone(null));
  }

  #press(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    if (this.step === 'review') this.#back();
    else this.#giveUp();
  }
}

/** Time of an instant in UTC: `14:02`. */
const utcTime = (instant: string): string => instant.slice(11, 16);

function graceUntil(days: number, { numbers }: Texts): { readonly date: string; readonly utc: string } {
  const until = new Date(Date.now() + days * DAY_MS).toISOString();
  return { date: numbers.dateTime(until), utc: utcTime(until) };
}

const MOST_NAMES = 4;

/** Names one after the other; of many the first, and how many more there are. @param all how many there are, where not all are named */
function namesOf(names: readonly string[], { say }: Texts, all: number = names.length): string {
  const shown = names.slice(0, MOST_NAMES).join(', ');
  const more = all - Math.min(names.length, MOST_NAMES);
  return more > 0 ? say('andMore', { names: shown, n: more }) : shown;
}
