import type { Stripe, StripeElements } from '@stripe/stripe-js';
import { loadStripe } from '@stripe/stripe-js/pure';
import { define } from '@tenantree/widget';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import css from '../parts/cards.module.css';

/** What the server answers for the form of a provider. */
export type ProviderForm = { readonly publishableKey: string; readonly clientSecret: string };

/** Longest that the form of the provider may take to be there (ms). */
const PATIENCE_MS = 20_000;
const AWAY =
  'The form of the payment provider can’t be loaded. Nothing has changed; try again, or look whether something blocks js.stripe.com.';

/** Rejects when something takes too long. */
function within<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('too long')), PATIENCE_MS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
}

/**
 * The form of Stripe in a dialog. It stands in the page itself, since its frames can't be in a shadow tree. While Stripe may ask for more,
 * such as a code of the bank, nothing else is shut out: what it asks in is a frame of the page.
 */
class PayDialog extends LitElement {
  static override properties = { stage: { state: true }, message: { state: true } };

  form: ProviderForm | null = null;
  /** Told once, when it is over. */
  onOver: () => void = () => undefined;
  declare protected stage: 'loading' | 'ready' | 'saving' | 'away';
  declare protected message: string;
  #stripe: Stripe | null = null;
  #elements: StripeElements | null = null;
  /** What was tried before and comes late shows nothing. */
  #tries = 0;

  constructor() {
    super();
    this.stage = 'loading';
    this.message = '';
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override firstUpdated(): void {
    this.#dialog.showModal();
    void this.#load();
  }

  protected override render(): TemplateResult {
    const { stage, message } = this;
    const isAway = stage === 'away';
    return html`<dialog class=${css['pay'] ?? ''} aria-labelledby="pay-title" @cancel=${this.#leave} @close=${this.#closed}>
      <form novalidate @submit=${(event: Event) => void this.#submit(event)}>
        <h2 id="pay-title">Pay by card</h2>
        <p class=${css['quiet'] ?? ''}>The card is kept by Stripe; its number never comes to this server. Nothing is charged now.</p>
        <div data-card aria-busy=${String(stage === 'loading')} ?hidden=${isAway}></div>
        ${stage === 'loading' ? html`<p role="status">Loading …</p>` : nothing}
        ${message === '' ? nothing : html`<div class="error" role="alert"><span>${message}</span></div>`}
        <div class=${css['acts'] ?? ''}>
          <button class="button" type="button" aria-disabled=${String(stage === 'saving')} @click=${this.#leave}>Cancel</button>
          <button class="button primary" type="submit" aria-disabled=${String(stage === 'loading' || stage === 'saving')}>${isAway ? 'Try again' : stage === 'saving' ? 'Saving…' : 'Save card'}</button>
        </div>
      </form>
    </dialog>`;
  }

  get #dialog(): HTMLDialogElement {
    const found = this.querySelector('dialog');
    if (!found) throw new TypeError('dialog');
    return found;
  }

  async #load(): Promise<void> {
    const { form } = this;
    if (!form) return;
    this.stage = 'loading';
    this.message = '';
    try {
      await within(this.#mount(form));
      this.stage = 'ready';
    } catch {
      this.#elements?.getElement('payment')?.unmount();
      this.stage = 'away';
      this.message = AWAY;
    }
  }

  async #mount({ publishableKey, clientSecret }: ProviderForm): Promise<void> {
    this.#tries += 1;
    const mine = this.#tries;
    const stripe = await loadStripe(publishableKey);
    const at = this.querySelector<HTMLElement>('[data-card]');
    if (!stripe || !at || mine !== this.#tries) throw new Error('no form');
    const elements = stripe.elements({ clientSecret, appearance: { theme: isDark() ? 'night' : 'stripe' } });
    this.#stripe = stripe;
    this.#elements = elements;
    const element = elements.create('payment');
    await new Promise<void>((resolve, reject) => {
      element.on('ready', () => resolve());
      element.on('loaderror', () => reject(new Error('the form can’t be loaded')));
      element.mount(at);
    });
    element.focus();
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.stage === 'away') return void this.#load();
    const [stripe, elements] = [this.#stripe, this.#elements];
    if (this.stage !== 'ready' || !stripe || !elements) return;
    this.stage = 'saving';
    this.message = '';
    const words = await this.#confirm(stripe, elements);
    if (words === null) return this.#dialog.close();
    this.message = words;
    this.stage = 'ready';
    this.#dialog.close();
    this.#dialog.showModal();
  }

  /** @returns what went wrong, in words; null: nothing did */
  async #confirm(stripe: Stripe, elements: StripeElements): Promise<string | null> {
    const dialog = this.#dialog;
    // In the page’s own layer meanwhile: what the bank asks stands above it.
    dialog.close();
    dialog.show();
    try {
      const { error } = await stripe.confirmSetup({
        elements,
        redirect: 'if_required',
        confirmParams: { return_url: location.href },
      });
      return error ? (error.message ?? 'The card was not taken. Try another one.') : null;
    } catch {
      return 'The payment provider didn’t answer. Try again; nothing is done twice.';
    }
  }

  readonly #leave = (event: Event): void => {
    event.preventDefault();
    if (this.stage !== 'saving') this.#dialog.close();
  };

  readonly #closed = (): void => {
    // It closes for a moment, too, while Stripe asks for more.
    if (this.#dialog.open) return;
    this.#elements?.getElement('payment')?.unmount();
    this.remove();
    this.onOver();
  };
}

define('pay-dialog', PayDialog);

/** Shows the form of the provider until it is saved or left. How the method is by then, the server is asked. */
export async function payByForm(form: ProviderForm): Promise<void> {
  const before = document.activeElement;
  await new Promise<void>((resolve) => {
    document.body.append(Object.assign(new PayDialog(), { form, onOver: resolve }));
  });
  if (before instanceof HTMLElement) before.focus();
}
