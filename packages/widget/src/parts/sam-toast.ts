import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { CLOSE } from '../icons/icons.ts';
import { controlStyles } from './control-styles.ts';

/** A short message about what happened, with at most a few things to do about it. */
export type Toast = {
  readonly text: string;
  readonly tone?: 'danger';
  readonly acts?: readonly { readonly label: string; readonly act: () => void }[];
  /** What it tells of. A newer message about the same takes its place, so that nothing is offered that no longer fits. */
  readonly about?: string;
};

type Shown = Toast & { readonly id: number; left: number };

/** How long a message stays, in milliseconds. Time stands still under the pointer, with the focus, and in a hidden tab. */
const STAY_MS = 8_000;
const STEP_MS = 250;
const MOST = 3;

/** Messages at the lower end of the screen (rules/screens 9). */
export class SamToast extends LitElement {
  static override properties = { dismissLabel: {} };
  static override styles = [
    controlStyles,
    css`
      :host { display: contents !important; }
      .toasts { visibility: visible; position: fixed; inset: auto; inset-block-end: var(--sam-toast-end, var(--sam-4)); inset-inline-end: var(--sam-4); display: none; margin: 0; padding: 0; border: 0; background: none; overflow: visible; font: inherit; color: inherit; inline-size: min(400px, calc(100vw - 2 * var(--sam-4))); }
      /* Popovers are fit-content high, which WebKit takes for the whole window when the layer is a fixed grid. */
      .toasts { block-size: auto; align-content: start; }
      .toasts:popover-open { display: grid; gap: var(--sam-2); }
      .toast { display: flex; align-items: center; gap: var(--sam-3); min-block-size: 44px; padding: var(--sam-2) var(--sam-2) var(--sam-2) var(--sam-3); border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); background: var(--sam-raised); box-shadow: var(--sam-pop); font-size: var(--sam-fs-13); }
      @media (prefers-reduced-motion: no-preference) { .toast { animation: rise 140ms var(--sam-ease); } }
      .toast span { flex: 1; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; overflow-wrap: anywhere; } .toast.danger span { color: var(--sam-danger); }
      .act { all: unset; padding: 4px 6px; border-radius: var(--sam-r-1); color: var(--sam-accent-text); font-weight: var(--sam-fw-medium); cursor: pointer; white-space: nowrap; }
      .act:hover { background: var(--sam-hover); } .act:focus-visible { outline: 2px solid var(--sam-focus); }
      .dismiss { all: unset; display: grid; place-items: center; inline-size: 28px; block-size: 28px; color: var(--sam-text-2); border-radius: var(--sam-r-1); cursor: pointer; } .dismiss:focus-visible { outline: 2px solid var(--sam-focus); }
      @keyframes rise { from { opacity: 0; translate: 0 4px; } }
      @media (max-width: 640px) { .toasts { inset-inline: var(--sam-4); inline-size: auto; } }
    `,
  ];

  declare dismissLabel: string;
  #shown: Shown[] = [];
  #next = 1;
  #clock: ReturnType<typeof setInterval> | undefined;
  /** Where the focus was before it came here. */
  #before: HTMLElement | null = null;

  constructor() {
    super();
    this.dismissLabel = '';
  }

  show(toast: Toast): void {
    const others = this.#shown.filter(({ about }) => about === undefined || about !== toast.about);
    this.#shown = [...others, { ...toast, id: this.#next++, left: STAY_MS }].slice(-MOST);
    this.#clock ??= setInterval(() => this.#pass(), STEP_MS);
    this.requestUpdate();
  }

  /** Does what the newest message offers by one of these names; nothing when none does. */
  perform(...labels: readonly string[]): void {
    const offerOf = ({ acts }: Toast) => acts?.find(({ label }) => labels.includes(label));
    const toast = this.#shown.findLast(offerOf);
    if (!toast) return;
    this.#drop(toast.id);
    offerOf(toast)?.act();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
    this.#clock = undefined;
    this.#shown = [];
  }

  /** Moves the focus to the newest message, if there is one. */
  override focus(): void {
    [...this.renderRoot.querySelectorAll<HTMLElement>('.act, .dismiss')].at(-1)?.focus();
  }

  protected override updated(): void {
    const layer = this.renderRoot.querySelector<HTMLElement>('.toasts');
    if (layer?.isConnected && this.#shown.length > 0 !== layer.matches(':popover-open')) layer.togglePopover();
  }

  protected override render(): TemplateResult {
    return html`<div class="toasts" popover="manual" role="status" @focusin=${this.#enter}>${this.#shown.map((toast) => this.#toast(toast))}</div>`;
  }

  #toast(toast: Shown): TemplateResult {
    const close = (event: MouseEvent, act?: () => void): void => {
      // The second click of a double click hits the message that moved here meanwhile.
      if (event.detail > 1) return;
      this.#drop(toast.id);
      act?.();
    };
    return html`<div class="toast ${toast.tone ?? ''}"><span><bdi>${toast.text}</bdi></span>${(toast.acts ?? []).map(
      ({ label, act }) =>
        html`<button class="act" type="button" @click=${(event: MouseEvent) => close(event, act)}>${label}</button>`,
    )}<button class="dismiss" type="button" aria-label=${this.dismissLabel || nothing} @click=${close}>${icon(CLOSE, 14)}</button></div>`;
  }

  #enter({ relatedTarget: from }: FocusEvent): void {
    if (from instanceof HTMLElement && !this.renderRoot.contains(from)) this.#before = from;
  }

  #pass(): void {
    const layer = this.renderRoot.querySelector('.toasts');
    if (this.ownerDocument.hidden || layer?.matches(':hover, :focus-within')) return;
    for (const toast of this.#shown) toast.left -= STEP_MS;
    if (this.#shown.some((toast) => toast.left <= 0)) {
      this.#shown = this.#shown.filter((toast) => toast.left > 0);
      this.requestUpdate();
    }
    if (this.#shown.length === 0) this.#rest();
  }

  #drop(id: number): void {
    if (this.renderRoot.querySelector('.toasts:focus-within')) this.#before?.focus();
    this.#shown = this.#shown.filter((toast) => toast.id !== id);
    if (this.#shown.length === 0) this.#rest();
    this.requestUpdate();
  }

  #rest(): void {
    clearInterval(this.#clock);
    this.#clock = undefined;
  }
}
