import type { ShownPreset } from '@tenantree/contract';
import type { AccountId } from '@tenantree/domain';
import { css, html, nothing, type TemplateResult } from 'lit';
import { type AccountName, refusalFrom } from '../data/account-source.ts';
import { Dialog, type Submit } from '../parts/dialog.ts';
import { storedIn } from './matrix.ts';
import type { Other, PermissionsSource } from './permissions-source.ts';

/** Rests between the last key and the search, in milliseconds. */
const REST_MS = 120;

type Choice = { readonly preset: ShownPreset } | { readonly account: AccountName };

/** Finds what the permissions of an account are to be compared with: a preset that is offered, or an account beside it or below those. */
export class SamCompare extends Dialog {
  static override properties = {
    ...Dialog.properties,
    query: { state: true },
    offered: { state: true },
    beside: { state: true },
    chosen: { state: true },
  };
  static override styles = [
    ...Dialog.styles,
    css`
      .choices { max-block-size: 264px; overflow: auto; }
    `,
  ];

  /** Set before the dialog is opened. */
  source: PermissionsSource | null = null;
  parent: AccountName | null = null;
  /** The account itself, which is not offered. */
  account: AccountId | null = null;
  compare: (other: Other) => void = () => undefined;
  declare protected query: string;
  declare protected offered: readonly ShownPreset[];
  /** Null: they are being looked for. */
  declare protected beside: readonly AccountName[] | null;
  declare protected chosen: Choice | null;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #asking = new AbortController();

  constructor() {
    super();
    this.query = '';
    this.offered = [];
    this.beside = null;
    this.chosen = null;
  }

  override async open(): Promise<void> {
    void this.#find();
    void this.#offer();
    await super.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#rest);
    this.#asking.abort();
  }

  protected heading(): string {
    return this.say('permCompareNone');
  }

  protected submitButton(): Submit {
    return { label: this.texts.say('compareSubmit'), tone: 'primary', ready: this.chosen ? 'ready' : 'incomplete' };
  }

  protected content(): TemplateResult {
    const { say } = this.texts;
    const { beside } = this;
    const offered = this.offered.filter(({ name }) => name.toLowerCase().includes(this.query.toLowerCase()));
    const line = (name: string, choice: Choice): TemplateResult =>
      html`<label class="check"><input type="radio" name="other" @change=${() => {
        this.chosen = choice;
      }} /><bdi>${name}</bdi></label>`;
    return html`<div class="row"><label for="find">${say('compareSearch')}</label><div class="field"><input id="find" name="find" type="search" data-first dir="auto" autocomplete="off" spellcheck="false" maxlength="120" .value=${this.query} @input=${this.#type} /></div></div>
      <div class="choices">${offered.length === 0 ? nothing : html`<fieldset><legend>${say('permComparePresets')}</legend>${offered.map((preset) => line(preset.name, { preset }))}</fieldset>`}
      <fieldset><legend>${say('permCompareAccounts')}</legend>${
        beside === null
          ? html`<p role="status">${say('loading')} …</p>`
          : beside.length === 0
            ? html`<p role="status">${say('compareNone')}</p>`
            : beside.map((account) => line(account.name, { account }))
      }</fieldset></div>`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    const { chosen, source } = this;
    if (!chosen || !source) return 'stay';
    const other =
      'preset' in chosen
        ? { name: chosen.preset.name, levels: chosen.preset.levels }
        : { name: chosen.account.name, levels: storedIn(await source.get(chosen.account.id)) };
    this.compare(other);
    return 'done';
  }

  #type({ target }: Event): void {
    if (!(target instanceof HTMLInputElement)) return;
    this.query = target.value.trim();
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.#find(), REST_MS);
  }

  async #offer(): Promise<void> {
    const { source, parent } = this;
    // Without presets there still are accounts.
    if (source && parent) this.offered = await source.presets(parent.id).catch(() => []);
  }

  async #find(): Promise<void> {
    const { source, parent, query, account } = this;
    if (!source || !parent) return;
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const beside = await source.beside(parent.id, query, signal);
      if (!signal.aborted) this.beside = beside.filter(({ id }) => id !== account);
    } catch (error) {
      if (!signal.aborted) this.refusal = refusalFrom(error);
    }
  }
}
