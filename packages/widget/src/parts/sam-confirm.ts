import { css, html, nothing, type TemplateResult } from 'lit';
import { Dialog, type Submit } from './dialog.ts';

/** Asks before something is done, and does it when the answer is yes. */
export class SamConfirm extends Dialog {
  static override styles = [
    ...[Dialog.styles].flat(),
    css`
      ul { max-block-size: 240px; overflow: auto; margin: 0; padding-inline-start: var(--sam-4); font-size: var(--sam-fs-13); overflow-wrap: anywhere; }
    `,
  ];

  /** Set before the dialog is opened. `lines`: what there is to say of single ones that it is about. */
  question: { title: string; text: string; lines?: readonly string[]; submit: string; cancel?: string } = {
    title: '',
    text: '',
    submit: '',
  };
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
    const { text, lines = [] } = this.question;
    return html`<p>${text}</p>${lines.length === 0 ? nothing : html`<ul tabindex="0">${lines.map((line) => html`<li><bdi>${line}</bdi></li>`)}</ul>`}`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    await this.act();
    return 'done';
  }
}
