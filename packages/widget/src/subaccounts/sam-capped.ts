import type { AccountId, AccountRow, CapsFilter } from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import { type AccountSource, refusalFrom } from '../data/account-source.ts';
import { Dialog, type Submit } from '../parts/dialog.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';

/** The accounts below an account, at any depth, whose own permissions are restricted or not reviewed; one of them can be gone to. */
export class SamCapped extends Dialog {
  static override properties = {
    ...Dialog.properties,
    rows: { state: true },
    next: { state: true },
    chosen: { state: true },
  };

  /** Set before the dialog is opened. */
  texts: Texts = defaultTexts();
  source: AccountSource | null = null;
  account: AccountId | null = null;
  caps: CapsFilter = 'restricted';
  show: (account: AccountRow) => void = () => undefined;
  /** Null: not there yet. */
  declare protected rows: readonly AccountRow[] | null;
  declare protected next: string | null;
  declare protected chosen: AccountRow | null;

  constructor() {
    super();
    this.rows = null;
    this.next = null;
    this.chosen = null;
  }

  override async open(): Promise<void> {
    void this.#load();
    await super.open();
  }

  protected words(): { readonly title: string; readonly cancel: string } {
    const { say } = this.texts;
    const title = this.caps === 'restricted' ? 'cappedTitleRestricted' : 'cappedTitleUnreviewed';
    return { title: say(title), cancel: say('cancel') };
  }

  protected submitButton(): Submit {
    return { label: this.texts.say('cappedOpen'), tone: 'primary', ready: this.chosen ? 'ready' : 'incomplete' };
  }

  protected content(): TemplateResult {
    const { rows, texts, next } = this;
    const { say } = texts;
    if (!rows) return html`<p role="status">${say('loading')} …</p>`;
    if (rows.length === 0) return html`<p role="status">${say('cappedNone')}</p>`;
    return html`<fieldset><legend class="hidden">${this.words().title}</legend>${rows.map((row) => this.#row(row))}</fieldset>
      ${next === null ? nothing : html`<button class="button" type="button" @click=${() => void this.#load()}>${say('cappedMore')}</button>`}`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    const { chosen } = this;
    // Once this is closed: what is shown then takes the focus.
    if (chosen) this.addEventListener('sam-closed', () => this.show(chosen), { once: true });
    return 'done';
  }

  async #load(): Promise<void> {
    const { source, account, caps, next } = this;
    if (!source || !account) return;
    try {
      const acts = await source.acts();
      const page = await acts.capped(account, caps, next);
      this.rows = [...(this.rows ?? []), ...page.rows];
      this.next = page.nextCursor;
    } catch (error) {
      this.refusal = refusalFrom(error);
    }
  }

  #row(row: AccountRow): TemplateResult {
    const n = row.caps?.[this.caps] ?? 0;
    const choose = (): void => {
      this.chosen = row;
    };
    return html`<label class="check"><input type="radio" name="account" @change=${choose} /><span><bdi>${row.name}</bdi> <span class="hint">${this.texts.say('cappedOf', { n })}</span></span></label>`;
  }
}
