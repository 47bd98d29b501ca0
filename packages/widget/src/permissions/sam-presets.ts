import type { CapsResult, PresetTakers, ShownPreset } from '@tenantree/contract';
import { PRESET_MODES, type PresetMode, type RowId, type SomeLevels } from '@tenantree/domain';
import { css, html, nothing, type TemplateResult } from 'lit';
import { type AccountName, type PresetsSource, refusalFrom } from '../data/account-source.ts';
import { Dialog, type Submit } from '../parts/dialog.ts';
import { isTaken, presetWords, takersWords } from './preset-words.ts';
import { presetsTexts } from './presets-texts.ts';

/** The presets that are offered in an account: to be taken by accounts below it, saved, and made the default for new ones. */
export class SamPresets extends Dialog {
  static override properties = {
    ...Dialog.properties,
    presets: { state: true },
    chosen: { state: true },
    mode: { state: true },
    result: { state: true },
    takers: { state: true },
    removing: { state: true },
    gone: { state: true },
  };
  static override styles = [
    ...Dialog.styles,
    css`
      dialog { inline-size: min(560px, calc(100vw - 24px)); }
      ul { list-style: none; margin: 0; padding: 0; } li { display: flex; flex-wrap: wrap; align-items: center; gap: var(--sam-1) var(--sam-2); padding-block: var(--sam-1); border-block-end: var(--sam-hair) solid var(--sam-border); } li .check { flex: 1 1 220px; } li small { display: block; color: var(--sam-text-3); font-size: var(--sam-fs-12); } li .link { font-size: var(--sam-fs-12); min-block-size: 28px; }
      .save { display: flex; flex-wrap: wrap; gap: var(--sam-2); align-items: end; } .save .row { flex: 1 1 200px; } summary { cursor: pointer; font-size: var(--sam-fs-13); font-weight: var(--sam-fw-medium); } details[open] summary { margin-block-end: var(--sam-3); }
    `,
  ];

  /** Set before the dialog is opened. */
  source: PresetsSource | null = null;
  /** Where the presets are offered: the account above those that take one. */
  parent: AccountName | null = null;
  /** The account below it that takes one. */
  account: AccountName | null = null;
  /** What would be saved as a preset; null: nothing can be. */
  levels: SomeLevels | null = null;
  applied: (preset: string, result: CapsResult) => void = () => undefined;
  /** Null: not there yet. */
  declare protected presets: readonly ShownPreset[] | null;
  declare protected chosen: RowId | null;
  declare protected mode: PresetMode;
  /** What the chosen one would make of the account; null: not there yet. */
  declare protected result: CapsResult | null;
  /** How many took which version of the chosen one; null: not there yet. */
  declare protected takers: PresetTakers | null;
  /** Whether it is asked if the chosen one is to be removed. */
  declare protected removing: boolean;
  /** The one that was removed last, as long as it can be brought back from here. */
  declare protected gone: ShownPreset | null;
  #isActing = false;

  constructor() {
    super();
    this.presets = null;
    this.chosen = null;
    this.mode = 'replace';
    this.result = null;
    this.takers = null;
    this.removing = false;
    this.gone = null;
  }

  override async open(): Promise<void> {
    this.texts.complete(presetsTexts);
    void this.#load();
    await super.open();
  }

