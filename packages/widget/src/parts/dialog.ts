import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { refusalFrom, SourceRefusal } from '../data/account-source.ts';
import { icon } from '../icons/icon.ts';
import { CLOSE } from '../icons/icons.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { controlStyles } from './control-styles.ts';
import { errorLine } from './error-line.ts';
import { formStyles } from './form-styles.ts';

const dialogStyles = css`
  /* Seen also while a host hides the table behind something else. */
  dialog { visibility: visible; inline-size: min(480px, calc(100vw - 24px)); max-block-size: min(720px, calc(100dvh - 24px)); padding: 0; border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-3); background: var(--sam-raised); color: var(--sam-text); box-shadow: var(--sam-pop); font-family: inherit; font-weight: var(--sam-fw); font-size: var(--sam-fs-14); line-height: var(--sam-lh); text-align: start; overflow: hidden; }
  dialog[open] { display: flex; }
  @media (prefers-reduced-motion: no-preference) { dialog[open] { animation: rise 140ms var(--sam-ease); } }
  dialog::backdrop { background: light-dark(#12201c59, #00000099); }
  @keyframes rise { from { opacity: 0; translate: 0 4px; } }
  form { display: flex; flex-direction: column; inline-size: 100%; min-block-size: 0; }
  .head { display: flex; align-items: start; gap: var(--sam-3); padding: var(--sam-5) var(--sam-5) 0; }
  h2 { flex: 1; margin: 0; font-family: inherit; font-weight: var(--sam-fw-strong); font-size: var(--sam-fs-16); line-height: 1.3; overflow-wrap: anywhere; }
  .x { all: unset; display: grid; place-items: center; inline-size: 28px; block-size: 28px; margin: -4px -6px 0 0; border-radius: var(--sam-r-1); color: var(--sam-text-2); cursor: pointer; } .x:hover { background: var(--sam-hover); } .x:focus-visible { outline: 2px solid var(--sam-focus); }
  .body { display: grid; grid-template-columns: minmax(0, 1fr); overflow-wrap: anywhere; gap: var(--sam-4); padding: var(--sam-4) var(--sam-5) var(--sam-5); overflow: auto; }
  .body p { margin: 0; }
  footer { display: flex; align-items: center; justify-content: end; gap: var(--sam-2); padding: var(--sam-3) var(--sam-5); border-block-start: var(--sam-hair) solid var(--sam-border); background: var(--sam-canvas); }
  footer .start { flex: 1 0 auto; } footer .button { flex: none; } footer [type='submit'] { flex: 0 1 auto; display: block; min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  fieldset { display: grid; gap: var(--sam-2); margin: 0; padding: 0; border: 0; min-inline-size: 0; } legend { margin-block-end: 6px; }
  .check { display: inline-flex; align-items: center; gap: var(--sam-2); min-block-size: var(--sam-control); cursor: pointer; font-size: var(--sam-fs-13); } .check input { flex: none; margin: 0; inline-size: 16px; block-size: 16px; accent-color: var(--sam-accent); }
  input:focus-visible:is([type='radio'], [type='checkbox']) { outline: 2px solid var(--sam-focus); outline-offset: 2px; }
  input[type='radio'] { border-radius: 50%; }
  .fact { display: flex; align-items: center; gap: var(--sam-2); color: var(--sam-text-2); font-size: var(--sam-fs-13); }
  .two { display: grid; grid-template-columns: 1fr 1fr; gap: var(--sam-3); }
  @media (max-width: 480px) { .two { grid-template-columns: 1fr; } footer { flex-wrap: wrap; } footer .start { flex: 1 0 100%; } }
`;

/** What a dialog's button says, and how it looks. */
export type Submit = {
  readonly label: string;
  readonly tone: 'primary' | 'danger';
  readonly ready: 'ready' | 'incomplete';
};

/**
 * A dialog in the top layer around one act: title, content, cancel and submit. The act runs once however often the button is
 * pressed; when it is refused the dialog stays with what was typed and says why. Sends `sam-closed` when it is over.
 */
export abstract class Dialog extends LitElement {
  static override properties = { busy: { state: true }, refusal: { state: true } };
  static override styles = [controlStyles, formStyles, dialogStyles];

  /** Set before the dialog is opened. */
  texts: Texts = defaultTexts();
  /** Whether the act is under way. */
  declare protected busy: boolean;
  /** Why the act was refused. */
  declare protected refusal: SourceRefusal | null;

