import { fetched } from '@tenantree/client';
import { css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { type AccountDetail, refusalFrom } from '../data/account-source.ts';
import type { ImportsSource } from '../imports/imports-source.ts';
import { define } from '../parts/define.ts';
import { Dialog, type Submit } from '../parts/dialog.ts';
import { bulkTexts } from './bulk-texts.ts';
import type { Selected } from './selected.ts';

/** Imports products of the acting account into all that are selected: the same steps as in the tab of one account (rules/screens 26). */
export class SamBulkImport extends Dialog {
  static override properties = { ...Dialog.properties, begun: { state: true } };
  static override styles = [
    ...[Dialog.styles].flat(),
    css`
      dialog { inline-size: min(960px, calc(100vw - 24px)); max-block-size: calc(100dvh - 24px); }
      /* It goes on when it is closed, so there is nothing to cancel. */
      footer [type='button'] { display: none; }
    `,
  ];

  /** Set before the dialog is opened. */
  selected: Selected | null = null;
  /** What the steps need, once it is there. */
  declare protected begun: { readonly source: ImportsSource; readonly account: AccountDetail } | null;

  constructor() {
    super();
    this.begun = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#begin();
  }

  protected override willUpdate(_changed: PropertyValues<this>): void {
    this.texts.complete(bulkTexts);
  }

  protected heading(): string {
    return this.say('bulkImportTitle', { n: this.selected?.rows.length ?? 0 });
  }

  protected submitButton(): Submit {
    return { label: this.say('bulkClose'), tone: 'primary', ready: 'ready' };
  }

  protected content(): TemplateResult | typeof nothing {
    const { begun, selected, texts } = this;
    if (!begun || !selected) return this.refusal ? nothing : html`<p role="status">${this.say('loading')}…</p>`;
    return html`<sam-import exportparts="button, card" .source=${begun.source} .account=${begun.account} .targets=${selected.rows} .texts=${texts} .level=${3}></sam-import>`;
  }

  protected async submit(): Promise<'done'> {
    return 'done';
  }

  async #begin(): Promise<void> {
    const { selected } = this;
    if (!selected) return;
    try {
      const [{ SamImport }, acts, account] = await Promise.all([
        fetched(() => import('../imports/sam-import.ts'), 'SamImport'),
        selected.source.acts(),
        selected.source.get(selected.account.id),
      ]);
      define('sam-import', SamImport);
      this.begun = { source: acts.imports, account };
    } catch (error) {
      this.refusal = refusalFrom(error);
    }
  }
}
