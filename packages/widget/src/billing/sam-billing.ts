import { DAY_MS } from '@tenantree/domain';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { type AccountDetail, SourceRefusal } from '../data/account-source.ts';
import { emit } from '../events.ts';
import { icon } from '../icons/icon.ts';
import { ALERT, CLOCK, PEOPLE, WALLET } from '../icons/icons.ts';
import { AccountPart } from '../parts/account-part.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { Dialogs } from '../parts/dialogs.ts';
import { formStyles } from '../parts/form-styles.ts';
import { followLive, Loading, type Wanted } from '../parts/loading.ts';
import { partsTexts } from '../parts/parts-texts.ts';
import { SamTable } from '../parts/sam-table.ts';
import { moneyWords } from './amounts.ts';
import { stageBadge } from './badge.ts';
import { belowTable, type Departure } from './below-table.ts';
import type {
  BillingSource,
  BillingState,
  CustomerMargins,
  Transfer,
  TransferList,
  TransferView,
} from './billing-source.ts';
import { billingStyles } from './billing-styles.ts';
import { billingTexts } from './billing-texts.ts';
import { checklist } from './checklist.ts';
import { costTable } from './cost-table.ts';
import { Countdown, leftWords } from './countdown.ts';
import { type Question, SamTransferQuestion } from './sam-transfer-question.ts';
import { TransferDone } from './told.ts';
import { transferSteps } from './transfer-steps.ts';

type Usage = Awaited<ReturnType<BillingSource['usage']>>;
type Shown = {
  readonly billing: BillingState | null;
  readonly view: TransferView;
  readonly usage: Usage | null;
  readonly below: TransferList | null;
};

const NOTHING_AT = { aside: nothing, below: nothing } as const;

/** Who takes billing over does one of these; completing may be somebody else’s, too. */
const SETUP_ACTS = ['confirmOwner', 'setDetails', 'setPayment', 'choosePlan', 'decline'] as const;

/**
 * Billing of an account (rules/transfer): who pays for it, and handing it over, from the form to the last step, as both sides see it. The
 * forms are for people: a page for them defines `sam-transfer-start` and `sam-transfer-setup` (money.ts); whoever looks at an embedded
 * screen may do nothing that needs one.
 *
 * @fires sam-change - something was done about a transfer
 * @fires sam-show - another account is wanted in its place
 */
export class SamBilling extends AccountPart<BillingSource> {
  static override properties = {
    billing: { state: true },
    view: { state: true },
    usage: { state: true },
    below: { state: true },
    costs: { state: true },
    refusal: { state: true },
    beginning: { state: true },
    busy: { state: true },
    told: { state: true },
  };
  static override styles = [controlStyles, formStyles, cardStyles, billingStyles];

