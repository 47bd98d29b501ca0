import { html, nothing, type TemplateResult } from 'lit';
import type { OfferedBlueprint } from '../data/account-source.ts';
import { selectField } from '../parts/select-field.ts';
import type { Texts } from '../strings/texts.ts';

type Given = {
  readonly say: Texts['say'];
  readonly offered: readonly OfferedBlueprint[];
  readonly chosen: OfferedBlueprint | null;
  readonly values: Readonly<Record<string, string>>;
  readonly errorAt: (field: string) => TemplateResult | typeof nothing;
  readonly choose: (id: string) => void;
  readonly give: (key: string, value: string) => void;
};

/** The blueprint that a new account is set up with, and what that asks for; nothing where none is offered. */
export function blueprintField(given: Given): TemplateResult | typeof nothing {
  const { say, offered, chosen, values, errorAt, choose, give } = given;
  if (offered.length === 0) return nothing;
  const options = [
    { value: '', label: say('createWithout') },
    ...offered.map(({ id, name, version }) => ({ value: id as string, label: `${name} v${version}` })),
  ];
  return html`<div class="row"><label for="blueprint">${say('createBlueprint')}</label>${selectField({ id: 'blueprint', options, chosen: chosen?.id ?? '', choose })}${errorAt('blueprint')}</div>
    ${(chosen?.variables ?? []).map(({ key, label, required, secret }) => {
      const field = `variables.${key}`;
      const error = errorAt(field);
      const type = ({ target }: Event): void => {
        if (target instanceof HTMLInputElement) give(key, target.value);
      };
      return html`<div class="row"><label for=${field}>${label}</label>
        <div class="field ${error === nothing ? '' : 'invalid'}"><input id=${field} name=${field} type=${secret ? 'password' : 'text'} .value=${values[key] ?? ''} dir="auto" autocomplete="off"
          aria-required=${String(required)} aria-invalid=${error === nothing ? nothing : 'true'} aria-describedby=${error === nothing ? nothing : `${field}-error`} @input=${type} /></div>${error}</div>`;
    })}`;
}
