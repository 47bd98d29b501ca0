// What control over subaccounts costs: limits that hold, beside the locks and the insert that anyone would write first.
import { compareLimits } from './limits.ts';

export const run = (): Promise<boolean> => compareLimits();
