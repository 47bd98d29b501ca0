import { define, SourceRefusal } from '@tenantree/widget';
import { Dialog, type Submit } from '@tenantree/widget/rooms';
import { html, nothing, type TemplateResult } from 'lit';
import { proveAgain } from './sign-in.ts';

/** Asks who is signed in for their password once more. */
export class SamProof extends Dialog {
  /** Whether it was right. */
  isProved = false;

  protected heading(): string {
    return 'Is it you?';
  }

  protected override cancel(): string {
    return 'Cancel';
  }

  protected submitButton(): Submit {
    return { label: this.busy ? 'Checking…' : 'Go on', tone: 'primary', ready: 'ready' };
  }

  protected content(): TemplateResult {
    const isWrong = this.refusal?.field === 'password';
    return html`<p>You signed in a while ago. Enter your password once more to go on.</p>
      <div class="row"><label for="password">Password</label>
        <div class="field ${isWrong ? 'invalid' : ''}"><input id="password" name="password" type="password" autocomplete="current-password" required data-first aria-invalid=${isWrong ? 'true' : nothing} aria-describedby=${isWrong ? 'password-error' : nothing} /></div>
        ${this.errorAt('password')}</div>`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    const refused = await proveAgain(this.renderRoot.querySelector('input')?.value ?? '');
    if (refused) throw new SourceRefusal(refused);
    this.isProved = true;
    return 'done';
  }
}

define('sam-proof', SamProof);
