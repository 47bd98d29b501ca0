import { html, type TemplateResult } from 'lit';
import type { Texts } from '../strings/texts.ts';
import { type Clash, isObject, type Value } from './document.ts';
import { type Schema, titleOf } from './schema.ts';

/** Where two changed the same, and whose is to stay. */
export type Choice = Clash & { readonly stays: 'mine' | 'theirs' };

const isSecret = (value: Value): boolean => isObject(value) && value['set'] === true;

/** Both sides of everything that two changed, to choose from. Of secrets nothing is shown. */
export const drawClashes = (
  schema: Schema,
  clashes: readonly Choice[],
  { say }: Texts,
  choose: (clash: Choice, stays: Choice['stays']) => void,
): TemplateResult[] =>
  clashes.map((clash) => {
    const { place, mine, theirs } = clash;
    const side = (stays: Choice['stays'], title: string, value: Value): TemplateResult =>
      html`<label class="side"><input type="radio" name=${place} .checked=${clash.stays === stays} @change=${() => choose(clash, stays)} /> ${title}: <bdi>${isSecret(mine) || isSecret(theirs) ? '••••' : typeof value === 'string' ? value : JSON.stringify(value)}</bdi></label>`;
    return html`<fieldset class="row"><legend>${titleOf(schema, place)}</legend>${side('mine', say('productMine'), mine)}${side('theirs', say('productTheirs'), theirs)}</fieldset>`;
  });