  constructor() {
    super();
    this.busy = false;
    this.refusal = null;
  }

  /** Opens the dialog. */
  async open(): Promise<void> {
    await this.updateComplete;
    this.#dialog?.showModal();
    this.renderRoot.querySelector<HTMLElement>('[data-first]')?.focus();
  }

  protected abstract heading(): string;
  protected abstract content(): TemplateResult | typeof nothing;
  protected abstract submitButton(): Submit;
  /** Does what the dialog is for; true when the dialog is over. */
  protected abstract submit(): Promise<'done' | 'stay'>;

  /** What leaves it as it is. */
  protected cancel(): string {
    return this.say('cancel');
  }

  /** What stands left of the buttons. */
  protected aside(): TemplateResult | typeof nothing {
    return nothing;
  }

  protected override render(): TemplateResult {
    const cancel = this.cancel();
    const { label, tone, ready } = this.submitButton();
    const { refusal } = this;
    return html`<dialog part="dialog" aria-labelledby="title" @close=${this.#closed} @mousedown=${this.#press} @cancel=${this.#escape} @keydown=${(event: Event) => event.stopPropagation()}>
      <form novalidate @submit=${this.#submit}>
        <div class="head"><h2 id="title">${this.heading()}</h2><button class="x" type="button" aria-label=${cancel} @click=${this.close}>${icon(CLOSE)}</button></div>
        <div class="body">${this.content()}${refusal && !this.#hasField(refusal) ? errorLine(refusal.message) : nothing}</div>
        <footer><span class="start">${this.aside()}</span>
          <button class="button" type="button" @click=${this.close}>${cancel}</button>
          <button class="button ${tone}" type="submit" part="button" @click=${this.#sure} aria-disabled=${String(this.busy || ready === 'incomplete')}>${label}</button></footer>
      </form>
    </dialog>`;
  }

  /** The sentence under a field that the server, or the dialog itself, refused. */
  protected errorAt(field: string, own = ''): TemplateResult | typeof nothing {
    const message = this.refusal?.field === field ? this.refusal.message : own;
    return message === '' ? nothing : errorLine(message, `${field}-error`);
  }

  protected readonly say: Texts['say'] = (...words) => this.texts.say(...words);

  protected close(): void {
    if (this.busy) return;
    this.#dialog?.close();
    // Said at once: the browser says it a task later, and what is opened until then would open behind one that isn't seen any more.
    this.#closed();
  }

  /** Whether one still is in it. */
  protected get isOpen(): boolean {
    return this.#dialog?.open ?? false;
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog');
  }

  #hasField({ field }: SourceRefusal): boolean {
    return field !== null && this.renderRoot.querySelector(`[name="${CSS.escape(field)}"]`) !== null;
  }

  /** A press beside the dialog, such as the second one of a double click, takes the focus out of no field. */
  #press(event: Event): void {
    if (event.target === this.#dialog) event.preventDefault();
  }

  /** The second click of a double click on what opened the dialog is not meant for what it asks. */
  #sure(event: MouseEvent): void {
    if (event.detail > 1) event.preventDefault();
  }

  /** With Escape, too, it closes itself; what is under way ends first. */
  #escape(event: Event): void {
    event.preventDefault();
    this.close();
  }

  #closed(): void {
    this.dispatchEvent(new CustomEvent('sam-closed'));
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy || this.submitButton().ready === 'incomplete') return;
    const unreadable = this.#unreadable();
    if (unreadable) return this.#refuse(unreadable);
    this.busy = true;
    this.refusal = null;
    try {
      const end = await this.submit();
      this.busy = false;
      if (end === 'done') this.close();
    } catch (error) {
      this.busy = false;
      await this.#refuse(refusalFrom(error));
    }
  }

  /**
   * A field with half a date, or letters in place of a number, reads as empty: what stands there must not be taken for nothing. The
   * sentence is the browser's, which writes what the field shows, in the same language.
   */
  #unreadable(): SourceRefusal | null {
    const field = [...this.renderRoot.querySelectorAll('input')].find(({ validity }) => validity.badInput);
    if (!field) return null;
    return new SourceRefusal({ code: 'BAD_REQUEST', field: field.name, message: field.validationMessage });
  }

  async #refuse(refusal: SourceRefusal): Promise<void> {
    this.refusal = refusal;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }
}
