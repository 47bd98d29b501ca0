import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { CHECK } from '../icons/icons.ts';
import type { Texts } from '../strings/texts.ts';

/** The steps of handing billing over. */
export const STEPS = ['configure', 'review', 'setup', 'independent'] as const;
export type Step = (typeof STEPS)[number];

/** Where handing over stands. @param at null: all steps are done */
export function transferSteps(at: Step | null, name: string, { say }: Texts): TemplateResult {
  const now = at === null ? STEPS.length : STEPS.indexOf(at);
  return html`<ol class="steps" aria-label=${say('transferSteps')}>${STEPS.map((step, k) => {
    const words = say(`step_${step}`, { name });
    return html`<li class=${k < now ? 'over' : ''} aria-current=${k === now ? 'step' : nothing}><span class="mark" aria-hidden="true">${k < now ? icon(CHECK, 12) : k + 1}</span>${k < now ? html`<span aria-hidden="true">${words}</span><span class="hidden">${say('stepDone', { step: words })}</span>` : words}</li>`;
  })}</ol>`;
}
