import { type Level, PERMISSIONS, type PermissionKey, type SomeLevels } from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import { type AccountName, refusalFrom } from '../data/account-source.ts';
import { Dialog, type Submit } from '../parts/dialog.ts';
import { selectField } from '../parts/select-field.ts';
import { nameOf } from './names.ts';
import type { PermissionsSource, Reviewed } from './permissions-source.ts';

/** Decides permissions that came with a release, for one account or for all below one (rules/permissions 20). */
export class SamDecide extends Dialog {
  static override properties = {
    ...Dialog.properties,
    all: { state: true },
    scope: { state: true },
    levels: { state: true },
  };

  /** Set before the dialog is opened. */
  source: PermissionsSource | null = null;
  parent: AccountName | null = null;
  account: AccountName | null = null;
  keys: readonly PermissionKey[] = [];
  decided: (reviewed: Reviewed) => void = () => undefined;
  /** All accounts below the parent for which something is undecided; null: not known yet. */
  declare protected all: readonly AccountName[] | null;
  declare protected scope: 'one' | 'all';
  declare protected levels: SomeLevels;

  constructor() {
    super();
    this.all = null;
    this.scope = 'one';
    this.levels = {};
  }

  override async open(): Promise<void> {
    void this.#load();
    await super.open();
  }

  protected heading(): string {
    return this.say('decideTitle');
  }

  protected submitButton(): Submit {
    return { label: this.texts.say('decideSubmit', { n: this.#accounts.length }), tone: 'primary', ready: 'ready' };
  }

  protected content(): TemplateResult {
    const { all, account, parent, texts } = this;
    const { say } = texts;
    const scope = (one: 'one' | 'all', words: string): TemplateResult =>
      html`<label class="check"><input type="radio" name="scope" .checked=${this.scope === one} @change=${() => {
        this.scope = one;
      }} />${words}</label>`;
    return html`<p>${say('decideText')}</p>${PERMISSIONS.map((one) => (this.keys.includes(one.key) ? this.#choice(one) : nothing))}
      <fieldset><legend>${say('decideFor')}</legend>${scope('one', say('decideOne', { name: account?.name ?? '' }))}
        ${all && all.length > 1 ? scope('all', say('decideAll', { n: all.length, name: parent?.name ?? '' })) : nothing}</fieldset>`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    const { source, parent, keys, levels } = this;
    if (!source || !parent) return 'stay';
    const decided = Object.fromEntries(keys.map((key) => [key, levels[key] ?? 'none']));
    const accounts = this.#accounts.map(({ id }) => id);
    this.decided(await source.review(parent.id, accounts, decided));
    return 'done';
  }

  get #accounts(): readonly AccountName[] {
    return this.scope === 'all' && this.all ? this.all : this.account ? [this.account] : [];
  }

  async #load(): Promise<void> {
    const { source, parent } = this;
    if (!source || !parent) return;
    try {
      this.all = await source.unreviewed(parent.id);
    } catch (error) {
      this.refusal = refusalFrom(error);
    }
  }

  #choice(one: (typeof PERMISSIONS)[number]): TemplateResult {
    const { key, levels } = one;
    const { texts } = this;
    const { say } = texts;
    const options = levels.map((value) => ({ value, label: say(`level_${value}`) }));
    const choose = (wanted: Level): void => {
      this.levels = { ...this.levels, [key]: wanted };
    };
    return html`<div class="row"><label for=${key}>${nameOf(one, texts)}</label>${selectField<Level>({ id: key, options, chosen: this.levels[key] ?? levels[0], choose })}</div>`;
  }
}
