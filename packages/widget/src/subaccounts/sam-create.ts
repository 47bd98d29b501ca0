import type { AccountId } from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import type { AccountName, OfferedBlueprint } from '../data/account-source.ts';
import { icon } from '../icons/icon.ts';
import { WALLET } from '../icons/icons.ts';
import { Dialog, type Submit } from '../parts/dialog.ts';
import { selectField } from '../parts/select-field.ts';
import { shortName } from '../parts/short-name.ts';
import { blueprintField } from './blueprint-field.ts';
import type { DialogContext } from './dialog-context.ts';

const LEAST = 2;
const MOST = 120;

/**
 * What was typed in dialogs that went away with their page, such as when the session ended, by the account that each was opened
 * for: it is there the next time.
 */
const unsent = new Map<AccountId, { readonly name: string; readonly parentId: AccountId | null }>();

const graphemes = (text: string): number =>
  [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].length;

/** An account that can be the parent, and the name of who pays for what is below it; null when that isn't named here. */
export type ParentChoice = AccountName & { readonly payer: string | null };

/** Creates a subaccount (rules/accounts 3). Asks for nothing that is known, says who pays, and can go on with another one. */
export class SamCreate extends Dialog {
  static override properties = {
    ...Dialog.properties,
    name: { state: true },
    parentId: { state: true },
    another: { state: true },
    told: { state: true },
    offered: { state: true },
    blueprint: { state: true },
    values: { state: true },
  };

  /** Set before the dialog is opened. */
  context: DialogContext | null = null;
  parent: ParentChoice | null = null;
  parents: readonly ParentChoice[] = [];
  /** Whether it can be set up with a blueprint. */
  offersBlueprints = false;
  declare protected name: string;
  declare protected parentId: AccountId | null;
  declare protected another: boolean;
  /** The name was wrong when it was last submitted; from then on it is checked as it is typed. */
  declare protected told: boolean;
  /** Blueprints that are offered in the parent. */
  declare protected offered: readonly OfferedBlueprint[];
  declare protected blueprint: OfferedBlueprint | null;
  /** What the blueprint asks for, by key. */
  declare protected values: Readonly<Record<string, string>>;

  constructor() {
    super();
    this.name = '';
    this.parentId = null;
    this.another = false;
    this.told = false;
    this.offered = [];
    this.blueprint = null;
    this.values = {};
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (!this.parent) return;
    Object.assign(this, unsent.get(this.parent.id));
    unsent.delete(this.parent.id);
    void this.#readBlueprints();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    const { parent, parentId, name } = this;
    if (this.isOpen && parent && name !== '') unsent.set(parent.id, { parentId, name });
  }

  protected heading(): string {
    return this.say('create');
  }

  protected submitButton(): Submit {
    const name = this.name.trim();
    const label = this.busy
      ? this.say('creating')
      : name === ''
        ? this.say('create')
        : this.say('createSubmit', { name: shortName(name) });
    return { label, tone: 'primary', ready: 'ready' };
  }

  protected content(): TemplateResult {
    const parent = this.#parent;
    const own = this.told ? this.#wrong() : '';
    const refused = this.refusal?.field === 'name' ? this.refusal.message : '';
    const invalid = own !== '' || refused !== '';
    const describe = invalid ? 'name-error' : 'name-hint';
    return html`
      <div class="row"><label for="name">${this.say('columnName')}</label>
        <div class="field ${invalid ? 'invalid' : ''}"><input id="name" name="name" data-first .value=${this.name} dir="auto" autocomplete="off" spellcheck="false"
          aria-required="true" aria-invalid=${invalid ? 'true' : nothing} aria-describedby=${describe} @input=${this.#type} /></div>
        ${invalid ? this.errorAt('name', own) : html`<span class="hint" id="name-hint">${this.say('createNameHint', { parent: parent?.name ?? '' })}</span>`}</div>
      ${
        this.parents.length > 1
          ? html`<div class="row"><label for="parent">${this.say('createParent')}</label>${selectField({ id: 'parent', options: this.parents.map(({ id, name: label }) => ({ value: id, label })), chosen: parent?.id ?? '', choose: this.#choose })}</div>`
          : html`<div class="row"><span class="label">${this.say('createParent')}</span><bdi>${parent?.name ?? ''}</bdi></div>`
      }
      ${blueprintField({ say: this.say, offered: this.offered, chosen: this.blueprint, values: this.values, errorAt: (field) => this.errorAt(field), choose: this.#chooseBlueprint, give: this.#give })}
      <div class="fact">${icon(WALLET)}<span>${this.#payerWords(parent?.payer ?? null)}</span></div>`;
  }

  protected override aside(): TemplateResult {
    return html`<label class="check"><input type="checkbox" .checked=${this.another} @change=${this.#toggleAnother} />${this.say('createAnother')}</label>`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    const { context } = this;
    const parent = this.#parent;
    this.told = true;
    if (!context || !parent || this.#wrong() !== '') {
      this.renderRoot.querySelector<HTMLElement>('#name')?.focus();
      return 'stay';
    }
    const { blueprint: chosen, values } = this;
    const { id, version } = chosen ?? {};
    const given = Object.entries(values).filter(([, value]) => value !== '');
    const blueprint = id !== undefined &&
      version !== undefined && { id, version, variables: Object.fromEntries(given) };
    const wish = { name: this.name.trim(), ...(blueprint && { blueprint }) };
    const { account } = await (await context.source.acts()).create(parent.id, wish);
    context.created(account);
    if (!this.another) return 'done';
    this.name = '';
    this.values = {};
    this.told = false;
    this.renderRoot.querySelector<HTMLElement>('#name')?.focus();
    return 'stay';
  }

  #payerWords(name: string | null): string {
    return name === null ? this.say('createBillingUnnamed') : this.say('createBilling', { name });
  }

  get #parent(): ParentChoice | null {
    return this.parents.find(({ id }) => id === this.parentId) ?? this.parent;
  }

  /** What is wrong with the name as far as can be told here; the server has the last word. */
  #wrong(): string {
    const n = graphemes(this.name.trim());
    if (n < LEAST) return this.say('nameTooShort');
    return n > MOST ? this.say('nameTooLong', { n }) : '';
  }

  #type({ target }: Event): void {
    if (!(target instanceof HTMLInputElement)) return;
    this.name = target.value;
    this.refusal = null;
  }

  readonly #choose = (id: string): void => {
    this.parentId = this.parents.find((parent) => parent.id === id)?.id ?? null;
    this.refusal = null;
    void this.#readBlueprints();
  };

  readonly #chooseBlueprint = (id: string): void => {
    this.blueprint = this.offered.find((one) => one.id === id) ?? null;
    this.values = {};
    this.refusal = null;
  };

  readonly #give = (key: string, value: string): void => {
    this.values = { ...this.values, [key]: value };
    this.refusal = null;
  };

  /** Reads what is offered in the parent. Where that can’t be read, accounts are made without. */
  async #readBlueprints(): Promise<void> {
    const parent = this.#parent;
    if (!this.offersBlueprints || !this.context || !parent) return;
    const acts = await this.context.source.acts();
    const offered = await acts.blueprints(parent.id).catch(() => []);
    if (this.#parent?.id !== parent.id) return;
    this.offered = offered;
    this.blueprint = offered.find(({ id }) => id === this.blueprint?.id) ?? null;
  }

  #toggleAnother({ target }: Event): void {
    if (target instanceof HTMLInputElement) this.another = target.checked;
  }
}
