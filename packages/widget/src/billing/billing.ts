// What is loaded with the first screen of billing.
export { SamBilling } from './sam-billing.ts';
