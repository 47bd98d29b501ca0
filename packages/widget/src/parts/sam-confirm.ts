import { html, type TemplateResult } from 'lit';
import { Dialog, type Submit } from './dialog.ts';

/** Asks before something is done, and does it when the answer is yes. */
export class SamConfirm extends Dialog {
  /** Set before the dialog is opened. */
  question: { title: string; text: string; submit: string; cancel?: string } = { title: '', text: '', submit: '' };
  tone: Submit['tone'] = 'primary';
  act: () => void | Promise<void> = () => undefined;

  protected heading(): string {
    return this.question.title;
  }

  protected submitButton(): Submit {
    return { label: this.question.submit, tone: this.tone, ready: 'ready' };
  }

  protected override cancel(): string {
    return this.question.cancel ?? super.cancel();
  }

  protected content(): TemplateResult {
    return html`<p>${this.question.text}</p>`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    await this.act();
    return 'done';
  }
}
