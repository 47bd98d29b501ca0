// The screen of products. An app loads it with the first of them.
import { define } from './parts/define.ts';
import { SamProducts } from './products/sam-products.ts';

export { FIRST_PLACE, type ProductPlace } from './products/product-place.ts';
export { type ProductAt, type ProductsSource, productsFrom, type SentDocument } from './products/products-source.ts';
// What fields of products are called, for pages that show documents in a way of their own: they load no more than that.
export { bare, branchOf, fieldsOf, type Schema, schemaOf, titleOf } from './products/schema.ts';
export { SamProducts };

/** Registers the screen of products. Harmless when called again. */
export function defineProducts(): void {
  define('sam-products', SamProducts);
}
