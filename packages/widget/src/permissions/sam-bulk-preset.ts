import type { CapsResult, JobConflict, ShownPreset } from '@tenantree/contract';
import { type AccountId, type Level, PRESET_MODES, type PresetMode, permission, type RowId } from '@tenantree/domain';
import { html, type TemplateResult } from 'lit';
import { type BulkSource, refusalFrom, SourceRefusal } from '../data/account-source.ts';
import { type Foreseen, SamBulk, type Sides } from '../subaccounts/sam-bulk.ts';
import { nameOf } from './names.ts';
import { isTaken, presetWords } from './preset-words.ts';
import { presetsTexts } from './presets-texts.ts';

/** Gives a preset to all that are selected. */
export class SamBulkPreset extends SamBulk {
  static override properties = {
    ...SamBulk.properties,
    presets: { state: true },
    chosen: { state: true },
    mode: { state: true },
    answer: { state: true },
  };

  /** Null: not there yet. */
  declare protected presets: readonly ShownPreset[] | null;
  declare protected chosen: ShownPreset | null;
  declare protected mode: PresetMode;
  /** What the chosen one would make of each account; null: not there yet. */
  declare protected answer: readonly CapsResult[] | null;

  constructor() {
    super();
    this.presets = null;
    this.chosen = null;
    this.mode = 'replace';
    this.answer = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.texts.complete(presetsTexts);
    void this.#load();
  }

  protected question(): { readonly title: string; readonly submit: string } {
    const n = this.selected?.rows.length ?? 0;
    const { chosen } = this;
    const title = this.say('presetsTitle', { name: this.say('accounts', { n }) });
    return { title, submit: chosen ? this.say('presetApply', { name: chosen.name }) : this.say('presetChoose') };
  }

  protected form(): TemplateResult {
    const { presets } = this;
    if (!presets) return html`<p role="status">${this.say('loading')} …</p>`;
    if (presets.length === 0) return html`<p>${this.say('presetsNone')}</p>`;
    const radio = (name: string, isChosen: boolean, words: string, choose: () => void): TemplateResult =>
      html`<label class="check"><input type="radio" name=${name} .checked=${isChosen} @change=${choose} /><span>${words}</span></label>`;
    return html`<fieldset><legend>${this.say('presetChoose')}</legend>${presets.map((one) => radio('preset', one.id === this.chosen?.id, this.say('presetVersion', { name: one.name, n: one.version }), () => void this.#look(one, this.mode)))}</fieldset>
      <fieldset><legend>${this.say('presetMode')}</legend>${PRESET_MODES.map((one) => radio('mode', one === this.mode, this.say(`presetMode_${one}`), () => void this.#look(this.chosen, one)))}</fieldset>`;
  }

  protected foreseen(): readonly Foreseen[] | null {
    const { chosen, answer, selected } = this;
    if (!chosen || !selected) return [];
    if (!answer) return null;
    const byAccount = new Map(answer.map((one) => [one.account.id, one]));
    return selected.rows.flatMap((row) => {
      const found = byAccount.get(row.id);
      if (!found) return [];
      return [{ row, words: presetWords(found, this.texts), isDone: isTaken(found) }];
    });
  }

  protected start(bulk: BulkSource, accounts: readonly AccountId[]): Promise<RowId> {
    const { chosen, mode, selected } = this;
    if (!chosen || !selected) throw new SourceRefusal({ code: 'BAD_REQUEST', message: this.say('presetChoose') });
    return bulk.applyPreset(selected.account.id, accounts, { preset: chosen.id, version: chosen.version, mode });
  }

  protected override sides(conflict: JobConflict): Sides | null {
    const { selected } = this;
    if (!selected || conflict.about !== 'permission') return null;
    const word = (level: Level | null): string => (level ? this.say(`level_${level}`) || level : '–');
    return [nameOf(permission(conflict.key), this.texts), word(conflict.meant), word(conflict.present)];
  }

  async #load(): Promise<void> {
    const { selected } = this;
    if (!selected) return;
    try {
      const { presets } = await selected.source.acts();
      this.presets = await presets.presets(selected.account.id);
    } catch (error) {
      this.refusal = refusalFrom(error);
    }
  }

  async #look(preset: ShownPreset | null, mode: PresetMode): Promise<void> {
    const { selected } = this;
    this.chosen = preset;
    this.mode = mode;
    this.answer = null;
    this.refusal = null;
    if (!selected || !preset) return;
    try {
      const { presets } = await selected.source.acts();
      const order = { preset: preset.id, mode, accounts: selected.rows.map(({ id }) => id) };
      const answer = await presets.previewPreset(selected.account.id, order);
      if (this.chosen === preset && this.mode === mode) this.answer = answer;
    } catch (error) {
      this.refusal = refusalFrom(error);
    }
  }
}