  declare protected billing: BillingState | null;
  declare protected view: TransferView | null;
  declare protected usage: Usage | null;
  declare protected below: TransferList | null;
  /** What it costs who looks from above; null: it isn’t theirs to know, or not there yet. */
  declare protected costs: CustomerMargins | null;
  declare protected refusal: SourceRefusal | null;
  /** The form of a transfer is open. */
  declare protected beginning: boolean;
  declare protected busy: boolean;
  declare protected told: string;
  readonly #countdown = new Countdown(this);
  readonly #dialogs = new Dialogs(() => this.renderRoot);
  readonly #loading = new Loading(this, {
    wanted: (): Wanted<BillingSource> | null =>
      this.source && this.account ? { source: this.source, account: this.account.id } : null,
    ask: ({ source, account }, signal) => this.#ask(source, account, signal),
    show: ({ view, ...shown }) => {
      Object.assign(this, shown, { failure: null });
      this.#take(view);
    },
    follow: (_, wanted, signal) => {
      this.#follow(wanted, signal);
      if (this.account?.parentId) void this.#loadCosts(wanted);
    },
    fail: (refusal) => {
      this.failure = refusal;
    },
    forget: () => this.#forget(),
  });

  constructor() {
    super();
    define('sam-transfer-question', SamTransferQuestion);
    define('sam-table', SamTable);
    this.#forget();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#wake);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#wake);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete({ ...partsTexts, ...billingTexts });
    if (this.#countdown.told === null || !this.account) return;
    const { name } = this.account;
    this.told = this.texts.say('leftTold', { time: leftWords(this.#countdown.told, this.texts), name });
    this.#countdown.told = null;
  }

  protected override render(): TemplateResult {
    const { view, account, told } = this;
    if (!view || !account) return html`<div class="billing">${this.absent(() => void this.#loading.begin())}</div>`;
    const { transfer } = view;
    const isUnderWay = transfer?.state === 'in_progress';
    return html`<div class="billing">
      ${this.#state(view, account)}
      ${this.#costsIt(account)}
      ${this.refusal ? html`<div class="note card" role="alert">${icon(ALERT, 14)}<span>${this.refusal.message}</span></div>` : nothing}
      ${transfer && isUnderWay ? this.#underWay(view, transfer, account) : this.#notUnderWay(view, account)}
      ${this.#belowIt()}
      <div class="hidden" role="status">${told}</div>
    </div>`;
  }

  /** Who pays, in one sentence, and what for. */
  #state({ stage, transfer }: TransferView, { name }: AccountDetail): TemplateResult {
    const { texts, billing } = this;
    const time = stage === 'in_progress' ? leftWords(this.#countdown.leftMs, texts) : '';
    const facts = this.#facts();
    return html`<section class="card" part="card"><div class="in state-line">${stageBadge(stage, texts, time)}<span>${this.#says(stage, name, transfer)}</span></div>
      ${(billing?.explains ?? []).length > 0 && stage === 'parent_billed' ? html`<div class="in">${billing?.explains.map((words) => html`<p class="hint">${words}</p>`)}</div>` : nothing}
      ${facts.length === 0 ? nothing : html`<dl class="facts">${facts}</dl>`}</section>`;
  }

  #says(stage: TransferView['stage'], name: string, transfer: Transfer | null): string {
    const { say, numbers } = this.texts;
    const payer = this.billing?.payer?.name ?? null;
    if (stage === 'independent')
      return transfer?.endedAt
        ? say('billingLeft', { name, date: numbers.dateTime(transfer.endedAt) })
        : say('billingMain', { name });
    if (stage === 'in_progress') return say('billingMeanwhile', { name, payer: payer ?? say('anAbove') });
    return payer === null ? say('billingPaidByUs', { name }) : say('billingPaidBy', { name, payer });
  }

  #facts(): readonly TemplateResult[] {
    const { usage, billing, texts } = this;
    const { say, numbers, locale } = texts;
    const fact = (label: string, words: string, note = ''): TemplateResult =>
      html`<dt>${label}</dt><dd><bdi>${words}</bdi>${note === '' ? nothing : html`<small>${note}</small>`}</dd>`;
    const direct = billing?.billingMode === 'direct' ? billing : null;
    const minutes = usage && {
      words: say('minutesOf', { minutes: numbers.minutes(usage.total) }),
      forecast: say('billingForecast', {
        minutes: numbers.minutes(usage.forecast.total),
        date: numbers.day(usage.period.end),
      }),
    };
    return [
      ...(direct ? [fact(say('billingPlan'), direct.plan?.name ?? say('billingNoPlan'))] : []),
      ...(minutes ? [fact(say('billingUsed'), minutes.words, minutes.forecast)] : []),
      ...(direct?.soFar ? [fact(say('billingCost'), moneyWords(direct.soFar.total, locale))] : []),
    ];
  }

  #notUnderWay({ stage, transfer, may }: TransferView, account: AccountDetail): TemplateResult | typeof nothing {
    const { source, texts, access } = this;
    const { say } = texts;
    const mayStart = access === 'full' && may.includes('start');
    if (this.beginning && mayStart)
      return html`<sam-transfer-start exportparts="button, card" .source=${source} .account=${account} .texts=${texts} level=${this.level} @sam-done=${this.#done}></sam-transfer-start>`;
    const steps = stage === 'independent' && transfer ? transferSteps(null, account.name, texts) : nothing;
    const ended = transfer && transfer.state !== 'in_progress' ? this.#ended(transfer, account.name) : nothing;
    if (stage === 'independent' && !transfer) return nothing;
    // Embedded screens have no forms of it.
    const isElsewhere = account.features !== null && stage === 'parent_billed';
    if (!mayStart && !transfer && !isElsewhere) return nothing;
    const begin = (): void => {
      this.beginning = true;
    };
    return html`<section class="card" part="card"><div class="section ${steps === nothing ? '' : 'with-steps'}">${this.heading(say('transferTitle'))}${steps}</div>${ended}
      ${isElsewhere ? html`<div class="in hint">${say('transferElsewhere')}</div>` : nothing}
      ${mayStart ? html`<div class="foot"><span>${say('transferWhy', { name: account.name })}</span><button class="button" type="button" part="button" data-begin @click=${begin}>${say(transfer ? 'transferAgain' : 'transferBegin')}</button></div>` : nothing}</section>`;
  }

  /** How the last one ended, and why. */
  #ended({ state, endedAt, reason }: Transfer, name: string): TemplateResult | typeof nothing {
    const { say, numbers } = this.texts;
    if (state === 'in_progress' || endedAt === null) return nothing;
    const why = {
      expired: 'endedExpiredText',
      declined: 'endedDeclinedText',
      cancelled: 'endedCancelledText',
      completed: null,
    } as const;
    const text = why[state];
    return html`<div class="in"><p><strong>${say(`ended_${state}`, { name, date: numbers.dateTime(endedAt) })}</strong></p>
      ${reason === null ? nothing : html`<p><bdi>${say('endedReason', { reason })}</bdi></p>`}${text === null ? nothing : html`<p class="hint">${say(text)}</p>`}</div>`;
  }

  #underWay(view: TransferView, transfer: Transfer, account: AccountDetail): TemplateResult {
    const { say } = this.texts;
    const { name } = account;
    const isTheirs = this.access === 'full' && SETUP_ACTS.some((act) => view.may.includes(act));
    const done = 4 - transfer.missing.length;
    const why = transfer.completion === 'automatic' ? 'checklistOwnWhy' : 'checklistOwnConfirm';
    return html`
      <section class="card" part="card"><div class="section with-steps">${this.heading(say('transferTitle'))}${transferSteps('setup', name, this.texts)}</div>${this.#left(view, transfer)}</section>
      <section class="card" part="card"><div class="section">${this.heading(say(isTheirs ? 'checklistOwn' : 'checklist', { name }))}<span class="badge">${say('checkCount', { n: done })}</span></div>
        ${isTheirs ? html`<div class="in"><p class="hint">${say(why, { name })}</p>${transfer.message === null ? nothing : html`<p><bdi>${say('endedReason', { reason: transfer.message })}</bdi></p>`}</div>` : this.#mail(view, transfer, account)}
        ${isTheirs ? html`<sam-transfer-setup exportparts="button" .source=${this.source} .account=${account} .state=${view} .texts=${this.texts} @sam-done=${this.#done}></sam-transfer-setup>` : checklist(transfer, null, this.texts, () => NOTHING_AT)}
        ${this.#ownActs(view, transfer, account)}</section>
      ${this.#meanwhile(view, transfer, account)}`;
  }

  /** How long there is, by the clock of the server. */
  #left({ account, ifUnfinished }: TransferView, { startedAt, expiresAt }: Transfer): TemplateResult {
    const { texts } = this;
    const { say, numbers } = texts;
    const left = this.#countdown.leftMs;
    const all = Date.parse(expiresAt) - Date.parse(startedAt);
    const over = Math.min(100, Math.max(0, 100 - (100 * left) / all));
    const until = { date: numbers.dateTime(expiresAt), utc: expiresAt.slice(11, 16) };
    const days = { n: Math.floor((all - left) / DAY_MS), all: Math.round(all / DAY_MS) };
    return html`<div class="in"><div class="left" role="timer"><strong>${leftWords(left, texts)}</strong><span>${say(left > 0 ? 'leftUntil' : 'leftPast', until)}</span></div>
      <div class="bar" aria-hidden="true"><div .style=${`inline-size:${over}%`}></div></div>
      <p class="hint">${left > 0 ? say('daysOver', days) : nothing}</p><p>${say(`unfinished_${ifUnfinished}`, { name: account.name })}</p></div>`;
  }

  /** Whether the mail came to whoever completes it; where not, what can be done stands beside it. */
  #mail({ may }: TransferView, { recipient, mail }: Transfer, account: AccountDetail): TemplateResult {
    const words = this.texts.say(mail === 'bounced' ? 'bounced' : 'invited', { recipient });
    const elsewhere = account.features === null ? '' : this.texts.say('transferElsewhere');
    if (mail === 'sent') return html`<div class="in hint">${words} ${elsewhere}</div>`;
    return html`<div class="note in" role="status">${icon(ALERT, 14)}<span>${words}</span></div>
      ${this.access === 'full' && may.includes('resend') ? html`<div class="in acts">${this.#resendActs(account)}</div>` : nothing}`;
  }

  #resendActs(account: AccountDetail): readonly TemplateResult[] {
    const { say } = this.texts;
    return [
      this.#button(say('resend'), () => void this.#resend(account)),
      this.#button(say('otherRecipient'), () => this.#askRecipient(account)),
    ];
  }

  #button(words: string, act: () => void): TemplateResult {
    return html`<button class="button" type="button" part="button" aria-disabled=${String(this.busy)} @click=${act}>${words}</button>`;
  }

  /** What the child’s side does at the end. */
  #ownActs({ may }: TransferView, { missing }: Transfer, { id, name }: AccountDetail): TemplateResult | typeof nothing {
    const { say } = this.texts;
    const mayComplete = missing.length === 0 && may.includes('complete');
    if (this.access !== 'full' || !(mayComplete || may.includes('decline'))) return nothing;
    const complete = (): void => void this.#act((source) => source.complete(id).then(() => source.transfer(id)));
    const decline = (): void =>
      this.#question({
        title: say('declineTitle', { name }),
        text: say('declineText'),
        label: say('reason'),
        field: 'reason',
        submit: say('declineSubmit'),
        tone: 'danger',
        act: async (reason) => this.#settle(await this.#source.decline(id, reason)),
      });
    return html`<div class="foot"><span>${mayComplete ? say('completeWhy', { name }) : nothing}</span>
      ${may.includes('decline') ? html`<button class="link" type="button" @click=${decline}>${say('decline')}</button>` : nothing}
      ${mayComplete ? html`<button class="button primary" type="button" part="button" aria-disabled=${String(this.busy)} @click=${complete}>${say('completeNow')}</button>` : nothing}</div>`;
  }

  /** What holds as long as it runs, and what the parent’s side can do. */
  #meanwhile({ may }: TransferView, { agency, mail }: Transfer, account: AccountDetail): TemplateResult {
    const { say } = this.texts;
    const { name } = account;
    const offers = (act: TransferView['may'][number]): boolean => this.access === 'full' && may.includes(act);
    const acts = [
      // Of a mail that came back they stand beside that.
      ...(offers('resend') && mail === 'sent' ? this.#resendActs(account) : []),
      ...(offers('extend') ? [this.#button(say('extend'), () => this.#askExtend(account))] : []),
      ...(offers('cancel') ? [this.#button(say('cancelTransfer'), () => this.#askCancel(account))] : []),
    ];
    return html`<section class="card" part="card"><div class="section">${this.heading(say('meanwhileTitle'))}</div><ul class="points in">
        <li>${icon(WALLET)}<span>${say('meanwhilePays')}</span></li><li>${icon(CLOCK)}<span>${say('meanwhileRestrictions')}</span></li>
        <li>${icon(CLOCK)}<span>${say('meanwhileMove', { name })}</span></li><li>${icon(PEOPLE)}<span>${say(`meanwhileAgency_${agency}`)}</span></li></ul>
      ${acts.length === 0 ? nothing : html`<div class="foot" role="group" aria-label=${say('columnActions')}>${acts}</div>`}</section>`;
  }

  /** What it costs the account above it, brings and leaves. */
  #costsIt({ name }: AccountDetail): TemplateResult | typeof nothing {
    const { costs, texts, source } = this;
    if (!costs) return nothing;
    const { say } = texts;
    return html`<section class="card" part="card"><div class="section">${this.heading(say('costTitle', { name, seller: costs.seller.name }))}</div>
      <sam-table .table=${costTable(costs, texts, source?.openStatement ?? null)}></sam-table><div class="in hint">${say('costHint')}</div></section>`;
  }

  /** It may take longer than the rest, which doesn’t wait for it. */
  async #loadCosts({ source, account }: Wanted<BillingSource>): Promise<void> {
    const costs = await source.costs(account).catch(() => null);
    if (this.source === source && this.account?.id === account) this.costs = costs;
  }

  /** Transfers of accounts below it: those under way, and those that ended lately, departures among them. */
  #belowIt(): TemplateResult | typeof nothing {
    const { below, texts } = this;
    const rows: readonly Departure[] = below ? [...below.underWay, ...below.ended] : [];
    if (rows.length === 0) return nothing;
    const open = (account: AccountDetail['id']): void => void emit(this, 'sam-show', { account, tab: 'billing' });
    return html`<section class="card" part="card"><div class="section">${this.heading(texts.say('belowTitle'))}</div>
      <sam-table .table=${belowTable(rows, texts, open, this.source?.openDeparture ?? null)}></sam-table></section>`;
  }

  get #source(): BillingSource {
    if (!this.source) throw new TypeError('source');
    return this.source;
  }

  async #ask(source: BillingSource, account: AccountDetail['id'], signal: AbortSignal): Promise<Shown> {
    const { levels, features } = this.account ?? {};
    const seesUsage =
      levels?.['billing.usage'] !== 'none' && (features?.some((feature) => feature === 'usage') ?? true);
    const seesBelow = levels?.['account.subaccounts'] !== 'none';
    const unlessRefused = <T>(asked: Promise<T>): Promise<T | null> => asked.catch(() => null);
    const [view, billing, usage, below] = await Promise.all([
      source.transfer(account, signal),
      unlessRefused(source.get(account, signal)),
      seesUsage ? unlessRefused(source.usage(account, signal)) : null,
      seesBelow ? unlessRefused(source.below(account, signal)) : null,
    ]);
    return { view, billing, usage, below };
  }

  #take(view: TransferView): void {
    this.view = view;
    const { transfer } = view;
    this.#countdown.set(view.now, transfer?.state === 'in_progress' ? transfer.expiresAt : null);
  }

  #forget(): void {
    this.billing = null;
    this.view = null;
    this.usage = null;
    this.below = null;
    this.costs = null;
    this.failure = null;
    this.refusal = null;
    this.beginning = false;
    this.busy = false;
    this.told = '';
  }

  #follow({ source, account }: Wanted<BillingSource>, signal: AbortSignal): void {
    followLive<TransferView>((reader) => source.follow(account, reader), signal, {
      onFrame: (view) => {
        // Who pays is another then, for the page around it, too.
        if (this.view && this.view.stage !== view.stage) this.#settle(view, this.told);
        else this.#take(view);
      },
      onRefused: (failure) => Object.assign(this, { view: null, failure }),
    });
  }

  /** A tab that slept asks what time it is. */
  readonly #wake = (): void => {
    if (document.visibilityState === 'visible' && this.view?.stage === 'in_progress') void this.#loading.again();
  };

  async #done(event: Event): Promise<void> {
    if (!(event instanceof TransferDone)) return;
    this.beginning = false;
    if (event.state) this.#settle(event.state, event.words);
    await this.updateComplete;
    if (!event.state) this.renderRoot.querySelector<HTMLElement>('[data-begin]')?.focus();
  }

  #settle(view: TransferView, words = ''): void {
    const before = this.view?.stage;
    this.#take(view);
    this.refusal = null;
    this.told = words;
    if (before !== view.stage) void this.#loading.again();
    if (this.account) emit(this, 'sam-change', { account: this.account });
  }

  async #act(act: (source: BillingSource) => Promise<TransferView>, words = ''): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.refusal = null;
    try {
      this.#settle(await act(this.#source), words);
    } catch (error) {
      this.refusal = error instanceof SourceRefusal ? error : null;
      // It may have ended meanwhile, or be further than was shown.
      void this.#loading.again();
    } finally {
      this.busy = false;
    }
  }

  #resend({ id }: AccountDetail): Promise<void> {
    return this.#act((source) => source.resend(id, null), this.texts.say('toldSent'));
  }

  #askRecipient({ id }: AccountDetail): void {
    const { say } = this.texts;
    this.#question({
      title: say('otherRecipientTitle'),
      text: say('otherRecipientText'),
      label: say('transferRecipient'),
      field: 'recipient',
      submit: say('otherRecipientSubmit'),
      tone: 'primary',
      act: async (recipient) => this.#settle(await this.#source.resend(id, recipient), say('toldSent')),
    });
  }

  #askExtend({ id }: AccountDetail): void {
    const { say, numbers } = this.texts;
    this.#question({
      title: say('extendTitle'),
      text: say('extendText'),
      label: say('extendDays'),
      field: 'days',
      submit: say('extendSubmit'),
      tone: 'primary',
      act: async (days) => {
        if (!/^\d{1,3}$/.test(days))
          throw new SourceRefusal({ code: 'GRACE_OUT_OF_RANGE', field: 'days', message: say('transferGraceWrong') });
        const view = await this.#source.extend(id, Number(days));
        const date = view.transfer ? numbers.dateTime(view.transfer.expiresAt) : '';
        this.#settle(view, say('toldExtended', { date }));
      },
    });
  }

  #askCancel({ id, name }: AccountDetail): void {
    const { say } = this.texts;
    this.#question({
      title: say('cancelTitle', { name }),
      text: say('cancelText', { name }),
      label: say('reason'),
      field: 'reason',
      submit: say('cancelSubmit'),
      tone: 'danger',
      act: async (reason) => this.#settle(await this.#source.cancel(id, reason)),
    });
  }

  #question(question: Question): void {
    void this.#dialogs.open(Object.assign(new SamTransferQuestion(), { texts: this.texts, question }));
  }
}
