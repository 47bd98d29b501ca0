// What is loaded with the first screen of limits, or when those of many accounts are set.
export { SamBulkLimits } from './sam-bulk-limits.ts';
export { SamLimits } from './sam-limits.ts';
