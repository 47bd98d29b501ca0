import { html, type TemplateResult } from 'lit';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { Dialog, type Submit } from './dialog.ts';

/** Asks before something that is large but harmless. */
export class SamConfirm extends Dialog {
  /** Set before the dialog is opened. */
  texts: Texts = defaultTexts();
  question = { title: '', text: '', submit: '' };
  act: () => void = () => undefined;

  protected words(): { readonly title: string; readonly cancel: string } {
    return { title: this.question.title, cancel: this.texts.say('cancel') };
  }

  protected submitButton(): Submit {
    return { label: this.question.submit, tone: 'primary', ready: 'ready' };
  }

  protected content(): TemplateResult {
    return html`<p>${this.question.text}</p>`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    this.act();
    return 'done';
  }
}
