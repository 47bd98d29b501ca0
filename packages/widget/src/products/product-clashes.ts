import { html, type TemplateResult } from 'lit';
import type { Texts } from '../strings/texts.ts';
import { type Clash, isObject, type Value } from './document.ts';
import { type Schema, titleOf } from './schema.ts';

const isSecret = (value: Value): boolean => isObject(value) && value['set'] === true;

/**
 * Both sides of everything that two changed, to choose from; of secrets nothing is shown.
 *
 * @param decide takes the places where theirs is to stay
 */
export function drawClashes(
  schema: Schema,
  clashes: readonly Clash[],
  { say }: Texts,
  decide: (theirs: ReadonlySet<unknown>) => void,
): TemplateResult {
  const submit = (event: Event): void => {
    event.preventDefault();
    decide(new Set(new FormData(event.target as HTMLFormElement).values()));
  };
  const row = ({ place, mine, theirs }: Clash): TemplateResult => {
    const isHidden = isSecret(mine) || isSecret(theirs);
    const side = (title: string, value: Value, stays: string): TemplateResult =>
      html`<label class="side"><input type="radio" name=${place} value=${stays} ?checked=${stays === ''} /> ${title}: <bdi>${isHidden ? '••••' : typeof value === 'string' ? value : JSON.stringify(value)}</bdi></label>`;
    return html`<fieldset class="row"><legend>${titleOf(schema, place)}</legend>${side(say('productMine'), mine, '')}${side(say('productTheirs'), theirs, place)}</fieldset>`;
  };
  return html`<form class="clashes" @submit=${submit}>${clashes.map(row)}<button class="button primary" part="button">${say('productGoOn')}</button></form>`;
}
