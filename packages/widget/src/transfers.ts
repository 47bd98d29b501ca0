// The forms of a billing transfer, for pages of people: an app loads them with the first screen of billing.
import { SamBilling } from './billing/sam-billing.ts';
import { SamTransferSetup } from './billing/sam-transfer-setup.ts';
import { SamTransferStart } from './billing/sam-transfer-start.ts';
import { define } from './parts/define.ts';

export { moneyWords, monthWords, quantityWords, type ShownMoney } from './billing/amounts.ts';
export { type BillingSource, billingFrom } from './billing/billing-source.ts';
export { countriesIn } from './billing/countries.ts';
export { SamBilling };

/** Registers the tab Billing with all of its forms. Harmless when called again. */
export function defineTransfers(): void {
  define('sam-billing', SamBilling);
  define('sam-transfer-setup', SamTransferSetup);
  define('sam-transfer-start', SamTransferStart);
}
