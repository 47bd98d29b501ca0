import { html, type TemplateResult } from 'lit';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { Dialog, type Submit } from './dialog.ts';

/** Asks before something is done, and does it when the answer is yes. */
export class SamConfirm extends Dialog {
  /** Set before the dialog is opened. */
  texts: Texts = defaultTexts();
  question = { title: '', text: '', submit: '' };
  tone: Submit['tone'] = 'primary';
  act: () => void | Promise<void> = () => undefined;

  protected words(): { readonly title: string; readonly cancel: string } {
    return { title: this.question.title, cancel: this.texts.say('cancel') };
  }

  protected submitButton(): Submit {
    return { label: this.question.submit, tone: this.tone, ready: 'ready' };
  }

  protected content(): TemplateResult {
    return html`<p>${this.question.text}</p>`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    await this.act();
    return 'done';
  }
}
