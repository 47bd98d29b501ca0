export * from './document.ts';
export { faultsOf, issueSentence } from './faults.ts';
export * from './free-name.ts';
export type { Fault, ProductKind, Reference } from './kind.ts';
export * from './kinds.ts';
export * from './shown-kinds.ts';
