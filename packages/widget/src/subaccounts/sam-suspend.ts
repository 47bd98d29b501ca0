import { type AccountRow, type Instant, parseInstant, type SuspensionKind } from '@tenantree/domain';
import { css, html, nothing, type TemplateResult } from 'lit';
import type { SuspensionPreview } from '../data/account-source.ts';
import { Dialog, type Submit } from '../parts/dialog.ts';
import { shortName } from '../parts/short-name.ts';
import type { Strings } from '../strings/en.ts';
import type { DialogContext } from './dialog-context.ts';

const KINDS: readonly { readonly kind: SuspensionKind; readonly label: keyof Strings; readonly text: keyof Strings }[] =
  [
    { kind: 'no_new_work', label: 'kindNoNewWork', text: 'kindNoNewWorkText' },
    { kind: 'read_only', label: 'kindReadOnly', text: 'kindReadOnlyText' },
    { kind: 'full_stop', label: 'kindFullStop', text: 'kindFullStopText' },
  ];

const DATES = {
  from: { label: 'suspendFrom', hint: 'suspendFromHint', unset: 'suspendFromUnset' },
  until: { label: 'suspendUntil', hint: 'suspendUntilHint', unset: 'suspendUntilUnset' },
} as const satisfies Record<string, Readonly<Record<string, keyof Strings>>>;

/** The instant of a local date and time as the browser's field has it; null for an empty field. */
const instantOfLocal = (local: string): Instant | null =>
  local === '' ? null : parseInstant(new Date(local).toISOString());

/** Suspends an account: in which sense, from when until when, why, and whom it hits (rules/accounts 11). */
export class SamSuspend extends Dialog {
  static override properties = {
    ...Dialog.properties,
    kind: { state: true },
    from: { state: true },
    until: { state: true },
    reason: { state: true },
    preview: { state: true },
  };
  static override styles = [
    ...[Dialog.styles].flat(),
    css`
      .option { display: grid; grid-template-columns: 16px 1fr; gap: 2px var(--sam-2); padding: var(--sam-2) var(--sam-3); border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); cursor: pointer; }
      .option:has(:checked) { border-color: var(--sam-accent-text); background: var(--sam-accent-soft); }
      .option input { margin: 3px 0 0; accent-color: var(--sam-accent); } .option b { font-weight: var(--sam-fw-medium); } .option span { grid-column: 2; color: var(--sam-text-2); font-size: var(--sam-fs-13); }
      .hits { padding: var(--sam-3); border-radius: var(--sam-r-2); background: var(--sam-canvas); font-size: var(--sam-fs-13); }
      .hits strong { font-weight: var(--sam-fw-strong); font-variant-numeric: var(--sam-num); } .hits p + p { margin-block-start: 4px; color: var(--sam-text-2); }
      input::-webkit-calendar-picker-indicator { opacity: .6; }
      /* An empty field says what that means: some browsers show the present instant there, as if it were filled in. */
      .unset { display: none; position: absolute; pointer-events: none; }
      /* Browsers write dates, and draw what opens the calendar behind them, in their own direction. */
      .unset:dir(rtl) { margin-inline-start: 28px; }
      .empty:has(input:valid:not(:focus)) .unset { display: block; }
      .empty input:valid:not(:focus) { color: transparent; forced-color-adjust: none; }
    `,
  ];

  /** Set before the dialog is opened. */
  context: DialogContext | null = null;
  account: AccountRow | null = null;
  declare protected kind: SuspensionKind;
  declare protected from: string;
  declare protected until: string;
  declare protected reason: string;
  declare protected preview: SuspensionPreview | 'loading' | 'failed';
  readonly #ended = new AbortController();

  constructor() {
    super();
    this.kind = 'read_only';
    this.from = '';
    this.until = '';
    this.reason = '';
    this.preview = 'loading';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#loadPreview();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#ended.abort();
  }

  protected heading(): string {
    return this.say('suspendTitle', { name: this.account?.name ?? '' });
  }

  protected submitButton(): Submit {
    const name = this.account?.name ?? '';
    const label = this.busy ? this.say('suspending') : this.say('suspendTitle', { name: shortName(name) });
    return { label, tone: 'primary', ready: 'ready' };
  }

