// What is loaded with the first screen that imports products, or with the first copy that is looked at.
export { SamCopy } from './sam-copy.ts';
export { SamImport } from './sam-import.ts';
