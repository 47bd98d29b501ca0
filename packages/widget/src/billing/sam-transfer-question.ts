import { html, nothing, type TemplateResult } from 'lit';
import { Dialog, type Submit } from '../parts/dialog.ts';

/** What is asked before something is done about a transfer: one field, and what is done with what it says. */
export type Question = {
  readonly title: string;
  readonly text: string;
  readonly label: string;
  /** What the server calls the field. */
  readonly field: 'reason' | 'days' | 'recipient';
  readonly submit: string;
  readonly tone: Submit['tone'];
  readonly act: (value: string) => Promise<void>;
};

/** Asks before something is done about a transfer. What it is refused for is said at its field. */
export class SamTransferQuestion extends Dialog {
  static override properties = { ...Dialog.properties, value: { state: true } };
  question: Question | null = null;
  declare protected value: string;

  constructor() {
    super();
    this.value = '';
  }

  protected heading(): string {
    return this.question?.title ?? '';
  }

  protected override cancel(): string {
    return this.say('keepIt');
  }

  protected submitButton(): Submit {
    const { question, value } = this;
    const isReady = question?.field === 'reason' || value.trim() !== '';
    return {
      label: question?.submit ?? '',
      tone: question?.tone ?? 'primary',
      ready: isReady ? 'ready' : 'incomplete',
    };
  }

  protected content(): TemplateResult | typeof nothing {
    const { question, texts } = this;
    if (!question) return nothing;
    const { field, label, text } = question;
    const isWrong = this.refusal?.field === field;
    const type = ({ target }: Event): void => {
      if (target instanceof HTMLInputElement) this.value = target.value;
    };
    return html`<p>${text}</p><div class="row"><label for="value">${label}${field === 'reason' ? html` <span class="hint">(${texts.say('transferOptional')})</span>` : nothing}</label>
      <div class="field ${isWrong ? 'invalid' : ''}"><input id="value" name=${field} data-first type=${field === 'recipient' ? 'email' : 'text'} inputmode=${field === 'days' ? 'numeric' : nothing} maxlength="500" autocomplete="off" .value=${this.value} aria-invalid=${isWrong ? 'true' : nothing} aria-describedby=${isWrong ? `${field}-error` : nothing} @input=${type} /></div>${this.errorAt(field)}</div>`;
  }

  protected async submit(): Promise<'done'> {
    await this.question?.act(this.value.trim());
    return 'done';
  }
}
