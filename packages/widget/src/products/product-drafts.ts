import type { AccountId } from '@tenantree/domain';
import type { Document } from './document.ts';
import type { KindKey, ProductsSource } from './products-source.ts';

/** What was typed and not saved yet, and the version that it was made of; 0: of none. */
export type Draft = {
  readonly base: { readonly version: number; readonly document: Document };
  readonly document: Document;
};

const DRAFTS = new WeakMap<ProductsSource, Map<string, Draft>>();

/** What was typed and not saved yet: it outlives the screen that it was typed on. */
export function draftsOf(source: ProductsSource): Map<string, Draft> {
  const known = DRAFTS.get(source) ?? new Map<string, Draft>();
  DRAFTS.set(source, known);
  return known;
}

/** By which a draft is found. */
export const draftKey = (account: AccountId, kind: KindKey, product: string): string => `${account}/${kind}/${product}`;
