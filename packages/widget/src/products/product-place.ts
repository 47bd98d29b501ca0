import type { RowId } from '@tenantree/domain';
import type { KindKey } from './products-source.ts';

/** What of an account's products is shown. A host keeps it where it belongs, such as in its address. */
export type ProductPlace = {
  /** Null: the first that one may see. */
  readonly kind: KindKey | null;
  /** `new`: one that is being made; null: the list. */
  readonly product: RowId | 'new' | null;
  /** A part of the product, or its `versions`; null: what comes first. */
  readonly part: string | null;
  readonly search: string;
};

/** Where one begins. */
export const FIRST_PLACE: ProductPlace = { kind: null, product: null, part: null, search: '' };