  protected heading(): string {
    if (this.#removed) return this.say('presetRemoveTitle', { name: this.#removed.name });
    return this.say('presetsTitle', { name: this.account?.name ?? '' });
  }

  protected submitButton(): Submit {
    const { say } = this.texts;
    if (this.#removed) return { label: say('presetRemove'), tone: 'danger', ready: 'ready' };
    const name = this.#preset?.name;
    const label = name === undefined ? say('presetChoose') : say('presetApply', { name });
    return { label, tone: 'primary', ready: this.result && isTaken(this.result) ? 'ready' : 'incomplete' };
  }

  protected content(): TemplateResult {
    const { presets, texts } = this;
    const { say } = texts;
    if (this.#removed) return this.#question(this.#removed);
    if (!presets) return html`<p role="status">${say('loading')} …</p>`;
    const mode = (one: PresetMode): TemplateResult =>
      html`<label class="check"><input type="radio" name="mode" .checked=${this.mode === one} @change=${() => this.#look(this.chosen, one)} />${say(`presetMode_${one}`)}</label>`;
    return html`${this.gone ? this.#goneLine(this.gone) : nothing}${presets.length === 0 ? html`<p>${say('presetsNone')}</p>` : html`<ul>${presets.map((one) => this.#line(one))}</ul>`}
      ${this.chosen ? html`<fieldset><legend>${say('presetMode')}</legend>${PRESET_MODES.map(mode)}</fieldset><p role="status"><bdi>${this.#effect()}</bdi></p>` : nothing}
      ${this.levels ? this.#saving() : nothing}`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    const { source, parent, mode, account } = this;
    const preset = this.#preset;
    if (!source || !parent || !preset || !account) return 'stay';
    if (this.removing) {
      await source.removePreset(parent.id, preset.id);
      this.gone = preset;
      await this.#load();
      await this.#turn(false);
      return 'stay';
    }
    const order = { preset: preset.id, mode, accounts: [account.id] };
    const [result] = await source.applyPreset(parent.id, order);
    if (result) this.applied(preset.name, result);
    return 'done';
  }

  /** From the question one goes back to the list. */
  protected override close(): void {
    if (this.removing && !this.busy) void this.#turn(false);
    else super.close();
  }

  /** The one that it is asked about. */
  get #removed(): ShownPreset | null {
    return this.removing ? this.#preset : null;
  }

  get #preset(): ShownPreset | null {
    return this.presets?.find(({ id }) => id === this.chosen) ?? null;
  }

  async #load(): Promise<void> {
    const { source, parent } = this;
    if (source && parent) await this.#try(async () => void (this.presets = await source.presets(parent.id)));
    if (!this.#preset) this.#look(null, this.mode);
  }

  /** What one does beside applying: one thing at a time, done at once, and the list is as it is then. */
  async #act(act: () => Promise<unknown>): Promise<void> {
    if (this.#isActing) return;
    this.#isActing = true;
    await this.#try(async () => {
      await act();
      await this.#load();
    });
    this.#isActing = false;
  }

  async #try(act: () => Promise<unknown>): Promise<void> {
    this.refusal = null;
    try {
      await act();
    } catch (error) {
      this.refusal = refusalFrom(error);
    }
  }

  #look(preset: RowId | null, mode: PresetMode): void {
    const { source, parent, account } = this;
    if (preset !== this.chosen) this.takers = null;
    this.chosen = preset;
    this.mode = mode;
    this.result = null;
    if (!source || !parent || !preset || !account) return;
    // Beside all else: without it the list says nothing of takers.
    if (!this.takers) void this.#count(source, parent, preset).catch(() => undefined);
    void this.#try(async () => {
      const [result = null] = await source.previewPreset(parent.id, { preset, mode, accounts: [account.id] });
      if (this.chosen === preset && this.mode === mode) this.result = result;
    });
  }

  async #count(source: PresetsSource, parent: AccountName, preset: RowId): Promise<void> {
    const takers = await source.takers(parent.id, preset);
    if (this.chosen === preset) this.takers = takers;
  }

  #effect(): string {
    const { result, texts } = this;
    if (!result) return `${texts.say('loading')} …`;
    return presetWords(result, texts);
  }

  #line(preset: ShownPreset): TemplateResult {
    const { parent, source } = this;
    const { say } = this.texts;
    const { id, name, version, from, isDefault } = preset;
    const isOwn = from.id === parent?.id;
    const about = [
      isOwn ? '' : say('presetFrom', { name: from.name }),
      isDefault ? say('presetDefault', { name: parent?.name ?? '' }) : '',
      ...(this.chosen === id && this.takers ? takersWords(this.takers, version, parent?.name ?? '', this.texts) : []),
    ];
    const act = (label: string, run: (source: PresetsSource, parent: AccountName) => Promise<unknown>) =>
      html`<button class="link" type="button" aria-label=${say('presetNamed', { label, name })} @click=${() =>
        source && parent && void this.#act(() => run(source, parent))}>${label}</button>`;
    return html`<li><label class="check"><input type="radio" name="preset" .checked=${this.chosen === id} @change=${() => this.#look(id, this.mode)} /><span><bdi>${say('presetVersion', { name, n: version })}</bdi><small>${about.filter(Boolean).join(' · ')}</small></span></label>
      ${isDefault ? act(say('presetNoDefault'), (to, above) => to.setDefault(above.id, null)) : act(say('presetMakeDefault'), (to, above) => to.setDefault(above.id, id))}
      ${isOwn ? html`<button class="link" type="button" aria-label=${say('presetNamed', { label: say('remove'), name })} @click=${() => void this.#ask(id)}>${say('remove')}</button>` : nothing}</li>`;
  }

  async #ask(preset: RowId): Promise<void> {
    if (this.#isActing) return;
    this.refusal = null;
    this.#look(preset, this.mode);
    await this.#turn(true);
  }

  /** To the question, or back; the focus comes along. */
  async #turn(removing: boolean): Promise<void> {
    this.removing = removing;
    await this.updateComplete;
    const to = (at: string) => this.renderRoot.querySelector<HTMLElement>(at);
    (removing ? to('footer .button') : (to('[name="preset"]:checked') ?? to('.x')))?.focus();
  }

  /** Who has it, and what becomes of them. */
  #question({ version, isDefault }: ShownPreset): TemplateResult {
    const { takers, texts } = this;
    const { say } = texts;
    const name = this.parent?.name ?? '';
    const who = takers ? takersWords(takers, version, name, texts) : [`${say('loading')} …`];
    return html`<p role="status"><bdi>${who.length > 0 ? `${who.join(' · ')}. ${say('presetRemoveKept')}` : say('presetRemoveUntaken', { name })}</bdi></p>
      ${isDefault ? html`<p><bdi>${say('presetRemoveDefault', { name })}</bdi></p>` : nothing}<p><bdi>${say('presetRemoveLast')}</bdi></p>`;
  }

  /** In place of a toast, which nobody could reach beside a dialog. */
  #goneLine({ id, name }: ShownPreset): TemplateResult {
    const { say } = this.texts;
    return html`<p role="status"><bdi>${say('presetRemoved', { name })}</bdi> <button class="link" type="button" @click=${() => void this.#restore(id)}>${say('undo')}</button></p>`;
  }

  async #restore(preset: RowId): Promise<void> {
    const { source, parent } = this;
    if (!source || !parent) return;
    await this.#act(async () => {
      await source.restorePreset(parent.id, preset);
      this.gone = null;
    });
    if (this.gone) return;
    this.#look(preset, this.mode);
    await this.#turn(false);
  }

  #saving(): TemplateResult {
    const { say } = this.texts;
    const own = this.#preset?.from.id === this.parent?.id ? this.#preset : null;
    return html`<details><summary>${say('presetSave', { name: this.parent?.name ?? '' })}</summary>
      <div class="save"><div class="row"><label for="name">${say('presetName')}</label><div class="field"><input id="name" name="name" autocomplete="off" maxlength="100" @keydown=${this.#enter} aria-invalid=${this.refusal?.field === 'name' ? 'true' : nothing} /></div>${this.errorAt('name')}</div>
        <button class="button" type="button" @click=${() => void this.#save(null)}>${say('presetSaveNew')}</button>
        ${own ? html`<button class="button" type="button" @click=${() => void this.#save(own)}>${say('presetSaveVersion', { name: own.name, n: own.version + 1 })}</button>` : nothing}</div></details>`;
  }

  /** @param of null: another preset, by the name that is typed */
  async #save(of: ShownPreset | null): Promise<void> {
    const { source, parent, levels } = this;
    const field = this.renderRoot.querySelector<HTMLInputElement>('#name');
    const typed = field?.value ?? '';
    if (!source || !parent || !levels) return;
    const wish = of ? { name: of.name, preset: of.id, expectedVersion: of.version } : { name: typed.trim() };
    let saved: RowId | null = null;
    await this.#act(async () => {
      saved = (await source.savePreset(parent.id, { ...wish, levels })).id;
    });
    if (!saved) return;
    if (field && !of) field.value = '';
    this.takers = null;
    this.#look(saved, this.mode);
  }

  /** Enter saves what is being named: it isn't the preset that is chosen. */
  readonly #enter = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    void this.#save(null);
  };
}
