import { TRANSFER_STEPS, type TransferStep } from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { CHECK } from '../icons/icons.ts';
import type { Texts } from '../strings/texts.ts';
import { countryName } from './amounts.ts';
import type { Transfer } from './billing-source.ts';

/** What stands at a step beside what is known of it. */
export type AtStep = { readonly aside: TemplateResult | typeof nothing; readonly below: unknown };

/**
 * The checklist of a transfer: what is done, and what is open.
 *
 * @param next what is to be done next, by whoever looks; null: nothing
 */
export function checklist(
  transfer: Transfer,
  next: TransferStep | null,
  texts: Texts,
  at: (step: TransferStep) => AtStep,
): TemplateResult {
  const { say } = texts;
  return html`<ul class="checklist">${TRANSFER_STEPS.map((step) => {
    const isDone = !transfer.missing.includes(step);
    const { aside, below } = at(step);
    return html`<li class=${isDone ? 'over' : step === next ? 'now' : ''} aria-current=${step === next ? 'step' : nothing}><span class="mark" aria-hidden="true">${isDone ? icon(CHECK, 12) : nothing}</span>
      <strong>${say(`check_${step}`)}<span class="hidden"> ${say(isDone ? 'checkDone' : 'checkOpen')}</span></strong><span>${aside}</span>
      ${known(step, transfer, texts)}${below}</li>`;
  })}</ul>`;
}

/** What is known of a step. */
function known(
  step: TransferStep,
  { steps, recipient }: Transfer,
  { say, locale }: Texts,
): TemplateResult | typeof nothing {
  const small = (words: string): TemplateResult => html`<small><bdi>${words}</bdi></small>`;
  const { owner, details, payment, plan } = steps;
  if (step === 'owner') return small(owner ? owner.name : say('ownerOnly', { recipient }));
  if (step === 'details') return details ? small(countryName(details.country, locale)) : nothing;
  if (step === 'plan') return plan ? small(plan.name) : nothing;
  if (!payment) return nothing;
  if (payment.state !== 'set') return small(say(payment.state === 'pending' ? 'paymentPending' : 'paymentFailed'));
  const { provider } = payment;
  return small(provider === 'invoice' ? say('paymentInvoice') : say('paymentOf'));
}
