import { type AccountRow, nameKey } from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { ALERT } from '../icons/icons.ts';
import { Dialog, type Submit } from '../parts/dialog.ts';
import { shortName } from '../parts/short-name.ts';
import type { DialogContext } from './dialog-context.ts';

/** Compares names as people type them: without regard to case and outer space (rules/screens 13), in the browser's language as in any other. */
const sameName = (a: string, b: string): boolean => nameKey(a) === nameKey(b);

/** Closes an account: says what happens, how long it can be undone, and asks for its name (rules/screens 13, rules/accounts 16). */
export class SamClose extends Dialog {
  static override properties = { ...Dialog.properties, typed: { state: true } };

  /** Set before the dialog is opened. */
  context: DialogContext | null = null;
  account: AccountRow | null = null;
  /** Days that the account can be reopened. */
  keptDays = 0;
  declare protected typed: string;

  constructor() {
    super();
    this.typed = '';
  }

  protected heading(): string {
    return this.say('closeTitle', { name: this.#name });
  }

  protected submitButton(): Submit {
    const ready = this.#obstacle() === '' && sameName(this.typed, this.#name);
    const label = this.busy ? this.say('closing') : this.say('closeTitle', { name: shortName(this.#name) });
    return { label, tone: 'danger', ready: ready ? 'ready' : 'incomplete' };
  }

  protected content(): TemplateResult {
    const obstacle = this.#obstacle();
    if (obstacle !== '')
      return html`<div class="error">${icon(ALERT, 14)}<span>${obstacle}</span></div><p>${this.say('closeText')}</p>`;
    const open = this.typed !== '' && !sameName(this.typed, this.#name);
    return html`<p>${this.say('closeText')}</p><p>${this.say('closeKept', { n: this.keptDays })}</p>${this.account?.transferUntil ? html`<p>${this.say('closeTransfer')}</p>` : nothing}
      <div class="row"><label for="confirm">${this.say('closeType', { name: this.#name })}</label>
        <div class="field"><input id="confirm" name="confirm" data-first .value=${this.typed} dir="auto" autocomplete="off" spellcheck="false" aria-describedby=${open ? 'mismatch' : nothing} @input=${this.#type} /></div>
        ${open ? html`<span class="hint" id="mismatch">${this.say('closeMismatch')}</span>` : nothing}</div>`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    if (!this.context || !this.account) return 'stay';
    await this.context.acts.close(this.account);
    return 'done';
  }

  get #name(): string {
    return this.account?.name ?? '';
  }

  /** What must be done first, as far as the row tells. */
  #obstacle(): string {
    const { account } = this;
    if (account?.protected) return this.say('closeProtected', { name: this.#name });
    if (account && account.children > 0) return this.say('closeHasChildren', { name: this.#name, n: account.children });
    return '';
  }

  #type({ target }: Event): void {
    if (target instanceof HTMLInputElement) this.typed = target.value;
    this.refusal = null;
  }
}
