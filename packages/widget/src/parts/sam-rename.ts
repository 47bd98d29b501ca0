import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { ALERT } from '../icons/icons.ts';
import { controlStyles } from './control-styles.ts';
import { formStyles } from './form-styles.ts';

/** Around the word on why a name was refused, in pixels. */
const GAP_PX = 6;

/** `sam-done`: the new name, or null when nothing is to change. */
export class NameDone extends Event {
  readonly name: string | null;

  constructor(name: string | null) {
    super('sam-done');
    this.name = name;
  }
}

/**
 * A name that is edited in place. Sends {@link NameDone}: Enter or leaving the
 * field keeps what was typed, Esc gives it up.
 */
export class SamRename extends LitElement {
  static override properties = { value: {}, was: {}, label: {}, error: {} };
  static override styles = [
    controlStyles,
    formStyles,
    css`
      :host { display: block; flex: 1; min-inline-size: 80px; max-inline-size: 420px; }
      .field { min-block-size: 28px; }
      .error { position: fixed; inset: auto; margin: 0; inline-size: max-content; max-inline-size: min(320px, 94vw); white-space: normal; padding: 6px 10px; border: var(--sam-hair) solid var(--sam-danger); border-radius: var(--sam-r-2); background: var(--sam-danger-soft); box-shadow: var(--sam-pop); }
      .error:not(:popover-open) { display: none; }
    `,
  ];

  /** The draft. */
  declare value: string;
  /** The present name. */
  declare was: string;
  declare label: string;
  /** Why the draft was refused. */
  declare error: string;
  #done = false;

  constructor() {
    super();
    this.value = '';
    this.was = '';
    this.label = '';
    this.error = '';
  }

  protected override firstUpdated(): void {
    const input = this.#input;
    input?.focus({ preventScroll: true });
    if (this.value === this.was) input?.select();
    else input?.setSelectionRange(this.value.length, this.value.length);
  }

  protected override updated(): void {
    const bubble = this.renderRoot.querySelector<HTMLElement>('.error');
    const input = this.#input;
    if (!bubble || !input || this.error === '') return;
    const place = input.getBoundingClientRect();
    bubble.showPopover();
    const most = document.documentElement.clientWidth - bubble.offsetWidth - GAP_PX;
    bubble.style.left = `${Math.max(GAP_PX, Math.min(place.left, most))}px`;
    bubble.style.top = `${place.bottom + GAP_PX}px`;
  }

  protected override render(): TemplateResult {
    const invalid = this.error !== '';
    return html`<div class="field ${invalid ? 'invalid' : ''}"><input .value=${this.value} aria-label=${this.label} dir="auto" autocomplete="off" maxlength="2000"
        aria-invalid=${invalid ? 'true' : nothing} aria-describedby=${invalid ? 'why' : nothing}
        @input=${this.#type} @keydown=${this.#press} @blur=${() => this.#finish('keep')} /></div>
      ${invalid ? html`<div class="error" id="why" popover="manual" role="alert">${icon(ALERT, 14)}<span>${this.error}</span></div>` : nothing}`;
  }

  get #input(): HTMLInputElement | null {
    return this.renderRoot.querySelector('input');
  }

  #type(): void {
    this.value = this.#input?.value ?? '';
    this.error = '';
  }

  #press(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === 'Enter') this.#finish('keep');
    else if (event.key === 'Escape') this.#finish('giveUp');
    else return;
    event.preventDefault();
  }

  #finish(how: 'keep' | 'giveUp'): void {
    if (this.#done || !this.isConnected) return;
    this.#done = true;
    const name = this.value.trim();
    const changed = how === 'keep' && name !== '' && name !== this.was;
    this.dispatchEvent(new NameDone(changed ? name : null));
  }
}
