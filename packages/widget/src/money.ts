// Screens of money for people: the tab Billing with its forms, and charts. An app loads them with the first of them.
import { SamBilling } from './billing/sam-billing.ts';
import { SamTransferSetup } from './billing/sam-transfer-setup.ts';
import { SamTransferStart } from './billing/sam-transfer-start.ts';
import { SamBars } from './charts/sam-bars.ts';
import { define } from './parts/define.ts';

export {
  countryName,
  decimalWords,
  moneyWords,
  monthWords,
  quantityWords,
  type ShownMoney,
} from './billing/amounts.ts';
export { type BillingSource, billingFrom } from './billing/billing-source.ts';
export { cardWords } from './billing/card-words.ts';
export { countriesIn } from './billing/countries.ts';
export { type DayPoint, type DaySeries, daysOf } from './charts/days.ts';
export type { Bars } from './charts/sam-bars.ts';
export { SamBars, SamBilling };

/** Registers the tab Billing with all of its forms, and charts. Harmless when called again. */
export function defineMoney(): void {
  define('sam-billing', SamBilling);
  define('sam-transfer-setup', SamTransferSetup);
  define('sam-transfer-start', SamTransferStart);
  define('sam-bars', SamBars);
}
