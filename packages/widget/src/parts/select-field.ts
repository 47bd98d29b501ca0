import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { CHEVRON_DOWN } from '../icons/icons.ts';

/** A field in which one of several things is chosen. */
export type SelectField<Value extends string> = {
  /** By which a label beside it names it. */
  readonly id?: string;
  /** By which a refusal names it; the id, where nothing else is said. */
  readonly name?: string;
  /** What it is called where no label stands beside it. */
  readonly label?: string;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly chosen: Value;
  readonly choose: (value: Value) => void;
};

/** Draws a {@link SelectField}. */
export function selectField<Value extends string>(field: SelectField<Value>): TemplateResult {
  const { id, name = id, label, options, chosen, choose } = field;
  const change = ({ target }: Event): void => {
    const option = target instanceof HTMLSelectElement && options[target.selectedIndex];
    if (option) choose(option.value);
  };
  return html`<div class="field"><select id=${id ?? nothing} name=${name ?? nothing} aria-label=${label ?? nothing} .value=${chosen} @change=${change}>${options.map(({ value, label: words }) => html`<option value=${value} ?selected=${value === chosen}>${words}</option>`)}</select>${icon(CHEVRON_DOWN)}</div>`;
}
