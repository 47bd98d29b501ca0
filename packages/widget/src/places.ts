// What fields of products are called, for pages that show documents in a way of their own.
export { bare, branchOf, fieldsOf, type Schema, schemaOf, titleOf } from './products/schema.ts';