  protected content(): TemplateResult {
    const order = this.#isBackwards() ? this.say('untilBeforeFrom') : '';
    return html`
      <fieldset><legend>${this.say('suspendKind')}</legend>${KINDS.map(
        ({
          kind,
          label,
          text,
        }) => html`<label class="option"><input type="radio" name="kind" value=${kind} ?data-first=${kind === this.kind} .checked=${kind === this.kind} @change=${() => this.#choose(kind)} />
          <b>${this.say(label)}</b><span>${this.say(text)}</span></label>`,
      )}</fieldset>
      <div class="two">${this.#dateField('from', '')}${this.#dateField('until', order)}</div>
      <div class="row"><label for="reason">${this.say('reason')}</label>
        <div class="field"><textarea id="reason" name="reason" rows="2" maxlength="500" dir="auto" aria-describedby="reason-hint" .value=${this.reason} @input=${(event: Event) => this.#type('reason', event)}></textarea></div>
        <span class="hint" id="reason-hint">${this.say('suspendReasonHint')}</span>${this.errorAt('reason')}</div>
      <div class="hits" role="status">${this.#hits()}</div>`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    const { context, account } = this;
    if (!context || !account || this.#isBackwards()) return 'stay';
    const { kind, from, until, reason } = this;
    const order = { kind, from: instantOfLocal(from), until: instantOfLocal(until), reason: reason.trim() || null };
    await context.acts.suspend(account, order);
    return 'done';
  }

  #dateField(field: 'from' | 'until', own: string): TemplateResult {
    const { label, hint, unset } = DATES[field];
    const invalid = own !== '' || this.refusal?.field === field;
    const isEmpty = this[field] === '';
    return html`<div class="row"><label for=${field}>${this.say(label)}</label>
      <div class="field ${invalid ? 'invalid' : ''} ${isEmpty ? 'empty' : ''}"><span class="unset" aria-hidden="true">${this.say(unset)}</span><input id=${field} name=${field} type="datetime-local" .value=${this[field]} aria-invalid=${invalid ? 'true' : nothing}
        aria-describedby=${invalid ? `${field}-error` : `${field}-hint`} @input=${(event: Event) => this.#type(field, event)} /></div>
      ${invalid ? this.errorAt(field, own) : html`<span class="hint" id=${`${field}-hint`}>${this.say(hint)}</span>`}</div>`;
  }

  /** What the suspension affects: the account with everything below it. */
  #hits(): TemplateResult {
    const { preview } = this;
    if (preview === 'loading') return html`<p>${this.say('loading')}…</p>`;
    if (preview === 'failed') return html`<p>${this.say('previewFailed')}</p>`;
    const { accounts, members, agents, sample } = preview;
    const names = sample.map(({ name }) => name).join(', ');
    const rest = accounts - sample.length;
    return html`<p>${this.say('suspendHits')} <strong><bdi>${this.say('accounts', { n: accounts })}</bdi></strong>, <strong><bdi>${this.say('factMembers', { n: members })}</bdi></strong>, <strong><bdi>${this.say('hitsAgents', { n: agents })}</bdi></strong>.</p>
      ${sample.length > 0 ? html`<p><bdi>${names}</bdi>${rest > 0 ? ` ${this.say('hitsMore', { n: rest })}` : ''}</p>` : nothing}`;
  }

  async #loadPreview(): Promise<void> {
    if (!this.context || !this.account) return;
    try {
      const acts = await this.context.source.acts();
      this.preview = await acts.previewSuspension(this.account.id, this.#ended.signal);
    } catch {
      if (!this.#ended.signal.aborted) this.preview = 'failed';
    }
  }

  #choose(kind: SuspensionKind): void {
    this.kind = kind;
  }

  #isBackwards(): boolean {
    return this.from !== '' && this.until !== '' && this.until <= this.from;
  }

  #type(field: 'from' | 'until' | 'reason', { target }: Event): void {
    if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) this[field] = target.value;
    this.refusal = null;
  }
}
