import { pricedWords } from '@tenantree/domain';
import type { Texts } from '../strings/texts.ts';
import { decimalWords, moneyWords, quantityWords } from './amounts.ts';
import type { PlanOffer } from './billing-source.ts';

/** What a month would have come to under a plan, a sentence for each meter: what was used, what of it is included, and at which price the rest is. */
export const planUsed = ({ used }: Pick<PlanOffer, 'used'>, { say, locale }: Texts): readonly string[] =>
  used.map((one) => {
    const quantity = (decimal: string): string => quantityWords(decimal, locale);
    const price = pricedWords(one, { price: (decimal) => decimalWords(decimal, locale), quantity });
    const of = `${quantity(one.quantity)} ${Number(one.quantity) === 1 ? one.unit : `${one.unit}s`}`;
    const amount = moneyWords(one.amount, locale);
    return say('planUsed', { meter: one.label, used: of, included: quantity(one.included), price, amount });
  });
