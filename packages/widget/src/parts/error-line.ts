import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { ALERT } from '../icons/list-icons.ts';

/** Why something was refused, in a form, said at once. @param id of the line, for the field that it is about */
export const errorLine = (message: string, id?: string): TemplateResult =>
  html`<div class="error" id=${id ?? nothing} role="alert">${icon(ALERT, 14)}<span>${message}</span></div>`;
