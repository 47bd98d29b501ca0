import { html, nothing, type TemplateResult } from 'lit';
import type { Texts } from '../strings/texts.ts';
import { moneyWords, monthWords } from './amounts.ts';
import type { PlanOffers } from './billing-source.ts';
import { planUsed } from './plan-used.ts';

/** What an account would pay under the plans it could have, from what it really used in a month. */
export function priceExample(
  { month, plans }: PlanOffers,
  name: string,
  texts: Texts,
): TemplateResult | typeof nothing {
  const { say, locale } = texts;
  const offered = plans.filter(({ refused }) => refused === null);
  if (offered.length === 0) return nothing;
  return html`<div class="in"><strong>${say('priceTitle', { name })}</strong> <span class="hint">${say('priceOf', { month: monthWords(month, locale) })}</span>
    <table class="prices"><thead><tr><th scope="col">${say('billingPlan')}</th><th scope="col">${say('priceFee')}</th><th scope="col">${say('priceUsage')}</th><th scope="col">${say('priceSum')}</th></tr></thead>
      <tbody>${offered.map(
        (plan) =>
          html`<tr><th scope="row"><bdi>${plan.name}</bdi></th><td>${moneyWords(plan.monthlyFee, locale)}</td><td>${moneyWords(plan.usage, locale)}</td><td><strong>${moneyWords(plan.total, locale)}</strong></td></tr><tr class="worked"><td colspan="4">${planUsed(plan, texts).map((words) => html`<div>${words}</div>`)}</td></tr>`,
      )}</tbody></table><span class="hint">${say('priceTax')}</span></div>`;
}
